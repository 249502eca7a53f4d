import assert from "node:assert/strict";
import {ebbgate, eventually, pageTest, rowOf} from "./harness.mjs";
import {Fake} from "./fake.mjs";

// The page with one workload, whose history has events so many seconds ago, the newest first.
async function shown(t, open, item, events) {
  const made = await ebbgate(t, (gate) => [gate.workload("web")]);
  const fake = new Fake();
  fake.items = [fake.item("web", {level: 1, updates: 1, ...item(fake)})];
  fake.history = events.map(([event, seconds]) => ({workload: "w", at: fake.now(-1000 * seconds), event, level: 1, detail: ""}));
  await fake.start(t, made.url);
  const page = await open(fake.url);
  await rowOf(page, "web").locator(".timeline:not(.empty)").waitFor();
  return page;
}

// Where the shades begin and end, as parts of the time that the picture shows.
const shades = (page) => rowOf(page, "web").locator(".timeline rect.wait").evaluateAll((rects) =>
  rects.map((rect) => [Number(rect.getAttribute("x")), Number(rect.getAttribute("width"))])
      .map(([x, width]) => [(x - 4) / 152, (x + width - 4) / 152]));

// `expected` in seconds ago; the picture begins two seconds before the oldest event.
async function expectShades(page, oldest, expected) {
  await eventually(async () => {
    const found = await shades(page);
    const all = oldest + 2;
    return found.length === expected.length && found.every(([from, to], n) =>
      Math.abs(from - (all - expected[n][0]) / all) < 0.08 && Math.abs(to - (all - expected[n][1]) / all) < 0.08);
  }, "the shades are as expected");
}

pageTest("a held workload that was released is shaded until now, for its change is still pending", async (t, open) => {
  const page = await shown(t, open, (fake) => ({state: "held", pending_since: fake.now(-900_000),
    gates: [{gate: "hold", until: null, reason: "held"}]}), [["released", 400], ["wait", 900], ["applied", 1000]]);
  await expectShades(page, 1000, [[900, 0]]);
});

pageTest("a failing workload whose outcome is unknown is shaded since its first failure", async (t, open) => {
  const page = await shown(t, open, (fake) => ({state: "failing", pending_since: fake.now(-800_000), failures: 2,
    failing_since: fake.now(-800_000), last_outcome: "unknown"}), [["unknown", 300], ["sent", 301], ["unknown", 800], ["sent", 801], ["applied", 1000]]);
  await expectShades(page, 1000, [[800, 0]]);
});

pageTest("a failure that is over was shaded until an update was applied, and a wait until one was sent", async (t, open) => {
  const page = await shown(t, open, () => ({}), [["applied", 100], ["sent", 200], ["wait", 300], ["applied", 400], ["sent", 500],
    ["unknown", 800], ["sent", 801], ["applied", 1000]]);
  await expectShades(page, 1000, [[800, 400], [300, 200]]);
});

for (const colorScheme of ["light", "dark"]) {
  pageTest(`a high level is red only where somebody must look, ${colorScheme}`, async (t, open) => {
    const made = await ebbgate(t, (gate) => [gate.workload("web")]);
    const fake = new Fake();
    const states = ["idle", "waiting", "held", "updating", "rolling", "failing", "missing", "unhealthy"];
    fake.items = states.map((state) => fake.item(state, {state, level: 11}));
    await fake.start(t, made.url);
    const page = await open(fake.url, {colorScheme});
    const bad = await page.evaluate(() => {
      const probe = document.body.appendChild(document.createElement("p"));
      probe.className = "problem";
      return getComputedStyle(probe).color;
    });
    for (const state of states) {
      const row = rowOf(page, state);
      await row.waitFor();
      const filled = await row.locator(".level .filled").evaluate((each) => getComputedStyle(each).fill);
      assert.equal(filled === bad, ["failing", "missing", "unhealthy"].includes(state), state + " " + filled);
    }
  });
}

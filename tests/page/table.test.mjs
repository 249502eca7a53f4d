import assert from "node:assert/strict";
import {writeFileSync} from "node:fs";
import {ebbgate, eventually, namesOf, pageTest, rowOf, textOf} from "./harness.mjs";
import {Fake} from "./fake.mjs";

const various = (made) => [
  made.workload("web", {namespace: "shop"}), made.workload("checkout", {namespace: "shop", hold: true}),
  made.workload("api", {namespace: "platform"}), made.workload("webhook", {namespace: "platform"})];

const focused = (page) => page.evaluate(() => document.activeElement.querySelector("a")?.textContent ??
    document.activeElement.id);

// Ten thousand, of which some wait, behind the page of a real Ebbgate.
function many(fake) {
  fake.items = Array.from({length: 10_000}, (_, n) => fake.item("workload-" + String(n).padStart(5, "0"),
      n % 10 ? {} : {state: "waiting", level: 1 + n % 7, pending_since: fake.now(-n),
        next_update: fake.now(60_000 + n), gates: [{gate: "backoff", until: fake.now(60_000 + n), reason: "r"}]}));
}

pageTest("it filters by words and states, and the URL keeps both", async (t, open) => {
  const made = await ebbgate(t, various);
  const page = await open(made.url);
  await rowOf(page, "web").waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("SHOP web");
  await eventually(async () => (await namesOf(page)).join() === "web", "both words count");
  assert.match(await textOf(page, "#shown"), /1 of 4 workloads/);
  await page.getByRole("status").getByText("1 of 4 workloads shown").waitFor();
  await page.getByRole("searchbox").fill("web");
  await eventually(async () => (await namesOf(page)).length === 2, "web and webhook");
  await page.getByRole("searchbox").fill("");
  await page.getByRole("button", {name: /^held/}).click();
  await eventually(async () => (await namesOf(page)).join() === "checkout", "held ones");
  await page.getByRole("button", {name: /^idle/}).click();
  await eventually(async () => (await namesOf(page)).length === 4, "held and idle ones");
  await page.getByRole("button", {name: /^idle/}).click();
  await page.getByRole("searchbox").fill("check");
  await page.waitForURL(/#\/\?filter=check&state=held$/);
  const url = page.url();
  const other = await open(url);
  await rowOf(other, "checkout").waitFor();
  assert.equal(await other.getByRole("searchbox").inputValue(), "check");
  assert.equal(await other.getByRole("button", {name: /^held/}).getAttribute("aria-pressed"), "true");
  assert.equal((await namesOf(other)).length, 1);
  await page.getByRole("searchbox").fill("nothing like it");
  await page.getByText("No workload passes the filter.").waitFor();
});

pageTest("it sorts by every column, both ways, and back to what needs attention first", async (t, open) => {
  const made = await ebbgate(t, various);
  const fake = new Fake();
  const now = Date.now();
  const at = (seconds) => new Date(now + seconds * 1000).toISOString();
  const item = (name, number, more = {}) => fake.item(name, {level: number, changes: number,
    last_update: at(-number), last_outcome: "applied", pending_since: at(-number), next_update: at(60 - number),
    state: "waiting", gates: [{gate: "backoff", until: at(60), reason: "r"}], ...more});
  fake.items = [item("b", 1), item("c", 3), item("a", 2),
    fake.item("idle", {level: 9}), item("held", 1, {state: "held", gates: [{gate: "hold", until: null, reason: ""}]})];
  await fake.start(t, made.url);
  const page = await open(fake.url);
  const shows = (names, why) => eventually(async () => (await namesOf(page)).join() === names, why + ": " + names);
  await shows("c,a,b,held,idle", "the highest levels first, those at rest last");
  const expected = {Workload: "a,b,c,held,idle", Level: "idle,c,a,b,held", State: "held,a,b,c,idle",
    "What holds it": "a,b,c,held,idle", "Next update": "c,a,b,held,idle", Pending: "c,a,b,held,idle",
    Recently: "c,a,b,held,idle", "Last update": "b,held,a,c,idle"};
  for (const [title, names] of Object.entries(expected)) {
    const head = page.getByRole("columnheader", {name: title});
    await head.getByRole("button").click();
    await shows(names, title);
    assert.equal(await head.getAttribute("aria-sort"), "ascending");
    await head.getByRole("button").click();
    await shows(names.split(",").toReversed().join(), title + " turned round");
    assert.equal(await head.getAttribute("aria-sort"), "descending");
    await page.waitForURL(/sort=-/);
    await head.getByRole("button").click();
    await shows("c,a,b,held,idle", "and back");
  }
});

pageTest("the link that skips to the workloads leaves the address, the filter and what is open alone", async (t, open) => {
  const made = await ebbgate(t, various);
  for (const hash of ["#/?filter=check", "#/workload/shop/Local/checkout"]) {
    const page = await open(made.url + hash);
    await page.getByText("checkout").first().waitFor();
    const skip = page.getByRole("link", {name: "Skip to the workloads"});
    await skip.focus();
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "main");
    assert.equal(page.url(), made.url + hash);
    if (!hash.includes("filter")) assert.ok(await page.locator("#explain").isVisible());
    else assert.deepEqual(await namesOf(page), ["checkout"]);
  }
});

pageTest("only / alone goes to the filter: with Ctrl, Alt or Meta it is the browser's", async (t, open) => {
  const made = await ebbgate(t, various);
  const page = await open(made.url);
  await rowOf(page, "web").waitFor();
  for (const key of ["Control", "Alt", "Meta"]) {
    await page.keyboard.press(key + "+/");
    assert.notEqual(await focused(page), "filter", key);
  }
  await page.keyboard.press("/");
  assert.equal(await focused(page), "filter");
});

pageTest("a row says that something it watches is absent, and no more once it is there", async (t, open) => {
  const made = await ebbgate(t, (each) => [each.workload("web", {watch: [each.file("web"), each.file("none")]})]);
  const page = await open(made.url);
  const words = () => rowOf(page, "web").locator(".of-gates").innerText();
  await rowOf(page, "web").waitFor();
  assert.match(await words(), /^1 reference is absent/);
  await rowOf(page, "web").click();
  await page.getByText("1 of its references is absent").waitFor();
  assert.match(await textOf(page, "#explain-references"), /absent[^]*conf-none/);
  await page.goBack();
  made.change("none", "there now");
  await eventually(async () => !(await words()).includes("absent"), "it is there");
});

pageTest("it works by keyboard alone", async (t, open) => {
  const made = await ebbgate(t, various);
  const fake = new Fake();
  many(fake);
  await fake.start(t, made.url);
  const page = await open(fake.url);
  await page.locator("#rows [role=row]").first().waitFor();
  await page.keyboard.press("/");
  assert.equal(await focused(page), "filter");
  await page.keyboard.type("-000");
  await eventually(async () => (await textOf(page, "#shown")).includes("100 of"), "filtered");
  await page.keyboard.press("ArrowDown");
  const first = await focused(page);
  await page.keyboard.press("ArrowDown");
  const second = await focused(page);
  assert.notEqual(first, second);
  await page.keyboard.press("ArrowUp");
  assert.equal(await focused(page), first);
  await page.keyboard.press("End");
  assert.equal(await focused(page), "workload-00099");
  await page.keyboard.press("Home");
  assert.equal(await focused(page), first);
  await page.keyboard.press("PageDown");
  await page.keyboard.press("PageUp");
  assert.equal(await focused(page), first);
  await page.keyboard.press("End");
  const box = await page.locator("#rows [tabindex='0']").boundingBox();
  assert.ok(box.y >= 0 && box.y + box.height <= 800, "it is in sight");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", {name: "default/Deployment/workload-00099"}).waitFor();
  await page.keyboard.press("Escape");
  await eventually(async () => await focused(page) === "workload-00099", "the focus is back where it was");
  await page.waitForURL(/filter=-000/);
});

pageTest("the focus stays at its workload across updates and sorting", async (t, open) => {
  const made = await ebbgate(t, various);
  const fake = new Fake();
  many(fake);
  await fake.start(t, made.url);
  const page = await open(fake.url);
  await page.locator("#rows [role=row]").first().waitFor();
  await page.locator("#rows [tabindex='0']").focus();
  for (let n = 0; n < 5; ++n) await page.keyboard.press("ArrowDown");
  const name = await focused(page);
  const node = await page.evaluateHandle(() => document.activeElement);
  const item = fake.items.find((each) => each.name === name);
  Object.assign(item, {level: 0, state: "idle", gates: [], next_update: null, pending_since: null});
  fake.changed();
  await eventually(() => node.evaluate((row) => row.textContent.includes("idle")), "it is updated");
  assert.ok(await node.evaluate((row) => row === document.activeElement), "the focus did not move");
  assert.ok(Number(await node.evaluate((row) => row.getAttribute("aria-rowindex"))) > 1000, "but the row did");
  fake.items = fake.items.filter((each) => each !== item);
});

pageTest("10,000 workloads of a real Ebbgate, all of which change: it stays fluent", async (t, open) => {
  let folder;
  const made = await ebbgate(t, (gate) => {
    folder = gate.file("shared");
    writeFileSync(folder, "one");
    return Array.from({length: 10_000}, (_, n) => ({name: "workload-" + String(n).padStart(5, "0"),
      namespace: "team-" + n % 37, watch: [folder], update: {exec: ["true"]}}));
  }, {budget: {rate: 1, burst: 1}});
  const page = await open(made.url);
  await eventually(async () => /^10,000 workloads/.test(await textOf(page, "#shown")), "all are there");
  const grid = page.getByRole("grid");
  assert.equal(await grid.getAttribute("aria-rowcount"), "10001");
  const rows = () => page.locator("#rows [role=row]").count();
  assert.ok(await rows() < 60, "only what is in sight is in the document");

  // What the page's own thread works, whatever else the machine does: for each answer with news.
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Performance.enable", {timeDomain: "threadTicks"});
  const worked = async () => (await devtools.send("Performance.getMetrics")).metrics
      .find(({name}) => name === "TaskDuration").value;
  let news = 0;
  page.on("response", (response) => news += response.url().includes("since=") && response.status() === 200);
  const before = await worked();
  made.change("shared", "two");
  await eventually(async () => /waiting 9,9\d\d/.test(await page.locator("#chips").textContent()), "all wait");
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight / 2));
  await eventually(async () => {
    const first = await page.locator("#rows [role=row]").nth(10).getAttribute("aria-rowindex");
    return Number(first) > 4000;
  }, "it scrolls");
  assert.ok(await rows() < 60);
  await page.getByRole("searchbox").fill("team-3/ workload-0");
  await eventually(async () => /^27\d of 10,000/.test(await textOf(page, "#shown")), "it filters");
  const each = (await worked() - before) / news;
  assert.ok(each < 0.25, `an answer with news costs little: ${each.toFixed(2)} s`);
  assert.match(await page.locator("#rows .of-next").first().innerText(), /in turn/);

  const bytes = [];
  page.on("response", async (response) => {
    if (response.url().includes("since=")) bytes.push((await response.body().catch(() => "")).length);
  });
  await eventually(() => bytes.length >= 4, "it polls");
  assert.ok(Math.max(...bytes) < 50_000, `only what is new is sent: ${bytes} bytes`);
});

import assert from "node:assert/strict";
import {axeSource, ebbgate, eventually, pageTest, rowOf, textOf} from "./harness.mjs";
import {Fake} from "./fake.mjs";

// Everything that the page can show, at once.
function everything(fake) {
  const gates = ["settle", "backoff", "health", "budget", "unfinished", "missing", "retry", "hold"];
  const states = ["waiting", "updating", "held", "missing", "unhealthy", "idle", "failing", "rolling"];
  fake.items = Array.from({length: 60}, (_, n) => fake.item("a-workload-with-quite-a-long-name-" + n, {
    namespace: "a-namespace-with-a-long-name", state: states[n % 8], level: n % 12, pending_since: fake.now(-90_000),
    next_update: fake.now(75_000), last_update: fake.now(-100_000), last_outcome: "applied", updates: 3,
    gates: states[n % 8] === "idle" ? [] : [{gate: gates[n % 8], until: fake.now(75_000),
      reason: "a reason that goes on for quite a while, as reasons do"}],
    references: [{name: "ConfigMap/a-namespace-with-a-long-name/a-config-map-with-a-long-name:and-a-key",
      digest: "d".repeat(64), state: "changed"}]}));
  fake.history = ["wait", "applied", "sent", "unknown", "refused", "failed", "ready"].map((event, n) => ({
    workload: "w", at: fake.now(-10_000 * n), event, level: 7 - n,
    detail: "a detail without end: " + "x".repeat(120)}));
  Object.assign(fake.process, {role: "leader", leader: "ebbgate-7d9c5b6f4-x2x2x", problems: ["cannot list secrets"],
    degraded: "disk full"});
  fake.peers = [true, false].map((up) => ({peer: "sidecar-" + up, socket: "/tmp/s", up, level: 3,
    next_attempt: up ? null : fake.now(9000), problem: up ? null : "connection refused", accepted: 9, delivered: 7,
    rejected: 0, dropped: 0, queued: 2, in_flight: 0}));
}

async function shown(t, open, options, hash = "") {
  const made = await ebbgate(t, (gate) => [gate.workload("web")]);
  const fake = new Fake();
  everything(fake);
  await fake.start(t, made.url);
  const page = await open(fake.url + hash, options);
  if (hash) {
    await page.locator("#explain-past table").waitFor();
  } else {
    await page.locator("#rows .timeline:not(.empty)").first().waitFor();
  }
  return [page, fake];
}

const explained = "#/workload/a-namespace-with-a-long-name/Deployment/a-workload-with-quite-a-long-name-7";

for (const colorScheme of ["light", "dark"]) {
  for (const [what, hash] of [["the table", ""], ["an explanation", explained]]) {
    for (const width of [1280, 360]) {
      pageTest(`axe finds nothing serious in ${what}, ${colorScheme}, ${width} pixels wide`, async (t, open) => {
        const [page] = await shown(t, open,
            {colorScheme, bypassCSP: true, viewport: {width, height: 800}}, hash);
        await page.evaluate(axeSource());
        const found = await page.evaluate(() => axe.run(document, {resultTypes: ["violations"]}));
        const serious = found.violations.filter((each) => ["serious", "critical"].includes(each.impact));
        assert.deepEqual(serious.map((each) => each.id + ": " + each.nodes[0].html + each.nodes[0].failureSummary), []);
      });
    }
  }
}

pageTest("it fits a phone: nothing scrolls sideways, rows are cards, the keyboard still finds them", async (t, open) => {
  for (const hash of ["", explained]) {
    const [page] = await shown(t, open, {viewport: {width: 360, height: 740}, hasTouch: true, isMobile: true}, hash);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
    if (hash) continue;
    const row = page.locator("#rows [role=row]").first();
    const box = await row.boundingBox();
    assert.ok(box.height > 100 && box.width <= 360, "a card");
    for (const part of [".of-workload a", ".of-state .state", ".of-next span", ".of-gates span"]) {
      const inside = await row.locator(part).first().boundingBox();
      assert.ok(inside.x >= 0 && inside.x + inside.width <= 360, part + " is in sight");
      assert.ok(inside.y >= box.y - 1 && inside.y + inside.height <= box.y + box.height + 1, part + " is in its card");
    }
    await row.locator(".of-workload a").tap();
    await page.locator("#explain-title").waitFor();
  }
});

for (const width of [390, 1280]) {
  pageTest(`nothing is wider than a window of ${width} pixels, and nothing is cut off at its side`, async (t, open) => {
    const [page, fake] = await shown(t, open, {viewport: {width, height: 800}}, explained);
    const shownItem = fake.items[7];
    Object.assign(shownItem, {state: "held", waits_for: "Its owner holds it until 2099-12-24T18:00:00.000Z, and a change waits.",
      gates: [{gate: "hold", until: "2099-12-24T18:00:00.000Z", reason: "held by its owner, for reasons that take a while to tell"},
        {gate: "unfinished", until: null, reason: "as many rollouts as allowed are unfinished"}]});
    fake.history.push({workload: "w", at: "2020-01-01T00:00:00.000Z", event: "forgiven", level: 10, detail: "path/".repeat(60)});
    fake.changed();
    await page.getByText("24 Dec 2099, 18:00:00 UTC, and a change waits").waitFor();
    await page.locator("#explain-past td", {hasText: "forgiven"}).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
    const beyond = await page.evaluate(() => [...document.querySelectorAll("#explain td, #explain th, #explain .wide, #explain code")]
        .filter((each) => each.getClientRects().length && (each.getBoundingClientRect().right > innerWidth - 8 ||
            each.scrollWidth > each.clientWidth + 1 && each.tagName !== "CODE"))
        .map((each) => each.textContent.slice(0, 80)));
    assert.deepEqual(beyond, []);
    fake.items = [shownItem, fake.item("waits", {state: "waiting", level: 1, pending_since: fake.now(-9000), next_update: fake.now(33_674_400_000),
      gates: [{gate: "health", until: fake.now(9000),
        reason: "whether the last update took effect is not known; each repeat waits longer"}]})];
    fake.changed();
    const list = await open(fake.url, {viewport: {width, height: 800}});
    const row = rowOf(list, "waits");
    await row.waitFor();
    assert.equal(await list.evaluate(() => document.documentElement.scrollWidth), width);
    for (const cell of [".of-gates > span", ".of-next > span", ".of-next > small", ".of-pending > small"]) {
      const cut = await row.locator(cell).evaluate((each) => each.clientWidth > 0 &&
          (each.scrollHeight > each.clientHeight + 2 || each.scrollWidth > each.clientWidth + 1));
      assert.equal(cut, false, cell);
    }
  });
}

pageTest("what stands side by side has spaces between, for whoever copies it", async (t, open) => {
  const [page] = await shown(t, open, {}, explained);
  assert.match(await textOf(page, "#explain-past .legend"), /^level\s+a change waited\s+applied\s+refused\s+outcome unknown\s+rollout failed$/);
});

pageTest("on a phone the workloads come before the overview, for the keyboard and screen readers too", async (t, open) => {
  const [page] = await shown(t, open, {viewport: {width: 1280, height: 800}});
  const order = () => page.evaluate(() => Boolean(document.getElementById("main").compareDocumentPosition(
      document.getElementById("overview")) & Node.DOCUMENT_POSITION_FOLLOWING));
  const above = async () => (await page.locator("#grid").boundingBox()).y < (await page.locator("#overview").boundingBox()).y;
  assert.equal(await order(), false);
  assert.equal(await above(), false);
  await page.setViewportSize({width: 390, height: 844});
  await eventually(order, "the workloads are first");
  assert.ok(await above());
  await page.setViewportSize({width: 1280, height: 800});
  await eventually(async () => !await order(), "and back");
});

pageTest("long names that differ only in their ends, or only in their beginnings, can be told apart", async (t, open) => {
  for (const width of [1280, 360]) {
    const [page, fake] = await shown(t, open, {viewport: {width, height: 800}});
    const long = "a-service-whose-name-goes-on-and-on-and-on-for-longer-than-any-column-has-room-";
    fake.items = ["first", "second"].map((end) => fake.item(long + end, {
      namespace: "namespace-of-" + long + end, state: "waiting", level: 99, pending_since: fake.now()}));
    fake.changed();
    await page.locator("#filter").fill(long);
    await rowOf(page, long + "second").waitFor();
    for (const end of ["first", "second"]) {
      const row = rowOf(page, long + end);
      const cell = await row.locator(".of-workload").boundingBox();
      for (const name of [row.locator("a.name"), row.locator("small.name")]) {
        assert.ok((await name.textContent()).includes(long + end), "the whole name is there to be copied");
        const front = await name.locator(".front").boundingBox();
        const tail = await name.locator(".end").boundingBox();
        assert.ok(front.x >= cell.x - 1 && front.width > 40, "its beginning is in sight");
        assert.ok(tail.width > 20 && tail.x + tail.width <= cell.x + cell.width + 1, "its end is in sight");
      }
    }
  }
});

pageTest("each mark is as large as the others, and stands where its event was", async (t, open) => {
  const [page] = await shown(t, open, {}, explained);
  for (const outcome of ["applied", "refused", "unknown", "failed"]) {
    // The picture is drawn anew all the time, so it is found and measured at once.
    const box = await page.evaluate((of) => {
      const path = document.querySelector("#explain-past svg.large path." + of);
      const {x, y, width, height} = path.getBBox();
      const [, left, top] = /^M([\d.]+) ([\d.]+)/.exec(path.getAttribute("d")).map(Number);
      return {left: x - left, right: x + width - left, top: y - top, bottom: y + height - top};
    }, outcome);
    for (const [side, far] of Object.entries(box)) {
      assert.ok(Math.abs(far) <= 5 && Math.abs(far) >= 2, outcome + " " + side + " " + far);
    }
  }
});

pageTest("a legend says what the marks mean, below the table and below a history", async (t, open) => {
  for (const [hash, place] of [["", "#marks"], [explained, "#explain-past .legend"]]) {
    const [page] = await shown(t, open, {}, hash);
    const legend = page.locator(place);
    for (const word of ["level", "a change waited", "applied", "refused", "outcome unknown", "rollout failed"]) {
      assert.equal(await legend.locator(".entry", {hasText: word}).locator("svg").count() > 0, true, word);
    }
    const shapes = await legend.locator("path").evaluateAll((paths) => paths.map((path) => path.getAttribute("d")));
    assert.equal(new Set(shapes).size, shapes.length);
  }
});

pageTest("it can be read at 200 % and with large fonts: rows grow with them", async (t, open) => {
  const [page] = await shown(t, open, {viewport: {width: 640, height: 400}});
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 640);
  const before = (await page.locator("#rows [role=row]").first().boundingBox()).height;
  await page.evaluate(() => document.documentElement.style.fontSize = "200%");
  await page.setViewportSize({width: 1300, height: 900});
  await page.evaluate(() => scrollTo(0, document.getElementById("rows").offsetTop + 1500));
  await eventually(async () => {
    const boxes = await page.locator("#rows [role=row]").evaluateAll((rows) =>
        rows.slice(2, 5).map((row) => row.getBoundingClientRect()).map(({top, bottom}) => [top, bottom]));
    return boxes.length === 3 && boxes[0][1] - boxes[0][0] > 80 && boxes[0][1] - boxes[0][0] !== before && Math.abs(boxes[0][1] - boxes[1][0]) < 1 &&
        Math.abs(boxes[1][1] - boxes[2][0]) < 1;
  }, "rows follow each other");
});

pageTest("dark and light are the reader's wish", async (t, open) => {
  const back = {};
  for (const colorScheme of ["light", "dark"]) {
    const [page] = await shown(t, open, {colorScheme});
    back[colorScheme] = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  }
  assert.notEqual(back.light, back.dark);
});

pageTest("it prints its rows, not only those in sight", async (t, open) => {
  const [page] = await shown(t, open, {viewport: {width: 1280, height: 500}});
  assert.ok(await page.locator("#rows [role=row]").count() < 40);
  await page.emulateMedia({media: "print"});
  await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
  assert.equal(await page.locator("#rows [role=row]").count(), 60);
  const tops = await page.locator("#rows [role=row]").evaluateAll((rows) => rows.map((row) => row.getBoundingClientRect().top));
  assert.ok(tops[59] > tops[0] + 60 * 20, "one below the other");
  await page.evaluate(() => window.dispatchEvent(new Event("afterprint")));
  assert.ok(await page.locator("#rows [role=row]").count() < 40);
});

pageTest("levels, states and outcomes have words and shapes, not colours alone", async (t, open) => {
  const [page] = await shown(t, open, {});
  const row = rowOf(page, "a-workload-with-quite-a-long-name-10");
  assert.match(await row.innerText(), /level\s*10/);
  const shapes = await page.locator("#chips svg path").evaluateAll((paths) => paths.map((path) => path.getAttribute("d")));
  assert.equal(new Set(shapes).size, 8);
  await row.locator(".timeline[aria-label*='1 applied, 1 refused, 1 unknown']").waitFor();
});

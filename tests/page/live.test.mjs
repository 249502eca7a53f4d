import assert from "node:assert/strict";
import {readFileSync, rmSync, writeFileSync} from "node:fs";
import {hostname} from "node:os";
import {test} from "node:test";
import {ebbgate, eventually, namesOf, pageTest, pause, rowOf, textOf, unreachable} from "./harness.mjs";
import {Fake} from "./fake.mjs";

const three = (made) => ["api", "site", "web"].map((name) => made.workload(name));

pageTest("the page renders: its workloads, budget, totals and version", async (t, open) => {
  const made = await ebbgate(t, three, {budget: {rate: 2, burst: 7}});
  const page = await open(made.url);
  await rowOf(page, "web").waitFor();
  assert.deepEqual(await namesOf(page), ["api", "site", "web"]);
  assert.match(await textOf(page, "#shown"), /3 workloads/);
  assert.match(await textOf(page, "#budget-text"), /7 of 7 updates may go at once; 2 a second/);
  assert.match(await textOf(page, "#about"), /local · \d+\.\d+/);
  assert.equal(await textOf(page, "#connection"), "Live");
  assert.equal(await page.title(), "Ebbgate on " + hostname());
  assert.equal(await textOf(page, "#owner"), "on " + hostname());
});

pageTest("it updates live: a change, why it waits, the countdown, and the update", async (t, open) => {
  const made = await ebbgate(t, three, {backoff: {base: "10s", max: "64s"}});
  const page = await open(made.url);
  const row = rowOf(page, "web");
  await row.waitFor();
  made.change("web", "one");
  await row.locator(".state", {hasText: "idle"}).waitFor();
  await row.locator(".of-last", {hasText: "applied"}).waitFor();
  assert.equal(await row.locator(".level b").innerText(), "1");
  made.change("web", "two");
  await row.locator(".state", {hasText: "waiting"}).waitFor();
  assert.match(await row.locator(".of-gates").innerText(), /backoff: level 1 demands its delay/);
  assert.deepEqual(await namesOf(page), ["web", "api", "site"], "what waits comes first");
  const next = row.locator(".of-next span");
  const seconds = async () => Number(/in (\d+) s/.exec(await next.innerText())?.[1] ?? 0);
  const first = await eventually(seconds, "a countdown");
  assert.ok(first <= 10);
  await eventually(async () => await seconds() < first, "it counts down");
  await eventually(async () => await row.locator(".level b").innerText() === "2", "it is updated");
  await row.locator(".timeline[aria-label*='2 applied']").waitFor();
  await eventually(async () => /2/.test(await textOf(page, "#plot-changes")), "both changes are plotted");
  await eventually(async () => /2/.test(await textOf(page, "#plot-updates")), "both updates are plotted");
});

pageTest("it survives a kill -9 and restart of Ebbgate, and says meanwhile that it is old", async (t, open) => {
  const made = await ebbgate(t, three, {backoff: {base: "60s", max: "64s"}});
  const page = await open(made.url, {allow: unreachable});
  const row = rowOf(page, "web");
  await row.waitFor();
  made.change("web", "one");
  await row.locator(".of-last", {hasText: "applied"}).waitFor();
  await made.kill();
  const alert = page.getByRole("alert");
  await alert.getByText(/No answer since \d\d:\d\d:\d\d/).waitFor();
  assert.equal(await textOf(page, "#connection"), "No answer");
  assert.ok(await page.locator("body.stale").count());
  assert.equal(await row.count(), 1, "what was known stays");
  const told = await alert.innerText();
  await pause(2500);
  assert.equal(await alert.innerText(), told, "an alert does not change every second");

  made.settings.local.workloads = [made.workload("new"), made.workload("web")];
  made.change("web", "two");
  await made.start();
  await rowOf(page, "new").waitFor();
  await row.locator(".state", {hasText: "waiting"}).waitFor();
  assert.deepEqual((await namesOf(page)).toSorted(), ["new", "web"], "those that are gone went");
  assert.equal(await alert.innerText(), "");
  assert.equal(await textOf(page, "#connection"), "Live");
  assert.equal(await page.locator("body.stale").count(), 0);
});

pageTest("it tells of state that was lost, and says of no workload that it was updated lately", async (t, open) => {
  const made = await ebbgate(t, three, {backoff: {base: "60s", max: "64s"}});
  assert.deepEqual((await made.api("process")).problems, [], "nothing is wrong at first");
  await made.kill("SIGTERM");
  rmSync(made.folder + "/ebbgate.db");
  await made.start();
  made.change("web", "one");
  const page = await open(made.url);
  const problems = page.getByRole("list", {name: "Problems"});
  await problems.getByText(/the stored state was lost, as was found at \d\d:\d\d:\d\d: .* started at the highest level/).waitFor();
  await rowOf(page, "web").locator(".state", {hasText: "waiting"}).waitFor();
  await rowOf(page, "web").click();
  await page.getByText("When it was updated last is not known for sure").waitFor();
  await page.getByText(/Mind that the stored state was lost/).waitFor();
  assert.match(await textOf(page, "#explain-facts"), /Last update\s+not known/);
  assert.doesNotMatch(await textOf(page, "#explain"), /updated lately|none yet/);
});

pageTest("a reload that was refused is a problem until one is not", async (t, open) => {
  const made = await ebbgate(t, three);
  const page = await open(made.url);
  await rowOf(page, "web").waitFor();
  const problems = page.getByRole("list", {name: "Problems"});
  assert.ok(!await page.locator("#problems").isVisible());
  const file = made.folder + "/ebbgate.yaml";
  const good = readFileSync(file);
  writeFileSync(file, '{"bogus": 1}');
  made.process.kill("SIGHUP");
  const told = problems.filter({hasText: /the configuration was not reloaded at \d\d:\d\d:\d\d, [^]*bogus/});
  await told.waitFor();
  assert.ok(await rowOf(page, "web").isVisible(), "the one before stays in force");
  writeFileSync(file, good);
  made.process.kill("SIGHUP");
  await problems.waitFor({state: "hidden"});
});

pageTest("a countdown runs by the server's clock, not by the browser's", async (t, open) => {
  const made = await ebbgate(t, three);
  const fake = new Fake();
  fake.ahead = 86_400_000;
  fake.items = [fake.item("web", {state: "waiting", level: 3, pending_since: fake.now(-5000),
    next_update: fake.now(50_000), gates: [{gate: "backoff", until: fake.now(50_000), reason: "level 3"}]})];
  await fake.start(t, made.url);
  const page = await open(fake.url);
  const row = rowOf(page, "web");
  await eventually(async () => /^in ([1-4]\d|50) s$/.test(await row.locator(".of-next span").innerText()), "seconds");
  assert.match(await row.locator(".of-pending span").innerText(), /^for ([5-9]|[1-5]\d) s$/);
});

pageTest("a degraded store is an alert that is spoken once, and goes when it is over", async (t, open) => {
  const made = await ebbgate(t, three);
  const fake = new Fake();
  fake.process.degraded = "disk <b>full</b>";
  fake.process.problems = ["cannot list <i>secrets</i>"];
  fake.process.role = "standby";
  fake.process.leader = "pod-7";
  await fake.start(t, made.url);
  const page = await open(fake.url);
  const alert = page.getByRole("alert").locator("p");
  await alert.getByText("The database cannot be written: disk <b>full</b>.").waitFor();
  const node = await alert.elementHandle();
  await page.getByText("cannot list <i>secrets</i>").waitFor();
  assert.equal(await textOf(page, "#role"), "Standby");
  assert.match(await textOf(page, "#about"), /pod-7 leads/);
  for (let n = 1; n <= 2; ++n) {
    const asked = fake.requests.length;
    fake.process = {...fake.process, totals: {...fake.process.totals, changes: n}};
    await eventually(() => fake.requests.length > asked + 6, "it polls");
  }
  assert.ok(await node.evaluate((element) => element.isConnected), "the alert was not made anew");
  fake.process = {...fake.process, degraded: null};
  await eventually(async () => await alert.count() === 0, "it is over");
});

test("the API's news follow what happens in a real process", async (t) => {
  const made = await ebbgate(t, three);
  const all = await made.api("workloads?since=0");
  assert.deepEqual(all.items.map((item) => item.name).toSorted(), ["api", "site", "web"]);
  assert.equal(all.more, false);
  assert.deepEqual((await made.api("workloads?since=" + all.since)).items, []);
  made.change("web", "one");
  const found = await eventually(async () => {
    const news = await made.api("workloads?since=" + all.since);
    return news.items[0]?.last_outcome === "applied" && news;
  }, "it is told");
  assert.deepEqual(found.items.map((item) => item.name), ["web"]);
  assert.equal((await fetch(made.url + "api/v1/workloads?since=another-1")).status, 410);
  const process = await made.api("process");
  assert.equal(process.totals.changes, 1);
  assert.equal(process.totals.updates.applied, 1);
  assert.equal(process.budget.burst, 100);
  assert.ok(Math.abs(Date.parse(process.started) - Date.now()) < 60_000);
  const held = await made.api("workloads?state=held,missing");
  assert.deepEqual(held.items, []);
  assert.equal((await made.api("workloads?state=held,idle")).items.length, 3);
});

pageTest("while the disk hangs there is no history, and all else is told nevertheless", async (t, open) => {
  const made = await ebbgate(t, three);
  const fake = new Fake();
  fake.items = [fake.item("web", {state: "waiting", level: 3, pending_since: fake.now()})];
  fake.diskHangs = true;
  await fake.start(t, made.url);
  for (const hash of ["", "#/workload/default/Deployment/web"]) {
    const page = await open(fake.url + hash, {allow: unreachable});
    const histories = () => fake.requests.filter((url) => url.includes("history")).length;
    const asked = histories();
    await eventually(() => histories() >= asked + (hash ? 1 : 2), "it asks, and asks again");
    await page.getByText(hash ? "A change waits." : "web").first().waitFor();
    assert.equal(await textOf(page, "#connection"), "Live");
    assert.equal(await page.locator("body.stale").count(), 0);
  }
});

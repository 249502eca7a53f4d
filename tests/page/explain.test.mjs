import assert from "node:assert/strict";
import {hostname} from "node:os";
import {ebbgate, eventually, namesOf, pageTest, rowOf, textOf} from "./harness.mjs";
import {Fake} from "./fake.mjs";

const two = (made) => [made.workload("web"), made.workload("api", {hold: true})];

pageTest("a shared link opens the explanation: why, since when, what to do, what happened", async (t, open) => {
  const made = await ebbgate(t, two, {backoff: {base: "60s", max: "64s"}});
  made.change("web", "one");
  await eventually(async () => (await made.api("workloads/default/Local/web")).last_outcome === "applied", "updated");
  made.change("web", "two");
  const page = await open(made.url + "#/workload/default/Local/web");
  await page.getByRole("heading", {name: "default/Local/web"}).waitFor();
  assert.equal(await page.title(), "default/Local/web – Ebbgate on " + hostname());
  await page.getByText("Throttled: a change waits.").waitFor();
  const next = page.locator("#explain-next");
  await eventually(async () => /Next update: in (\d+ s|1 m)/.test(await next.innerText()), "its countdown");
  const gates = await textOf(page, "#explain-gates");
  assert.match(gates, /backoff/);
  assert.match(gates, /level 1 demands its delay/);
  assert.match(await textOf(page, "#explain-facts"), /since \d\d:\d\d:\d\d/);
  assert.match(await textOf(page, "#explain-todo"), /ebbgate release default\/Local\/web --config FILE/);
  const references = await textOf(page, "#explain-references");
  assert.match(references, /changed/);
  assert.match(references, /conf-web/);
  const past = await textOf(page, "#explain-past");
  for (const event of ["wait", "applied", "sent"]) assert.match(past, new RegExp(event));
  assert.match(await page.locator("#explain-past svg.large").getAttribute("aria-label"), /1 applied/);
});

pageTest("it is live, and what is selected in it stays", async (t, open) => {
  const made = await ebbgate(t, two, {backoff: {base: "60s", max: "64s"}});
  const page = await open(made.url + "#/workload/default/Local/web");
  await page.getByText("Nothing happened yet.").waitFor();
  made.change("web", "one");
  await page.locator("#explain-past td", {hasText: "applied"}).waitFor();
  await page.evaluate(() => getSelection().selectAllChildren(document.querySelector("#explain-past table")));
  made.change("web", "two");
  await page.getByText("Throttled: a change waits.").waitFor();
  const todo = await page.locator("#explain-todo code").first().elementHandle();
  const standing = await textOf(page, "#explain-next");
  let looks = 0;
  page.on("response", (response) => looks += response.url().endsWith("/default/Local/web"));
  await eventually(() => looks >= 3, "it looks again");
  await eventually(async () => await textOf(page, "#explain-next") !== standing, "it counts down");
  assert.ok(await todo.evaluate((element) => element.isConnected), "what did not change was not made anew");
});

pageTest("a row opens it by a click, and Back and its link lead back to the filtered list", async (t, open) => {
  const made = await ebbgate(t, two);
  const page = await open(made.url + "#/?filter=we");
  await rowOf(page, "web").click();
  await page.getByRole("heading", {name: "default/Local/web"}).waitFor();
  assert.match(page.url(), /#\/workload\/default\/Local\/web$/);
  await page.goBack();
  await rowOf(page, "web").waitFor();
  await page.waitForURL(/filter=we$/);
  await rowOf(page, "web").getByRole("link").click();
  await page.getByRole("link", {name: "← All workloads"}).click();
  await rowOf(page, "web").waitFor();
  assert.deepEqual(await namesOf(page), ["web"]);
  assert.equal(await page.title(), "Ebbgate on " + hostname());
});

pageTest("what held ones are told is how to lift the hold, as their provider has it", async (t, open) => {
  const made = await ebbgate(t, two);
  const page = await open(made.url + "#/workload/default/Local/api");
  await page.getByText("take hold out of its entry in the configuration").waitFor();
  const fake = new Fake();
  fake.process.provider = "kubernetes";
  fake.items = [fake.item("web", {state: "held", gates: [{gate: "hold", until: null, reason: "held"}]})];
  await fake.start(t, made.url);
  const other = await open(fake.url + "#/workload/default/Deployment/web");
  await other.getByText("kubectl annotate --namespace default deployment/web ebbgate.io/hold-").waitFor();
});

pageTest("advice is what opens the gates that are closed, and nothing that does not", async (t, open) => {
  const made = await ebbgate(t, two);
  const fake = new Fake();
  fake.process.provider = "kubernetes";
  const closed = (...names) => names.map((gate) => ({gate, until: fake.now(90_000), reason: gate}));
  const paused = {gate: "hold", until: null, reason: "spec.paused is true: nothing is written until it is resumed"};
  const release = "ebbgate release default/Deployment/web --config FILE";
  const unhold = "kubectl annotate --namespace default deployment/web ebbgate.io/hold-";
  const shared = "though what all workloads share holds it still";
  const cases = [
    [{state: "held", gates: [paused]}, ["kubectl rollout resume --namespace default deployment/web"], ["ebbgate.io/hold-"]],
    [{state: "held", gates: closed("hold")}, ["It ends by itself; to lift it now:", unhold], ["resume"]],
    [{state: "held", gates: closed("hold", "backoff")}, [unhold], ["release"]],
    [{state: "missing", gates: closed("missing", "health")}, ["is not complete"], ["release"]],
    [{state: "waiting", gates: closed("budget")}, ["budget.rate"], ["release"]],
    [{state: "waiting", gates: closed("backoff", "budget")}, [shared, release], []],
    [{state: "waiting", gates: closed("health", "unfinished")}, [shared, release], []],
    [{state: "waiting", gates: closed("retry")}, ["To let it go now", release], [shared]],
    [{state: "unhealthy", gates: []}, ["did not become ready"], ["release"]]];
  fake.items = [fake.item("web")];
  await fake.start(t, made.url);
  const page = await open(fake.url + "#/workload/default/Deployment/web");
  await page.getByText("Up to date.").waitFor();
  for (const [now, said, unsaid] of cases) {
    const [first, ...others] = said;
    fake.items = [fake.item("web", {pending_since: fake.now(), ...now})];
    await page.locator("#explain-todo", {hasText: first}).waitFor();
    const told = await textOf(page, "#explain-todo");
    for (const text of others) assert.ok(told.includes(text), `${text} in: ${told}`);
    for (const text of unsaid) assert.ok(!told.includes(text), `${text} not in: ${told}`);
  }
});

pageTest("a workload that goes and comes back as it was is shown again, with its history", async (t, open) => {
  const made = await ebbgate(t, two);
  const fake = new Fake();
  const web = fake.item("web");
  fake.items = [web];
  fake.history = [{workload: "w", at: fake.now(-5000), event: "applied", level: 1, detail: "a detail"}];
  await fake.start(t, made.url);
  const page = await open(fake.url + "#/workload/default/Deployment/web", {allow: /404/});
  await page.getByText("a detail").waitFor();
  fake.items = [];
  await page.getByText("There is no such workload").waitFor();
  fake.items = [web];
  await page.getByText("Up to date.").waitFor();
  await page.getByText("a detail").waitFor();
});

pageTest("a workload that is gone says so, and comes back when it does", async (t, open) => {
  const made = await ebbgate(t, two);
  const fake = new Fake();
  fake.items = [fake.item("other")];
  await fake.start(t, made.url);
  const page = await open(fake.url + "#/workload/default/Deployment/web", {allow: /404/});
  await page.getByText("There is no such workload").waitFor();
  fake.items = [fake.item("web"), fake.item("other")];
  fake.changed();
  await page.getByText("Up to date.").waitFor();
});

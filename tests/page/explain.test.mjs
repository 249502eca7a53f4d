import assert from "node:assert/strict";
import {hostname} from "node:os";
import {ebbgate, eventually, namesOf, pageTest, rowOf, textOf} from "./harness.mjs";
import {Fake} from "./fake.mjs";

const two = (made) => [made.workload("web"), made.workload("api", {hold: true})];

pageTest("a shared link opens the explanation: why, since when, what to do, what happened", async (t, open) => {
  const made = await ebbgate(t, two, {backoff: {base: "60s", max: "64s"}, admin_socket: "admin.sock"});
  made.change("web", "one");
  await eventually(async () => (await made.api("workloads/default/Local/web")).last_outcome === "applied", "updated");
  made.change("web", "two");
  const page = await open(made.url + "#/workload/default/Local/web");
  await page.getByRole("heading", {name: "default/Local/web"}).waitFor();
  assert.equal(await page.title(), "default/Local/web – Ebbgate on " + hostname());
  await page.getByText("It was updated lately, and waits for the delay of level 1.").waitFor();
  const answer = page.locator("#explain-answer .answer");
  await eventually(async () => /level 1\. Next update: in (\d+ s|1 m|1 m \d+ s), at \d\d:\d\d:\d\d\. Nothing needs to be done/
      .test(await answer.innerText()), "what it waits for, until when, and what to do");
  const top = async (selector) => (await page.locator(selector).boundingBox()).y;
  assert.ok(await top("#explain-answer") < await top("#explain-facts"), "the answer is first");
  const gates = await textOf(page, "#explain-gates");
  assert.match(gates, /backoff/);
  assert.match(gates, /level 1 demands its delay/);
  assert.match(await textOf(page, "#explain-facts"), /since \d\d:\d\d:\d\d/);
  assert.match(await textOf(page, "#explain-todo"), /ebbgate release default\/Local\/web --admin_socket \/.*admin\.sock/);
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
  await page.getByText("waits for the delay of level 1").waitFor();
  const todo = await page.locator("#explain-todo code").first().elementHandle();
  const standing = await textOf(page, "#explain-answer b");
  let looks = 0;
  page.on("response", (response) => looks += response.url().endsWith("/default/Local/web"));
  await eventually(() => looks >= 3, "it looks again");
  await eventually(async () => await textOf(page, "#explain-answer b") !== standing, "it counts down");
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
  await page.getByText("take hold out of its entry in Ebbgate's configuration").waitFor();
  await page.locator("#explain-todo code", {hasText: /^kill -HUP \d+$/}).waitFor();
});

pageTest("advice is the server's, with its commands to copy; what fails says why, since when and how often", async (t, open) => {
  const made = await ebbgate(t, two);
  const fake = new Fake();
  const failing = fake.item("web", {state: "failing", level: 2, pending_since: fake.now(-90_000), next_update: fake.now(30_000),
    last_error: "exit status 1: unknown directive", failure_cause: "command_exit", failing_since: fake.now(-90_000), failures: 12,
    gates: [{gate: "retry", until: fake.now(30_000), reason: "the last update was refused"}],
    waits_for: "Its last update failed, and is tried again.", to_do: "Mend it.",
    advice: [{text: "Do this:", command: "do 'this'", read: "docs/this.md"}, {text: "Or that.", command: null, read: null},
      {text: "List:", command: "ebbgate status", read: null, takes_url: true}]});
  fake.items = [fake.item("high", {state: "waiting", level: 9, pending_since: fake.now(-99_000)}), failing];
  await fake.start(t, made.url);
  const list = await open(fake.url);
  await rowOf(list, "web").waitFor();
  assert.deepEqual(await namesOf(list), ["web", "high"], "what fails is first");
  assert.match(await rowOf(list, "web").innerText(), /failing[^]*exit status 1: unknown directive[^]*12 failures since \d\d:\d\d/);
  const page = await open(fake.url + "#/workload/default/Deployment/web");
  await page.getByText("Do this:").waitFor();
  await page.getByText("More: docs/this.md").waitFor();
  assert.deepEqual(await page.locator("#explain-todo code").allTextContents(),
      ["do 'this'", "ebbgate status --url " + fake.url.slice(0, -1), "ebbgate explain default/Deployment/web --url " + fake.url.slice(0, -1)]);
  assert.match(await textOf(page, "#explain-answer"),
      /^Its last update failed, and is tried again\. Next try: in \d+ s, at [\d:]+\. Mend it\.\s+Failing since [\d:]+, 12 times in a row\. The last error:\s+exit status 1/);
});

pageTest("a further try under way is told as such, and its workload's last error stays", async (t, open) => {
  const made = await ebbgate(t, two);
  const fake = new Fake();
  fake.items = [fake.item("web", {state: "updating", level: 1, pending_since: fake.now(-90_000), last_error: "exit status 1: no",
    failure_cause: "command_exit", failing_since: fake.now(-90_000), failures: 3,
    waits_for: "Its last update failed, and is tried again now: this is try 4.", to_do: "Mend it."})];
  await fake.start(t, made.url);
  const list = await open(fake.url);
  await rowOf(list, "web").waitFor();
  assert.match(await rowOf(list, "web").innerText(),
      /updating[^]*It is tried again now: try 4[^]*3 failures since \d\d:\d\d[^]*under way/);
  const page = await open(fake.url + "#/workload/default/Deployment/web");
  await page.getByText("this is try 4. Mend it.").waitFor();
  assert.match(await textOf(page, "#explain-answer"),
      /^Its last update failed, and is tried again now: this is try 4\. +Mend it\.\s+Failing since [\d:]+, 3 times in a row\. The last error:\s+exit status 1: no/);
});

pageTest("red is only what somebody must look at", async (t, open) => {
  const made = await ebbgate(t, two);
  const fake = new Fake();
  const red = ["failing", "missing", "unhealthy"];
  const states = [...red, "rolling", "waiting", "updating", "held", "idle"];
  fake.items = states.map((state) => fake.item(state, {state, failures: state === "failing" ? 1 : 0}));
  await fake.start(t, made.url);
  const page = await open(fake.url);
  await rowOf(page, "idle").waitFor();
  const bad = await page.evaluate(() => {
    const probe = document.body.appendChild(document.createElement("i"));
    probe.className = "problem";
    return getComputedStyle(probe).color;
  });
  for (const state of states) {
    const colour = await rowOf(page, state).locator(".state").evaluate((each) => getComputedStyle(each).color);
    assert.equal(colour === bad, red.includes(state), state);
  }
});

pageTest("who waits for the budget is told about when its turn comes", async (t, open) => {
  const made = await ebbgate(t, two);
  const fake = new Fake();
  Object.assign(fake.process.budget, {tokens: 0, rate: 1});
  const inTurn = (name, waits, namespace) => fake.item(name, {namespace, state: "waiting", pending_since: fake.now(-waits * 1000),
    gates: [{gate: "budget", until: null, reason: "r"}]});
  fake.items = [...Array.from({length: 140}, (_, n) => inTurn("w" + n, 1000 - n, "many")), inTurn("lone", 1, "few"), inTurn("last", 0, "many")];
  await fake.start(t, made.url);
  const wait = async (name, pattern) => {
    const page = await open(fake.url + "#/?filter=" + name);
    await eventually(async () => pattern.test(await rowOf(page, name).locator(".of-next").innerText()), name);
  };
  await wait("last", /in about 2 m 22 s\s+142 wait in turn/);
  await wait("lone", /in about [12] s/);
  fake.process = {...fake.process, budget: {...fake.process.budget, rate: 0}};
  await wait("last", /^none\s+budget\.rate is 0/);
  const page = await open(fake.url);
  await page.getByText("budget.rate is 0: no update goes out until it is raised").waitFor();
  assert.equal(await page.locator("#budget").isHidden(), true);
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

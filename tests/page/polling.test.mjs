import assert from "node:assert/strict";
import {ebbgate, eventually, pageTest, pause, rowOf, setPageHidden, textOf, unreachable} from "./harness.mjs";
import {Fake} from "./fake.mjs";

const three = (made) => ["api", "site", "web"].map((name) => made.workload(name));

pageTest("while nothing changes each poll knows its tag, and gets 304", async (t, open) => {
  const made = await ebbgate(t, three);
  const page = await open(made.url);
  await rowOf(page, "web").waitFor();
  const seen = [];
  page.on("response", async (response) => {
    const url = new URL(response.url());
    if (!url.pathname.startsWith("/api/")) return;
    seen.push([url.pathname, response.status(), (await response.request().allHeaders())["if-none-match"]]);
  });
  await eventually(() => seen.filter(([path]) => path === "/api/v1/workloads").length >= 5, "it polls");
  // Before the second of these, answers may be the first of their kind.
  const second = seen.findIndex((each, index) => each[0] === "/api/v1/workloads" &&
      seen.slice(0, index).some(([path]) => path === each[0]));
  const judged = seen.slice(second + 1);
  assert.ok(judged.length >= 3);
  for (const [path, status, tag] of judged) {
    assert.equal(status, 304, path);
    assert.match(tag, /^"[0-9a-f]+"$/);
  }
});

pageTest("it polls once a second, never twice at the same time", async (t, open) => {
  const made = await ebbgate(t, three);
  const page = await open(made.url);
  await rowOf(page, "web").waitFor();
  const now = new Set();  // without the poll that was under way when the test began to count
  let most = 0;
  let polls = 0;
  const isPoll = (request) => request.url().includes("/api/v1/process");
  await page.route("**/api/v1/process", async (route) => {
    await pause(1500);
    await route.continue();
  });
  page.on("request", (request) => {
    if (!isPoll(request)) return;
    ++polls;
    now.add(request);
    most = Math.max(most, now.size);
  });
  page.on("requestfinished", (request) => now.delete(request));
  page.on("requestfailed", (request) => now.delete(request));
  const began = Date.now();
  await eventually(() => polls >= 4, "it polls");
  assert.ok(Date.now() - began >= 3 * 1500, "each waits for the one before it");
  await setPageHidden(page, true);
  await setPageHidden(page, false);
  await eventually(() => polls >= 6, "it goes on");
  assert.equal(most, 1);
});

pageTest("a question that failed does not make the others be asked twice at the same time", async (t, open) => {
  const made = await ebbgate(t, three);
  const page = await open(made.url, {allow: unreachable});
  await rowOf(page, "web").waitFor();
  let now = 0;
  let most = 0;
  let asked = 0;
  await page.route("**/api/v1/process", (route) => route.fulfill({status: 500, json: {error: "broken"}}));
  await page.route("**/api/v1/workloads?*", async (route) => {
    ++asked;
    most = Math.max(most, ++now);
    await pause(2500);
    --now;
    await route.continue();
  });
  await eventually(() => asked >= 3, "it goes on");
  assert.equal(most, 1);
  assert.equal(await textOf(page, "#connection"), "No answer");
  await page.unrouteAll({behavior: "ignoreErrors"});
});

pageTest("410 makes it begin anew, once a round, and less and less often", async (t, open) => {
  const made = await ebbgate(t, three);
  const fake = new Fake();
  fake.items = [fake.item("web")];
  await fake.start(t, made.url);
  const page = await open(fake.url, {allow: unreachable});
  await rowOf(page, "web").waitFor();
  fake.items = [fake.item("api")];
  fake.forgetful = 1;
  await rowOf(page, "api").waitFor();
  assert.equal(await rowOf(page, "web").count(), 0, "what is gone went");
  const asked = fake.requests.length;
  fake.forgetful = Infinity;
  await eventually(async () => await textOf(page, "#connection") === "No answer", "it says so");
  await pause(4000);
  const since = fake.requests.slice(asked);
  const rounds = since.filter((url) => url === "/api/v1/process").length;
  const news = since.filter((url) => url.startsWith("/api/v1/workloads?")).length;
  assert.ok(news <= 2 * rounds, `${news} questions in ${rounds} rounds`);
  fake.forgetful = 0;
  await eventually(async () => await textOf(page, "#connection") === "Live", "it is back");
  assert.equal(await rowOf(page, "api").count(), 1);
});

pageTest("of the questions for news only the newest one's tag is kept", async (t, open) => {
  const made = await ebbgate(t, three);
  const fake = new Fake();
  fake.items = [fake.item("web")];
  await fake.start(t, made.url);
  const page = await open(fake.url);
  const asked = [];
  page.on("request", async (request) => {
    if (!request.url().includes("since=")) return;
    asked.push([request.url().split("since=")[1], (await request.allHeaders())["if-none-match"]]);
  });
  const known = (since) => eventually(() => asked.some(([of, tag]) => of === since && tag), "since=" + since + " is known");
  await known("1");
  fake.version = 2;
  await known("2");
  asked.length = 0;
  fake.version = 1;
  const [, tag] = await eventually(() => asked.find(([of]) => of === "1"), "since=1 again");
  assert.equal(tag, undefined);
});

pageTest("it stops polling while hidden, and goes on at once when shown", async (t, open) => {
  const made = await ebbgate(t, three);
  const page = await open(made.url);
  await rowOf(page, "web").waitFor();
  await setPageHidden(page, true);
  await pause(1200);  // what was under way ends
  let requests = 0;
  page.on("request", () => ++requests);
  await pause(2500);
  assert.equal(requests, 0);
  made.change("web", "one");
  await eventually(async () => (await made.api("workloads/default/Local/web")).updates === 1, "updated");
  await setPageHidden(page, false);
  await eventually(() => requests > 0, "it goes on");
  await rowOf(page, "web").locator(".of-last", {hasText: "applied"}).waitFor();
});

pageTest("a server that is busy is told from one that is not there", async (t, open) => {
  const made = await ebbgate(t, three);
  const fake = new Fake();
  await fake.start(t, made.url);
  const page = await open(fake.url, {allow: unreachable});
  await page.getByText("There are no workloads").waitFor();
  fake.broken = 503;
  await page.getByText(/too busy to answer/).waitFor();
  const asked = fake.requests.length;
  await pause(6000);
  const polls = fake.requests.slice(asked).filter((url) => url === "/api/v1/process").length;
  assert.ok(polls >= 1 && polls <= 4, `it tries less and less often: ${polls} times in 6 s`);
  fake.broken = null;
  await eventually(async () => await textOf(page, "#connection") === "Live", "it is back");
});

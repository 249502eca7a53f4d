import assert from "node:assert/strict";
import {ebbgate, eventually, pageTest, rowOf, textOf} from "./harness.mjs";
import {Fake} from "./fake.mjs";

const evil = `<img src=x onerror=alert(1)><script>alert(2)</script>"'&amp;`;

// Nothing in the document but what the page's own scripts made.
async function assertNoMarkup(page) {
  assert.equal(await page.locator("img, iframe, object, embed, [onerror], [onclick], [style*=expression]").count(), 0);
  assert.equal(await page.locator("script").count(), 1);
}

pageTest("a hostile name stays text, in the table and in its explanation", async (t, open) => {
  const name = evil.replaceAll("/", "∕");
  const made = await ebbgate(t, (gate) => [
    {...gate.workload("file"), name, update: {exec: ["/no/such <b>program</b>"]}}]);
  const page = await open(made.url);
  await rowOf(page, name).waitFor();
  made.change("file", "new");
  await rowOf(page, name).locator(".of-last", {hasText: "refused"}).waitFor();
  await assertNoMarkup(page);
  await page.getByRole("link", {name, exact: true}).click();
  await page.getByRole("heading", {name: "default/Local/" + name}).waitFor();
  await page.locator("#explain-past td", {hasText: "<b>program</b>"}).first().waitFor();
  assert.match(await textOf(page, "#explain-todo"), /ebbgate explain 'default\/Local\/<img/);
  await assertNoMarkup(page);
  await page.reload();
  await page.getByRole("heading", {name: "default/Local/" + name}).waitFor();
});

pageTest("whatever a server says stays text: reasons, problems, leaders, peers, history", async (t, open) => {
  const made = await ebbgate(t, (gate) => [gate.workload("web")]);
  const fake = new Fake();
  fake.items = [fake.item(evil, {namespace: evil, kind: evil, state: "waiting", level: 2,
    pending_since: fake.now(), last_update: fake.now(), last_outcome: evil, applied: evil, desired: evil,
    gates: [{gate: evil, until: null, reason: evil}],
    references: [{name: evil, digest: evil, state: evil}]}),
    fake.item("odd", {state: evil, level: 1})];
  fake.history = [{workload: evil, at: fake.now(-5000), event: evil, level: 1, detail: evil}];
  Object.assign(fake.process, {role: evil, leader: evil, problems: [evil], degraded: evil, provider: evil,
    version: evil, revision: evil});
  fake.peers = [{peer: evil, socket: evil, up: false, level: 1, next_attempt: fake.now(9000), problem: evil,
    accepted: 0, delivered: 0, rejected: 0, dropped: 0, queued: 0, in_flight: 0}];
  await fake.start(t, made.url);
  const page = await open(fake.url);
  await rowOf(page, evil).waitFor();
  assert.ok((await rowOf(page, evil).locator(".of-gates").innerText()).includes(evil));
  for (const place of ["#problems", "#alerts", "#about", "#peers"]) {
    assert.ok((await textOf(page, place)).includes(evil), place);
  }
  await assertNoMarkup(page);
  await page.getByRole("link", {name: evil, exact: true}).click();
  await eventually(async () => (await textOf(page, "#explain-references")).includes(evil), "references");
  assert.ok((await textOf(page, "#explain-past")).includes(evil));
  await assertNoMarkup(page);
});

pageTest("what turns a line around, or is invisible, shows as something, in the title too", async (t, open) => {
  const made = await ebbgate(t, (gate) => [gate.workload("web")]);
  const hidden = ["\u202e", "\u2066", "\u200b", "\u200d", "\u00ad", "\ufeff", "\u{e0041}", "\u061c", "\u2028", "\u009b"];
  const fake = new Fake();
  const name = "we" + hidden.join("b");
  const shown = "we" + hidden.map(() => "?").join("b");
  const message = "a" + hidden.join("");
  fake.items = [fake.item(name, {state: "waiting", level: 2, pending_since: fake.now(), last_outcome: message,
    gates: [{gate: "backoff" + message, until: null, reason: message}],
    references: [{name: message, digest: message, state: message}]})];
  fake.history = [{workload: "w", at: fake.now(-5000), event: message, level: 1, detail: message}];
  Object.assign(fake.process, {role: "leader", leader: message, problems: [message], degraded: message, host: message,
    provider: message, version: message});
  fake.peers = [{peer: message, socket: message, up: false, level: 1, next_attempt: null, problem: message,
    accepted: 0, delivered: 0, rejected: 0, dropped: 0, queued: 0, in_flight: 0}];
  await fake.start(t, made.url);
  const page = await open(fake.url);
  const everything = () => page.evaluate(() => document.title + document.body.innerText +
      [...document.querySelectorAll("[title], [aria-label]")].map((each) => each.title + each.getAttribute("aria-label")));
  await rowOf(page, shown).waitFor();
  await page.locator("#problems li").waitFor();
  for (const open of [() => {}, () => rowOf(page, shown).getByRole("link").click()]) {
    await open();
    await eventually(async () => (await everything()).includes("a" + "?".repeat(hidden.length)), "it is shown");
    const text = await everything();
    for (const character of hidden) assert.ok(!text.includes(character), JSON.stringify(character));
  }
  await page.getByRole("heading", {name: shown}).waitFor();
  const alert = await page.locator("#alerts p").elementHandle();
  const asked = fake.requests.length;
  fake.process = {...fake.process, totals: {...fake.process.totals, changes: 1}};
  await eventually(() => fake.requests.length > asked + 6, "it polls");
  assert.ok(await alert.evaluate((element) => element.isConnected), "an alert with such a text is not made anew");
});

pageTest("hostile links do nothing", async (t, open) => {
  const made = await ebbgate(t, (gate) => [gate.workload("web")]);
  for (const hash of ["#/workload/%zz/" + encodeURIComponent(evil) + "/%", "#/workload/a/b", "#javascript:alert(1)",
    "#/?sort=__proto__&state=constructor,idle&filter=" + encodeURIComponent(evil)]) {
    const page = await open(made.url + hash, {allow: /404/});
    await eventually(async () => await textOf(page, "#connection") === "Live", hash);
    await assertNoMarkup(page);
  }
});

pageTest("the policy lets no script, style or connection in but the page's own", async (t, open) => {
  const made = await ebbgate(t, (gate) => [gate.workload("web")]);
  const page = await open(made.url, {allow: /Content Security Policy|TrustedHTML|Trusted/});
  await rowOf(page, "web").waitFor();
  const ran = await page.evaluate(async () => {
    const script = document.createElement("script");
    let refused = 0;
    try {
      script.textContent = "window.ran = 1";
    } catch {
      ++refused;
    }
    document.body.append(script);
    try {
      document.body.insertAdjacentHTML("beforeend", "<b id=injected>x</b>");
    } catch {
      ++refused;
    }
    await fetch("http://localhost:1/").catch(() => ++refused);
    return [window.ran, document.getElementById("injected"), refused];
  });
  assert.equal(ran[0], undefined);
  assert.equal(ran[1], null);
  assert.ok(ran[2] >= 2);
});

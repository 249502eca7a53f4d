// A real Ebbgate and a real Chromium for the tests of the status page. Everything that is started
// here is stopped here, by its own pid; ports are picked by the kernel.
import assert from "node:assert/strict";
import {spawn} from "node:child_process";
import {existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync} from "node:fs";
import {cpus, tmpdir} from "node:os";
import path from "node:path";
import {after, test} from "node:test";
import {chromium} from "playwright-core";
import {findChromium} from "./chromium.mjs";

// Milliseconds: only what hangs takes that long.
export const patience = 120_000;

const binary = process.env.EBBGATE_BINARY;
const flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--no-first-run"];

let browser = null;

export async function theBrowser() {
  browser ??= await chromium.launch({executablePath: findChromium(), args: flags});
  return browser;
}

after(() => browser?.close());

export const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

const idle = () => cpus().reduce((sum, processor) => sum + processor.times.idle, 0);

// Waits until `condition()` holds, and resolves to what it gave. Only time in which a processor had
// nothing to do counts: before, what is waited for may only be waiting for its turn.
export async function eventually(condition, what) {
  const begin = Date.now(), idleAtFirst = idle();
  for (;;) {
    const result = await condition();
    if (result) return result;
    const waited = Date.now() - begin;
    assert.ok(Math.min(waited, idle() - idleAtFirst) < patience && waited < 5 * patience,
        `still not after ${waited / 1000} s: ${what}`);
    await pause(20);
  }
}

export class Ebbgate {
  constructor() {
    this.folder = mkdtempSync(path.join(tmpdir(), "ebbgate-page-"));
    this.listen = "127.0.0.1:0";
  }

  // The file that a workload watches.
  file(name) {
    return path.join(this.folder, "conf-" + name);
  }

  // Replaces its content at once, as editors do.
  change(name, content) {
    writeFileSync(this.file(name) + ".new", String(content));
    renameSync(this.file(name) + ".new", this.file(name));
  }

  // A workload with a file of its own, whose updates succeed unless told otherwise.
  workload(name, more = {}) {
    if (!existsSync(this.file(name))) writeFileSync(this.file(name), "at first");
    return {name, watch: [this.file(name)], update: {exec: ["true"]}, ...more};
  }

  configure(workloads, more = {}) {
    this.settings = {settle: {quiet: "20ms"}, ...more, local: {workloads}};
  }

  async start() {
    const settings = {database: "ebbgate.db", listen: this.listen, ...this.settings};
    writeFileSync(path.join(this.folder, "ebbgate.yaml"), JSON.stringify(settings));
    const environment = Object.fromEntries(
        Object.entries(process.env).filter(([name]) => !name.startsWith("EBBGATE_")));
    this.output = "";
    this.process = spawn(binary, ["run", "--config", "ebbgate.yaml"],
        {cwd: this.folder, env: environment, stdio: ["ignore", "pipe", "pipe"]});
    this.ended = new Promise((done) => this.process.once("exit", done));
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.on("data", (bytes) => this.output += bytes);
    }
    await eventually(() => {
      assert.equal(this.process.exitCode, null, this.output);
      return /listening on http:\/\/(\S+)/.test(this.output);
    }, "it listens");
    this.listen = /listening on http:\/\/(\S+)/.exec(this.output)[1];
    this.url = `http://${this.listen}/`;
    await eventually(async () => (await fetch(this.url + "readyz")).ok, "it is ready");
  }

  async kill(signal = "SIGKILL") {
    this.process.kill(signal);
    await this.ended;
  }

  async remove() {
    if (this.process && this.process.exitCode === null && this.process.signalCode === null) {
      await this.kill("SIGTERM");
    }
    rmSync(this.folder, {recursive: true, force: true});
  }

  async api(what) {
    const reply = await fetch(this.url + "api/v1/" + what);
    assert.equal(reply.status, 200, what);
    return reply.json();
  }
}

// A running Ebbgate with these workloads, for one test.
export async function ebbgate(t, workloads, more = {}) {
  const made = new Ebbgate();
  t.after(() => made.remove());
  made.configure(workloads(made), more);
  await made.start();
  return made;
}

// Pages with whatever they complain about: errors of scripts, and what the policy refused.
export async function open(t, url, {allow = /^$/, bypassCSP = false, ...context} = {}) {
  const made = await (await theBrowser()).newContext(
      {viewport: {width: 1480, height: 800}, locale: "en-GB", timezoneId: "UTC", bypassCSP, ...context});
  made.setDefaultTimeout(patience);
  const page = await made.newPage();
  page.complaints = [];
  const complain = (text) => {
    if (!allow.test(text)) page.complaints.push(text);
  };
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complain(message.text());
  });
  page.on("pageerror", (error) => complain(String(error)));
  page.on("dialog", (dialog) => {
    complain("a dialog: " + dialog.message());
    dialog.dismiss();
  });
  t.after(() => made.close());
  await page.goto(url);
  return page;
}

export const unreachable = /Failed to load resource/;

// A test of a page, which must not complain in any.
export function pageTest(name, body) {
  test(name, async (t) => {
    const pages = [];
    await body(t, async (url, options) => {
      const page = await open(t, url, options);
      pages.push(page);
      return page;
    });
    for (const page of pages) assert.deepEqual(page.complaints, []);
  });
}

export const rowOf = (page, name) =>
  page.getByRole("row").filter({has: page.getByRole("link", {name, exact: true})});

export const namesOf = (page) => page.locator("#rows .of-workload a").allTextContents();

export const textOf = (page, selector) => page.locator(selector).innerText();

// Whether it is one: as when another tab is in front.
export function setPageHidden(page, hidden) {
  return page.evaluate((value) => {
    Object.defineProperty(document, "hidden", {configurable: true, get: () => value});
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
}

export const axeSource = () =>
  readFileSync(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

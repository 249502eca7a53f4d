// A server that hands out the page of a real Ebbgate, and answers of its own: for what a real one
// cannot be brought to say here, such as another provider's words, or a clock that is wrong.
import {createHash} from "node:crypto";
import {createServer} from "node:http";

export class Fake {
  constructor() {
    this.process = {
      provider: "local", host: "host-7", cluster: null, role: null, leader: null, problems: [], degraded: null, version: "1",
      revision: "r", started: "2026-01-01T00:00:00.000Z",
      budget: {tokens: 100, burst: 100, rate: 1, unlimited: false},
      totals: {changes: 0, updates: {applied: 0, refused: 0, unknown: 0}, suppressed: {},
        coalesced: 0, pending: {}}
    };
    this.items = [];
    this.peers = [];
    this.history = [];
    this.ahead = 0;  // of its clock, in milliseconds
    this.requests = [];
    this.version = 1;
    this.diskHangs = false;
    this.broken = null;  // a status that all of the API answers
    this.forgetful = 0;  // how many questions for news it answers with 410, as after a restart
  }

  now(more = 0) {
    return new Date(Date.now() + this.ahead + more).toISOString();
  }

  item(name, more = {}) {
    return {namespace: "default", kind: "Deployment", name, state: "idle", level: 0, gates: [],
      next_update: null, pending_since: null, applied: "a".repeat(64), desired: "a".repeat(64),
      last_update: null, last_outcome: null, changes: 0, updates: 0, suppressed: 0, coalesced: 0,
      ...more};
  }

  // Everything counts as new from now on.
  changed() {
    ++this.version;
  }

  answer(url) {
    const path = url.pathname;
    if (path === "/readyz") return [200, "ok\n"];
    if (this.broken) return [this.broken, {error: "broken"}];
    if (path === "/api/v1/process") return [200, this.process];
    if (path === "/api/v1/feedback") return [200, {items: this.peers}];
    if (path === "/api/v1/history") return this.diskHangs ? [503, {error: "no answer in time"}] : [200, {items: this.history}];
    if (path === "/api/v1/workloads") {
      if (this.forgetful > 0 && this.forgetful--) return [410, {error: "that is not known any more"}];
      const known = url.searchParams.get("since") === String(this.version);
      return [200, {items: known ? [] : this.items, gone: [], since: String(this.version), more: false}];
    }
    const names = path.split("/").slice(4).map(decodeURIComponent);
    const item = this.items.find((each) => [each.namespace, each.kind, each.name].join() === names.join());
    return item ? [200, {references: [], ...item}] : [404, {error: "no such workload"}];
  }

  // Serves the page of `url`.
  async start(t, url) {
    const page = await fetch(url);
    const html = await page.text();
    const policy = page.headers.get("Content-Security-Policy");
    this.server = createServer((request, response) => {
      const wanted = new URL(request.url, "http://fake");
      this.requests.push(request.url);
      if (wanted.pathname === "/") {
        response.writeHead(200, {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy});
        return response.end(html);
      }
      const [status, body] = this.answer(wanted);
      const text = typeof body === "string" ? body : JSON.stringify(body);
      const headers = {"Content-Type": "application/json", "Ebbgate-Time": this.now()};
      if (status === 200) headers.ETag = '"' + createHash("sha256").update(text).digest("hex") + '"';
      if (headers.ETag && request.headers["if-none-match"] === headers.ETag) {
        response.writeHead(304, headers);
        return response.end();
      }
      response.writeHead(status, headers);
      response.end(text);
    });
    await new Promise((done) => this.server.listen(0, "127.0.0.1", done));
    t.after(() => {
      this.server.closeAllConnections();
      this.server.close();
    });
    this.url = `http://127.0.0.1:${this.server.address().port}/`;
  }
}

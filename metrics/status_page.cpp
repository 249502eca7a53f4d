#include "metrics/status_page.h"

#include <array>
#include <string_view>

#include <openssl/evp.h>

#include "base/digest.h"

namespace ebbgate::metrics {

namespace {

constexpr std::string_view kStyle = R"css(
:root { color-scheme: light dark; --text: #1c2530; --quiet: #5b6675; --line: #d9dee5;
  --back: #ffffff; --waiting: #8a5300; --bad: #a31621; --busy: #0b5cad; --good: #24703a; }
@media (prefers-color-scheme: dark) { :root { --text: #e4e8ee; --quiet: #9aa5b4; --line: #343c48;
  --back: #14181e; --waiting: #f0b45c; --bad: #ff8d8d; --busy: #7db8ff; --good: #7fd197; } }
body { margin: 2rem auto; max-width: 75rem; padding: 0 1rem; background: var(--back);
  color: var(--text); font: 1rem/1.45 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.4rem; }
p { margin: .3rem 0 1.2rem; color: var(--quiet); }
p.bad { color: var(--bad); }
#notes { margin: 0 0 1.2rem; padding-left: 1.2rem; color: var(--waiting); }
#notes:empty { display: none; }
a { color: var(--busy); }
.wide { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .4rem .8rem .4rem 0; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top; overflow-wrap: anywhere; }
th { color: var(--quiet); font-weight: 600; white-space: nowrap; }
td:first-child { min-width: 18rem; }
td:nth-child(3) { white-space: nowrap; }
td.number, th.number { text-align: right; }
td.time { white-space: nowrap; }
td.idle { color: var(--quiet); }
td.waiting, td.held { color: var(--waiting); }
td.missing, td.unhealthy { color: var(--bad); }
td.updating { color: var(--busy); }
)css";

constexpr std::string_view kScript = R"js(
"use strict";
const rows = document.getElementById("rows");
const summary = document.getElementById("summary");
const states = ["held", "missing", "updating", "waiting", "unhealthy", "idle"];
const notes = document.getElementById("notes");
let tag = "";
let about_tag = "";
let items = [];
let more = false;
let timer = 0;

function cell(row, text, kind) {
  const made = document.createElement("td");
  made.textContent = text;
  if (kind) made.className = kind;
  row.append(made);
  return made;
}

function span(milliseconds) {
  let seconds = Math.max(0, Math.round(milliseconds / 1000));
  const parts = [];
  for (const [unit, size] of [["d", 86400], ["h", 3600], ["m", 60], ["s", 1]]) {
    const count = Math.floor(seconds / size);
    seconds -= count * size;
    if (count > 0 || (unit === "s" && parts.length === 0)) parts.push(count + unit);
  }
  return parts.slice(0, 2).join(" ");
}

function wait(time) {
  const left = Date.parse(time) - Date.now();
  return left > 0 ? "in " + span(left) : "due";
}

function clock(time) {
  return time ? new Date(time).toLocaleString() : "";
}

function draw() {
  const made = items.map((item) => {
    const row = document.createElement("tr");
    cell(row, item.namespace + "/" + item.kind + "/" + item.name);
    cell(row, String(item.level), "number");
    cell(row, item.state, states.includes(item.state) ? item.state : "");
    cell(row, item.gates.map((gate) => gate.gate + (gate.reason ? ": " + gate.reason : ""))
        .join("; "));
    const next = cell(row, "", "time");
    if (item.next_update) {
      next.dataset.until = item.next_update;
      next.title = clock(item.next_update);
    } else if (item.pending_since) {
      next.textContent = "not known";
    }
    cell(row, clock(item.pending_since), "time");
    return row;
  });
  rows.replaceChildren(...made);
}

function tick() {
  for (const next of rows.querySelectorAll("td[data-until]")) {
    next.textContent = wait(next.dataset.until);
  }
}

function say(text, bad) {
  if (summary.textContent !== text) summary.textContent = text;
  summary.className = bad ? "bad" : "";
}

function summarise() {
  const counts = states.map((state) => [items.filter((item) => item.state === state).length, state])
      .filter(([count]) => count > 0).map(([count, state]) => count + " " + state);
  const total = (more ? "the first " : "") + items.length +
      (items.length === 1 ? " workload" : " workloads");
  say(total + (counts.length ? ": " + counts.join(", ") : ""), false);
}

function tell(process) {
  const lines = process.problems.slice();
  if (process.role === "standby") {
    lines.unshift("Standby: " + (process.leader || "nobody that is known") +
        " leads; workloads are shown there.");
  } else if (process.role) {
    lines.unshift("Leader" + (process.leader ? ": " + process.leader : ""));
  }
  notes.replaceChildren(...lines.map((line) => {
    const item = document.createElement("li");
    item.textContent = line;
    return item;
  }));
}

async function poll() {
  try {
    const about = await fetch("/api/v1/process", {
      cache: "no-store",
      headers: about_tag ? {"If-None-Match": about_tag} : {},
      signal: AbortSignal.timeout(5000)
    });
    if (about.status === 200) {
      about_tag = about.headers.get("ETag") || "";
      tell(await about.json());
    }
    const reply = await fetch("/api/v1/workloads", {
      cache: "no-store",
      headers: tag ? {"If-None-Match": tag} : {},
      signal: AbortSignal.timeout(5000)
    });
    if (reply.status === 200) {
      const body = await reply.json();
      tag = reply.headers.get("ETag") || "";
      items = body.items;
      more = Boolean(body.next);
      draw();
    } else if (reply.status !== 304) {
      throw new Error("status " + reply.status);
    }
    summarise();
  } catch (problem) {
    say("No answer from ebbgate (" + problem.message + "); what follows may be old.", true);
  }
  tick();
  schedule();
}

function schedule() {
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(poll, 1000);
}

document.addEventListener("visibilitychange", () => {
  clearTimeout(timer);
  if (!document.hidden) poll();
});
if (!document.hidden) poll();
)js";

constexpr std::string_view kBeforeStyle = R"html(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Ebbgate</title>
<link rel="icon" href="data:,">
<style>)html";

constexpr std::string_view kBody = R"html(</style>
</head>
<body>
<h1>Ebbgate</h1>
<p id="summary" role="status">Loading …</p>
<ul id="notes"></ul>
<div class="wide">
<table>
<thead><tr><th scope="col">Workload</th><th scope="col" class="number">Level</th>
<th scope="col">State</th><th scope="col">What holds it</th><th scope="col">Next update</th>
<th scope="col">Pending since</th></tr></thead>
<tbody id="rows"></tbody>
</table>
</div>
<noscript><p>This page needs JavaScript. <code>ebbgate status</code> shows the same in a
terminal.</p></noscript>
<p><a href="/metrics">Metrics</a> · <a href="/readyz">Readiness</a> ·
<a href="/api/v1/workloads">Workloads as JSON</a> ·
<a href="/api/v1/history">History as JSON</a> ·
<a href="/api/v1/process">Process as JSON</a></p>
<script>)html";

constexpr std::string_view kAfterScript = R"html(</script>
</body>
</html>
)html";

std::string source_of(std::string_view text) {
  const Digest digest = sha256(text);
  std::array<unsigned char, 48> encoded{};
  const int length =
      EVP_EncodeBlock(encoded.data(), digest.bytes.data(), static_cast<int>(digest.bytes.size()));
  return "'sha256-" + std::string(encoded.begin(), encoded.begin() + length) + "'";
}

}  // namespace

const std::string& status_page() {
  static const std::string kPage =
      std::string(kBeforeStyle).append(kStyle).append(kBody).append(kScript).append(kAfterScript);
  return kPage;
}

const std::string& status_page_policy() {
  static const std::string kPolicy =
      "default-src 'none'; style-src " + source_of(kStyle) + "; script-src " + source_of(kScript) +
      "; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors "
      "'none'";
  return kPolicy;
}

}  // namespace ebbgate::metrics

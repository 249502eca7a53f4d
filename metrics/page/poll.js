// Asks the server: once a second, never twice at the same time, and not while nobody looks.
import {heard, now, ticks} from "./time.js";

const second = 1000;
const longestPause = 5000;
const patience = 8000;
const tags = new Map();

// Resolves to the answer, or null where it is what it was. Answers are known by their URL.
export async function ask(url, remember = true) {
  const headers = tags.has(url) ? {"If-None-Match": tags.get(url)} : {};
  const sent = ticks();
  const reply = await fetch(url, {cache: "no-store", headers, signal: AbortSignal.timeout(patience)});
  const time = reply.headers.get("Ebbgate-Time");
  if (time) heard(time, sent, ticks());
  if (reply.status === 304) return null;
  if (!reply.ok) {
    const body = await reply.json().catch(() => ({}));
    throw Object.assign(new Error(body.error || "HTTP status " + reply.status), {status: reply.status});
  }
  const body = await reply.json();
  const tag = reply.headers.get("ETag");
  if (remember && tag) tags.set(url, tag);
  return body;
}

// The same of a history: where the disk hangs there is none, and all else is told nevertheless.
export async function askHistory(url, remember) {
  try {
    return await ask(url, remember);
  } catch (problem) {
    if (problem.status === 503) return null;
    throw problem;
  }
}

// The next answer is a whole one.
export const forget = (url) => tags.delete(url);

// Ends when the last of them has, even if one fails: what is under way must not be asked again.
export async function allDone(promises) {
  const results = await Promise.allSettled(promises);
  const failed = results.find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
}

// Calls `look` for ever, and `told` with the last good moment and the problem, or null, after each.
export function poll(look, told) {
  let timer = 0;
  let busy = false;
  let failures = 0;
  let good = now();

  async function round() {
    if (busy) return;
    busy = true;
    const began = ticks();
    try {
      await look();
      failures = 0;
      good = now();
      told(good, null);
    } catch (problem) {
      ++failures;
      told(good, problem);
    }
    busy = false;
    schedule(Math.min(longestPause, second * 1.5 ** Math.max(0, failures - 1)) - (ticks() - began));
  }

  function schedule(pause) {
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(round, Math.max(100, pause));
  }

  document.addEventListener("visibilitychange", () => schedule(0));
  window.addEventListener("online", () => schedule(0));
  if (!document.hidden) round();
  return () => schedule(0);
}

// Histories of the workloads that are looked at: fetched when something happened to them, a few a
// second, and the last few hundred kept.
import {allDone, askHistory} from "./poll.js";

const kept = 300;
const atOnce = 4;
const entriesKept = 30;
const known = new Map();
const wanted = new Map();

const signatureOf = (item) =>
  [item.level, item.state, item.changes, item.updates, item.coalesced, item.last_update].join(" ");

export const historyUrl = (id, limit) =>
  "/api/v1/history?workload=" + encodeURIComponent(id) + "&limit=" + limit;

// The history known now; a newer one is fetched where something happened since.
export function historyOf(item) {
  const found = known.get(item.id);
  if (item.state === "idle" && item.level === 0 && item.updates === 0) return found?.entries ?? [];
  if (found?.signature !== signatureOf(item)) wanted.set(item.id, item);
  return found?.entries ?? null;
}

// Resolves to whether anything new came.
export async function fetchHistories(isLookedAt) {
  const asked = [];
  for (const [id, item] of wanted) {
    if (asked.length === atOnce) break;
    wanted.delete(id);
    if (isLookedAt(id)) asked.push(item);
  }
  await allDone(asked.map(async (item) => {
    const url = historyUrl(item.id, entriesKept);
    const body = await askHistory(url, false);
    if (!body) return;
    known.delete(item.id);
    known.set(item.id, {signature: signatureOf(item), entries: body.items});
  }));
  while (known.size > kept) known.delete(known.keys().next().value);
  return asked.length > 0;
}

// After a restart counters begin anew, and may come to stand where they stood.
export function distrustHistories() {
  for (const found of known.values()) found.signature = "";
}

// What is known of all workloads, kept up to date by what the server tells anew.
import {nameOf, states} from "./words.js";

const items = new Map();
const fresh = new Set();
let since = "0";
let complete = false;
let version = 0;

export const allItems = () => items;
export const storeVersion = () => version;
export const isComplete = () => complete;

// The URL of the next look.
export const nextLook = () => "/api/v1/workloads?since=" + encodeURIComponent(since);

// The server cannot tell what is new since then: another process, or too long ago. What is shown
// stays until everything was told again.
export function beginAnew() {
  since = "0";
  fresh.clear();
  complete = false;
}

export function takeNews(news) {
  if (!complete || news.items.length || news.gone.length) ++version;
  for (const key of news.gone) {
    items.delete(nameOf(key));
    fresh.delete(nameOf(key));
  }
  for (const item of news.items) {
    item.id = nameOf(item);
    item.words = item.id.toLowerCase();
    item.since = item.pending_since ? Date.parse(item.pending_since) : Infinity;
    items.set(item.id, item);
    if (!complete) fresh.add(item.id);
  }
  since = news.since;
  if (complete || news.more) return;
  for (const id of items.keys()) {
    if (!fresh.has(id)) items.delete(id);
  }
  fresh.clear();
  complete = true;
}

export function countByState() {
  const counts = Object.fromEntries(states.map((state) => [state, 0]));
  for (const item of items.values()) ++counts[item.state];
  return counts;
}

// Which workloads are selected, in which order.
import {columns} from "./rows.js";
import {view} from "./route.js";
import {allItems, storeVersion} from "./store.js";

let selected = [];
let signature = "";

const byName = (a, b) => a.id < b.id ? -1 : a.id > b.id ? 1 : 0;

const compare = (a, b) => a < b ? -1 : a > b ? 1 : 0;

const urgency = {failing: 0, rolling: 2, idle: 3};
const urgencyOf = (item) => urgency[item.state] ?? 1;

// What needs attention first: what fails, the highest levels, then those that wait longest; idle ones last.
const byAttention = (a, b) =>
  urgencyOf(a) - urgencyOf(b) || b.level - a.level || compare(a.since, b.since) || byName(a, b);

function order() {
  const column = columns.find((each) => each.id === view.sort);
  if (!column) return byAttention;
  const sign = view.descending ? -1 : 1;
  return (a, b) => sign * (compare(column.by(a), column.by(b)) || byName(a, b));
}

// The workloads that pass filter and states, sorted; the same array while nothing changed.
export function selection() {
  const wanted = [storeVersion(), view.filter, [...view.states], view.sort, view.descending].join("\n");
  if (wanted === signature) return selected;
  signature = wanted;
  const words = view.filter.toLowerCase().split(/\s+/).filter(Boolean);
  // What was sorted before is nearly sorted now, which is quickly sorted again.
  const rank = new Map(selected.map((item, index) => [item.id, index]));
  const passing = new Array(selected.length);
  const added = [];
  for (const item of allItems().values()) {
    if (view.states.size && !view.states.has(item.state)) continue;
    if (!words.every((word) => item.words.includes(word))) continue;
    const index = rank.get(item.id);
    if (index === undefined) added.push(item); else passing[index] = item;
  }
  selected = passing.filter(Boolean).concat(added).sort(order());
  return selected;
}

// About when the shared budget comes to a workload: namespaces take turns, and within one it goes to
// those first that wait longest.
import {allItems, storeVersion} from "./store.js";
import {inTurn, nameOf} from "./words.js";

let budget = null;
let countedVersion = -1;
let positions = new Map();

export function setBudget(known) {
  budget = known;
}

// Whether nothing goes out, however long it waits, until somebody raises budget.rate.
export const isStopped = (item) => budget?.rate === 0 && item.gates.some((gate) => gate.gate === "budget");

function countPositions() {
  const queues = new Map();
  for (const item of allItems().values()) {
    if (!inTurn(item)) continue;
    if (!queues.has(item.namespace)) queues.set(item.namespace, []);
    queues.get(item.namespace).push(item);
  }
  positions = new Map();
  for (const queue of queues.values()) queue.sort((a, b) => a.since - b.since);
  for (let round = 0, left = true; left; ++round) {
    left = false;
    for (const queue of queues.values()) {
      if (round >= queue.length) continue;
      positions.set(nameOf(queue[round]), positions.size);
      left = true;
    }
  }
}

// How many wait, and how long this one still does, in milliseconds; null: that is not known.
export function turnOf(item) {
  if (countedVersion !== storeVersion()) {
    countedVersion = storeVersion();
    countPositions();
  }
  const position = positions.get(nameOf(item));
  const known = position !== undefined && budget && budget.rate > 0;
  const tokens = known ? Math.min(1, budget.tokens) : 0;
  return {waiting: positions.size, wait: known ? (position + 1 - tokens) / budget.rate * 1000 : null};
}

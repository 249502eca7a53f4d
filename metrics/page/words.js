// What states and gates mean, in words.
import {clock, count, counted} from "./format.js";

export const states = ["failing", "waiting", "updating", "held", "missing", "unhealthy", "rolling", "idle"];

// What somebody must look at.
export const isBad = (state) => ["failing", "missing", "unhealthy"].includes(state);

// In a box of 12 by 12: no two states differ by colour alone.
export const stateShapes = {
  held: "M2 1h3v10H2zM7 1h3v10H7z",
  missing: "M6 0 12 6 6 12 0 6zM6 3 3 6l3 3 3-3z",
  updating: "M6 0l5 6H8v6H4V6H1z",
  failing: "M2.6 0 6 3.4 9.4 0 12 2.6 8.6 6 12 9.4 9.4 12 6 8.6 2.6 12 0 9.4 3.4 6 0 2.6z",
  waiting: "M1 0h10L7.2 6 11 12H1l3.8-6z",
  unhealthy: "M6 0l6 12H0zM5 4v4h2V4zM5 9v2h2V9z",
  rolling: "M6 0a6 6 0 1 1-6 6h2.5A3.5 3.5 0 1 0 6 2.5z",
  idle: "M6 3a3 3 0 1 0 .01 0z"
};

export const nameOf = (item) => item.namespace + "/" + item.kind + "/" + item.name;

// The gate with the latest end decides; one whose end is not known counts as latest.
export function openGates(item, at) {
  const closed = item.gates.filter((gate) => !gate.until || Date.parse(gate.until) > at);
  const end = (gate) => gate.until ? Date.parse(gate.until) : Infinity;
  return (closed.length ? closed : item.gates.slice(-1)).toSorted((a, b) => end(b) - end(a) || 0);
}

// For the budget, a time would be that of the next token, whoever gets it.
export const inTurn = (item) => item.gates.length === 1 && item.gates[0].gate === "budget";

// What a workload waits for, or else how it stands, on two lines.
export function gateWords(item, at) {
  const [first, second] = standingWords(item, at);
  if (!item.absent) return [first, second];
  const absent = counted(item.absent, "reference is absent", "references are absent");
  return first ? [first, [second, absent].filter(Boolean).join("; ")] : [absent, "their appearing would be a change"];
}

function standingWords(item, at) {
  const failed = item.failures > 0 ? counted(item.failures, "failure") +
      (item.failing_since ? " since " + clock(item.failing_since, at) : "") : "";
  if (item.state === "failing") return [item.last_error || "Its last update failed", failed];
  if (item.state === "updating" && failed) return ["It is tried again now: try " + count(item.failures + 1), failed];
  const [first, ...others] = openGates(item, at);
  if (!first) {
    if (item.state === "updating") return ["An update is on its way", ""];
    if (item.state === "rolling") return ["A rollout is under way", "within its time"];
    if (item.state === "unhealthy") return ["The last rollout is not ready", item.last_error || "the next change waits longer"];
    if (item.state === "waiting") return ["The update goes out now", ""];
    return item.level > 0 ? ["Nothing waits", "a rest forgives its level"] : ["", ""];
  }
  const more = others.map((gate) => gate.gate).join(", ");
  return [first.gate + ": " + first.reason, more ? "also " + more : ""];
}

// As a word of a shell command.
const quoted = (text) =>
  /^[\w.\/:@%+,=-]+$/.test(text) ? text : "'" + text.replaceAll("'", "'\\''") + "'";

// What makes a command ask the Ebbgate that this page came from, wherever it runs.
export const placeFlag = () => "--url " + quoted(location.origin + location.pathname.replace(/\/+$/, ""));

export const explainCommand = (item) => "ebbgate explain " + quoted(nameOf(item)) + " " + placeFlag();

// Where the page has no answer of the server's yet.
export function standing(item) {
  switch (item.state) {
    case "held": return "Its owner holds it" + (item.pending_since ? ", and an update waits." : "; nothing waits.");
    case "missing": return "It waits for configuration that is missing or cannot be read.";
    case "updating": return item.failures > 0 ? "Its last update failed, and is tried again now."
        : "An update is on its way.";
    case "failing": return "Its last update failed, and is tried again.";
    case "waiting": return "A change waits.";
    case "unhealthy": return "Its last rollout is not ready.";
    case "rolling": return "Its last rollout is under way.";
    default: return "Up to date.";
  }
}

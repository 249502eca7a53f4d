// What states and gates mean, and what to do about them, in words.

export const states = ["waiting", "updating", "held", "missing", "unhealthy", "idle"];

// In a box of 12 by 12: no two states differ by colour alone.
export const stateShapes = {
  held: "M2 1h3v10H2zM7 1h3v10H7z",
  missing: "M6 0 12 6 6 12 0 6zM6 3 3 6l3 3 3-3z",
  updating: "M6 0l5 6H8v6H4V6H1z",
  waiting: "M1 0h10L7.2 6 11 12H1l3.8-6z",
  unhealthy: "M6 0l6 12H0zM5 4v4h2V4zM5 9v2h2V9z",
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

export function gateWords(item, at) {
  const [first, ...others] = openGates(item, at);
  if (!first) {
    if (item.state === "updating") return ["An update is on its way", ""];
    if (item.state === "unhealthy") return ["The last rollout is not ready", "the next change waits longer"];
    if (item.state === "waiting") return ["The update goes out now", ""];
    return item.level > 0 ? ["Nothing waits", "a rest forgives its level"] : ["", ""];
  }
  const more = others.map((gate) => gate.gate).join(", ");
  return [first.gate + ": " + first.reason, more ? "also " + more : ""];
}

// As a word of a shell command.
const quoted = (text) =>
  /^[\w.\/:@%+,=-]+$/.test(text) ? text : "'" + text.replaceAll("'", "'\\''") + "'";

export const releaseCommand = (item) => "ebbgate release " + quoted(nameOf(item)) + " --config FILE";
export const explainCommand = (item) => "ebbgate explain " + quoted(nameOf(item));

const kubectl = (item, verb, rest) => "kubectl " + verb + " --namespace " + quoted(item.namespace) +
    " " + quoted(item.kind.toLowerCase() + "/" + item.name) + rest;

// Gates that a release opens.
const openedByRelease = ["settle", "backoff", "health", "retry"];

function aboutHold(item, hold, kubernetes) {
  if (hold?.reason.startsWith("spec.paused")) {
    return ["It is paused: nothing goes out until it is resumed. To resume it:",
      kubectl(item, "rollout resume", ""), "docs/kubernetes.md, Opting in"];
  }
  const words = "It is held on purpose" + (hold?.until ? ". It ends by itself; to lift it now"
      : ": nothing goes out until its owner lifts the hold. To lift it");
  return kubernetes
      ? [words + ":", kubectl(item, "annotate", " ebbgate.io/hold-"), "docs/kubernetes.md, Opting in"]
      : [words + ", take hold out of its entry in the configuration, then send Ebbgate SIGHUP.", "",
        "docs/configuration.md, hold"];
}

// Each piece of advice: words, perhaps a command to copy, and where to read on.
export function advice(item, provider) {
  const kubernetes = provider === "kubernetes";
  const pieces = [];
  const say = (words, command = "", read = "") => pieces.push({words, command, read});
  const gates = new Set(item.gates.map((gate) => gate.gate));
  if (gates.has("hold") || item.state === "held") {
    say(...aboutHold(item, item.gates.find((gate) => gate.gate === "hold"), kubernetes));
  }
  if (gates.has("missing") || item.state === "missing") {
    say("Its configuration is not complete or cannot be read: the reason above names what. Once that is " +
        "there, the update goes out by itself.", kubernetes ? kubectl(item, "describe", "") : "",
        kubernetes ? "docs/kubernetes.md, What counts as a change" : "docs/configuration.md");
  }
  if (gates.has("retry")) {
    say("The last update was refused and changed nothing; it is tried again by itself. The history below " +
        "has the answer: mend what it says.");
  }
  if (gates.has("health") || item.state === "unhealthy") {
    say("The last rollout did not become ready. Mend it: a fix in the configuration still goes out, after " +
        "the delay.", "", "docs/configuration.md, backoff.unhealthy_max");
  } else if (gates.has("backoff")) {
    say("Its configuration changed often lately. Nothing is lost: the newest content goes out when the " +
        "countdown ends. If changes keep coming, find who rewrites the references marked changed.", "",
        "docs/configuration.md, backoff");
  }
  if (gates.has("budget")) {
    say("All workloads share one budget of updates, and namespaces take turns. It goes out when its turn " +
        "comes; budget.rate and budget.burst set the pace.", "", "docs/configuration.md, budget");
  }
  if (gates.has("unfinished")) {
    say("As many rollouts as allowed are under way. It goes out once one of them is ready, has failed or " +
        "timed out.", "", "docs/configuration.md, unfinished");
  }
  if (gates.has("settle") && gates.size === 1) {
    say("Changes are still coming in. It goes out once they have been quiet for a moment.", "",
        "docs/configuration.md, settle");
  }
  if (openedByRelease.some((gate) => gates.has(gate)) && !gates.has("hold") && !gates.has("missing")) {
    say((gates.has("budget") || gates.has("unfinished")
        ? "To forgive its level, though what all workloads share holds it still"
        : "To let it go now, and forgive its level") +
        ", run this where Ebbgate runs (FILE is its configuration):",
        releaseCommand(item));
  }
  if (pieces.length === 0) {
    say(item.state === "updating" ? "Nothing: the update was sent and its answer is awaited."
        : item.level > 0 ? "Nothing. Its next change waits as its level demands; a rest forgives the level."
        : "Nothing: it runs with the newest configuration, and its next change goes out at once.");
  }
  return pieces;
}

// One sentence on how it stands.
export function standing(item) {
  switch (item.state) {
    case "held": return "Its owner holds it" + (item.pending_since ? ", and a change waits." : "; nothing waits.");
    case "missing": return "It waits for configuration that is missing or cannot be read.";
    case "updating": return "An update is on its way" +
        (item.pending_since ? ", and a newer change waits already." : ".");
    case "waiting": return "Throttled: a change waits.";
    case "unhealthy": return "Its last rollout is not ready.";
    default: return "Up to date.";
  }
}

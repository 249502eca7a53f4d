// A workload's history as a picture: its level as steps, and what became of its updates as marks.
import {draw, make} from "./dom.js";
import {clock, counted} from "./format.js";

const outcomes = ["applied", "refused", "unknown"];

// About a mark's middle; shapes differ, not colours alone.
const shapes = {
  applied: "m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z",
  refused: "m-4-2.5 1.5-1.5 2.5 2.5 2.5-2.5 1.5 1.5-2.5 2.5 2.5 2.5-1.5 1.5-2.5-2.5-2.5 2.5-1.5-1.5 2.5-2.5z",
  unknown: "m0-4.5 4.5 4.5-4.5 4.5-4.5-4.5z",
  failed: "m0-4.5 4.5 8h-9z"
};

// Begins at the oldest entry, but shows a minute at least and an hour at most.
export function startOf(entries, at) {
  const oldest = entries.length ? Date.parse(entries.at(-1).at) : at;
  return Math.min(at - 60000, Math.max(at - 3600000, oldest - 2000));
}

// What the marks and steps mean, with the marks themselves.
export function legend() {
  const entry = (mark, words) => make("span", {class: "entry"},
      draw("svg", {class: "timeline mark", viewBox: "-6 -6 12 12", "aria-hidden": "true"}, mark), words);
  const outcome = (name, words) => entry(draw("path", {class: name, d: "M0 0" + shapes[name]}), words);
  // With spaces, which whoever copies or hears them needs.
  const entries = [entry(draw("path", {class: "steps", d: "M-6 4H-2V0H2V-4H6"}), "level"),
    entry(draw("rect", {class: "wait", x: -6, y: -6, width: 12, height: 12}), "a change waited"),
    outcome("applied", "applied"), outcome("refused", "refused"), outcome("unknown", "outcome unknown"),
    outcome("failed", "rollout failed")];
  return entries.flatMap((each) => [each, " "]);
}

export function timelineWords(entries, start, at) {
  const inside = entries.filter((entry) => Date.parse(entry.at) >= start);
  const counts = outcomes.map((outcome) =>
    [inside.filter((entry) => entry.event === outcome).length, outcome]).filter(([number]) => number > 0);
  const told = counts.map(([number, outcome]) => number + " " + outcome).join(", ");
  return "Since " + clock(start, at) + ": " + (told ? "updates: " + told : "no update answered") + ", " +
      counted(inside.filter((entry) => entry.event === "wait").length, "wait");
}

// `entries` are the newest first; the item tells how it is now.
export function drawTimeline(svg, entries, item, at, size) {
  const level = item.level;
  const {width, height, high} = size;
  const start = startOf(entries, at);
  const x = (time) => 4 + Math.max(0, (time - start) / (at - start)) * (width - 8);
  const top = Math.max(high, level, ...entries.map((entry) => entry.level), 1);
  const y = (of) => height - 3 - of / top * (height - 14);
  const waits = [];
  const marks = [];
  const place = (number) => number.toFixed(1);
  let steps = "";
  let last = null;
  let waitSince = null;
  let failing = false;
  for (const entry of entries.toReversed()) {
    const time = Date.parse(entry.at);
    const right = x(time);
    steps += last === null ? "M" + place(x(start)) + " " + place(y(entry.level)) : "";
    steps += "H" + place(right) + "V" + place(y(entry.level));
    last = entry.level;
    if (["refused", "unknown"].includes(entry.event)) failing = true;
    if (entry.event === "applied") failing = false;
    // As `pending_since` has it: a try after a failure ends nothing unless it is applied. A release
    // by itself sends nothing either.
    if (failing || entry.event === "wait") {
      waitSince ??= right;
    } else if (waitSince !== null && ["sent", "cancelled", "applied"].includes(entry.event)) {
      waits.push([waitSince, right]);
      waitSince = null;
    }
    if (shapes[entry.event] && time >= start) marks.push([entry.event, right]);
  }
  if (last === null) steps = "M4 " + place(y(level));
  steps += "V" + place(y(level)) + "H" + (width - 4);
  if (item.pending_since) waits.push([x(Date.parse(item.pending_since)), width - 4]);
  svg.setAttribute("viewBox", "0 0 " + width + " " + height);
  svg.replaceChildren(
    ...waits.map(([from, to]) => draw("rect", {class: "wait", x: place(from), y: 0,
      width: place(Math.max(1, to - from)), height: height - 3})),
    draw("path", {class: "area", d: steps + "V" + (height - 3) + "H4z"}),
    draw("path", {class: "steps", d: steps}),
    ...marks.map(([event, right]) => draw("path", {class: event,
      d: "M" + place(right) + " 6" + shapes[event]})));
  svg.setAttribute("aria-label", timelineWords(entries, start, at));
}

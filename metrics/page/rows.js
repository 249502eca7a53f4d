// One row of the table: a workload at a glance.
import {draw, make, makeName, setAttribute, setText} from "./dom.js";
import {counted, fromNow, fullTime, shortTime, span, until} from "./format.js";
import {historyOf} from "./history.js";
import {workloadHash} from "./route.js";
import {now} from "./time.js";
import {drawTimeline} from "./timeline.js";
import {isStopped, turnOf} from "./turns.js";
import {gateWords, inTurn, isBad, stateShapes} from "./words.js";

const pictureSize = {width: 160, height: 26, high: 4};
const bars = 10;

// What a column is called and sorted by; ties go by name.
export const columns = [
  {id: "workload", title: "Workload", by: () => 0},
  {id: "level", title: "Level", by: (item) => -item.level},
  {id: "state", title: "State", by: (item) => Object.keys(stateShapes).indexOf(item.state)},
  {id: "gates", title: "What holds it", by: (item) => item.gates[0]?.gate ?? "~"},
  {id: "next", title: "Next update",
    by: (item) => item.next_update ? Date.parse(item.next_update) : item.pending_since ? 1e15 : 1e16},
  {id: "pending", title: "Pending", by: (item) => item.since},
  {id: "recent", title: "Recently", by: (item) => -item.changes},
  {id: "last", title: "Last update", by: (item) => item.last_update ? -Date.parse(item.last_update) : 0}
];

export function stateBadge() {
  const shape = draw("path", {});
  const text = make("span");
  const badge = make("span", {class: "state"},
      draw("svg", {viewBox: "0 0 12 12", "aria-hidden": "true"}, shape), text);
  return {badge, show(state) {
    setText(text, state);
    setAttribute(badge, "class", "state " + (stateShapes[state] ? state : ""));
    setAttribute(shape, "d", stateShapes[state] ?? "");
  }};
}

// Rising bars: as many are filled as updates are not forgiven.
export function levelPicture() {
  const number = make("b");
  const filled = draw("path", {class: "filled"});
  const path = (from, to) => {
    let made = "";
    for (let bar = from; bar < to; ++bar) made += "M" + bar * 5 + " 16v-" + (4 + bar * 1.3) + "h3.5V16z";
    return made;
  };
  const picture = make("span", {class: "level"}, make("span", {class: "hidden"}, "level "), number,
      draw("svg", {viewBox: "0 0 50 16", "aria-hidden": "true"}, draw("path", {d: path(0, bars)}), filled));
  return {picture, show(level, state) {
    setText(number, String(level));
    setAttribute(filled, "d", path(0, Math.min(level, bars)));
    setAttribute(picture, "class", "level" + (level === 0 ? " none" : level <= 6 ? "" : isBad(state) ? " high bad" : " high"));
  }};
}

// All who wait for the budget take turns, so when its own comes can only be told about.
function turnWords(item) {
  const {wait, waiting} = turnOf(item);
  const others = counted(waiting, "waits", "wait") + " in turn";
  if (wait === null) return ["in turn", others];
  return ["in about " + span(Math.max(1000, wait)), others];
}

// The countdown and what stands below it.
export function nextWords(item, at) {
  if (isStopped(item)) return ["none", "budget.rate is 0"];
  if (item.next_update && !inTurn(item)) {
    return [until(item.next_update, at), shortTime(item.next_update, at)];
  }
  if (inTurn(item)) return turnWords(item);
  if (item.state === "updating") return ["under way", ""];
  return item.pending_since ? ["not known", ""] : ["", ""];
}

export function makeRow(id) {
  const link = makeName("a", {tabindex: "-1"});
  const place = makeName("small");
  const state = stateBadge();
  const level = levelPicture();
  const lines = () => [make("span"), make("small")];
  const [gate, others] = lines();
  const [next, nextTime] = lines();
  const [pending, pendingTime] = lines();
  const [last, lastTime] = lines();
  const picture = draw("svg", {class: "timeline", role: "img"});
  const contents = [[link.element, place.element], [level.picture], [state.badge], [gate, others], [next, nextTime],
    [pending, pendingTime], [picture], [last, lastTime]];
  const cells = contents.map((content, index) => make("div",
      {role: "gridcell", class: "of-" + columns[index].id, "aria-colindex": String(index + 1)}, ...content));
  const element = make("div", {role: "row", tabindex: "-1"}, ...cells);
  element.id_of_workload = id;
  let drawn;
  let drawnAt = 0;

  function showPicture(item, at) {
    const entries = historyOf(item);
    setAttribute(picture, "class", "timeline" + (entries?.length ? "" : " empty"));
    const stale = at - drawnAt > 5000 && entries?.length;
    if (drawn === entries && !stale) return;
    drawn = entries;
    drawnAt = at;
    if (entries?.length) {
      drawTimeline(picture, entries, item, at, pictureSize);
    } else {
      picture.replaceChildren();
      setAttribute(picture, "aria-label", entries ? "nothing happened" : "being fetched");
    }
  }

  return {id, element, show(item) {
    const at = now();
    link.show(item.name);
    setAttribute(link.element, "aria-label", item.name);
    setAttribute(link.element, "href", workloadHash(item));
    place.show(item.namespace + "/" + item.kind);
    setAttribute(element, "class", item.state === "idle" && item.level === 0 ? "rest" : item.state === "failing" ? "failing" : "");
    level.show(item.level, item.state);
    state.show(item.state);
    const [first, second] = gateWords(item, at);
    setText(gate, first);
    setText(others, second);
    const [wait, when] = nextWords(item, at);
    setText(next, wait);
    setText(nextTime, when);
    setText(pending, item.pending_since ? "for " + span(at - item.since) : "");
    setText(pendingTime, item.pending_since ? "since " + shortTime(item.pending_since, at) : "");
    setText(last, item.last_outcome ?? "");
    setText(lastTime, item.last_update ? fromNow(item.last_update, at) : "");
    setAttribute(cells[4], "title", item.next_update ? fullTime(item.next_update) : "");
    setAttribute(cells[5], "title", item.pending_since ? fullTime(item.pending_since) : "");
    setAttribute(cells[7], "title", item.last_update ? fullTime(item.last_update) : "");
    setAttribute(cells[3], "title", [first, second].filter(Boolean).join("; "));
    setAttribute(cells[0], "title", item.id);
    showPicture(item, at);
  }};
}

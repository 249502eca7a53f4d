// One workload: is it throttled, why, since when, and what to do.
import {byId, draw, make, setText} from "./dom.js";
import {clock, count, counted, fromNow, fullTime, localTimes, span, until} from "./format.js";
import {historyUrl} from "./history.js";
import {ask, askHistory, forget} from "./poll.js";
import {listHash, view} from "./route.js";
import {levelPicture, nextWords, stateBadge} from "./rows.js";
import {say} from "./said.js";
import {allItems, isComplete} from "./store.js";
import {now} from "./time.js";
import {setSubject} from "./title.js";
import {drawTimeline, legend, startOf} from "./timeline.js";
import {isStopped} from "./turns.js";
import {explainCommand, nameOf, placeFlag, standing} from "./words.js";

const root = byId("explain");
const historyLimit = 200;
const historyPause = 5000;
let shown = null;      // what is open
let item = null;
let entries = [];
let historyAt = 0;
let ticking = [];      // what counts down
let signatures = new Map();
let picture = null;

const urlOf = (key) =>
  "/api/v1/workloads/" + [key.namespace, key.kind, key.name].map(encodeURIComponent).join("/");

function copyButton(label, text, node) {
  const button = make("button", {type: "button", class: "copy"}, label);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text());
      say("Copied");
      setText(button, "Copied");
      setTimeout(() => setText(button, label), 2000);
    } catch {
      getSelection().selectAllChildren(node);
      say("Selected; copy it by the keyboard");
    }
  });
  return button;
}

function command(text) {
  const code = make("code", {}, text);
  return make("p", {class: "command"}, code, copyButton("Copy", () => text, code));
}

// A sentence of the server's: moments by the reader's clock, and what is to be written as code.
const prose = (text) => localTimes(text, now()).split("`").map((part, index) => index % 2 ? make("code", {}, part) : part);

const withPlace = (piece) => piece.takes_url ? piece.command + " " + placeFlag() : piece.command;

// A text that is worked out anew every second.
function live(tag, text) {
  const element = make(tag);
  ticking.push([element, text]);
  return element;
}

const tableOf = (titles, lines) => make("div", {class: "wide", tabindex: "0", role: "group", "aria-label": titles[0]},
    make("table", {}, make("thead", {}, make("tr", {}, ...titles.slice(1).map((title) =>
        make("th", {scope: "col"}, title)))), make("tbody", {}, ...lines)));

const line = (...cells) => make("tr", {}, ...cells.map((cell) =>
    cell instanceof Element && cell.tagName === "TD" ? cell : make("td", {}, cell)));

const moment = (time) => make("time", {datetime: time, title: fullTime(time)}, clock(time, now()));

const digest = (text) => text ? make("code", {title: text}, text.slice(0, 12)) : make("span", {}, "unknown");

function gates() {
  if (item.gates.length === 0) return [make("h3", {}, "What holds it"), make("p", {}, "No gate is closed.")];
  return [make("h3", {}, "What holds it"), tableOf(["Gates", "Gate", "Until", "Still", "Why"],
      item.gates.map((gate) => line(make("b", {}, gate.gate), gate.until ? moment(gate.until) : "not known",
          live("td", (at) => gate.until ? until(gate.until, at) : ""), gate.reason)))];
}

// What it waits for, until when, and what to do: one sentence each.
function answer() {
  const failed = item.failures > 0;
  return [make("p", {class: "answer"}, ...prose(item.waits_for ?? standing(item)), " ",
      live("b", (at) => {
        if (isStopped(item)) return "";
        const [wait] = nextWords(item, at);
        const known = item.next_update && wait.startsWith("in ");
        if (!item.pending_since || !wait || item.state === "updating") return "";
        return (item.state === "failing" ? "Next try: " : "Next update: ") + wait +
            (known ? ", at " + clock(item.next_update, at) : "") + ".";
      }), " ", ...prose(item.to_do ?? "")),
  ...(failed ? [make("p", {class: "quiet"}, "Failing since " + clock(item.failing_since, now()) + ", " +
      counted(item.failures, "time") + " in a row. The last error:")] : []),
  ...(item.last_error ? [make("p", {class: "error"}, item.last_error)] : [])];
}

function todo() {
  const more = (piece) => piece.read ? [make("span", {class: "quiet"}, "More: " + piece.read)] : [];
  return [make("h3", {}, "What to do"), ...(item.advice ?? []).flatMap((piece) => piece.command
      ? [make("p", {}, ...prose(piece.text)), command(withPlace(piece)), ...more(piece).map((each) => make("p", {}, each))]
      : [make("p", {}, ...prose(piece.text), " ", ...more(piece))]),
    make("p", {class: "quiet"}, "The same as here, in a terminal:"), command(explainCommand(item))];
}

function facts() {
  const level = levelPicture();
  level.show(item.level, item.state);
  const same = item.applied && item.applied === item.desired;
  const fact = (name, ...value) => make("div", {}, make("dt", {}, name), make("dd", {}, ...value));
  return [make("dl", {class: "facts"},
      fact("Level", level.picture),
      fact("Pending", item.pending_since
          ? live("span", (at) => span(at - Date.parse(item.pending_since)) + ", since " + clock(item.pending_since, at))
          : "nothing"),
      fact("Last update", item.last_update ? live("span", (at) => item.last_outcome + ", " +
          fromNow(item.last_update, at)) : item.level > 0 ? "not known" : "none yet"),
      fact("Fingerprint", "applied ", digest(item.applied), same ? ", as desired"
          : make("span", {}, ", desired ", digest(item.desired))),
      fact("Since Ebbgate started", counted(item.changes, "change") + ", " + counted(item.updates, "update") + ", " +
          count(item.suppressed) + " suppressed, " + count(item.coalesced) + " coalesced"))];
}

function references() {
  return [make("h3", {}, "What its configuration comes from"), item.references.length === 0
      ? make("p", {}, "No references are known.")
      : tableOf(["References", "State", "Digest", "Name"], item.references.map((reference) =>
          line(make("span", {class: "reference " + (reference.state === "changed" ? "changed" : "")},
              reference.state), digest(reference.digest), make("code", {}, reference.name))))];
}

function past() {
  if (entries.length === 0) return [make("h3", {}, "History"), make("p", {}, "Nothing happened yet.")];
  picture = draw("svg", {class: "timeline large", role: "img"});
  return [make("h3", {}, "History"), picture,
    make("p", {class: "quiet axis"}, live("span", (at) => clock(startOf(entries, at), at)), make("span", {}, "now")),
    make("p", {class: "quiet legend"}, ...legend()),
      tableOf(["History, the newest first", "At", "", "Event", "Level", "Detail"], entries.map((entry) =>
          line(moment(entry.at), live("td", (at) => fromNow(entry.at, at)), entry.event, String(entry.level),
              localTimes(entry.detail, now()))))];
}

// Only what changed is made anew, so that a selection, the focus and the screen reader's place stay.
function part(name, signature, build) {
  const text = JSON.stringify(signature);
  if (signatures.get(name) === text) return;
  signatures.set(name, text);
  const place = byId("explain-" + name);
  ticking = ticking.filter(([element]) => !place.contains(element));
  place.replaceChildren(...build());
}

function frame(key) {
  const title = make("h2", {tabindex: "-1", id: "explain-title"}, nameOf(key));
  const back = make("a", {href: listHash(), class: "back"}, "← All workloads");
  const link = copyButton("Copy link", () => location.href, title);
  const state = stateBadge();
  root.replaceChildren(make("p", {}, back, " ", link), title,
      make("p", {class: "standing"}, state.badge, " ", make("span", {id: "explain-standing"})),
      ...["answer", "todo", "facts", "gates", "references", "past"].map((name) =>
          make("section", {id: "explain-" + name})));
  root.setAttribute("aria-labelledby", "explain-title");
  root.showState = state.show;
  setText(root.querySelector("#explain-standing"), "Loading …");
  title.focus({preventScroll: true});
}

export function openExplanation(key) {
  shown = key;
  item = null;
  entries = [];
  historyAt = 0;
  ticking = [];
  signatures = new Map();
  picture = null;
  setSubject(nameOf(key));
  frame(key);
  scrollTo(0, 0);
}

export function closeExplanation() {
  const closed = shown;
  shown = null;
  item = null;
  setSubject("");
  return closed;
}

function gone() {
  item = null;
  entries = [];
  ticking = [];
  signatures = new Map();
  for (const section of root.querySelectorAll("section")) section.replaceChildren();
  root.showState("gone");
  setText(byId("explain-standing"), "There is no such workload, or no more. Was it deleted, renamed, or has it " +
      "opted out? After a start it may still be on its way: this page goes on looking.");
}

// One round of polling.
export async function lookAtExplained() {
  const key = shown;
  if (!key) return;
  if (isComplete() && !allItems().has(nameOf(key))) return gone();
  const historyPlace = historyUrl(nameOf(key), historyLimit);
  // Without anything to show, as at first and once it was gone, answers must be whole ones.
  if (!item) [urlOf(key), historyPlace].forEach(forget);
  let found = null;
  try {
    found = await ask(urlOf(key));
  } catch (problem) {
    if (problem.status !== 404) throw problem;
    if (shown === key) gone();
    return;
  }
  if (shown !== key) return;
  if (found) item = found;
  if (found || now() - historyAt > historyPause) {
    historyAt = now();
    const history = await askHistory(historyPlace);
    if (shown !== key) return;
    if (history) entries = history.items;
  }
  if (item) showExplanation();
}

function showExplanation() {
  root.showState(item.state);
  setText(byId("explain-standing"), item.level > 0 ? "level " + item.level : "");
  part("answer", [item.waits_for, item.to_do, item.state, item.failures, item.failing_since, item.last_error,
    item.next_update, item.pending_since], answer);
  part("facts", {...item, gates: 0, references: 0, advice: 0}, facts);
  part("gates", item.gates, gates);
  part("todo", item.advice, todo);
  part("references", item.references, references);
  part("past", entries, past);
  tickExplanation();
}

export function tickExplanation() {
  if (!item || view.open === null) return;
  const at = now();
  for (const [element, text] of ticking) setText(element, text(at));
  if (picture?.isConnected) {
    const size = {width: Math.max(300, Math.round(picture.clientWidth)), height: 90, high: 4};
    drawTimeline(picture, entries, item, at, size);
  }
}

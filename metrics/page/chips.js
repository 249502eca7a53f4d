// The filter: states to press, and words to type.
import {byId, draw, make, setAttribute, setText} from "./dom.js";
import {count, counted} from "./format.js";
import {listHash, view} from "./route.js";
import {say} from "./said.js";
import {selection} from "./selection.js";
import {allItems, countByState} from "./store.js";
import {showTable} from "./table.js";
import {stateShapes, states} from "./words.js";

const chips = new Map();

function changed() {
  history.replaceState(null, "", listHash());
  scrollTo(0, Math.min(scrollY, byId("list").offsetTop));
  showChips();
  showTable();
  say(count(selection().length) + " of " + counted(allItems().size, "workload") + " shown", 700);
}

function chip(id, title) {
  const number = make("b");
  const button = make("button", {type: "button", "aria-pressed": "false", class: "chip " + id});
  if (stateShapes[id]) {
    button.append(draw("svg", {viewBox: "0 0 12 12", "aria-hidden": "true"}, draw("path", {d: stateShapes[id]})));
  }
  button.append(title + " ", number);
  button.addEventListener("click", () => {
    if (id === "all") {
      view.states.clear();
    } else if (!view.states.delete(id)) {
      view.states.add(id);
    }
    changed();
  });
  chips.set(id, {button, number});
  return button;
}

export function showChips() {
  const counts = countByState();
  for (const [id, {button, number}] of chips) {
    setText(number, count(id === "all" ? allItems().size : counts[id]));
    setAttribute(button, "aria-pressed", String(id === "all" ? view.states.size === 0 : view.states.has(id)));
  }
  const filter = byId("filter");
  if (filter.value.trim() !== view.filter) filter.value = view.filter;
}

export function setUpChips() {
  byId("chips").append(chip("all", "all"), ...states.map((state) => chip(state, state)));
  const filter = byId("filter");
  filter.addEventListener("input", () => {
    view.filter = filter.value.trim();
    changed();
  });
  filter.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "Enter") {
      byId("rows").querySelector("[tabindex='0']")?.focus();
      event.preventDefault();
    }
  });
  document.addEventListener("keydown", (event) => {
    const modified = event.ctrlKey || event.altKey || event.metaKey;
    if (event.key === "/" && !modified && !byId("list").hidden && event.target.tagName !== "INPUT") {
      filter.focus();
      event.preventDefault();
    }
    if (event.key === "Escape" && view.open) location.hash = listHash();
  });
}

// The table of workloads. However many there are, only the rows in sight are in the document.
import {byId, make, setAttribute, setHidden, setText} from "./dom.js";
import {count, counted} from "./format.js";
import {listHash, view, workloadHash} from "./route.js";
import {columns, makeRow} from "./rows.js";
import {selection} from "./selection.js";
import {allItems, isComplete} from "./store.js";
import {legend} from "./timeline.js";

const beyond = 6;  // rows above and below those in sight
const printed = 500;
const grid = byId("grid");
const body = byId("rows");
const rows = new Map();
let active = null;  // the workload that the keyboard is at
let activeIndex = 0;
let height = 44;
let printing = false;

export const isInSight = (id) => rows.has(id) && !byId("list").hidden;

function headOf(column) {
  const button = make("button", {type: "button", "data-sort": column.id}, column.title);
  return make("div", {role: "columnheader", class: "of-" + column.id}, button);
}

// First as the column has it, then turned round, then what needs attention first again.
function sortBy(id) {
  if (view.sort !== id) {
    view.sort = id;
    view.descending = false;
  } else if (!view.descending) {
    view.descending = true;
  } else {
    view.sort = "attention";
    view.descending = false;
  }
  history.replaceState(null, "", listHash());
  showTable();
}

function range(total) {
  if (printing) return [0, Math.min(total, printed)];
  const top = body.getBoundingClientRect().top;
  const first = Math.floor(-top / height) - beyond;
  const last = Math.ceil((innerHeight - top) / height) + beyond;
  return [Math.max(0, Math.min(first, total)), Math.max(0, Math.min(last, total))];
}

// Puts the rows into the document's order without moving the one that has the focus: it would lose
// it.
function arrange(wanted, focused) {
  const middle = Math.max(0, wanted.indexOf(focused));
  if (wanted.length && wanted[middle].parentNode !== body) body.prepend(wanted[middle]);
  for (let index = middle - 1; index >= 0; --index) {
    if (wanted[index].nextSibling !== wanted[index + 1]) body.insertBefore(wanted[index], wanted[index + 1]);
  }
  for (let index = middle + 1; index < wanted.length; ++index) {
    if (wanted[index].previousSibling !== wanted[index - 1]) wanted[index - 1].after(wanted[index]);
  }
}

// Where the keyboard is, it stays: at the same workload, or at the one that took its place.
function placeActive(items) {
  if (items[activeIndex]?.id !== active) {
    const found = items.findIndex((item) => item.id === active);
    if (found >= 0) activeIndex = found;
  }
  activeIndex = Math.max(0, Math.min(activeIndex, items.length - 1));
  active = items[activeIndex]?.id ?? null;
}

export function showTable() {
  const items = selection();
  const focused = rows.get(document.activeElement?.id_of_workload)?.element;
  placeActive(items);
  setAttribute(grid, "aria-rowcount", String(items.length + 1));
  for (const head of byId("head").children) {
    const sorts = head.className === "of-" + view.sort;
    setAttribute(head, "aria-sort", !sorts ? "none" : view.descending ? "descending" : "ascending");
  }
  body.style.height = printing ? "auto" : items.length * height + "px";

  const [first, last] = range(items.length);
  const indices = [];
  if (items.length && activeIndex < first) indices.push(activeIndex);
  for (let index = first; index < last; ++index) indices.push(index);
  if (items.length && activeIndex >= last) indices.push(activeIndex);
  const wanted = [];
  const kept = new Set();
  for (const index of indices) {
    const item = items[index];
    let row = rows.get(item.id);
    if (!row) rows.set(item.id, row = makeRow(item.id));
    row.show(item);
    row.element.style.top = index * height + "px";
    setAttribute(row.element, "aria-rowindex", String(index + 2));
    setAttribute(row.element, "tabindex", index === activeIndex ? "0" : "-1");
    wanted.push(row.element);
    kept.add(item.id);
  }
  for (const [id, row] of rows) {
    if (kept.has(id)) continue;
    row.element.remove();
    rows.delete(id);
  }
  arrange(wanted, focused);
  if (focused && !focused.isConnected) focusActive();
  showSize(items.length);
}

function showSize(shown) {
  const total = allItems().size;
  setText(byId("shown"), !total ? "" : shown === total ? counted(total, "workload")
      : count(shown) + " of " + counted(total, "workload"));
  setHidden(byId("empty"), shown > 0);
  setHidden(grid, shown === 0);
  setHidden(byId("marks"), shown === 0);
  if (shown === 0 && total > 0) setText(byId("empty"), "No workload passes the filter.");
  if (total === 0 && !isComplete()) setText(byId("empty"), "Loading …");
}

function focusActive() {
  const element = rows.get(active)?.element ?? byId("filter");
  element.focus({preventScroll: true});
}

function goTo(index, total) {
  activeIndex = Math.max(0, Math.min(index, total - 1));
  active = selection()[activeIndex].id;
  const top = body.getBoundingClientRect().top + activeIndex * height;
  const least = byId("head").getBoundingClientRect().height + 4;
  if (top < least) scrollBy(0, top - least);
  if (top + height > innerHeight) scrollBy(0, top + height - innerHeight + 4);
  showTable();
  focusActive();
}

function onKey(event) {
  const items = selection();
  if (!items.length || event.altKey || event.ctrlKey || event.metaKey) return;
  const page = Math.max(1, Math.floor(innerHeight / height) - 2);
  const steps = {ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity};
  if (event.key in steps) {
    goTo(activeIndex + steps[event.key], items.length);
  } else if (event.key === "Enter") {
    location.hash = workloadHash(items[activeIndex]);
  } else {
    return;
  }
  event.preventDefault();
}

function onFocus(event) {
  const row = event.target.closest("[role=row]");
  if (!row?.id_of_workload || row.id_of_workload === active) return;
  active = row.id_of_workload;
  activeIndex = selection().findIndex((item) => item.id === active);
  showTable();
}

// Back from the explanation of a workload.
export function focusWorkload(id) {
  active = id;
  showTable();
  if (active === id && allItems().has(id)) goTo(activeIndex, selection().length);
}

// Heights are the style's: they follow the reader's font and the width of the screen.
function measure() {
  const row = body.firstElementChild;
  const measured = row && !printing ? row.offsetHeight : 0;
  if (measured > 0 && measured !== height) {
    height = measured;
    showTable();
  }
}

export function setUpTable() {
  byId("head").append(...columns.map(headOf));
  byId("marks").append(...legend());
  byId("head").addEventListener("click", (event) => {
    const id = event.target.dataset?.sort;
    if (id) sortBy(id);
  });
  body.addEventListener("keydown", onKey);
  body.addEventListener("focusin", onFocus);
  body.addEventListener("click", (event) => {
    const row = event.target.closest("[role=row]");
    if (!row || event.target.closest("a") || getSelection().toString()) return;
    const item = allItems().get(row.id_of_workload);
    if (item) location.hash = workloadHash(item);
  });
  let scheduled = false;
  const again = () => {
    if (scheduled) return;
    scheduled = true;
    requestAnimationFrame(() => {
      scheduled = false;
      if (byId("list").hidden) return;
      measure();
      showTable();
    });
  };
  window.addEventListener("scroll", again, {passive: true});
  window.addEventListener("resize", again);
  for (const [event, begins] of [["beforeprint", true], ["afterprint", false]]) {
    window.addEventListener(event, () => {
      printing = begins;
      document.body.classList.toggle("printing", begins);
      showTable();
    });
  }
  return {again, measure};
}

// Wires the page together: what is polled, what is shown, what counts down.
import {setUpChips, showChips} from "./chips.js";
import {byId, setHidden, setText} from "./dom.js";
import {closeExplanation, lookAtExplained, openExplanation, tickExplanation} from "./explain.js";
import {showConnection, showPeers, showProcess, tickHeader} from "./header.js";
import {distrustHistories, fetchHistories} from "./history.js";
import {drawPlot, samplePlot} from "./plot.js";
import {allDone, ask, forget, poll} from "./poll.js";
import {readHash, view} from "./route.js";
import {columns} from "./rows.js";
import {allItems, beginAnew, isComplete, nextLook, takeNews} from "./store.js";
import {focusWorkload, isInSight, setUpTable, showTable} from "./table.js";
import {setBudget} from "./turns.js";
import {nameOf, placeFlag} from "./words.js";

const table = setUpTable();
setUpChips();

async function lookAtProcess() {
  const process = await ask("/api/v1/process");
  if (process) {
    setBudget(process.budget);
    showProcess(process);
    samplePlot(process);
  }
  drawPlot();
}

async function lookAtPeers() {
  const peers = await ask("/api/v1/feedback");
  if (peers) showPeers(peers.items);
}

async function lookAtWorkloads() {
  let anew = false;
  while (true) {
    const url = nextLook();
    let news = null;
    try {
      news = await ask(url);
    } catch (problem) {
      if (problem.status !== 410 || anew) throw problem;
      anew = true;
      distrustHistories();
      beginAnew();
      forget(nextLook());
      continue;
    }
    if (news) takeNews(news);
    // Nobody asks again what is new since then.
    if (nextLook() !== url) forget(url);
    if (isComplete() && !news?.more) break;
    showList();
  }
  if (allItems().size === 0) await sayWhyEmpty();
  showList();
}

// Nothing there is not the same as not read yet.
async function sayWhyEmpty() {
  const reply = await fetch("/readyz", {cache: "no-store", signal: AbortSignal.timeout(5000)});
  const text = (await reply.text()).trim();
  setText(byId("empty"), reply.ok ? "There are no workloads: none is configured, or none has opted in."
      : "Not ready: " + text);
}

function showList() {
  if (view.open) return;
  showChips();
  showTable();
  table.measure();
}

async function look() {
  await allDone([lookAtProcess(), lookAtWorkloads(), lookAtPeers(), lookAtExplained()]);
  if (!view.open && await fetchHistories(isInSight)) showTable();
}

const lookNow = poll(look, showConnection);

function follow() {
  const before = view.open;
  readHash(columns.map((column) => column.id));
  setHidden(byId("list"), view.open !== null);
  setHidden(byId("explain"), view.open === null);
  document.body.classList.toggle("explaining", view.open !== null);
  if (view.open) {
    openExplanation(view.open);
    lookNow();
  } else {
    closeExplanation();
    showList();
    if (before) focusWorkload(nameOf(before));
  }
}

// Where there is little room the workloads come first, for the keyboard and screen readers too.
const narrow = matchMedia("(max-width: 60rem)");
function placeOverview() {
  if (narrow.matches) byId("main").after(byId("overview")); else byId("main").before(byId("overview"));
}
narrow.addEventListener("change", placeOverview);
placeOverview();

// As a link it would change the hash, which tells what is looked at.
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  byId("main").focus();
});
setText(byId("terminal"), "ebbgate status --watch " + placeFlag());
window.addEventListener("hashchange", follow);
follow();
setInterval(() => {
  if (document.hidden) return;
  tickHeader();
  if (view.open) tickExplanation(); else showTable();
}, 500);

// Ebbgate itself: who leads, what is wrong, budget, peers, and whether the page is up to date.
import {byId, make, printable, setAttribute, setHidden, setText} from "./dom.js";
import {clock, count, counted, localTimes, span, sum, until} from "./format.js";
import {now} from "./time.js";
import {setOwner} from "./title.js";

let peers = [];
let lost = "";
let degraded = "";

// An alert is spoken when it changes, so it says nothing that changes every second.
function showAlerts() {
  const texts = [lost, degraded].filter(Boolean).map(printable);
  const box = byId("alerts");
  if (texts.join("\n") === [...box.children].map((child) => child.textContent).join("\n")) return;
  box.replaceChildren(...texts.map((text) => make("p", {class: "alert"}, text)));
}

export function showConnection(good, problem) {
  document.body.classList.toggle("stale", problem !== null);
  const busy = problem?.status === 503;
  lost = problem === null ? ""
      : (busy ? "Ebbgate is too busy to answer since " : "No answer since ") + clock(good, now()) +
        ". What is shown is as of then; this page goes on trying.";
  setText(byId("connection"), problem === null ? "Live" : busy ? "Busy" : "No answer");
  setAttribute(byId("connection"), "class", "badge " + (problem === null ? "good" : "bad"));
  setAttribute(byId("connection"), "title", problem === null ? "" : problem.message);
  showAlerts();
}

export function showProcess(process) {
  const owner = process.host || process.cluster || "";
  setText(byId("owner"), owner && "on " + owner);
  setOwner(owner);
  const role = byId("role");
  setHidden(role, !process.role);
  setText(role, process.role === "standby" ? "Standby" : "Leader");
  const leader = process.role === "standby"
      ? (process.leader || "nobody that is known") + " leads, and shows the workloads" : process.leader;
  setText(byId("about"), [process.provider, leader, process.version].filter(Boolean).join(" · "));
  setAttribute(byId("about"), "title", "revision " + process.revision + ", started " + process.started);
  degraded = process.degraded ? "The database cannot be written: " + process.degraded +
      ". Decisions go on from memory, and it is tried again." : "";
  showAlerts();

  const problems = byId("problems");
  setHidden(problems, process.problems.length === 0);
  problems.replaceChildren(...process.problems.map((text) => make("li", {}, localTimes(text, now()))));
  showBudget(process.budget);
  showTotals(process.totals);
}

function showBudget(budget) {
  const meter = byId("budget");
  setHidden(meter, !budget || budget.unlimited || budget.rate === 0);
  if (!budget) return;
  if (budget.unlimited) return setText(byId("budget-text"), "unlimited");
  if (budget.rate === 0) return setText(byId("budget-text"), "budget.rate is 0: no update goes out until it is raised");
  const pace = budget.rate >= 1 ? count(budget.rate) + " a second comes back"
      : "one comes back every " + span(1000 / budget.rate);
  setText(byId("budget-text"), count(Math.floor(budget.tokens)) + " of " + counted(budget.burst, "update") +
      " may go at once; " + pace);
  meter.max = budget.burst;
  meter.low = budget.burst * 0.1;
  meter.value = budget.tokens;
}

function showTotals(totals) {
  const facts = [["changes", totals.changes], ["applied", totals.updates.applied],
    ["refused", totals.updates.refused], ["unknown", totals.updates.unknown],
    ["held back", sum(totals.suppressed)], ["coalesced", totals.coalesced]];
  const list = byId("totals");
  if (list.children.length === 0) {
    list.append(...facts.map(([name]) => make("div", {}, make("dt", {}, name), make("dd"))));
  }
  facts.forEach(([, number], index) => setText(list.children[index].lastChild, count(number)));
}

export function showPeers(items) {
  peers = items;
  setHidden(byId("peers-card"), peers.length === 0);
  byId("peers").replaceChildren(...peers.map((peer) => make("li", {class: peer.up ? "up" : "down"},
      make("span", {class: "badge " + (peer.up ? "good" : "bad")}, peer.up ? "up" : "down"), " ",
      make("b", {}, peer.peer), " ", make("span", {class: "attempt"}), make("br"),
      make("span", {class: "quiet"}, counted(peer.queued, "message") + " waiting, " + count(peer.delivered) +
          " delivered, " + count(peer.rejected) + " rejected, " + count(peer.dropped) + " dropped"),
      ...(peer.problem ? [make("br"), make("span", {class: "problem"}, peer.problem)] : []))));
  tickHeader();
}

export function tickHeader() {
  const at = now();
  peers.forEach((peer, index) => {
    const place = byId("peers").children[index].querySelector(".attempt");
    setText(place, peer.up ? "" : "level " + peer.level + (peer.next_attempt
        ? ", next attempt " + until(peer.next_attempt, at) : ", being tried"));
  });
}

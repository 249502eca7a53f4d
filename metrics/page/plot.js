// Changes against updates over the last minutes, as this page saw them: both count up from 0 at the
// left, so the gap between the lines is what Ebbgate kept away.
import {byId, setAttribute, setText} from "./dom.js";
import {count, span, sum} from "./format.js";
import {now} from "./time.js";

const shownFor = 300000;
const [plotWidth, plotHeight] = [300, 60];
let samples = [];
let before = null;
let total = {changes: 0, updates: 0};

export function samplePlot(process) {
  const current = {started: process.started, changes: process.totals.changes,
    updates: sum(process.totals.updates)};
  // The first sight is the base; after a restart everything counts.
  const base = before === null ? current : before.started !== current.started
      ? {changes: 0, updates: 0} : before;
  total = {changes: total.changes + Math.max(0, current.changes - base.changes),
    updates: total.updates + Math.max(0, current.updates - base.updates)};
  before = current;
}

export function drawPlot() {
  const at = now();
  samples.push({at, ...total});
  const oldest = samples.findIndex((sample) => sample.at >= at - shownFor);
  samples = samples.slice(Math.max(0, oldest));
  const first = samples[0];
  const start = Math.min(first.at, at - 60000);
  const highest = Math.max(5, total.changes - first.changes, total.updates - first.updates);
  const x = (sample) => ((sample.at - start) / (at - start) * plotWidth).toFixed(1);
  const y = (number) => (plotHeight - 1 - number / highest * (plotHeight - 4)).toFixed(1);
  const path = (name) => {
    let steps = "M" + x(first) + " " + y(0);
    let last = 0;
    for (const sample of samples) {
      const number = sample[name] - first[name];
      if (number !== last) steps += "H" + x(sample) + "V" + y(number);
      last = number;
    }
    return steps + "H" + plotWidth;
  };
  const svg = byId("plot");
  const changes = path("changes");
  setAttribute(svg.querySelector(".changes.area"), "d", changes + "V" + plotHeight + "H" + x(first) + "z");
  setAttribute(svg.querySelector(".changes.line"), "d", changes);
  setAttribute(svg.querySelector(".updates.line"), "d", path("updates"));
  const words = [total.changes - first.changes, total.updates - first.updates].map(count);
  setText(byId("plot-changes"), words[0]);
  setText(byId("plot-updates"), words[1]);
  setText(byId("plot-span"), "in " + span(Math.max(1000, at - first.at)));
  setAttribute(svg, "aria-label", words[0] + " changes, " + words[1] + " updates");
}

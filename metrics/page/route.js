// What is looked at, as the URL's hash says it, so that it can be shared and Back works:
//   #/?filter=web&state=waiting,held&sort=-level    #/workload/NAMESPACE/KIND/NAME
import {states} from "./words.js";

export const view = {open: null, filter: "", states: new Set(), sort: "attention", descending: false};

export function workloadHash(item) {
  return "#/workload/" + [item.namespace, item.kind, item.name].map(encodeURIComponent).join("/");
}

export function listHash() {
  const parts = [];
  if (view.filter) parts.push("filter=" + encodeURIComponent(view.filter));
  if (view.states.size) parts.push("state=" + [...view.states].join(","));
  if (view.sort !== "attention") parts.push("sort=" + (view.descending ? "-" : "") + view.sort);
  return "#/" + (parts.length ? "?" + parts.join("&") : "");
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function readHash(columns) {
  const hash = location.hash;
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const parts = path.split("/").map(decoded);
  if (parts[0] === "workload" && parts.length === 4) {
    view.open = {namespace: parts[1], kind: parts[2], name: parts[3]};
    return;
  }
  view.open = null;
  const parameters = new URLSearchParams(query);
  view.filter = parameters.get("filter") || "";
  view.states = new Set((parameters.get("state") || "").split(",").filter((state) => states.includes(state)));
  const sort = (parameters.get("sort") || "").replace(/^-/, "");
  view.sort = columns.includes(sort) ? sort : "attention";
  view.descending = (parameters.get("sort") || "").startsWith("-");
}

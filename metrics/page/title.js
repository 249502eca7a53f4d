// The document's title: what is looked at, and whose Ebbgate this is, so that tabs can be told apart.
import {printable} from "./dom.js";

let subject = "";
let owner = "";

function showTitle() {
  const title = printable([subject, owner ? "Ebbgate on " + owner : "Ebbgate"].filter(Boolean).join(" – "));
  if (document.title !== title) document.title = title;
}

export function setSubject(text) {
  subject = text;
  showTitle();
}

export function setOwner(text) {
  owner = text;
  showTitle();
}

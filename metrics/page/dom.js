// Makes elements. Texts become text nodes, whatever they hold: never markup, and nothing that nobody sees.

const drawing = document.querySelector("svg").namespaceURI;

// Control characters, separators of lines and what Unicode calls default ignorable, as on the command line.
const hidden = /(?![\t\n\ufe00-\ufe0f\u{e0100}-\u{e01ef}])[\p{Cc}\p{Zl}\p{Zp}\p{DI}\ufff9-\ufffb]/gu;

export const printable = (text) => text.replace(hidden, "?");

export const byId = (id) => document.getElementById(id);

export function make(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

export function draw(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(drawing, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, printable(String(value)));
  element.append(...children.map((child) => child instanceof Node ? child : printable(String(child))));
  return element;
}

// Writing what is there already would make browsers lay out, and screen readers speak, anew.
export function setText(element, text) {
  const shown = printable(text);
  if (element.textContent !== shown) element.textContent = shown;
}

export function setAttribute(element, name, value) {
  const shown = printable(value);
  if (element.getAttribute(name) !== shown) element.setAttribute(name, shown);
}

export function setHidden(element, hide) {
  if (element.hidden !== hide) element.hidden = hide;
}

// A text of which both ends stay in sight where it has no room: names often differ in their ends alone.
export function makeName(tag, attributes = {}) {
  const front = make("span", {class: "front"});
  const end = make("span", {class: "end"});
  const element = make(tag, {...attributes, class: "name"}, front, end);
  return {element, show(text) {
    const characters = [...printable(text)];
    const length = characters.length > 14 ? 10 : 0;
    setText(front, characters.slice(0, characters.length - length).join(""));
    setText(end, length ? characters.slice(-length).join("") : "");
  }};
}

// What a screen reader is to say now and then: never what changes every second.
import {byId, setText} from "./dom.js";

let timer = 0;

export function say(text, pause = 0) {
  clearTimeout(timer);
  timer = setTimeout(() => {
    setText(byId("said"), "");
    setText(byId("said"), text);
  }, pause);
}

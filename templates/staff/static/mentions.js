// Completes the names of colleagues in an internal note: "@" and the first letters, arrows, Enter. Without it, typing
// the name works too.

import { isComposing } from "./shortcuts.js";

const WORD = /(?:^|[^\p{L}\p{N}_])@([\p{L}\p{N}'’. -]{0,40})$/u;
const MOST = 6;

const box = () => document.getElementById("note");
const list = () => document.getElementById("note-names");
const shown = () => [...list().querySelectorAll("[role=option]:not([hidden])")];
const isOpen = () => list() && !list().hidden;

const plain = (words) => words.normalize("NFC").toLocaleLowerCase();

/** Returns what was typed after the "@" before the caret; null if there is none. */
function typed() {
  const found = box().selectionStart === box().selectionEnd && WORD.exec(box().value.slice(0, box().selectionStart));
  return found ? found[1] : null;
}

function choose(option) {
  for (const other of list().children) other.setAttribute("aria-selected", String(other === option));
  box().setAttribute("aria-activedescendant", option.id);
}

function close() {
  if (!list()) return;
  list().hidden = true;
  box().removeAttribute("aria-activedescendant");
}

function suggest() {
  const begun = typed();
  if (begun === null) return close();
  let left = MOST;
  for (const option of list().children) {
    const name = plain(option.textContent);
    const fits = name.startsWith(plain(begun)) || name.split(" ").some((part) => begun && part.startsWith(plain(begun)));
    option.hidden = !fits || left === 0;
    if (!option.hidden) left -= 1;
  }
  if (left === MOST) return close();
  list().hidden = false;
  choose(shown()[0]);
}

function insert(option) {
  const [text, at] = [box(), box().selectionStart];
  text.setRangeText(`${option.textContent} `, at - typed().length, at, "end");
  text.dispatchEvent(new Event("input", { bubbles: true }));
  close();
  text.focus();
}

document.addEventListener("input", (event) => event.target.id === "note" && list() && suggest());
document.addEventListener("keydown", (event) => {
  if (event.target.id !== "note" || !isOpen() || isComposing(event)) return;
  const options = shown();
  const place = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) choose(options[(place + step + options.length) % options.length]);
  else if ((event.key === "Enter" || event.key === "Tab") && typed() !== null) insert(options[place]);
  else if (event.key === "Escape") close();
  else return;
  event.preventDefault();
  event.stopPropagation(); // Escape would leave the box too
}, { capture: true });
document.addEventListener("pointerdown", (event) => {
  const option = event.target.closest("#note-names [role=option]");
  if (option) {
    event.preventDefault(); // the box keeps its caret
    if (typed() !== null) insert(option);
  } else if (isOpen() && event.target.id !== "note") close();
});
document.addEventListener("focusout", (event) => event.target.id === "note" && close());

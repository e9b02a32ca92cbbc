// Single-key shortcuts. The help dialog can turn them off, for people who use speech input.

import { say } from "./live.js";

const STORED = "intake-shortcuts";
const PAUSE = 700; // between two words that have nothing to do with each other
const REFUSED = 1000; // without a key, until those after a refused one are commands again
const MODIFIERS = ["Shift", "CapsLock", "AltGraph", "Control", "Alt", "Meta"];

let typedAt = -Infinity; // when a letter was last typed into a field, or was dropped
let refused = null; // a key that would have led to a field: { at, words }; words: why it did not
let isLeaving = false; // another page was asked for, and this one is still there

function stored() {
  try {
    return localStorage.getItem(STORED) !== "off";
  } catch {
    return true;
  }
}

/** Returns whether single keys are commands. */
export const areOn = () => document.getElementById("shortcuts-on")?.checked ?? stored();

/** Returns whether keys go into a field. */
export function isTyping(target) {
  return target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]") !== null;
}

/** Returns whether a key goes to an input method, which is composing a character; Safari says so by the code alone. */
export const isComposing = (event) => event.isComposing || event.keyCode === 229;

/** Notes that a letter was typed: those that follow without a pause belong to it, and are no commands. */
export function noteTyping() {
  typedAt = performance.now();
}

/** Returns whether a key that is pressed now belongs to words that are being typed. */
export const isBurst = () => performance.now() - typedAt < PAUSE;

/** Drops a key that belongs to words that are being typed, and says so; returns whether it did. */
export function dropTyped() {
  if (!isBurst()) return false;
  noteTyping();
  say("You were typing when the page changed, so the last keys were not used. Pause, then press a key.");
  return true;
}

/** Says why a key leads to no field. What is typed for that field is no command, until a pause, Escape, or an arrow. */
export function refuse(words) {
  refused = { at: performance.now(), words };
  say(words);
}

/** Goes to another page. No key reaches this one anymore, unless Escape stops the browser from loading the other. */
export function leave(address) {
  isLeaving = true;
  location.assign(address);
}

window.addEventListener("pageshow", () => (isLeaving = false));
window.addEventListener(
  "keydown",
  (event) => {
    const isBrowsers = (event.ctrlKey || event.metaKey || event.altKey) && !["Enter", "z", "Z"].includes(event.key);
    if (event.key === "Escape") isLeaving = false;
    if (!isLeaving || isBrowsers) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  true,
);

// whoever types without looking gets no field, and goes on typing
window.addEventListener(
  "keydown",
  (event) => {
    if (!refused || MODIFIERS.includes(event.key)) return;
    const isTyped = [...event.key].length === 1 || ["Enter", "Backspace", "Dead", "Process"].includes(event.key);
    const isChord = (event.ctrlKey || event.metaKey || event.altKey) && event.key !== "Enter";
    const isOver = performance.now() - refused.at >= REFUSED || !isTyped || isChord || isTyping(event.target);
    if (isOver) {
      refused = null;
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    refused.at = performance.now();
    say(`${refused.words} What you typed since was not used: pause for a second before the next key.`);
  },
  true,
);

// whoever types and loses the field, because the page changed, goes on typing for a moment
window.addEventListener(
  "keydown",
  ({ key, ctrlKey, metaKey, altKey, target }) => {
    if (!isTyping(target)) return;
    const leaves = key === "Escape" || key === "Tab" || (key === "Enter" && (target.matches("input, select") || ctrlKey || metaKey));
    if (leaves) typedAt = -Infinity;
    else if ([...key].length === 1 && !ctrlKey && !metaKey && !altKey) noteTyping();
  },
  true,
);
window.addEventListener(
  "pointerdown",
  () => {
    typedAt = -Infinity;
    refused = null;
  },
  true,
);

/** Presses a button, or goes where a link leads. */
const use = (part) => (part.matches("a") ? leave(part.href) : part.click());

/**
 * Runs the action of a pressed key, or uses the button or link that names the key in data-key, unless the user is typing
 * or a dialog is open.
 */
export function listen(actions = {}) {
  const help = document.getElementById("help");
  const turnedOn = document.getElementById("shortcuts-on");

  document.getElementById("help-button").hidden = false;
  document.addEventListener("click", (event) => event.target.closest("#help-button") && help.showModal());
  turnedOn.checked = stored();
  turnedOn.addEventListener("change", () => {
    try {
      localStorage.setItem(STORED, turnedOn.checked ? "on" : "off");
    } catch {
      // without storage, the choice applies to this page only
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (help.open) return event.key === "?" && help.close();
    if (!areOn()) return;
    const keyed = document.querySelector(`[data-key~="${CSS.escape(event.key)}"]`);
    const action = { ...actions, "?": () => help.showModal() }[event.key] ?? (keyed && (() => use(keyed)));
    if (!action) return;
    event.preventDefault();
    if (!dropTyped()) action();
  });
}

// Keys while another conversation is being opened. What is still on the screen is out of reach then. Keys that lead to a
// field or a menu of a conversation, and what is typed after them, go to the one that comes; undoing waits until it is
// there; other commands are dropped, and the page says so. What is typed for a reply box whose pane is replaced goes on in the new box of the same
// conversation, and in no other one's.

import { say } from "./live.js";
import { areOn, isBurst, isTyping, noteTyping } from "./shortcuts.js";
import { undoLater } from "./undo.js";

const STEPS = ["j", "k"]; // open another conversation, if one is open
const MOVES = [...STEPS, "ArrowDown", "ArrowUp", "Enter"];
const WRITES = ["Enter", "Backspace", "Escape"];
const TEXTS = ["r", "n", "l"]; // lead to a field that words are typed into
const LEADS = [...TEXTS, "t", "s", "i"]; // to a field or a menu
const SAFE = [...STEPS, ...LEADS, "c", "v"]; // whatever is opened
const COMMANDS = ["a", "e", "u"];
const DROPPED = "What you pressed while the page was changing was not used. Look at what is open, then press it again.";
const UNSENT = "Not sent: the conversation was still opening. Check what you typed, then send it again.";

let opening = null; // { focused, isList, wasCommand, does, box }; box: the conversation whose reply box had the focus
let queue = []; // keys for what comes
let undo = null; // undoes something as soon as that is there
let isGiving = false;
let isUnsent = false;

// after a key that leads to a text field, or after any letter if the reply box had the focus
const isWriting = () => queue.some((key) => TEXTS.includes(key)) || (opening.box !== "" && queue.length > 0);
const isLetter = (key) => [...key].length === 1;
const panes = () => document.getElementById("panes");

/** Returns what has the focus, or had it before the open conversation was put out of reach. */
export function lastFocused() {
  return document.activeElement === document.body ? (opening?.focused ?? document.body) : document.activeElement;
}

function drop(isBegun = true) {
  queue = [];
  isUnsent = false;
  if (isBegun) noteTyping();
  say(DROPPED);
}

/** Returns whether something is on its way, so that what is on the screen is out of reach. */
export const isOpening = () => opening !== null;

/** Keeps a key for the conversation that is being opened, before what is typed. */
export function keepKey(key) {
  queue.unshift(key);
}

/**
 * Puts the open conversation out of reach, because something else was asked for.
 * @param {string} words what is said meanwhile.
 * @param {boolean} isList whether the list goes with it.
 * @param {string} does "open", "act" for something that can be undone, or "undo".
 */
export function beginOpening(words, isList, does) {
  if (queue.length && !isGiving) drop(); // it was for what was asked for before
  const focused = lastFocused();
  opening = { focused, isList, wasCommand: false, does, box: focused.id === "text" ? panes().dataset.id : "" };
  panes().inert = true;
  panes().setAttribute("aria-busy", "true");
  document.getElementById("opening").textContent = words;
  if (panes().contains(document.activeElement) || (isList && isTyping(focused))) document.activeElement.blur();
}

/** Gives the keys to what was opened, or drops them. */
export function endOpening(isForKeys) {
  const box = queue.length ? opening.box : "";
  opening = null;
  panes().inert = false;
  panes().removeAttribute("aria-busy");
  document.getElementById("opening").textContent = "";
  if (box && panes().dataset.id === box) document.getElementById("text")?.focus();
  else if ((box || !isForKeys) && queue.length) drop();
  isGiving = true;
  const undoes = undo;
  undo = null;
  undoes?.();
  while (queue.length && (!opening || STEPS.includes(queue[0]))) give(queue.shift());
  isGiving = false;
  if (isUnsent && !opening) say(UNSENT);
  isUnsent &&= Boolean(opening);
}

function give(key) {
  const target = document.activeElement;
  if (!isTyping(target) && isLetter(key) && !SAFE.includes(key)) return drop();
  const isUnused = target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  if (isUnused && isTyping(target)) type(target, key);
  else if (isUnused && key === "Enter" && target.matches(".row > a")) target.click();
  if (TEXTS.includes(key) && !opening && !isTyping(document.activeElement) && queue.length) drop(); // it has no such field
}

function type(field, key) {
  if (key === "Enter" && field.matches("input")) return (isUnsent = true);
  if (field.matches("select")) return drop();
  const { selectionStart: start, selectionEnd: end } = field;
  if (key === "Backspace") field.setRangeText("", start === end ? Math.max(start - 1, 0) : start, end, "end");
  else {
    const data = key === "Enter" ? "\n" : key;
    if (data.length > 2) return;
    const options = { inputType: "insertText", data, bubbles: true, cancelable: true };
    if (!field.dispatchEvent(new InputEvent("beforeinput", options))) return;
    field.setRangeText(data, start, end, "end");
  }
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

/** Keeps that something is to be undone, once; returns what becomes of its key. */
function keepUndo() {
  if (opening.does !== "undo") undo ??= undoLater(opening.does === "act");
  return undo ? "ignore" : "drop";
}

/** Returns what becomes of a key that is pressed meanwhile: "keep", "drop", "ignore", or "pass" to the list. */
function fateOf(event) {
  const { key, repeat } = event;
  const isChord = event.ctrlKey || event.metaKey || event.altKey;
  if (isTyping(event.target) && !panes().contains(event.target)) return "pass";
  if (isChord && key.toLowerCase() === "z") return event.shiftKey || event.altKey || opening.box ? "drop" : keepUndo();
  if (isChord) return key === "Enter" ? "drop" : "pass";
  if (isWriting()) return isLetter(key) || WRITES.includes(key) ? "keep" : key === "Tab" ? "ignore" : "pass";
  if (opening.box && isLetter(key) && !MOVES.includes(key)) return "keep";
  if (isLetter(key) && (key === " " || !areOn())) return "pass";
  if (isLetter(key) && isBurst()) return "drop";
  if (MOVES.includes(key)) {
    const isForList = event.target === document.body || document.getElementById("desk").contains(event.target);
    return opening.isList && isForList ? "keep" : "pass";
  }
  if (repeat) return "ignore";
  if (LEADS.includes(key)) return "keep";
  if (key === "u") return keepUndo();
  if (key === "?" || (!opening.isList && "x/".includes(key))) return "pass";
  return isLetter(key) ? "drop" : "pass";
}

window.addEventListener(
  "keydown",
  (event) => {
    if (!opening || document.querySelector("dialog[open]")) return;
    const fate = fateOf(event);
    if (event.key === "Escape" && fate === "pass") Object.assign(opening, { focused: document.body, box: "" }); // it is left
    if (fate === "pass") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (fate === "keep") queue.push(event.key);
    else if (fate === "drop" && isWriting()) isUnsent ||= event.key === "Enter";
    else if (fate === "drop") {
      drop(isBurst() || !COMMANDS.includes(event.key) || opening.wasCommand);
      opening.wasCommand = true;
    }
  },
  true,
);

// The bar that undoes what was just done: it counts down, says once what it offers, and goes when it is too late.

import { say } from "./live.js";
import { isTyping } from "./shortcuts.js";

const EVERY = 200;
const LATE = 10_000; // for how long a key that came too late is still about what was offered
const NOT_UNDONE = "Nothing was undone: look at what is on the page first.";
const ends = new Map(); // by what it undoes: when its time is over
let asked = ""; // what is being undone
let offered = null; // what the bar offers or has just offered: { id, late, said }

const bar = () => document.getElementById("undo-bar");
const formOf = () => bar()?.querySelector("form");

function announce(words) {
  document.getElementById("undo-said").textContent = words;
}

function take(form) {
  const seconds = Math.ceil(Number(form.dataset.seconds));
  ends.set(form.dataset.undo, performance.now() + 1000 * Number(form.dataset.seconds));
  const when = form.querySelector(".left") ? ` in ${seconds} seconds` : "";
  const said = `${form.querySelector(".what").textContent}${when}. To undo, press ${form.querySelector("[data-key]") ? "U" : "Control Z"}.`;
  offered = { id: form.dataset.undo, late: form.dataset.late, said };
  announce(said);
}

/** Lets the bar, and what was done, stand above the reply box on a phone, however high that is. */
function makeRoom() {
  const reply = document.querySelector(".reply");
  if (reply) document.documentElement.style.setProperty("--reply-height", `${reply.offsetHeight}px`);
}

/** Takes back what was announced, as the bar does not offer it anymore: it is too late, or it was undone. */
function silence() {
  if (document.getElementById("undo-said").textContent === offered.said) announce("");
  if (performance.now() < ends.get(offered.id) - 1000) offered = null;
}

function hide() {
  const hadFocus = bar().contains(document.activeElement);
  bar().replaceChildren();
  for (const later of document.querySelectorAll("[data-after-bar]")) later.hidden = false;
  if (!hadFocus) return;
  const next = document.getElementById("thread-scroll") ?? document.querySelector(".row > a") ?? document.querySelector("main button");
  next?.focus({ preventScroll: true });
}

function tick() {
  const form = formOf();
  if (asked && form?.dataset.undo !== asked) {
    if (!document.getElementById("connection")?.textContent) announce("Undone.");
    asked = "";
  }
  if (offered && form?.dataset.undo !== offered.id) silence();
  if (form || document.getElementById("done")?.textContent) makeRoom();
  if (!form) return;
  if (!ends.has(form.dataset.undo)) take(form);
  const left = Math.ceil((ends.get(form.dataset.undo) - performance.now()) / 1000);
  const shown = form.querySelector(".left");
  if (left <= 0) hide();
  else if (shown && shown.textContent !== String(left)) shown.textContent = left;
}

/** Presses the bar's button, or says that it is too late, once; returns whether it did either. */
export function pressUndo() {
  const button = formOf()?.querySelector("button");
  button?.click();
  return Boolean(button) || sayTooLate();
}

/**
 * Returns how to undo something once the page has changed, null if there is nothing to undo.
 * @param {boolean} isNext whether it is for what is being done now, rather than for what the bar offers already.
 */
export function undoLater(isNext) {
  const before = formOf()?.dataset.undo;
  if (!before && !isNext) return null;
  return () => {
    tick(); // takes notice of what has just come
    const now = formOf()?.dataset.undo;
    if (now && (now === before) !== isNext) pressUndo();
    else if (isNext || !sayTooLate()) say(NOT_UNDONE);
  };
}

function sayTooLate() {
  const since = performance.now() - ends.get(offered?.id);
  if (!(since >= 0 && since < LATE)) return false; // nothing was offered, it was undone, or it is long ago
  say(offered.late);
  offered = null;
  return true;
}

document.addEventListener("submit", (event) => {
  if (event.target.dataset.undo) asked = event.target.dataset.undo;
});
document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
  if (event.repeat || isTyping(event.target) || document.querySelector("dialog[open]")) return;
  if (pressUndo()) event.preventDefault();
});
setInterval(tick, EVERY);
tick();

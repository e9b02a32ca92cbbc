// The inbox: keys for the list and the conversation beside it, live updates, and what is opened in place.

import { countTyped } from "./composer.js";
import { dropDraft, keepDrafts, openDraft } from "./drafts.js";
import { act, keepUp, refreshHeaders, say } from "./live.js";
import { keepKey } from "./opening.js";
import { go, openInPlace, showNewest } from "./places.js";
import "./mentions.js";
import "./reply_files.js";
import "./saved_replies.js";
import { listen } from "./shortcuts.js";
import { pressUndo } from "./undo.js";

const panes = () => document.getElementById("panes");
const links = () => [...document.querySelectorAll(".rows > .row > a")].filter((link) => link.offsetParent);
const newest = () => document.getElementById("newest");

function isAtEnd() {
  const bottom = document.getElementById("thread-scroll")?.getBoundingClientRect().bottom ?? 0;
  return newest() !== null && newest().getBoundingClientRect().top < Math.min(bottom, window.innerHeight) + 80;
}

let wasAtEnd = false;
const look = keepUp({
  events: () => panes().dataset.events,
  place: () => panes().dataset.refresh,
  ask: async () => {
    wasAtEnd = isAtEnd();
    const { id, refresh } = panes().dataset;
    const answer = await fetch(refresh, { headers: refreshHeaders() });
    if (id && answer.status === 404) dropDraft(id);
    return answer;
  },
  after: () => {
    countPicked();
    if (wasAtEnd && !isAtEnd()) newest()?.scrollIntoView({ block: "end" });
  },
  whenHidden: () => !panes().dataset.id,
});

let last = -1; // index of the row that was focused, in case it disappears

/** Returns the row that the keys are about: the focused one, else the open one. */
function current() {
  const all = links();
  const focused = all.indexOf(document.activeElement);
  const place = focused >= 0 ? focused : all.findIndex((link) => link.hasAttribute("aria-current"));
  if (place >= 0) last = place;
  return all[place];
}

let answered = ""; // the conversation that was just replied to: the most pressing one comes next

document.addEventListener("submit", (event) => {
  if (event.target.id === "reply") answered = `open-${panes().dataset.id}`;
});

function move(step) {
  const all = links();
  if (!all.length) return;
  const row = current();
  const isAnswered = step > 0 && row?.id === answered;
  answered = "";
  if (isAnswered) return focusRow(all.find((other) => other !== row) ?? row);
  const place = all.indexOf(row);
  const lost = document.activeElement?.id === "list-scroll" ? 0 : last;
  const from = place >= 0 ? place : lost - (step > 0 ? 1 : 0);
  focusRow(all[Math.min(Math.max(from + step, 0), all.length - 1)]);
}

function focusRow(row) {
  row.focus({ preventScroll: true });
  row.parentElement.scrollIntoView({ block: "nearest" });
}

async function onRow(row, action, values) {
  const place = last;
  if (await act(`${new URL(row.href).pathname}/${action}`, values)) await look();
  const all = links();
  if (!all.includes(document.activeElement)) all[Math.min(place, all.length - 1)]?.focus();
}

/** Returns the focused row, unless its conversation is open. */
function otherRow() {
  const row = links().includes(document.activeElement) ? current() : null;
  return row?.hasAttribute("aria-current") ? null : row;
}

/** Writes a reply in the open conversation; if another row is focused, opens its conversation for it. */
function write() {
  const row = otherRow();
  if (!row) return document.getElementById("text")?.focus();
  row.click();
  keepKey("r");
}

/** Does something with the selected conversations, as the bar above the list would; returns whether any are selected. */
function onPicked(button, values = {}) {
  const picked = [...document.querySelectorAll(".row > input:checked")];
  if (!picked.length) return false;
  const isMeant = picked.some((box) => box.parentElement.contains(document.activeElement)) || !panes().dataset.id;
  if (!isMeant) {
    const several = picked.length === 1 ? "1 conversation is selected, but not this one" : `${picked.length} conversations are selected, but not this one`;
    say(`${several}. Nothing was changed. Use the bar above the list for those selected, or clear the selection first.`);
    return true;
  }
  for (const [name, value] of Object.entries(values)) document.getElementById("bulk").elements[name].value = value;
  document.querySelector(`#bulk button[value="${button}"]`).click();
  return true;
}

/** Does something with the focused row, or with the open conversation if no other row is focused. */
function onCurrent(action, values, onOpen) {
  const row = otherRow();
  if (row) onRow(row, action, values);
  else if (panes().dataset.id) onOpen();
}

function pick() {
  const row = current();
  const box = row?.parentElement.querySelector("input");
  if (row && !box) say("Nobody has acknowledged this urgent message, so it cannot be selected. Open it.");
  if (!box) return;
  say("");
  box.checked = !box.checked;
  countPicked();
}

/** Puts the focus where the keys are about the open conversation, once its reply box was left. */
function leaveBox() {
  const row = document.querySelector(".row > a[aria-current]");
  (row?.offsetParent ? row : document.getElementById("thread-scroll")).focus({ preventScroll: true });
}

function countPicked() {
  const boxes = [...document.querySelectorAll(".row > input")];
  const picked = boxes.filter((box) => box.checked).length;
  document.getElementById("pick-all").checked = picked > 0 && picked === boxes.length;
  document.getElementById("picked").textContent = picked ? `${picked} selected` : "";
}

// a key that is held down is meant once
document.addEventListener("keydown", (event) => event.repeat && "eaxu".includes(event.key) && event.stopImmediatePropagation(), true);

async function switchMarks(link) {
  await fetch(link.href, { headers: { Accept: "application/json" } });
  await look();
}

/** Copies a text box; where the browser has no clipboard, shows it with its text selected. */
async function copyFrom(button) {
  const box = document.getElementById(button.dataset.copies);
  const said = document.getElementById("copied");
  try {
    await navigator.clipboard.writeText(box.value);
    said.textContent = "Copied.";
  } catch {
    box.closest("details").open = true;
    box.select();
    said.textContent = "Press Ctrl+C or ⌘C to copy.";
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("#mark-details");
  if (link && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)) {
    event.preventDefault();
    switchMarks(link);
  }
  const button = event.target.closest("[data-copies]");
  if (button) copyFrom(button);
});
document.addEventListener("keydown", (event) => {
  if (event.key !== " " || event.target.id !== "mark-details") return;
  event.preventDefault();
  switchMarks(event.target);
});

openInPlace(() => look.follow());
keepDrafts(() => look());
openDraft();
countTyped();
showNewest();
listen({
  j: () => move(1),
  k: () => move(-1),
  x: pick,
  e: () => onPicked("close") || onCurrent("state", { state: "closed" }, () => document.getElementById("close")?.click()),
  a: () =>
    onPicked("assign", { to: "me" }) ||
    onCurrent("assign", { to: "me" }, async () => {
      if (await act(`/staff/conversations/${panes().dataset.id}/assign`, { to: "me" })) await look();
    }),
  r: write,
  u: () => pressUndo() || (panes().dataset.id ? go(document.getElementById("back").href) : say("There is nothing to undo.")),
  "/": () => document.getElementById("wanted").focus(),
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") for (const menu of document.querySelectorAll("#desk details.drop[open]")) menu.open = false;
  if (event.key === "Escape" && event.target.id === "text") leaveBox();
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || !document.activeElement?.closest(".rows, #list-scroll") || event.target.matches("input")) return;
  event.preventDefault();
  move(step);
});

document.addEventListener("change", (event) => {
  if (event.target.closest("#filters")) event.target.form.requestSubmit();
  if (event.target.matches(".row > input")) countPicked();
  if (event.target.id !== "pick-all") return;
  for (const box of document.querySelectorAll(".row > input")) box.checked = event.target.checked;
  countPicked();
});

// a menu closes when something else is pressed
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("#desk .drop[open], #filter-menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

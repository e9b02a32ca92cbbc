// The inbox: keys for the list and the conversation beside it, live updates, and what is opened in place.

import { countTyped } from "./composer.js";
import { copyFrom } from "./copy.js";
import { dropDrafts, keepDrafts, openDrafts, retryDrafts } from "./drafts.js";
import { enter, leaveFor, openMenu, selectSearch } from "./fields.js";
import { openLabels } from "./label_menu.js";
import { act, keepUp, refreshHeaders, say, sayDone } from "./live.js";
import { isOpening, keepKey } from "./opening.js";
import { go, isRowSeen, openInPlace, openSoon, showEnd, showNewest, showRow } from "./places.js";
import "./mentions.js";
import { offerNotices } from "./offer_notices.js";
import { showFilesSaid } from "./reply_files.js";
import "./saved_replies.js";
import { leave, listen, refuse } from "./shortcuts.js";
import { beginShown, watchArrived } from "./shown.js";
import { pressUndo, undoLater } from "./undo.js";
import "./go_to.js"; // before a key means something here, or `g p` would be taken for `p`

const panes = () => document.getElementById("panes");
const links = () => [...document.querySelectorAll(".rows > .row > a")].filter((link) => link.offsetParent);
const newest = () => document.getElementById("newest");

const UNACKNOWLEDGED = "Nobody has acknowledged this emergency. Press a to take it; then you can transfer, snooze, or close it.";
const UNLABELED = "No message of this conversation waits in Review.";
const NO_RECORDS = "You can’t open patient records of this practice.";
const GONE = "The conversation of the row that you were on has left the list. Nothing was changed. Press j or k to move on.";
const NO_CALL = "No number of this patient is known, so no call can be noted.";
const CLOSED = "A closed conversation can’t be snoozed. Reopen it first.";

function isAtEnd() {
  const bottom = document.getElementById("thread-scroll")?.getBoundingClientRect().bottom ?? 0;
  return newest() !== null && newest().getBoundingClientRect().top < Math.min(bottom, window.innerHeight) + 80;
}

let wasAtEnd = false;
let wasRowSeen = false;
let below = null; // the rows after the one with the focus, unless that is the open one's
let hasLeft = false; // the row that had the focus has left the list, so that no key means the open conversation

function noteRow() {
  const row = document.activeElement.closest(".rows > .row:not(.selected)");
  const all = links();
  if (isGone()) below = all.slice(last); // more may come above its place
  else below = row && all.slice(all.indexOf(row.querySelector(":scope > a")) + 1);
}

/** Keeps the focus in the list, at its row's place, if that has left the list. */
function holdPlace() {
  if (!below || !(isGone() || document.activeElement === document.body)) return;
  const all = links();
  const place = all.findIndex((link) => below.includes(link));
  last = place < 0 ? all.length : place;
  document.getElementById("list-scroll").focus({ preventScroll: true });
  hasLeft = true;
}

// until the member moves the focus
document.addEventListener("focusin", (event) => (hasLeft &&= event.target.id === "list-scroll"));
const isGone = () => hasLeft && document.activeElement.id === "list-scroll";

const look = keepUp({
  events: () => panes().dataset.events,
  place: () => panes().dataset.refresh,
  ask: async (signal) => {
    const { id, refresh } = panes().dataset;
    const answer = await fetch(refresh, { headers: refreshHeaders(), signal });
    if (id && answer.status === 404) dropDrafts(id);
    return answer;
  },
  before: () => {
    wasAtEnd = isAtEnd();
    wasRowSeen = isRowSeen();
    noteRow();
  },
  after: () => {
    holdPlace();
    openDrafts();
    retryDrafts();
    countTyped();
    countPicked();
    watchArrived();
    followUndone();
    if (wasRowSeen) showRow(); // new emergencies push it down
    if (wasAtEnd && !isAtEnd()) showEnd();
  },
  whenHidden: () => !panes().dataset.id,
});

let isUndoing = false; // until the keys are about what is back, or about something else

document.addEventListener("submit", (event) => (isUndoing = Boolean(event.target.dataset.undo)));

/** Leads the keys from another row to the open one, once something was undone. */
function followUndone() {
  const open = isUndoing && otherRow() && links().find((link) => link.hasAttribute("aria-current"));
  if (!open) return;
  isUndoing = false;
  focusRow(open);
}

let last = -1; // index of the row that was focused, in case it disappears

/** Returns the row that the keys are about: the focused one, else the open one; none if the focused one has left. */
function current() {
  if (isGone()) return undefined;
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

/** Returns the row that is a step away; after a reply, the most pressing other one. */
function rowAt(step, all) {
  const row = current();
  const isAnswered = step > 0 && row?.id === answered;
  answered = "";
  if (isAnswered) return all.find((other) => other !== row) ?? row;
  const place = all.indexOf(row);
  const lost = document.activeElement?.id === "list-scroll" && !isGone() ? 0 : last;
  const from = place >= 0 ? place : lost - (step > 0 ? 1 : 0);
  return all[Math.min(Math.max(from + step, 0), all.length - 1)];
}

function move(step) {
  isUndoing = false;
  const all = links();
  if (all.length) focusRow(rowAt(step, all));
}

/** Moves to another row, and opens its conversation if one is open already. */
function moveOpen(step) {
  move(step);
  const row = current();
  if (row && panes().dataset.id && (isOpening() || !row.hasAttribute("aria-current"))) openSoon(row.href);
}

function focusRow(row) {
  row.focus({ preventScroll: true });
  row.parentElement.scrollIntoView({ block: "nearest" });
}

let doing = null; // what a key asked for, until the page shows it

/** Does something to a conversation with its patient's name, and shows what became of it. */
function actOn(path, who, action, values, remedies) {
  const work = act(`${path}/${action}`, values, remedies).then((isDone) => {
    if (isDone && action === "assign") sayDone(`Assigned to you: ${who}.`);
    return isDone && look();
  });
  doing = work.finally(() => (doing = null));
  return doing;
}

/** Has the list ask about a conversation that was not closed, as nobody has answered in it. */
function askAbout(row) {
  row.parentElement.querySelector("input").checked = true;
  bulkButton("close").click();
}

async function onRow(row, action, values) {
  const place = last;
  const { newest, assigned: was } = row.parentElement.dataset;
  const remedies = { nobody_answered: () => askAbout(row) };
  await actOn(new URL(row.href).pathname, row.textContent, action, { ...values, newest, was }, remedies);
  const all = links();
  const focused = document.activeElement;
  if (all.includes(focused) || !(focused === document.body || focused.closest(".rows, #list-scroll"))) return;
  all[Math.min(place, all.length - 1)]?.focus();
}

/** Returns the focused row, unless its conversation is open. */
function otherRow() {
  const row = links().includes(document.activeElement) ? current() : null;
  return row?.hasAttribute("aria-current") ? null : row;
}

/** Does in the open conversation what a key says; if another row is focused, opens its conversation for it. */
function onOpen(key, action) {
  const row = otherRow();
  if (isGone()) refuse(GONE);
  else if (row) {
    row.click();
    keepKey(key);
  } else if (panes().dataset.id) action();
  else refuse("No conversation is open. Press j to move to one, then Enter to open it.");
}

/** Follows a link beside the open conversation to another page, or says why there is none. */
function follow(selector, why) {
  const link = panes().querySelector(selector);
  if (link) leave(link.href);
  else say(why);
}

/** Does something with the selected conversations, if the bar that names its key is in sight; returns whether it is. */
function onPicked(action) {
  const isShown = document.getElementById("picked").offsetParent !== null;
  if (isShown) action();
  return isShown;
}

const bulkButton = (name) => document.querySelector(`#bulk .quiet[value="${name}"]`);

function assignPicked() {
  document.getElementById("bulk-to").value = "me";
  bulkButton("assign").click();
}

/** Does something with the open conversation, or with the focused row if none is open; instead of another row's, opens it. */
function onCurrent(action, values, here) {
  const row = otherRow();
  if (isGone()) say(GONE);
  else if (row && panes().dataset.id) row.click();
  else if (row) onRow(row, action, values);
  else if (panes().dataset.id) here();
}

/** Closes the open conversation; of an alarm, only moves to the button that acknowledges it, too. */
function close() {
  const button = document.getElementById("close");
  if (button) button.click();
  else enter("handle-close");
}

function snooze() {
  const isThere = openMenu("snooze-menu") || enter("wake");
  if (!isThere) refuse(document.getElementById("handle") ? UNACKNOWLEDGED : CLOSED);
}

function undoOrLeave() {
  if (pressUndo()) return;
  if (panes().dataset.id) go(document.getElementById("back").href);
  else say("There is nothing to undo.");
}

function pick() {
  const row = current();
  if (isGone()) say(GONE);
  const box = row?.parentElement.querySelector("input");
  if (row && !box) say("Nobody has acknowledged this urgent message, so it cannot be selected. Open it.");
  if (!box) return;
  say("");
  box.checked = !box.checked;
  countPicked();
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
  const options = { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(20_000) };
  const answer = await fetch(link.href, options).catch(() => null);
  if (!answer?.ok) say("The marks were not switched. Try again in a moment.");
  await look();
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

openInPlace((isList) => {
  if (isList) hasLeft = false; // the member asked for this list
  followUndone();
  beginShown();
  showFilesSaid();
  offerNotices();
  look.follow();
}, look);
document.addEventListener("seen", look);
keepDrafts(() => look());
openDrafts();
offerNotices();
countTyped();
beginShown();
showRow();
showNewest();
listen({
  j: () => moveOpen(1),
  k: () => moveOpen(-1),
  x: pick,
  e: () =>
    onPicked(() => bulkButton("close").click()) ||
    onCurrent("state", { state: "closed" }, close),
  a: () =>
    onPicked(assignPicked) ||
    onCurrent("assign", { to: "me" }, () => {
      const { id, who } = panes().dataset;
      const was = document.getElementById("standing").dataset.assigned;
      actOn(`/staff/conversations/${id}`, who, "assign", { to: "me", was });
    }),
  r: () => onOpen("r", () => enter("text") || refuse(panes().querySelector(".obstacle").textContent)),
  n: () => onOpen("n", () => enter("note")),
  l: () => onPicked(() => enter("bulk-tag")) || onOpen("l", () => enter("new-tag")),
  t: () => onPicked(() => enter("bulk-team")) || onOpen("t", () => enter("team") || refuse(UNACKNOWLEDGED)),
  s: () => onPicked(() => enter("bulk-until")) || onOpen("s", snooze),
  c: () => onOpen("c", () => openLabels() || say(UNLABELED)),
  i: () => onOpen("i", () => openMenu("call-menu") || enter("note-call-reached") || say(NO_CALL)),
  v: () => onOpen("v", () => follow("#patient-panel a", NO_RECORDS)),
  f: () => openMenu("filter-menu"),
  u: () => (doing ? doing.then(undoLater(true)) : undoOrLeave()),
  "/": selectSearch,
});
leaveFor((left) => links().find((link) => link.hasAttribute("aria-current")) ?? (left.closest("#list") && links()[last]));

document.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || !document.activeElement?.closest(".rows, #list-scroll") || event.target.matches("input")) return;
  event.preventDefault();
  move(step);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (event.target.closest("#asked")) document.getElementById("asked-cancel").click();
  if (event.target.closest("#leaving")) document.getElementById("keep-open").click();
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

// Opens what the inbox links to in place: asks the server for it, puts it on the page, and keeps the browser's history.

import { countTyped } from "./composer.js";
import { forgetDraft, holdDrafts, leaveDrafts, openDrafts } from "./drafts.js";
import { rememberParts, say, sayDone, sayOffline, withCalls } from "./live.js";
import { beginOpening, endOpening, lastFocused } from "./opening.js";
import { saySignedOut } from "./signed_out.js";

const PLACE = /^\/staff\/(conversations\/\d+)?$/;
const ANSWERED = [409, 422]; // a reply that was refused: the answer holds it, and why
const SOON = 200; // milliseconds without another step, until what was stepped to is opened
const LONGEST = 30_000; // milliseconds that the service may take to answer
const OFFLINE = "There is no connection. Nothing was sent. Try again in a moment.";
const UNANSWERED = "No answer came. It may have been done: look at the page before you try again.";
const MAYBE_SENT = "No answer came. It may have been sent: look at the conversation. If you send the same words again, they go out only once.";
const MAYBE_SENT_THERE = "No answer came to your last reply. It may have been sent: look at its conversation.";
const KEPT = "Your last reply was not sent. It is kept as a draft in its conversation.";

let shownAt = location.href.split("#")[0];
let turn = 0;
let soon; // the timer of what is opened after a pause
let afterwards = () => {};
let refresh = () => {};

const scroller = () => document.getElementById("list-scroll");
const isPlace = (url) => url.origin === location.origin && PLACE.test(url.pathname);

/** Returns the open rows' list, as its address says. */
function listOf(address) {
  const query = new URL(address).searchParams;
  query.delete("before"); // which part of the thread
  query.delete("hit"); // what the search found in it
  query.delete("refused");
  query.delete("left");
  query.delete("asked");
  query.delete("leaving");
  query.delete("until");
  query.delete("stay");
  query.sort();
  return query.toString();
}

/** Scrolls to the end of the thread; while nobody has acknowledged an alarm, to what the patient wrote last. */
export function showEnd() {
  const written = document.getElementById("handle") && [...document.querySelectorAll("#thread > .entry.patient")].at(-1);
  (written || document.getElementById("newest"))?.scrollIntoView({ block: written ? "nearest" : "end" });
}

/** Scrolls the thread to what a search found, or to its newest message. */
export function showNewest() {
  const hit = document.querySelector("#thread > .hit");
  if (hit) hit.scrollIntoView({ block: "center" });
  else if (!location.hash) showEnd();
}

const openRow = () => document.querySelector(".rows > .row.selected");

/** Whether the open conversation's row is in sight in its list. */
export function isRowSeen() {
  const row = openRow()?.getBoundingClientRect();
  const list = scroller().getBoundingClientRect();
  return row !== undefined && row.top >= list.top - 1 && row.bottom <= list.bottom + 1;
}

/** Scrolls the list to the open conversation's row, unless it is in sight. */
export function showRow() {
  if (openRow()?.offsetParent && !isRowSeen()) openRow().scrollIntoView({ block: "nearest" });
}

function markRow() {
  const id = document.getElementById("panes").dataset.id;
  for (const link of document.querySelectorAll(".rows > .row > a")) {
    const isOpen = link.id === `open-${id}`;
    link.toggleAttribute("aria-current", isOpen);
    if (isOpen) link.setAttribute("aria-current", "true");
    link.parentElement.classList.toggle("selected", isOpen);
    if (isOpen) link.parentElement.classList.remove("unread");
    if (isOpen) link.parentElement.querySelector(".dot")?.remove();
  }
}

const parse = (html) => new DOMParser().parseFromString(html, "text/html");

/** Makes the team that an undone transfer gave back the member's own choice, which no refresh takes. */
function giveBack() {
  const team = document.getElementById("team");
  if (!team) return;
  const given = team.value;
  for (const option of team.options) option.defaultSelected = false;
  team.value = given;
}

function put(page) {
  const desk = document.getElementById("desk");
  const fresh = page.getElementById("desk");
  const panes = page.getElementById("panes");
  const focused = lastFocused().id;
  const wasInside = document.getElementById("panes").contains(lastFocused());
  const wasOpenRow = lastFocused().matches(".row > a[aria-current]");
  const filters = document.getElementById("filter-menu").open;
  leaveDrafts();
  if (fresh) {
    desk.className = fresh.className;
    desk.replaceChildren(...fresh.childNodes);
    document.getElementById("filter-menu").open = filters;
    document.getElementById("help-button").hidden = false;
    document.getElementById("pick-all").closest("label").hidden = false;
  } else {
    document.getElementById("panes").replaceWith(panes);
    const bar = page.getElementById("undo-bar");
    if (bar) document.getElementById("undo-bar").replaceWith(bar);
    desk.classList.add("open");
  }
  document.title = withCalls(page.title || panes.dataset.title);
  markRow();
  giveBack();
  rememberParts();
  openDrafts();
  countTyped();
  showRow();
  showNewest();
  if (fresh) document.querySelector("#asked button")?.focus(); // what has to be decided first
  const row = document.querySelector(".row > a[aria-current]");
  const question = document.querySelector("#leaving [autofocus]");
  if (question) question.focus();
  else if (wasOpenRow && row?.offsetParent) row.focus({ preventScroll: true }); // what the keys are about
  if (document.activeElement !== document.body) return;
  const again = wasInside && focused !== "new-tag" ? null : document.getElementById(focused);
  (again ?? (row?.offsetParent ? row : (document.getElementById("thread-scroll") ?? scroller()))).focus({ preventScroll: true });
}

/** Returns why the server refused something, as its page says. */
function refusalIn(page) {
  return page.querySelector(".narrow p")?.textContent ?? "That did not work. Reload the page and try again.";
}

function noteScroll() {
  history.replaceState({ ...history.state, scroll: scroller().scrollTop }, "");
}

/** Puts an answer in place; returns whether it could, and nothing if the page is left instead. */
function take(answer, html, push) {
  const url = new URL(answer.headers.get("Content-Location") ?? answer.url, answer.url);
  if (!isPlace(url) && answer.redirected) return location.assign(answer.url);
  const page = parse(html);
  if (!answer.ok && !(ANSWERED.includes(answer.status) && page.getElementById("panes"))) {
    if (page.getElementById("sign-in-again")) saySignedOut();
    else say(refusalIn(page));
    return false;
  }
  if (isPlace(url)) {
    url.hash = "";
    if (push && url.href !== shownAt) history.pushState({}, "", url);
    shownAt = url.href;
  }
  put(page);
  afterwards(page.getElementById("desk") !== null);
  return true;
}

/** Makes what is shown usable again after nothing came in its place. */
function stay(focused) {
  if (location.href.split("#")[0] !== shownAt) history.replaceState(history.state, "", shownAt);
  if (document.activeElement !== document.body) return;
  const row = document.querySelector(".row > a[aria-current]");
  (focused ?? (row?.offsetParent ? row : document.getElementById("thread-scroll")))?.focus({ preventScroll: true });
}

/** Asks the service; returns its answer and the page that it holds, or nothing if none comes in time. */
async function askService(address, options) {
  try {
    const answer = await fetch(address, { ...options, signal: AbortSignal.timeout(LONGEST) });
    return { answer, html: await answer.text() };
  } catch {
    return {};
  }
}

/** Begins something that takes the place of what is on its way; returns its turn, which is over once another begins. */
function takeTurn(words, isList, does) {
  clearTimeout(soon);
  say("");
  beginOpening(words, isList, does);
  return ++turn;
}

async function ask(address, options, push, mine) {
  await holdDrafts(PLACE.exec(new URL(address).pathname)?.[1]?.split("/")[1]);
  const { answer, html } = await askService(address, options);
  if (mine !== turn) return false;
  const isShown = answer ? take(answer, html, push) : false;
  if (!answer) sayOffline("There is no connection, so nothing was opened. Try again in a moment.");
  if (isShown === undefined) return false;
  endOpening(isShown);
  if (!isShown) stay();
  return isShown;
}

const headersFor = (address) =>
  PLACE.exec(new URL(address).pathname)?.[1] && listOf(address) !== listOf(shownAt)
    ? { Accept: "text/html" }
    : { Accept: "text/html", "X-Requested-With": "pane" };

const beginGoing = (url) => takeTurn("Opening…", !("X-Requested-With" in headersFor(url)), "open");

/** Opens an address of the inbox in place; `mine` is its turn, if that has begun. */
export function go(address, push = true, mine = beginGoing(new URL(address, location.href))) {
  const url = new URL(address, location.href);
  if (push) noteScroll();
  return ask(url, { headers: headersFor(url) }, push, mine);
}

/** Opens a conversation of the list after a pause, unless another is asked for; what is open is out of reach at once. */
export function openSoon(address) {
  const mine = beginGoing(new URL(address));
  soon = setTimeout(() => go(address, true, mine), SOON);
}

/** Puts the focus before the first row, so that the next key moves to it. */
function toList() {
  if (document.activeElement === document.body || document.activeElement.id === "wanted") scroller().focus({ preventScroll: true });
}

const written = () => [...document.querySelectorAll("#panes [data-draft]")];

let writing = ""; // the box that had the focus until a button was pressed

document.addEventListener("pointerdown", () => (writing = written().find((box) => box === document.activeElement)?.id ?? ""), true);
document.addEventListener("keydown", () => (writing = ""), true);

/** Returns whether a form closes the open conversation while something is being written in it, which goes to no other. */
function closesAsOneWrites(form, body) {
  if (!["acts", "leaving"].includes(form.id) || body.get("state") !== "closed") return false;
  return writing !== "" || written().some((box) => box.value.trim());
}

/** Sends a form and puts the answer in place. */
async function send(form, button) {
  if (form.dataset.sent) return;
  form.dataset.sent = "yes"; // once, even if its button is pressed repeatedly; the server also accepts it only once
  noteScroll();
  const body = new URLSearchParams(new FormData(form, button));
  if (closesAsOneWrites(form, body)) body.set("stay", "yes");
  const box = body.has("stay") ? writing : "";
  if (form.id === "save-view") document.getElementById("filter-menu").open = false;
  const replied = form.id === "reply" ? document.getElementById("panes").dataset.id : null;
  const action = button?.getAttribute("formaction") ?? form.getAttribute("action");
  const { id, who } = document.getElementById("panes").dataset;
  const draft = form.querySelector("[data-draft]")?.dataset.draft;
  const isOfList = !form.closest("#panes") && !form.dataset.undo;
  const focused = lastFocused();
  const to = form.id === "assign" && form.querySelector("select");
  const assigned = to && `${to.value ? `Assigned to ${to.selectedOptions[0].label}` : "Unassigned"}: ${who}`;
  const sending = button?.name === "later" ? "Scheduling…" : "Sending…";
  const mine = takeTurn(replied ? sending : "Saving…", isOfList, form.dataset.undo ? "undo" : "act");
  const isHeld = !draft || (await holdDrafts(id, draft));
  if (form.dataset.undo) await leaveDrafts(); // the words of what is undone go before them
  const isOffline = !navigator.onLine;
  const isLate = replied && !isHeld && mine !== turn; // it would go out unseen, long after the member sent it
  const options = { method: "POST", headers: headersFor(shownAt), body };
  const { answer, html } = isLate ? {} : await askService(action, options);
  delete form.dataset.sent;
  if (isLate) return say(KEPT);
  const isHere = answer?.redirected || (mine === turn && ANSWERED.includes(answer?.status));
  if (draft && isHere && isPlace(new URL(answer.url))) forgetDraft(id, draft);
  if (mine !== turn) {
    if (!answer) say(replied ? MAYBE_SENT_THERE : UNANSWERED);
    else if (!answer.ok) say(replied ? KEPT : `Not done: ${refusalIn(parse(html))}`);
    return;
  }
  const isShown = answer ? take(answer, html, true) : false;
  if (isShown === undefined) return;
  if (!answer) {
    if (isOffline) sayOffline(OFFLINE);
    else say(replied ? MAYBE_SENT : UNANSWERED);
    refresh();
  }
  if (isShown && form.id === "assign") sayDone(`${assigned}.`);
  if (isShown && (form.id === "search" || form.id === "bulk")) toList();
  endOpening(isShown && (isOfList || document.getElementById("panes").dataset.id === id));
  if (!isShown) stay(focused);
  else if (box && document.getElementById("panes").dataset.id === id && !document.getElementById("leaving")) document.getElementById(box)?.focus();
}

/**
 * Begins: `changed` is called whenever something was put in place, and told whether the list came with it; `look` refreshes
 * what is there.
 */
export function openInPlace(changed, look) {
  afterwards = changed;
  refresh = look;
  document.getElementById("pick-all").closest("label").hidden = false;
  history.scrollRestoration = "manual";
  if (history.state?.scroll) scroller().scrollTop = history.state.scroll;
  window.addEventListener("pagehide", noteScroll);
  window.addEventListener("pageshow", (event) => event.persisted && location.reload()); // it was left while opening

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!link || !isPlain || event.defaultPrevented || !document.getElementById("desk").contains(link)) return;
    if (link.getAttribute("href").startsWith("#") || !isPlace(new URL(link.href))) return;
    event.preventDefault();
    go(link.href);
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if ("leaves" in form.dataset) return; // its answer is a page of its own
    if (event.defaultPrevented || !document.getElementById("desk").contains(form)) return;
    event.preventDefault();
    if (form.method === "post") send(form, event.submitter);
    else go(`${form.action}?${new URLSearchParams([...new FormData(form)].filter(([, value]) => value))}`);
  });

  window.addEventListener("popstate", async (event) => {
    if (location.href.split("#")[0] === shownAt) return; // only the place on the page
    const left = document.getElementById("panes").dataset.id;
    await go(location.href, false);
    if (event.state?.scroll) scroller().scrollTop = event.state.scroll;
    if (!document.getElementById("panes").dataset.id) document.getElementById(`open-${left}`)?.focus({ preventScroll: true });
  });
}

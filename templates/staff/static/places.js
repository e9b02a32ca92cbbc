// Opens what the inbox links to in place: asks the server for it, puts it on the page, and keeps the browser's history.

import { countTyped } from "./composer.js";
import { forgetDraft, holdDraft, leaveDraft, openDraft } from "./drafts.js";
import { rememberParts, say, saySignedOut, withCalls } from "./live.js";
import { beginOpening, endOpening, lastFocused } from "./opening.js";

const PLACE = /^\/staff\/(conversations\/\d+)?$/;
const ANSWERED = [409, 422]; // a reply that was refused: the answer holds it, and why

let shownAt = location.href.split("#")[0];
let turn = 0;
let afterwards = () => {};

const scroller = () => document.getElementById("list-scroll");
const isPlace = (url) => url.origin === location.origin && PLACE.test(url.pathname);

/** Returns the open rows' list, as its address says. */
function listOf(address) {
  const query = new URL(address).searchParams;
  query.delete("before"); // which part of the thread
  query.delete("hit"); // what the search found in it
  query.delete("refused");
  query.delete("left");
  query.sort();
  return query.toString();
}

/** Scrolls the thread to what a search found, or to its newest message. */
export function showNewest() {
  const hit = document.querySelector("#thread > .hit");
  if (hit) hit.scrollIntoView({ block: "center" });
  else if (!location.hash && !document.getElementById("problem")) document.getElementById("newest")?.scrollIntoView({ block: "end" });
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

/** Makes the team and the note that an undone transfer gave back the member's own words, which no refresh takes. */
function giveBack() {
  const team = document.getElementById("team");
  const note = document.getElementById("transfer-note");
  if (!team) return;
  const given = { team: team.value, note: note.value };
  for (const option of team.options) option.defaultSelected = false;
  note.defaultValue = "";
  team.value = given.team;
  note.value = given.note;
}

function put(page) {
  const desk = document.getElementById("desk");
  const fresh = page.getElementById("desk");
  const panes = page.getElementById("panes");
  const focused = lastFocused().id;
  const wasInside = document.getElementById("panes").contains(lastFocused());
  const wasOpenRow = lastFocused().matches(".row > a[aria-current]");
  const filters = document.getElementById("filter-menu").open;
  leaveDraft();
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
  openDraft();
  countTyped();
  showNewest();
  const row = document.querySelector(".row > a[aria-current]");
  if (wasOpenRow && row?.offsetParent) row.focus({ preventScroll: true }); // what the keys are about
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
  if (!answer.ok && !ANSWERED.includes(answer.status)) {
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
  afterwards();
  return true;
}

/** Makes what is shown usable again after nothing came in its place. */
function stay(focused) {
  if (location.href.split("#")[0] !== shownAt) history.replaceState(history.state, "", shownAt);
  if (document.activeElement !== document.body) return;
  const row = document.querySelector(".row > a[aria-current]");
  (focused ?? (row?.offsetParent ? row : document.getElementById("thread-scroll")))?.focus({ preventScroll: true });
}

async function ask(address, options, push) {
  const mine = ++turn;
  say("");
  beginOpening("Opening…", !("X-Requested-With" in options.headers));
  let isShown = false;
  try {
    await holdDraft(PLACE.exec(new URL(address).pathname)?.[1]?.split("/")[1]);
    const answer = await fetch(address, options);
    const html = await answer.text();
    if (mine === turn) isShown = take(answer, html, push);
  } catch {
    if (mine === turn) say("There is no connection, so nothing was opened. Try again in a moment.");
  }
  if (mine !== turn || isShown === undefined) return false;
  endOpening(isShown);
  if (!isShown) stay();
  return isShown;
}

const headersFor = (address) =>
  PLACE.exec(new URL(address).pathname)?.[1] && listOf(address) !== listOf(shownAt)
    ? { Accept: "text/html" }
    : { Accept: "text/html", "X-Requested-With": "pane" };

/** Opens an address of the inbox in place. */
export function go(address, push = true) {
  const url = new URL(address, location.href);
  if (push) noteScroll();
  return ask(url, { headers: headersFor(url) }, push);
}

/** Puts the focus before the first row, so that the next key moves to it. */
function toList() {
  if (document.activeElement === document.body || document.activeElement.id === "wanted") scroller().focus({ preventScroll: true });
}

/** Sends a form and puts the answer in place. */
async function send(form, button) {
  if (form.dataset.sent) return;
  form.dataset.sent = "yes"; // once, even if its button is pressed repeatedly; the server also accepts it only once
  noteScroll();
  const body = new URLSearchParams(new FormData(form, button));
  if (form.id === "save-view") document.getElementById("filter-menu").open = false;
  const replied = form.id === "reply" ? document.getElementById("panes").dataset.id : null;
  const action = button?.getAttribute("formaction") ?? form.getAttribute("action");
  const mine = ++turn;
  const { id } = document.getElementById("panes").dataset;
  const isOfList = !form.closest("#panes") && !form.dataset.undo;
  const focused = lastFocused();
  say("");
  beginOpening(replied ? "Sending…" : "Saving…", isOfList);
  let isShown = false;
  try {
    if (replied) await holdDraft(replied);
    if (form.dataset.undo) await leaveDraft(); // the words of an undone reply go before it
    const answer = await fetch(action, { method: "POST", headers: headersFor(shownAt), body });
    const isHere = answer.redirected || (mine === turn && ANSWERED.includes(answer.status));
    if (replied && isPlace(new URL(answer.url)) && isHere) forgetDraft(replied);
    const html = await answer.text();
    if (mine === turn) isShown = take(answer, html, true);
    else if (!answer.ok) say(replied ? "Your last reply was not sent. It is kept as a draft in its conversation." : `Not done: ${refusalIn(parse(html))}`);
  } catch {
    say("There is no connection. Nothing was sent. Try again in a moment.");
  }
  delete form.dataset.sent;
  if (mine !== turn || isShown === undefined) return;
  if (isShown && (form.id === "search" || form.id === "bulk")) toList();
  endOpening(isShown && (isOfList || document.getElementById("panes").dataset.id === id));
  if (!isShown) stay(focused);
}

/** Begins: `changed` is called whenever something was put in place. */
export function openInPlace(changed) {
  afterwards = changed;
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

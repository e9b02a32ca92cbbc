// Keeps a page up to date: when a stream says "look again", the page is fetched again, and its parts marked data-live
// are replaced. What did not change or is in use is left alone: focus, open menus, typed words, and playing audio.

import { morph, morphChildren } from "./morph.js";
import { tellOfCalls } from "./notices.js";
import { isSignedOut, leaveSignedOut, saySignedOut } from "./signed_out.js";

const EVERY = 60_000; // so that the ages in the list stay current
const LONGEST = 20_000; // that a request may take
const AGAIN = 5000;
const SAID = 6000;
const LOST = "Connection lost. Reconnecting…";
const OFFLINE = "There is no connection. Nothing was changed. Try again in a moment.";
const BACK = "The connection is back. What you pressed meanwhile was not done: do it again.";
const UNANSWERED = "No answer came, so this may not have been done. Look at the page, then try again.";

const shown = new Map();
let undone = null; // the words on the page that say what was not done without a connection

/** Notes what the page shows, once it is loaded or a part of it was put in place. */
export function rememberParts() {
  shown.clear();
  document.querySelectorAll("[data-live]").forEach(remember);
}

function remember(part) {
  if (part.dataset.live === "list") {
    for (const child of part.children) shown.set(child.id, child.outerHTML);
  } else {
    shown.set(part.id, part.innerHTML);
  }
}

/** Notes what a part shows now; one that was taken over in part only is taken over again by the next refresh. */
function note(id, html, isWhole) {
  if (isWhole) shown.set(id, html);
  else shown.delete(id);
}

function takeOverPart(current, fresh) {
  if (shown.get(fresh.id) === fresh.innerHTML) return;
  note(fresh.id, fresh.innerHTML, morphChildren(current, fresh));
  Object.assign(current.dataset, fresh.dataset);
}

function takeOverList(current, fresh) {
  const wanted = new Set([...fresh.children].map((child) => child.id));
  for (const child of [...current.children]) if (!wanted.has(child.id)) child.remove();
  let place = current.firstElementChild;
  for (const child of [...fresh.children]) {
    const html = child.outerHTML;
    const known = [...current.children].find((element) => element.id === child.id);
    if (known && shown.get(child.id) === html) {
      if (known === place) place = place.nextElementSibling;
      else current.insertBefore(known, place);
      continue;
    }
    if (known === place && place) place = place.nextElementSibling;
    note(child.id, html, known ? morph(known, child) : true);
    if (!known) current.insertBefore(document.importNode(child, true), place);
    const put = document.getElementById(child.id);
    if (put.nextElementSibling !== place) current.insertBefore(put, place);
  }
}

/** Returns a page's title without what calls the member. */
export const withoutCalls = (title) => title.replace(/^\(\d+\+? (urgent|for you)(, \d+\+? for you)?\) /, "");

/** Returns a page's title with what calls the member before it, as the navigation shows it. */
export function withCalls(title) {
  const calls = ["alarm-count", "for-me"].map((id) => document.getElementById(id)?.textContent.trim()).filter(Boolean);
  const plain = withoutCalls(title);
  return calls.length ? `(${calls.join(", ")}) ${plain}` : plain;
}

/** Replaces the parts marked data-live by those of a freshly fetched page. */
export function takeOver(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const focused = document.activeElement;
  const wasInside = document.getElementById("panes")?.contains(focused);
  for (const fresh of page.querySelectorAll("[data-live]")) {
    const current = document.getElementById(fresh.id);
    if (!current) continue;
    if (fresh.dataset.live === "list") takeOverList(current, fresh);
    else takeOverPart(current, fresh);
  }
  for (const sealed of page.querySelectorAll("[data-seal][id]")) {
    const part = document.getElementById(sealed.id);
    if (part) part.dataset.seal = sealed.dataset.seal;
  }
  document.title = withCalls(page.title || document.title);
  tellOfCalls();
  if (focused === document.body || document.activeElement !== document.body) return;
  const again = document.getElementById(focused.id) ?? (wasInside ? document.getElementById("thread-scroll") : null);
  again?.focus({ preventScroll: true });
}

/**
 * Keeps the page up to date.
 * @param {{events: string | (() => string), ask: (signal: AbortSignal) => Promise<Response>,
 *   whenHidden?: boolean | (() => boolean), before?: () => void, after?: () => void, place?: () => string}} options the
 *   stream's URL, a function that fetches the page until a signal ends it, whether to refresh a hidden page, callbacks
 *   right before and after each refresh, and what the page shows now: an answer about another is dropped.
 * @returns {(() => Promise<void>) & {follow: () => void}} a function that refreshes the page at once; its `follow`
 *   changes to the stream of what the page shows now.
 */
export function keepUp({ events, ask, whenHidden = false, before = () => {}, after = () => {}, place = () => "" }) {
  const connection = document.getElementById("connection");
  let stream = null;
  let looking = null;
  let again = false;
  let later = 0; // the timer of the next try, after one that failed
  let lost = null; // the words on the page that say so

  rememberParts();

  const looksWhenHidden = typeof whenHidden === "boolean" ? () => whenHidden : whenHidden;
  const lookIfShown = () => (!document.hidden || looksWhenHidden()) && look();

  function warn() {
    if (!lost?.isConnected) {
      lost = document.createTextNode(connection.textContent ? ` ${LOST}` : LOST);
      connection.append(lost);
    }
    clearTimeout(later);
    later = setTimeout(lookIfShown, AGAIN);
  }

  async function read() {
    try {
      const answer = await ask(AbortSignal.timeout(LONGEST));
      return { answer, html: answer.ok ? await answer.text() : "" };
    } catch {
      return {};
    }
  }

  async function lookOnce() {
    const asked = place();
    const { answer, html } = await read();
    if (isSignedOut(answer)) return leaveSignedOut();
    if (place() !== asked) return (again = true);
    if (answer?.status === 404) return location.assign("/staff/");
    if (!answer?.ok) return warn();
    clearTimeout(later);
    if (stream?.readyState !== EventSource.CONNECTING) lost?.remove();
    sayBack();
    before();
    takeOver(html);
    after();
  }

  async function lookUntilSeen() {
    try {
      do {
        again = false;
        await lookOnce();
      } while (again);
    } catch (error) {
      warn(); // and the next look tries again
      throw error;
    } finally {
      looking = null;
    }
  }

  // changes during a refresh trigger another one
  function look() {
    if (looking) again = true;
    else looking = lookUntilSeen();
    return looking;
  }

  function open() {
    if (stream) return;
    stream = new EventSource(typeof events === "string" ? events : events());
    stream.addEventListener("changed", look); // which comes first of all, too, as the page may be old by then
    stream.addEventListener("error", () => {
      warn();
      if (stream?.readyState === EventSource.CLOSED) {
        close();
        setTimeout(() => document.hidden || open(), 5000);
      }
    });
  }

  function close() {
    stream?.close();
    stream = null;
  }

  // browsers limit the number of streams to a host, so hidden pages close theirs
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  window.addEventListener("pagehide", close);
  window.addEventListener("online", () => {
    follow(); // rather than when the browser tries again
    lookIfShown();
  });
  setInterval(lookIfShown, EVERY);
  if (!document.hidden) open();

  function follow() {
    if (!stream) return;
    close();
    open();
  }

  return Object.assign(look, { follow });
}

/** Returns the headers of a refresh; the seals say what this page shows, so that only what is new is recorded. */
export function refreshHeaders() {
  const headers = { "X-Requested-With": "live", Accept: "text/html" };
  const seals = [...document.querySelectorAll("[data-seal]")].map((part) => part.dataset.seal);
  return seals.length ? { ...headers, "X-Seal": seals.join(" ") } : headers;
}

/** Shows a message about the page itself, if it has a place for that. */
export function say(words) {
  const place = document.getElementById("connection");
  if (place) place.textContent = words;
}

let done = 0; // the timer that takes back what was said

/** Says for some seconds what was done and can't be seen where it was pressed. */
export function sayDone(words) {
  const place = document.getElementById("done");
  place.textContent = words;
  clearTimeout(done);
  done = setTimeout(() => (place.textContent = ""), SAID);
}

/** Says that something was not done as there is no connection, until it is back. */
export function sayOffline(words) {
  const place = document.getElementById("connection");
  undone = document.createTextNode(words);
  place?.replaceChildren(undone);
}

function sayBack() {
  if (undone?.isConnected) undone.textContent = BACK;
  undone = null;
}

/** Says why the server refused something: in its own words, if they are for staff. */
async function sayRefused(answer, remedies) {
  const said = [400, 403, 409].includes(answer.status) ? await answer.json().catch(() => null) : null;
  const remedy = remedies[said?.error?.code];
  if (remedy) remedy();
  else if (said?.error?.code === "signed_out") saySignedOut();
  else say(said?.error?.message ?? "That did not work. Reload the page and try again.");
}

/**
 * Performs an action on a conversation as the signed-in member; returns whether it was done. If not, it says so, or does
 * what `remedies` has for the code of the refusal.
 */
export async function act(path, values = {}, remedies = {}) {
  const isOffline = !navigator.onLine;
  const options = {
    method: "POST",
    headers: {
      Accept: "application/json",
      "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content,
    },
    body: new URLSearchParams(values),
    signal: AbortSignal.timeout(LONGEST),
  };
  const answer = await fetch(path, options).catch(() => null);
  if (!answer && isOffline) sayOffline(OFFLINE);
  else if (!answer) say(UNANSWERED);
  else if (isSignedOut(answer)) await leaveSignedOut("You were signed out, so this was not done.", answer.url);
  else if (!answer.ok) await sayRefused(answer, remedies);
  else return true;
  return false;
}

// Keeps what is typed for each conversation, a reply and notes: on the server while it is typed, and in this tab where the
// server couldn't be reached, until the same member is back.

import { takeWording } from "./composer.js";
import { isSignedOut } from "./signed_out.js";

const PAUSE = 600; // after the last key
const LONGEST = 8000; // milliseconds that saving may take
const STORED = "intake-unsaved";
const LONGEST_KEPT_ALIVE = 60_000; // browsers refuse more than 64 kB

const REPLY = "reply";

const known = new Map(); // by key: { id, kind, text, saved, mark, replaced, sent, timer, saving, place, form, said, newer, hasFailed }
const ready = new WeakSet(); // boxes that their drafts were put in
let changed = () => {};

const boxes = () => [...document.querySelectorAll("#panes [data-draft]")];
const opened = () => document.getElementById("panes")?.dataset.id;
const keyOf = (id, kind) => (kind === REPLY ? id : `${id} ${kind}`);
const draftOf = (box) => known.get(keyOf(opened(), box.dataset.draft));
const draftsOf = (id) => [...known.values()].filter((draft) => draft.id === id);
const boxOf = (draft) => (opened() === draft.id ? boxes().find((box) => box.dataset.draft === draft.kind) : undefined);
const isUnsaved = (draft) => draft.text !== draft.saved;
const isCurrent = (draft) => known.get(keyOf(draft.id, draft.kind)) === draft; // neither sent nor opened again meanwhile

/** Shows, beside its box, whether a draft is kept, and whether another tab has a newer one. */
function showState(draft) {
  if (!isCurrent(draft) || !boxOf(draft)) return;
  document.getElementById(`kept-${draft.kind}`).textContent = draft.said;
  document.getElementById(`elsewhere-${draft.kind}`).hidden = !draft.newer;
}

function tell(draft, words) {
  draft.said = words;
  showState(draft);
}

/** Puts words in the box, to be continued at their end. */
function put(text, words) {
  text.value = words;
  text.setSelectionRange(words.length, words.length);
}

function show(draft) {
  const box = boxOf(draft);
  if (!box) return;
  put(box, draft.text);
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

function settle(draft, mark, text) {
  const wasThere = draft.mark !== "";
  if (mark !== draft.mark) draft.replaced.push(draft.mark);
  draft.mark = mark;
  draft.saved = text;
  const box = boxOf(draft);
  if (box) box.dataset.mark = mark;
  tell(draft, text && draft.text === text ? "Draft saved" : "");
  if (wasThere !== (mark !== "")) changed();
}

/**
 * The server has a newer draft than the one that this page goes by. If this tab sent it before it heard no more, as when
 * the page was loaded again meanwhile, what was typed since follows it. If another tab did, it is shown, unless something
 * else was typed here.
 */
function meet(draft, newer, sent) {
  if (sent.includes(newer.text)) {
    settle(draft, newer.mark, newer.text);
    save(draft);
    return;
  }
  if (!isUnsaved(draft) || draft.text === newer.text) {
    draft.text = newer.text;
    show(draft);
    settle(draft, newer.mark, newer.text);
    return tell(draft, "Edited in another tab");
  }
  draft.newer = newer;
  showState(draft);
}

async function send(draft, anyway) {
  const { id, kind, text } = draft;
  if (!isCurrent(draft)) return; // before its turn came
  draft.sent.push(text);
  const body = new URLSearchParams({ text, kind, mark: draft.mark, form_id: draft.form });
  if (anyway) body.set("anyway", "1");
  try {
    const answer = await fetch(draft.place, {
      method: "POST",
      headers: {
        Accept: "application/json",
        "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content,
      },
      body,
      keepalive: String(body).length < LONGEST_KEPT_ALIVE, // also while the page is left
      signal: AbortSignal.timeout(LONGEST),
    });
    if (!isCurrent(draft)) return;
    if (answer.status === 404) {
      dropDrafts(id); // erased with the patient, or not the member's any more
      return changed();
    }
    if (isSignedOut(answer) || !(answer.ok || answer.status === 409)) throw new Error("not kept");
    const kept = await answer.json();
    const sent = draft.sent.splice(0);
    draft.hasFailed = false;
    if (!answer.ok) return meet(draft, kept, sent);
    settle(draft, kept.mark, text);
    if (kind === REPLY && opened() === id) takeWording(kept.before, kept.after);
  } catch {
    draft.hasFailed = true;
    tell(draft, "Draft not saved yet");
  }
}

function save(draft, { anyway = false, evenIfSame = false } = {}) {
  clearTimeout(draft.timer);
  if (draft.newer && !anyway) return Promise.resolve(); // until the member has chosen
  if (!isUnsaved(draft) && !anyway && !evenIfSame) return draft.saving;
  draft.saving = draft.saving.then(() => send(draft, anyway)); // one after the other
  return draft.saving;
}

/** Forgets what was typed for a conversation that is gone, here and in this tab's storage. */
export function dropDrafts(id) {
  for (const draft of draftsOf(id)) forgetDraft(id, draft.kind);
  store();
  if (opened() === id) for (const box of boxes()) put(box, "");
}

/**
 * Keeps in this tab what the server may not have yet, for whoever is back in it as the same member.
 * Of a draft that was saved after the next page was asked for, only the marks: that page may not have it.
 */
function store() {
  const kept = {};
  for (const [key, { text, saved, mark, replaced, sent, member, newer, asked }] of known) {
    if (text !== saved) kept[key] = { text, mark, replaced, sent, member, newer };
    else if (asked !== undefined && asked !== mark) kept[key] = { mark, replaced, member };
  }
  try {
    sessionStorage.removeItem(STORED);
    if (Object.keys(kept).length) sessionStorage.setItem(STORED, JSON.stringify(kept));
  } catch {
    // without storage, what the server has is all there is
  }
}

/** Takes what this tab kept under a key; nothing if another member typed it. */
function takeStored(key, member) {
  try {
    const stored = JSON.parse(sessionStorage.getItem(STORED) ?? "{}");
    const own = Object.fromEntries(Object.entries(stored).filter(([, draft]) => draft.member === member));
    const found = own[key];
    delete own[key];
    if (Object.keys(own).length) sessionStorage.setItem(STORED, JSON.stringify(own));
    else sessionStorage.removeItem(STORED);
    return found;
  } catch {
    return undefined;
  }
}

/**
 * Puts a draft of the open conversation in its box: the server's, or what was typed here after it. If another tab has saved
 * something else since, what was typed here stays, and the member chooses.
 */
function openDraft(box) {
  const id = opened();
  const { draft: kind, mark, member, keep } = box.dataset;
  const key = keyOf(id, kind);
  const here = known.get(key) ?? takeStored(key, member);
  const words = box.defaultValue;
  const fresh = { id, kind, saved: words, text: words, mark, member, place: keep, form: box.form.elements.form_id?.value ?? "" };
  fresh.replaced = here?.replaced ?? [];
  fresh.sent = [here?.sent ?? []].flat(); // without an answer yet
  const isOld = fresh.replaced.includes(mark); // the page was written before what this tab saved last
  const isOurs = here && (here.mark === mark || fresh.sent.includes(fresh.saved)); // or its answer came after the page had gone
  if (isOld && here.text !== undefined) Object.assign(fresh, { text: here.text, saved: here.saved ?? fresh.saved, mark: here.mark });
  else if (here?.text !== undefined && here.text !== here.saved) fresh.text = here.text;
  const isElsewhere = here?.newer || (!isOld && !isOurs);
  if (isElsewhere && fresh.text !== fresh.saved) fresh.newer = { text: fresh.saved, mark };
  ready.add(box);
  known.set(key, Object.assign(fresh, { saving: here?.saving ?? Promise.resolve(), timer: 0 }));
  put(box, fresh.text);
  tell(fresh, fresh.text && !isUnsaved(fresh) && mark ? "Draft saved" : "");
  save(fresh, { evenIfSame: isOld });
}

/** Puts the drafts of the open conversation in their boxes, as far as they are not there yet. */
export function openDrafts() {
  for (const box of boxes()) if (!ready.has(box) || !draftOf(box)) openDraft(box);
  delete document.documentElement.dataset.returning; // see kept.js
}

/** Saves what could not be saved before, once the service can be reached again. */
export function retryDrafts() {
  for (const draft of known.values()) if (draft.hasFailed && isUnsaved(draft)) save(draft);
}

/** Saves what is typed for the open conversation, before something else is put in its place. */
export function leaveDrafts() {
  return Promise.all(draftsOf(opened()).map((draft) => save(draft)));
}

/**
 * Waits until no draft of a conversation is on its way, so that none comes after what one of them becomes now; at most a
 * few seconds, as the service knows a reply that was sent. Returns whether those on their way were saved.
 */
export async function holdDrafts(id, becoming) {
  for (const draft of draftsOf(id)) {
    if (becoming && draft.kind !== becoming) save(draft);
    clearTimeout(draft.timer);
  }
  const drafts = draftsOf(id);
  const saved = Promise.all(drafts.map((draft) => draft.saving)).then(() => drafts.every((draft) => !draft.hasFailed));
  const areSaved = await Promise.race([saved, new Promise((resolve) => setTimeout(resolve, LONGEST, false))]);
  if (!areSaved) for (const draft of drafts) draft.timer = setTimeout(() => save(draft), PAUSE);
  return areSaved;
}

/** Forgets a draft of a conversation, because it was sent. */
export function forgetDraft(id, kind) {
  clearTimeout(known.get(keyOf(id, kind))?.timer);
  known.delete(keyOf(id, kind));
}

/** Begins: `whenChanged` is called when a draft has come or gone, so that the list can say so. */
export function keepDrafts(whenChanged) {
  changed = whenChanged;
  document.addEventListener("input", (event) => {
    const draft = event.target.dataset.draft && draftOf(event.target);
    if (!draft || draft.text === event.target.value) return;
    draft.text = event.target.value;
    tell(draft, "");
    clearTimeout(draft.timer);
    draft.timer = setTimeout(() => save(draft), PAUSE);
  });
  document.addEventListener("click", (event) => {
    const { choice, of } = event.target.dataset;
    const draft = choice && known.get(keyOf(opened(), of));
    if (!draft?.newer) return;
    const newer = draft.newer;
    delete draft.newer;
    showState(draft);
    if (choice === "this") return save(draft, { anyway: true });
    draft.text = draft.saved = newer.text;
    show(draft);
    settle(draft, newer.mark, newer.text);
  });
  // the tab that somebody returns to shows what was saved in another one
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) for (const draft of draftsOf(opened())) save(draft, { evenIfSame: true });
  });
  window.addEventListener("online", retryDrafts);
  // such as signing out, after which nothing can be saved
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const stays = document.getElementById("desk").contains(form) && !("leaves" in form.dataset);
    if (event.defaultPrevented || form.method !== "post" || stays) return;
    if (!draftsOf(opened()).some(isUnsaved)) return;
    event.preventDefault();
    leaveDrafts().finally(() => form.submit());
  });
  window.addEventListener("beforeunload", () => {
    for (const draft of known.values()) draft.asked = draft.mark;
  });
  window.addEventListener("pagehide", () => {
    leaveDrafts();
    store();
  });
}

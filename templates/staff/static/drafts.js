// Keeps what is typed for each conversation: on the server while it is typed, and in this tab where the server couldn't
// be reached, until the same member is back.

const PAUSE = 600; // after the last key
const STORED = "intake-unsaved";
const LONGEST_KEPT_ALIVE = 10_000; // browsers refuse more than 64 kB

const known = new Map(); // by conversation: { text, saved, mark, replaced, timer, saving, place, form }
let changed = () => {};

const box = () => document.getElementById("text");
const opened = () => document.getElementById("panes")?.dataset.id;
const elsewhere = () => document.getElementById("elsewhere");

/** Shows whether the open conversation's draft is kept. */
function tell(words) {
  const line = document.getElementById("kept");
  if (line) line.textContent = words;
}

/** Puts words in the box, to be continued at their end. */
function put(text, words) {
  text.value = words;
  text.setSelectionRange(words.length, words.length);
}

function show(id, text) {
  if (opened() !== id || !box()) return;
  put(box(), text);
  box().dispatchEvent(new Event("input", { bubbles: true }));
}

function settle(id, draft, mark, text) {
  const wasThere = draft.mark !== "";
  if (mark !== draft.mark) draft.replaced.push(draft.mark);
  draft.mark = mark;
  draft.saved = text;
  if (opened() === id && box()) box().dataset.mark = mark;
  if (opened() === id) tell(text && draft.text === text ? "Draft saved" : "");
  if (wasThere !== (mark !== "")) changed();
}

/** Another tab has saved a newer draft: it is shown, unless something else was typed here meanwhile. */
function meet(id, draft, newer) {
  if (draft.text === draft.saved || draft.text === newer.text) {
    draft.text = newer.text;
    show(id, newer.text);
    settle(id, draft, newer.mark, newer.text);
    if (opened() === id) tell("Edited in another tab");
    return;
  }
  draft.newer = newer;
  if (opened() === id && elsewhere()) elsewhere().hidden = false;
}

async function send(id, draft, anyway) {
  const text = draft.text;
  draft.sent = text;
  const body = new URLSearchParams({ text, mark: draft.mark, form_id: draft.form });
  if (anyway) body.set("anyway", "1");
  try {
    const answer = await fetch(draft.place, {
      method: "POST",
      headers: {
        Accept: "application/json",
        "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content,
      },
      body,
      keepalive: text.length < LONGEST_KEPT_ALIVE, // also while the page is left
    });
    if (known.get(id) !== draft) return; // sent meanwhile
    if (answer.status === 404) {
      dropDraft(id); // erased with the patient, or not the member's any more
      return changed();
    }
    if (answer.redirected || !(answer.ok || answer.status === 409)) throw new Error("not kept");
    const kept = await answer.json();
    if (answer.ok) settle(id, draft, kept.mark, text);
    else meet(id, draft, kept);
  } catch {
    if (opened() === id) tell("Draft not saved yet");
  }
}

function save(id, { anyway = false, evenIfSame = false } = {}) {
  const draft = known.get(id);
  if (!draft) return Promise.resolve();
  clearTimeout(draft.timer);
  if (draft.newer && !anyway) return Promise.resolve(); // until the member has chosen
  if (draft.text === draft.saved && !anyway && !evenIfSame) return draft.saving;
  draft.saving = draft.saving.then(() => send(id, draft, anyway)); // one after the other
  return draft.saving;
}

/** Forgets what was typed for a conversation that is gone, here and in this tab's storage. */
export function dropDraft(id) {
  forgetDraft(id);
  store();
  if (opened() === id && box()) show(id, "");
}

/**
 * Keeps in this tab what the server may not have yet, for whoever is back in it as the same member.
 * Of a draft that was saved after the next page was asked for, only the marks: that page may not have it.
 */
function store() {
  const kept = {};
  for (const [id, { text, saved, mark, replaced, sent, member, asked }] of known) {
    if (text !== saved) kept[id] = { text, mark, replaced, sent, member };
    else if (asked !== undefined && asked !== mark) kept[id] = { mark, replaced, member };
  }
  try {
    sessionStorage.removeItem(STORED);
    if (Object.keys(kept).length) sessionStorage.setItem(STORED, JSON.stringify(kept));
  } catch {
    // without storage, what the server has is all there is
  }
}

/** Takes what this tab kept for a conversation; nothing if another member typed it. */
function takeStored(id, member) {
  try {
    const stored = JSON.parse(sessionStorage.getItem(STORED) ?? "{}");
    const own = Object.fromEntries(Object.entries(stored).filter(([, draft]) => draft.member === member));
    const found = own[id];
    delete own[id];
    if (Object.keys(own).length) sessionStorage.setItem(STORED, JSON.stringify(own));
    else sessionStorage.removeItem(STORED);
    return found;
  } catch {
    return undefined;
  }
}

/** Puts the draft of the open conversation in its box: the server's, or what was typed here after it. */
export function openDraft() {
  const text = box();
  if (!text) return;
  const id = opened();
  const { mark, member, keep } = text.dataset;
  const here = known.get(id) ?? takeStored(id, member);
  const fresh = { saved: text.defaultValue, text: text.defaultValue, mark, member, place: keep, form: text.form.elements.form_id.value };
  fresh.replaced = here?.replaced ?? [];
  const isOld = fresh.replaced.includes(mark); // the page was written before what this tab saved last
  const isOurs = here && (here.mark === mark || here.sent === fresh.saved); // or its answer came after the page had gone
  if (isOld && here.text !== undefined) Object.assign(fresh, { text: here.text, saved: here.saved ?? fresh.saved, mark: here.mark });
  else if (here && here.text !== here.saved && (isOurs || here.newer)) fresh.text = here.text;
  if (here?.newer) fresh.newer = { text: fresh.saved, mark };
  known.set(id, Object.assign(fresh, { saving: here?.saving ?? Promise.resolve(), timer: 0 }));
  put(text, fresh.text);
  elsewhere().hidden = !fresh.newer;
  tell(fresh.text && fresh.text === fresh.saved && mark ? "Draft saved" : "");
  save(id, { evenIfSame: isOld });
}

/** Saves what is typed for the open conversation, before something else is put in its place. */
export function leaveDraft() {
  return opened() ? save(opened()) : Promise.resolve();
}

/** Waits until no draft of a conversation is on its way, so that none comes after the reply. */
export async function holdDraft(id) {
  const draft = known.get(id);
  if (!draft) return;
  clearTimeout(draft.timer);
  await draft.saving;
}

/** Forgets the draft of a conversation, because it was sent. */
export function forgetDraft(id) {
  clearTimeout(known.get(id)?.timer);
  known.delete(id);
}

/** Begins: `whenChanged` is called when a draft has come or gone, so that the list can say so. */
export function keepDrafts(whenChanged) {
  changed = whenChanged;
  document.addEventListener("input", (event) => {
    const draft = event.target.id === "text" && known.get(opened());
    if (!draft || draft.text === event.target.value) return;
    draft.text = event.target.value;
    tell("");
    clearTimeout(draft.timer);
    const id = opened();
    draft.timer = setTimeout(() => save(id), PAUSE);
  });
  document.addEventListener("click", (event) => {
    const draft = known.get(opened());
    if (!draft?.newer || !["take-newer", "keep-this"].includes(event.target.id)) return;
    elsewhere().hidden = true;
    const newer = draft.newer;
    delete draft.newer;
    if (event.target.id === "keep-this") return save(opened(), { anyway: true });
    draft.text = draft.saved = newer.text;
    show(opened(), newer.text);
    settle(opened(), draft, newer.mark, newer.text);
  });
  // the tab that somebody returns to shows what was saved in another one
  document.addEventListener("visibilitychange", () => document.hidden || save(opened(), { evenIfSame: true }));
  // such as signing out, after which nothing can be saved
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const draft = known.get(opened());
    if (event.defaultPrevented || form.method !== "post" || document.getElementById("desk").contains(form)) return;
    if (!draft || draft.text === draft.saved) return;
    event.preventDefault();
    save(opened()).finally(() => form.submit());
  });
  window.addEventListener("beforeunload", () => {
    for (const draft of known.values()) draft.asked = draft.mark;
  });
  window.addEventListener("pagehide", () => {
    leaveDraft();
    store();
  });
}

// Tells whoever is signed in what calls them: a new alarm, a mention, an assignment, a held message. The favicon has a badge; system
// notifications and a sound are for those who turned them on in this browser, and hold nothing of a patient.

const WORKER = "/staff/static/notify_worker.js"; // in every version, as a browser knows it by its address
const WORDS = {
  alarm: ["Urgent conversation", "urgent conversations"],
  assigned: ["You were assigned a conversation", "conversations were assigned to you"],
  mentioned: ["You were mentioned in a note", "notes mention you"],
  held: ["A scheduled message is held", "scheduled messages are held"],
};
const LISTS = {
  alarm: "/staff/",
  assigned: "/staff/?view=mentions",
  mentioned: "/staff/?view=mentions",
  held: "/staff/?view=scheduled",
};
const PITCHES = [660, 880];
const SECONDS = 0.12;
const LATE = 3000; // milliseconds
const SILENCE = 60_000; // in which the tabs of a browser notice the same

const member = document.querySelector('meta[name="member"]').content;
const key = (name) => `intake-${name}-${member}`;
const group = (kind) => (kind === "alarm" ? "alarm" : "notice"); // what numbers its calls

function read(name) {
  try {
    return localStorage.getItem(key(name));
  } catch {
    return null;
  }
}

function write(name, value) {
  try {
    localStorage.setItem(key(name), value);
  } catch {
    // without storage, nothing is turned on
  }
}

export const canNotify = () => "Notification" in window && "serviceWorker" in navigator;
export const isAllowed = () => canNotify() && Notification.permission === "granted";
export const isOn = (name) => read(name) === "on" && (name !== "notify" || isAllowed());
/** Returns whether this browser tells of anything by itself. */
export const isTelling = () => isOn("notify") || isOn("sound");

let isDeclined = false; // without storage, for this page only
/** Returns whether nobody has chosen for this browser yet, on the account page or where it was offered. */
export const isUndecided = () => !isDeclined && ["notify", "sound", "offered"].every((name) => read(name) === null);

/** Notes that the member was offered them and does not want them now. */
export function decline() {
  isDeclined = true;
  write("offered", "no");
}

/** Turns notifications (`notify`) or the sound (`sound`) on or off in this browser. */
export function turn(name, on) {
  if (on && !isTelling()) write("told", JSON.stringify(newest())); // what is old is no news
  write(name, on ? "on" : "off");
}

function shown() {
  return [...document.querySelectorAll("#calls > li")].map(({ dataset }) => ({
    kind: dataset.kind,
    id: Number(dataset.id),
    conversation: dataset.conversation,
  }));
}

function newest(known = {}) {
  const last = { alarm: 0, notice: 0, ...known };
  for (const call of shown()) last[group(call.kind)] = Math.max(last[group(call.kind)], call.id);
  return last;
}

/** Returns the calls that no tab of this browser has told of yet, and notes them. */
function takeNew() {
  const known = JSON.parse(read("told") ?? "null") ?? newest();
  const found = shown().filter((call) => call.id > known[group(call.kind)]);
  write("told", JSON.stringify(newest(known)));
  return found;
}

async function registered() {
  const registration = await navigator.serviceWorker.register(WORKER);
  const starting = registration.installing ?? registration.waiting;
  if (!registration.active && starting) {
    await new Promise((resolve) => {
      starting.addEventListener("statechange", () => starting.state === "activated" && resolve());
    });
  }
  return registration;
}

/** Shows a system notification; pressing it opens a path of the console. */
export async function notify(title, path, tag, stays = false) {
  const registration = await registered();
  await registration.showNotification(title, { tag, renotify: true, requireInteraction: stays, data: { path } });
}

let audio = null;
let isReady = false;
let notes = 0; // that are to sound

/** Readies the sound while something is pressed: later on, WebKit plays only what was begun then. */
async function readySound() {
  if (isReady || !isOn("sound")) return;
  audio ??= new AudioContext();
  await audio.resume();
  isReady = true;
  if (!notes) audio.suspend();
}

/**
 * Plays two short notes, and waits for their end; unless the browser makes the page wait for a press: by then, they would
 * tell of nothing new.
 */
export async function play() {
  audio ??= new AudioContext();
  const asked = performance.now();
  await audio.resume();
  if (performance.now() - asked > LATE) return;
  const volume = new GainNode(audio, { gain: 0.1 });
  volume.connect(audio.destination);
  const ends = PITCHES.map((frequency, place) => {
    const note = new OscillatorNode(audio, { frequency });
    note.connect(volume);
    note.start(audio.currentTime + place * SECONDS);
    note.stop(audio.currentTime + (place + 1) * SECONDS);
    notes += 1;
    note.addEventListener("ended", () => --notes || audio.suspend());
    return new Promise((resolve) => note.addEventListener("ended", resolve));
  });
  await Promise.all(ends);
}

/** Returns whether a colleague's call is about what the member is looking at; an alarm is told whatever a page shows. */
function isInSight(call) {
  const isOpen = document.getElementById("panes")?.dataset.id === call.conversation;
  return call.kind !== "alarm" && isOpen && !document.hidden && document.hasFocus();
}

async function tellOf(kind, calls) {
  const conversations = [...new Set(calls.map((call) => call.conversation))];
  const [single, several] = WORDS[kind];
  const isOne = conversations.length === 1;
  const title = isOne ? single : `${conversations.length} ${several}`;
  const path = isOne ? `/staff/conversations/${conversations[0]}` : LISTS[kind];
  await notify(title, path, isOne ? `${kind}-${conversations[0]}` : kind, kind === "alarm");
}

/** Tells of what is new; only one tab of a browser does so at a time. */
async function tellOfNew() {
  const calls = takeNew().filter((call) => !isInSight(call));
  if (!calls.length) return;
  if (isOn("sound")) play();
  if (!isOn("notify")) return;
  for (const kind of Object.keys(WORDS)) {
    const those = calls.filter((call) => call.kind === kind);
    if (those.length) await tellOf(kind, those);
  }
}

/** Tells of what calls the member on the page and is new; whatever renews the page calls this afterwards. */
export function tellOfCalls() {
  const favicon = document.getElementById("favicon");
  const icon = shown().length ? "favicon-badge.svg" : "favicon.svg";
  if (!favicon.getAttribute("href").endsWith(`/${icon}`)) favicon.setAttribute("href", new URL(icon, import.meta.url).pathname);
  if (!isTelling()) return;
  if (navigator.locks) navigator.locks.request(key("told"), tellOfNew);
  else tellOfNew();
}

/** Tells, once for all tabs of a browser, that alarms no longer reach it; `why` names the reason. */
export async function tellOfSilence(why, title) {
  const take = () => {
    if (Date.now() - Number(read(why)) < SILENCE) return false;
    write(why, String(Date.now()));
    return true;
  };
  if (!isTelling()) return;
  const isOurs = await (navigator.locks ? navigator.locks.request(key(why), take) : take());
  if (!isOurs) return;
  // not while the others wait: the sound may have to wait for a press
  await Promise.all([isOn("sound") && play(), isOn("notify") && notify(title, "/staff/", why, true)]);
}

/** Readies the sound at each press. */
export function readySounds() {
  for (const type of ["click", "keydown"]) document.addEventListener(type, readySound, { capture: true, passive: true });
}

/** Calls a function every few seconds even while the page is hidden, as long as that is needed to tell of anything in time. */
export function tickWhenHidden(tick) {
  let ticker = null;
  const change = () => {
    if (isTelling() === (ticker !== null)) return;
    ticker?.terminate();
    ticker = isTelling() ? new Worker(new URL("ticker.js", import.meta.url)) : null;
    ticker?.addEventListener("message", tick);
  };
  window.addEventListener("storage", change); // turned on or off in another tab
  document.addEventListener("visibilitychange", change); // or in this one
  change();
}

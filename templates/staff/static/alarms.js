// Keeps what calls the member and the warning that nobody is paged up to date on every page, even a hidden one, whose
// title shows it. It asks rather than listens, as browsers limit the number of streams to a host.

import { takeOver } from "./live.js";
import { isTelling, readySounds, tellOfCalls, tellOfSilence, tickWhenHidden } from "./notices.js";
import { comeBack, isSignedOut, leaveSignedOut } from "./signed_out.js";

const VISIBLE = 10_000;
const HIDDEN = 60_000;
const TELLING = 15_000; // hidden, but it tells of alarms by itself
const LONGEST = 20_000; // that a look may take
const MOST = 3; // looks that may fail before it is said
const SILENT = "No connection: no alarms are shown · ";

let asked = Date.now();
let looking = null;
let failed = 0;
let isActive = false;

// Someone who types or reads is not idle, though the page asks the service for nothing.
for (const type of ["keydown", "pointerdown", "wheel"]) {
  document.addEventListener(type, () => (isActive = true), { capture: true, passive: true });
}

async function ask() {
  const headers = { "X-Requested-With": isActive ? "activity" : "live", Accept: "text/html" };
  isActive = false;
  try {
    const answer = await fetch("/staff/alarms", { headers, signal: AbortSignal.timeout(LONGEST) });
    return { answer, html: await answer.text() };
  } catch {
    return {};
  }
}

function fail() {
  failed += 1;
  if (failed < MOST) return;
  if (!document.title.startsWith(SILENT)) document.title = SILENT + document.title;
  if (failed === MOST) tellOfSilence("no-connection", "No connection: no alarms are shown here");
}

async function lookOnce() {
  asked = Date.now();
  const { answer, html } = await ask();
  if (isSignedOut(answer)) return leaveSignedOut();
  if (!answer?.ok) return fail();
  failed = 0;
  if (document.title.startsWith(SILENT)) document.title = document.title.slice(SILENT.length);
  takeOver(html);
  comeBack();
}

function look() {
  looking ??= lookOnce().finally(() => (looking = null));
}

function lookIfDue() {
  const pause = !document.hidden ? VISIBLE : isTelling() ? TELLING : HIDDEN;
  if (Date.now() - asked >= pause) look();
}

readySounds();
tellOfCalls();
tickWhenHidden(lookIfDue);
setInterval(lookIfDue, VISIBLE / 2);
document.addEventListener("visibilitychange", () => document.hidden || look());
window.addEventListener("online", look);

// Keeps what calls the member and the warning that nobody is paged up to date on every page, even a hidden one, whose
// title shows it. It asks rather than listens, as browsers limit the number of streams to a host.

import { takeOver } from "./live.js";
import { tellOfCalls, tickWhenHidden } from "./notices.js";

const VISIBLE = 10_000;
const HIDDEN = 60_000;
const TELLING = 15_000; // hidden, but it tells of alarms by itself

let asked = Date.now();
let isActive = false;

// Someone who types or reads is not idle, though the page asks the service for nothing.
for (const type of ["keydown", "pointerdown", "wheel"]) {
  document.addEventListener(type, () => (isActive = true), { capture: true, passive: true });
}

async function look() {
  asked = Date.now();
  const by = isActive ? "activity" : "live";
  isActive = false;
  try {
    const answer = await fetch("/staff/alarms", { headers: { "X-Requested-With": by, Accept: "text/html" } });
    if (answer.redirected) location.reload(); // signed out: nothing of a patient stays on the screen
    else if (answer.ok) takeOver(await answer.text());
  } catch {
    // the next look tries again
  }
}

let whenHidden = HIDDEN;
const lookIfDue = () => Date.now() - asked >= (document.hidden ? whenHidden : VISIBLE) && look();

tellOfCalls();
if (tickWhenHidden(lookIfDue)) whenHidden = TELLING;
setInterval(lookIfDue, VISIBLE / 2);
document.addEventListener("visibilitychange", () => document.hidden || look());

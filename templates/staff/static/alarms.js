// Keeps the number of open alarms and the warning that nobody is paged up to date on every page, even a hidden one, whose
// title shows them. It asks rather than listens, as browsers limit the number of streams to a host.

import { takeOver } from "./live.js";

const VISIBLE = 10_000;
const HIDDEN = 60_000;

let asked = Date.now();

async function look() {
  asked = Date.now();
  try {
    const answer = await fetch("/staff/alarms", { headers: { "X-Requested-With": "live", Accept: "text/html" } });
    if (answer.ok && !answer.redirected) takeOver(await answer.text());
  } catch {
    // the next look tries again
  }
}

setInterval(() => Date.now() - asked >= (document.hidden ? HIDDEN : VISIBLE) && look(), VISIBLE / 2);
document.addEventListener("visibilitychange", () => document.hidden || look());

// The review queue: one key chooses a label, and new messages appear on an empty page. Without scripts, buttons work.

import { keepUp, withCalls, withoutCalls } from "./live.js";
import { listen } from "./shortcuts.js";
import { isSignedOut } from "./signed_out.js";
import "./undo.js";
import "./go_to.js"; // before a key means something here, or `g p` would be taken for `p`

const page = document.getElementById("review");
const plainTitle = withoutCalls(document.title).replace(/^\(\d+\+?\) /, "");
let sending = false;

// Ignore a second press while the first is being sent, and repeats of a held key: both were meant for this message.
page.addEventListener("submit", (event) => {
  if (sending) event.preventDefault();
  sending = true;
});
window.addEventListener("pageshow", () => {
  sending = false;
});
document.addEventListener("keydown", (event) => event.repeat && event.stopImmediatePropagation(), true);

listen(); // each button names its key in data-key

keepUp({
  events: page.dataset.events,
  ask: (signal) => fetch(page.dataset.waiting, { headers: { "X-Requested-With": "live", Accept: "text/html" }, signal }),
  whenHidden: true,
  after: () => {
    const { count, any } = document.getElementById("waiting").dataset;
    const waiting = Number(count);
    document.title = withCalls(waiting > 0 ? `(${waiting}) ${plainTitle}` : plainTitle);
    if (Number(any) > 0 && document.getElementById("empty")) fill();
  },
});

// Only an empty page is filled, so that nothing changes just as someone is about to press a key.
async function fill() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok || isSignedOut(answer)) return;
  const whole = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = whole.getElementById("task");
  if (sending || !document.getElementById("empty") || fresh.querySelector("#empty")) return;
  document.getElementById("task").replaceWith(fresh);
  const notice = document.createElement("p");
  notice.textContent = "A new message arrived.";
  document.getElementById("told").replaceChildren(notice);
}

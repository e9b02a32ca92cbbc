// The menu with the labels for a message that waits in Review: asks for them once it is opened.

import { say } from "./live.js";
import { isTyping } from "./shortcuts.js";
import { isSignedOut, leaveSignedOut } from "./signed_out.js";

const LONGEST = 20_000;
const UNANSWERED = "The labels did not come. Close the menu and open it again, or label the message in Review.";

async function fill(menu) {
  const options = { headers: { Accept: "text/html", "X-Requested-With": "pane" }, signal: AbortSignal.timeout(LONGEST) };
  const answer = await fetch(menu.dataset.labels, options).catch(() => null);
  if (isSignedOut(answer)) return leaveSignedOut();
  const html = answer?.ok ? await answer.text().catch(() => "") : "";
  const labels = new DOMParser().parseFromString(html, "text/html").getElementById("labels");
  if (!menu.isConnected || !menu.open) return;
  if (!labels) return say(UNANSWERED);
  menu.querySelector(".menu").replaceChildren(...labels.childNodes);
  if (!isTyping(document.activeElement)) menu.querySelector(".menu button")?.focus();
}

/** Opens the menu; returns whether it is there. */
export function openLabels() {
  const menu = document.getElementById("label-menu");
  if (menu) menu.open = true;
  return menu !== null;
}

// `toggle` does not bubble
document.addEventListener("toggle", ({ target }) => target.id === "label-menu" && target.open && fill(target), true);

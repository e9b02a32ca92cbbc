// The reply box: counting what goes out, and making room for it.

import { countSegments } from "./segments.js";

// the same as in staff/conversations/reply.py; "Please STOP the ibuprofen" says nothing of texts
const SAYS_HOW_TO_STOP = /\b(?:reply|text|send|responda|env[ií]e|mande|escriba)(?: (?:with|con|us))? ["“'«]?stop\b/i;
const box = () => document.getElementById("text");
const added = () => document.getElementById("outgoing").dataset; // which each refresh brings anew

// the reply as the server will send it; see staff/conversations/reply.py
function outgoing(words) {
  if (!words) return "";
  const { name, before, after } = added();
  const named = words.includes(name) ? words : before + words;
  return SAYS_HOW_TO_STOP.test(words) ? named : named + after;
}

// where the style sheet cannot do it
function fit() {
  if (CSS.supports("field-sizing", "content")) return;
  box().style.height = "";
  box().style.height = `${box().scrollHeight + box().offsetHeight - box().clientHeight}px`;
}

function count() {
  fit();
  const goes = outgoing(box().value.trim());
  const longest = Number(added().longest);
  const segments = countSegments(goes);
  const parts = added().medium === "sms" && goes ? ` · ${segments} ${segments === 1 ? "text" : "texts"}` : "";
  const counter = document.getElementById("count");
  counter.textContent = goes ? `${goes.length} characters${parts}${goes.length > longest ? ` · the limit is ${longest}` : ""}` : "";
  counter.classList.toggle("problem", goes.length > longest);
}

/** Takes what is added before and after the reply, in the language that its words are of. */
export function takeWording(before, after) {
  if (!box()) return;
  Object.assign(added(), { before, after });
  for (const [id, words] of Object.entries({ "added-before": before, "added-after": after })) {
    document.getElementById(id)?.replaceChildren(words.trim());
  }
  count();
}

/** Counts what the box holds, once a conversation was opened or has changed. */
export function countTyped() {
  if (box()) count();
}

// what was begun before an emergency, after what stands in the box by now
document.addEventListener("click", (event) => {
  if (event.target.id !== "use-begun") return;
  const begun = document.querySelector("#begun-before .text").textContent;
  box().value = [box().value.trim(), begun].filter(Boolean).join("\n\n");
  box().dispatchEvent(new Event("input", { bubbles: true }));
  box().focus();
});
document.addEventListener("input", (event) => event.target.id === "text" && count());

// The reply box: counting what goes out.

import { countSegments } from "./segments.js";

const box = () => document.getElementById("text");

// the reply as the server will send it; see staff/conversations/reply.py
function outgoing(text) {
  const words = text.value.trim();
  if (!words) return "";
  const named = words.includes(text.dataset.name) ? words : text.dataset.before + words;
  return words.includes("STOP") ? named : named + text.dataset.after;
}

function count() {
  const text = box();
  const goes = outgoing(text);
  const longest = Number(text.dataset.longest);
  const segments = countSegments(goes);
  const parts = text.dataset.medium === "sms" && goes ? ` · ${segments} ${segments === 1 ? "segment" : "segments"}` : "";
  const counter = document.getElementById("count");
  counter.textContent = goes ? `${goes.length} characters${parts}${goes.length > longest ? ` · the limit is ${longest}` : ""}` : "";
  counter.classList.toggle("problem", goes.length > longest);
}

/** Counts what the box holds, once a conversation was opened. */
export function countTyped() {
  if (box()) count();
}

document.addEventListener("input", (event) => event.target.id === "text" && count());

// The reply box: counting what goes out, quick replies, and keeping what was typed while another conversation is open.

import { countSegments } from "./segments.js";

const typed = new Map(); // by conversation; in this tab's memory alone

const box = () => document.getElementById("text");
const opened = () => document.getElementById("panes").dataset.id;

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

function insert(words) {
  const text = box();
  const before = text.value.trimEnd();
  text.value = before ? `${before}\n${words}` : words;
  text.focus();
  count();
}

/** Keeps what was typed for the open conversation, before another is put in its place. */
export function keepTyped() {
  if (!box()) return;
  if (box().value.trim()) typed.set(opened(), box().value);
  else typed.delete(opened());
}

/** Forgets what was typed for a conversation, because it was sent; another may be open by now. */
export function forgetTyped(id) {
  typed.delete(id);
  if (box() && opened() === id) box().value = "";
}

/** Puts what was typed for the open conversation back in the box, unless the server has put something there. */
export function restoreTyped() {
  if (!box()) return;
  if (!box().value) box().value = typed.get(opened()) ?? "";
  count();
}

document.addEventListener("input", (event) => event.target.id === "text" && count());
document.addEventListener("keydown", (event) => {
  if (event.target.id === "text" && event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.target.form.requestSubmit();
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("#reply [name=insert]");
  if (!button) return;
  event.preventDefault();
  button.closest("details").open = false;
  insert(document.getElementById(`quick-${button.value}`).textContent);
});

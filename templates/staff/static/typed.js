// Keeps what was typed into the other forms of a page when one of them is sent and the page is loaded anew.

import { say } from "./live.js";

const KEPT = "intake-typed";
const LONGEST = 120_000; // for how long a page may take to come back
const STAYS = "What you typed elsewhere on this page is still here, and not saved yet.";

const { place } = document.querySelector("script[data-place]").dataset;
const member = document.querySelector('meta[name="member"]')?.content;
const fields = (form) => [...form.querySelectorAll("input[id]:not([type=hidden], [type=password], [type=file]), textarea[id], select[id]")];
const valueOf = (field) => (/^(checkbox|radio)$/.test(field.type) ? field.checked : field.value);
const shown = new Map([...document.forms].flatMap(fields).map((field) => [field, valueOf(field)]));

function putBack([id, value]) {
  const field = document.getElementById(id);
  if (!field || valueOf(field) === value) return false;
  if (typeof value === "boolean") field.checked = value;
  else field.value = value;
  for (let folded = field.closest("details"); folded; folded = folded.parentElement.closest("details")) folded.open = true;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  return true;
}

function restore() {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  sessionStorage.removeItem(KEPT);
  const isOwn = kept && kept.member === member && kept.place === place && Date.now() - kept.at < LONGEST;
  if (isOwn && kept.typed.map(putBack).includes(true)) say(STAYS);
}

document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") return;
  const others = [...document.forms].filter((form) => form !== event.target).flatMap(fields);
  const isTyped = (field) => "unsaved" in field.form.dataset || (shown.has(field) && shown.get(field) !== valueOf(field)); // or was refused
  const typed = others.filter(isTyped).map((field) => [field.id, valueOf(field)]);
  try {
    if (typed.length) sessionStorage.setItem(KEPT, JSON.stringify({ member, place, at: Date.now(), typed }));
  } catch {
    // without storage, it is lost
  }
});

try {
  restore();
} catch {
  // without storage, nothing was kept
}

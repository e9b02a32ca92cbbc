import { act, keepUp, refreshHeaders } from "./live.js";
import { countSegments } from "./segments.js";
import { listen } from "./shortcuts.js";

const live = document.getElementById("live");
const base = live.dataset.base;
const text = document.getElementById("text");
const reply = document.getElementById("reply");
const newest = document.getElementById("newest");

const isAtEnd = () => newest.getBoundingClientRect().top < window.innerHeight + 80;
let wasAtEnd = false;

const look = keepUp({
  events: live.dataset.events,
  ask: () => {
    wasAtEnd = isAtEnd();
    return fetch(live.dataset.refresh, { headers: refreshHeaders() });
  },
  after: () => wasAtEnd && !isAtEnd() && newest.scrollIntoView({ block: "end" }),
});

// an opened conversation starts at its newest message
if (!location.hash && !document.getElementById("problem") && !isAtEnd()) newest.scrollIntoView({ block: "center" });

// the reply as the server will send it; see staff/conversations/reply.py
function outgoing() {
  const typed = text.value.trim();
  if (!typed) return "";
  const named = typed.includes(text.dataset.name) ? typed : text.dataset.before + typed;
  return typed.includes("STOP") ? named : named + text.dataset.after;
}

function count() {
  const goes = outgoing();
  const longest = Number(text.dataset.longest);
  const segments = countSegments(goes);
  const parts = text.dataset.medium === "sms" && goes ? ` · ${segments} ${segments === 1 ? "segment" : "segments"}` : "";
  const counter = document.getElementById("count");
  counter.textContent = goes ? `${goes.length} characters${parts}${goes.length > longest ? ` · the limit is ${longest}` : ""}` : "";
  counter.classList.toggle("problem", goes.length > longest);
}

function insert(words) {
  const before = text.value.trimEnd();
  text.value = before ? `${before}\n${words}` : words;
  text.focus();
  count();
}

// A form is sent once even if its button is pressed repeatedly; the server also accepts it only once.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) event.preventDefault();
  else if (form.method !== "dialog") form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => document.querySelectorAll("form").forEach((form) => delete form.dataset.sent));

if (reply) {
  text.addEventListener("input", count);
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) reply.requestSubmit();
  });
  for (const button of reply.querySelectorAll("[name=insert]")) {
    button.addEventListener("click", (event) => {
      event.preventDefault();
      insert(document.getElementById(`quick-${button.value}`).textContent);
    });
  }
  count();
}

listen({
  r: () => text?.focus(),
  e: async () => (await act(`${base}/state`, { state: "closed" })) && location.assign("/staff/"),
  a: async () => {
    if (!(await act(`${base}/assign`, { to: "me" }))) return;
    await look();
  },
  u: () => location.assign("/staff/"),
});

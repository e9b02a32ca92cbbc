import { act, keepUp, refreshHeaders } from "./live.js";
import { listen } from "./shortcuts.js";

const live = document.getElementById("live");
const search = document.getElementById("search");
const wanted = document.getElementById("wanted");

function ask() {
  if (!wanted.defaultValue) return fetch(live.dataset.refresh, { headers: refreshHeaders() });
  const values = new URLSearchParams(new FormData(search));
  values.set("wanted", wanted.defaultValue);
  return fetch(search.action, { method: "POST", headers: refreshHeaders(), body: values });
}

const look = keepUp({ events: live.dataset.events, ask, whenHidden: true });

const links = () => [...live.querySelectorAll(".rows > li > a")];
let last = -1; // index of the focused row, in case it disappears

function current() {
  const all = links();
  const place = all.indexOf(document.activeElement);
  if (place >= 0) last = place;
  return place;
}

function move(step) {
  const all = links();
  if (!all.length) return;
  const place = current();
  const from = place >= 0 ? place : last - (step > 0 ? 1 : 0);
  all[Math.min(Math.max(from + step, 0), all.length - 1)].focus();
}

async function onCurrent(path, values) {
  if (current() < 0) return;
  const place = last;
  const link = document.activeElement;
  if (await act(link.getAttribute("href") + path, values)) await look();
  const all = links();
  if (!all.includes(document.activeElement)) all[Math.min(place, all.length - 1)]?.focus();
}

listen({
  j: () => move(1),
  k: () => move(-1),
  e: () => onCurrent("/state", { state: "closed" }),
  a: () => onCurrent("/assign", { to: "me" }),
  "/": () => wanted.focus(),
});

const filters = document.getElementById("filters");
filters.addEventListener("change", () => filters.requestSubmit());

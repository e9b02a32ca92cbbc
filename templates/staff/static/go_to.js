// Keys of every page: `g` and then a letter or a number go to a view of the inbox or to a page, and Escape leaves a field.

import { areOn, dropTyped, isComposing, isTyping, leave } from "./shortcuts.js";

const TIME = 1500; // for the second key
const VIEWS = {
  i: "all",
  u: "urgent",
  m: "mine",
  n: "mentions",
  a: "unassigned",
  w: "waiting",
  s: "snoozed",
  c: "closed",
};

let begunAt = -Infinity; // when `g` was pressed

function linkFor(key) {
  if (/[1-9]/.test(key)) return document.querySelectorAll("#views a[id^=saved-]")[key - 1];
  return document.getElementById(`view-${VIEWS[key]}`) ?? document.querySelector(`nav [data-go="${CSS.escape(key)}"]`);
}

function go(key) {
  const link = linkFor(key);
  if (link?.closest("#desk")) link.click(); // it is opened in place
  else if (link) leave(link.href);
  else if (VIEWS[key]) leave(`/staff/?view=${VIEWS[key]}`);
}

window.addEventListener(
  "keydown",
  (event) => {
    const { key } = event;
    if (["Shift", "CapsLock", "AltGraph"].includes(key)) return;
    const isSecond = performance.now() - begunAt < TIME;
    const isCommand = [...key].length === 1 && !(event.ctrlKey || event.metaKey || event.altKey) && !isTyping(event.target);
    if (!event.repeat) begunAt = -Infinity;
    if (!isCommand || !areOn() || !(isSecond || key === "g") || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (event.repeat || dropTyped()) return;
    if (isSecond) go(key);
    else begunAt = performance.now();
  },
  true,
);

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !isComposing(event) && isTyping(event.target)) event.target.blur();
});

// Fields by keyboard: into those of an open conversation, through their forms, and out again.

import { isComposing, isTyping } from "./shortcuts.js";

const SENT = "#text, #note, #message-text, #transfer :is(select, textarea), #assign select"; // by Ctrl+Enter

/** Puts the focus on a part of the open conversation; returns whether it is there. */
export function enter(id) {
  const part = document.getElementById(id);
  if (!part) return false;
  if (!part.offsetParent && part.closest("#patient")) location.hash = "patient"; // a narrow screen shows the details then
  part.focus();
  return true;
}

/** Opens a menu at its first choice; returns whether it is there. */
export function openMenu(id) {
  const menu = document.getElementById(id);
  if (!menu) return false;
  menu.open = true;
  menu.querySelector(".menu :is(button, select)").focus();
  return true;
}

/** Puts the focus in the search box, with its words selected. */
export function selectSearch() {
  const box = document.getElementById("wanted");
  box.focus();
  box.select();
}

/** Closes what is open, and moves the focus out of it or out of a field to where single keys work. */
function leave(target, row) {
  const menus = [...document.querySelectorAll("#desk .drop[open], #filter-menu[open]")];
  const isInside = isTyping(target) || menus.some((menu) => menu.contains(target));
  for (const menu of menus) menu.open = false;
  if (!isInside || !target.closest("#desk")) return;
  if (location.hash === "#patient") location.hash = "thread-scroll";
  const beside = document.getElementById(target.closest("#list") ? "list-scroll" : "thread-scroll");
  (row?.offsetParent ? row : beside).focus({ preventScroll: true });
}

/** Lets Escape leave fields and menus for a row of the list, which a function returns. */
export function leaveFor(rowOf) {
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !isComposing(event)) leave(event.target, rowOf(event.target));
  });
}

function moveInMenu(menu, target, step) {
  const isInReach = (choice) => choice.offsetParent && (choice.matches("summary") || !choice.closest(".ask:not([open])"));
  const choices = [...menu.querySelectorAll(".menu :is(button, a, select, input, summary)")].filter(isInReach);
  const place = choices.indexOf(target);
  choices[Math.min(Math.max(place + step, 0), choices.length - 1)].focus();
}

// a time that is only half filled in would keep the browser from sending the reply, without a word
document.addEventListener("focusout", (event) => {
  const menu = event.target.closest?.("#later-menu");
  const time = menu && !menu.contains(event.relatedTarget) && menu.querySelector("#send-at");
  if (time && time.validity.badInput) time.value = "";
});

document.addEventListener("keydown", (event) => {
  if (isComposing(event)) return;
  const { key, target } = event;
  const isSending = event.ctrlKey || event.metaKey;
  const step = { ArrowDown: 1, ArrowUp: -1 }[key];
  const menu = step && !isTyping(target) ? target.closest("details.drop[open]") : null;
  if (menu) moveInMenu(menu, target, step);
  else if (key !== "Enter") return;
  else if (target.matches("#bulk select")) target.parentElement.querySelector("button").click();
  else if (target.matches("#later-menu #send-at")) document.getElementById("schedule").click();
  else if (isSending && event.shiftKey && target.id === "text" && openMenu("later-menu")) return event.preventDefault();
  else if (isSending && target.matches(SENT)) target.form.requestSubmit();
  else if (target.id === "team" && target.value && !isSending) document.getElementById("transfer-note").focus();
  else return;
  event.preventDefault();
});

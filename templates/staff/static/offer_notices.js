// Offers the sound and the notifications, which are off in every browser at first: once in the inbox, and in the setup.

import { canNotify, decline, isAllowed, isTelling, isUndecided, notify, play, turn } from "./notices.js";

const ON = "On. Your account page turns them off.";
const SOUND_ONLY = "The sound is on. This browser shows no notifications from this site: allow them in its settings for it.";

const part = () => document.getElementById("offer-notices");

/** Shows the offer: in the inbox, until this browser's member has taken it or said not now. */
export function offerNotices() {
  if (!part()) return;
  part().hidden = !("always" in part().dataset) && !isUndecided();
  for (const state of part().querySelectorAll("[data-when]")) state.hidden = (state.dataset.when === "on") !== isTelling();
}

async function turnOn() {
  const offer = part();
  turn("sound", true);
  play();
  const isShown = canNotify() && (isAllowed() || (await Notification.requestPermission()) === "granted");
  turn("notify", isShown);
  for (const button of offer.querySelectorAll("button")) button.hidden = true;
  for (const state of offer.querySelectorAll("[data-when]")) state.hidden = state.dataset.when !== "on";
  if (isShown) await notify("Notifications are on", "/staff/", "on");
  offer.querySelector("[role=status]").textContent = isShown ? ON : SOUND_ONLY;
}

document.addEventListener("click", ({ target }) => {
  const { offer } = target.dataset;
  if (offer === "on") turnOn();
  if (offer !== "off") return;
  decline();
  part().hidden = true;
  document.getElementById("list-scroll")?.focus({ preventScroll: true });
});

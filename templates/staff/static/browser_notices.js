// The account page's switches for notifications and sound, which are this browser's alone.

import { canNotify, isAllowed, isOn, notify, play, turn } from "./notices.js";

const BLOCKED = "This browser blocks notifications from this site. Allow them in its settings for this site, then try again.";

const notifies = document.getElementById("notify");
const sounds = document.getElementById("sound");
const state = document.getElementById("notify-state");

async function change() {
  state.textContent = "";
  if (notifies.checked && !isAllowed() && (await Notification.requestPermission()) !== "granted") {
    notifies.checked = false;
    state.textContent = BLOCKED;
  }
  turn("notify", notifies.checked);
  if (!notifies.checked) return;
  await notify("Notifications are on", "/staff/", "on");
  state.textContent = "On. You see one now, unless this device keeps notifications silent.";
}

notifies.checked = isOn("notify");
sounds.checked = isOn("sound");
notifies.disabled = !canNotify();
if (!canNotify()) state.textContent = "This browser cannot show notifications here. It needs an https address.";
notifies.addEventListener("change", change);
sounds.addEventListener("change", () => {
  turn("sound", sounds.checked);
  if (sounds.checked) play();
});
document.getElementById("browser-notices").hidden = false;

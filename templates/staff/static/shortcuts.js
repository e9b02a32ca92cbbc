// Single-key shortcuts. They can be turned off in the help, for those who speak to their computer.

const STORED = "intake-shortcuts";

function areOn() {
  try {
    return localStorage.getItem(STORED) !== "off";
  } catch {
    return true;
  }
}

function isTyping(target) {
  return target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]") !== null;
}

/** Calls what belongs to a key, unless something is being typed or a dialog is open. */
export function listen(keys) {
  const help = document.getElementById("help");
  const button = document.getElementById("help-button");
  const turnedOn = document.getElementById("shortcuts-on");

  button.hidden = false;
  button.addEventListener("click", () => help.showModal());
  turnedOn.checked = areOn();
  turnedOn.addEventListener("change", () => {
    try {
      localStorage.setItem(STORED, turnedOn.checked ? "on" : "off");
    } catch {
      // then it holds for this page
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && isTyping(event.target)) event.target.blur();
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || help.open) return;
    if (!turnedOn.checked) return;
    const called = { ...keys, "?": () => help.showModal() }[event.key];
    if (!called) return;
    event.preventDefault();
    called();
  });
}

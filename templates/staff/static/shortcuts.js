// Single-key shortcuts. The help dialog can turn them off, for people who use speech input.

const STORED = "intake-shortcuts";

function areOn() {
  try {
    return localStorage.getItem(STORED) !== "off";
  } catch {
    return true;
  }
}

/** Returns whether keys go into a field. */
export function isTyping(target) {
  return target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]") !== null;
}

/**
 * Runs the action of a pressed key, or presses the button that names the key in data-key, unless the user is typing or
 * a dialog is open.
 */
export function listen(actions = {}) {
  const help = document.getElementById("help");
  const turnedOn = document.getElementById("shortcuts-on");

  document.getElementById("help-button").hidden = false;
  document.addEventListener("click", (event) => event.target.closest("#help-button") && help.showModal());
  turnedOn.checked = areOn();
  turnedOn.addEventListener("change", () => {
    try {
      localStorage.setItem(STORED, turnedOn.checked ? "on" : "off");
    } catch {
      // without storage, the choice applies to this page only
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && isTyping(event.target)) event.target.blur();
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (help.open) return event.key === "?" && help.close();
    if (!turnedOn.checked) return;
    const keyed = document.querySelector(`button[data-key="${CSS.escape(event.key)}"]`);
    const action = { ...actions, "?": () => help.showModal() }[event.key] ?? (keyed && (() => keyed.click()));
    if (!action) return;
    event.preventDefault();
    action();
  });
}

// Copies what is in a text box of the page.

/** Copies a text box; where the browser has no clipboard, shows it with its text selected. */
export async function copyFrom(button) {
  const box = document.getElementById(button.dataset.copies);
  const said = document.getElementById("copied");
  try {
    await navigator.clipboard.writeText(box.value);
    said.textContent = "Copied.";
  } catch {
    const folded = box.closest("details");
    if (folded) folded.open = true;
    box.select();
    said.textContent = "Press Ctrl+C or ⌘C to copy.";
  }
}

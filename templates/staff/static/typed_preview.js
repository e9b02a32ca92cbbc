// Previews what is typed. The server makes the preview with the code that sends it.

import { isSignedOut, leaveSignedOut } from "./signed_out.js";

const PAUSE = 200; // milliseconds without a keystroke before the preview is updated
const token = document.querySelector('meta[name="csrf-token"]').content;

/** Keeps a preview up to date: `collect` returns what its address is asked with. */
export function keepPreviewed(address, preview, inputs, collect) {
  let timer;
  let request = new AbortController();

  async function update() {
    request.abort();
    request = new AbortController();
    try {
      const response = await fetch(address, {
        method: "POST",
        headers: { Accept: "text/html", "X-CSRFToken": token },
        body: new URLSearchParams(collect()),
        signal: request.signal,
      });
      if (isSignedOut(response)) return await leaveSignedOut();
      if (!response.ok) throw new Error(String(response.status));
      preview.innerHTML = await response.text();
    } catch (error) {
      if (error.name !== "AbortError") preview.textContent = "Preview unavailable. Reload the page and try again.";
    }
  }

  for (const input of inputs) {
    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(update, PAUSE);
    });
  }
}

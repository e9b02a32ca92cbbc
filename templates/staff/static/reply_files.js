// Adds pictures and PDFs to the draft of a reply, as soon as they are chosen, pasted, or dropped, and removes them.

import { isSignedOut, saySignedOut } from "./signed_out.js";

const LARGEST = 10 * 2 ** 20;
const LONGEST = 180_000; // milliseconds that adding one may take
const OFFLINE = "There is no connection. Nothing was changed. Try again in a moment.";
const UNANSWERED = "No answer came, so this may have been done. Reload the page to see, before you try again.";

const drafts = new Map(); // by place: { running, waiting, said }

const tray = () => document.getElementById("reply-files");

function draftAt(place) {
  if (!drafts.has(place)) drafts.set(place, { running: Promise.resolve(), waiting: 0, said: "" });
  return drafts.get(place);
}

/** Says what became of the open conversation's files; what is said of another's waits until that is open again. */
export function showFilesSaid() {
  const line = document.getElementById("files-said");
  if (line) line.textContent = drafts.get(tray().dataset.place)?.said ?? "";
}

function tell(place, words) {
  draftAt(place).said = words;
  showFilesSaid();
}

/** Posts to a draft's files and shows what it has then, if the conversation is still open. */
async function post(place, address, headers, body) {
  const token = document.querySelector('meta[name="csrf-token"]').content;
  const isOffline = !navigator.onLine;
  try {
    const answer = await fetch(address, {
      method: "POST",
      headers: { Accept: "application/json", "X-CSRFToken": token, ...headers },
      body,
      signal: AbortSignal.timeout(LONGEST),
    });
    if (isSignedOut(answer)) {
      saySignedOut();
      return "Not done, as you were signed out.";
    }
    const { html, error } = await answer.json();
    if (!html) return error?.message ?? "That did not work. Reload the page and try again.";
    if (tray()?.dataset.place === place) tray().outerHTML = html;
    return "";
  } catch {
    return isOffline ? OFFLINE : UNANSWERED;
  }
}

/** Returns a file's name as a header can hold it: no half of a character, which could not be encoded. */
const headerOf = (name) => encodeURIComponent([...name.replace(/\p{Cs}/gu, "")].slice(0, 100).join(""));

async function add(place, file) {
  tell(place, `Adding ${file.name}…`);
  const headers = { "Content-Type": "application/octet-stream", "File-Name": headerOf(file.name) };
  const problem = file.size > LARGEST ? "A file can have at most 10 MB. Send a smaller one." : await post(place, place, headers, file);
  tell(place, problem ? `${file.name}: ${problem}` : "");
  return problem;
}

function take(files) {
  const place = tray()?.dataset.place;
  if (!place) return;
  const draft = draftAt(place);
  draft.waiting += 1;
  draft.running = draft.running.then(async () => {
    try {
      for (const file of files) if (await add(place, file)) break;
    } finally {
      draft.waiting -= 1;
    }
  });
}

function choose() {
  const input = document.createElement("input");
  Object.assign(input, { type: "file", multiple: true, accept: "image/jpeg,image/png,image/gif,image/webp,application/pdf" });
  input.addEventListener("change", () => take([...input.files]));
  input.click();
}

async function remove(button) {
  const place = tray().dataset.place;
  tell(place, await post(place, button.dataset.remove, {}, ""));
  if (tray()?.dataset.place === place) document.getElementById("text")?.focus();
}

document.addEventListener("click", (event) => {
  if (event.target.closest("#attach")) choose();
  const button = event.target.closest("[data-remove]");
  if (button) remove(button);
});
document.addEventListener("paste", (event) => {
  const { files = [], types = [] } = event.clipboardData ?? {};
  const isText = types.includes("text/plain") && types.includes("text/html"); // a word processor adds a picture of it
  if (event.target.id !== "text" || !files.length || isText) return;
  event.preventDefault();
  take([...files]);
});
for (const type of ["dragover", "drop"]) {
  document.addEventListener(type, (event) => {
    if (!tray() || !event.dataTransfer.types.includes("Files") || !event.target.closest?.(".thread-pane")) return;
    event.preventDefault();
    if (type === "drop") take([...event.dataTransfer.files]);
  });
}
// a reply does not go without a file that is on its way
document.addEventListener(
  "submit",
  (event) => {
    const place = tray()?.dataset.place;
    if (event.target.id !== "reply" || !drafts.get(place)?.waiting) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    tell(place, "A file is being added. Send the reply in a moment.");
  },
  true,
);

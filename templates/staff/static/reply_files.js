// Adds pictures and PDFs to the draft of a reply, as soon as they are chosen, pasted, or dropped, and removes them.

const LARGEST = 10 * 2 ** 20;
const LONGEST = 180_000; // milliseconds that adding one may take
let running = Promise.resolve();
let waiting = 0;

const tray = () => document.getElementById("reply-files");

function tell(words) {
  const line = document.getElementById("files-said");
  if (line) line.textContent = words;
}

/** Posts to a draft's files and shows what it has then, if the conversation is still open. */
async function post(place, address, headers, body) {
  const token = document.querySelector('meta[name="csrf-token"]').content;
  try {
    const answer = await fetch(address, {
      method: "POST",
      headers: { Accept: "application/json", "X-CSRFToken": token, ...headers },
      body,
      signal: AbortSignal.timeout(LONGEST),
    });
    const { html, error } = await answer.json();
    if (!html) return error?.message ?? "That did not work. Reload the page and try again.";
    if (tray()?.dataset.place === place) tray().outerHTML = html;
    return "";
  } catch {
    return "There is no connection. The file was not added. Try again in a moment.";
  }
}

/** Returns a file's name as a header can hold it: no half of a character, which could not be encoded. */
const headerOf = (name) => encodeURIComponent([...name.replace(/\p{Cs}/gu, "")].slice(0, 100).join(""));

async function add(place, file) {
  tell(`Adding ${file.name}…`);
  const headers = { "Content-Type": "application/octet-stream", "File-Name": headerOf(file.name) };
  const problem = file.size > LARGEST ? "A file can have at most 10 MB. Send a smaller one." : await post(place, place, headers, file);
  tell(problem ? `${file.name}: ${problem}` : "");
  return problem;
}

function take(files) {
  const place = tray()?.dataset.place;
  if (!place) return;
  waiting += 1;
  running = running.then(async () => {
    try {
      for (const file of files) if (await add(place, file)) break;
    } finally {
      waiting -= 1;
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
  tell(await post(place, button.dataset.remove, {}, ""));
  document.getElementById("text")?.focus();
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
    if (event.target.id !== "reply" || !waiting) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    tell("A file is being added. Send the reply in a moment.");
  },
  true,
);

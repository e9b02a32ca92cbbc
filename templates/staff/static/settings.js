// Previews a reply while it is typed. The server renders it and counts its segments with the code that sends it.

const PAUSE = 200; // milliseconds without a keystroke before the preview is updated
const address = document.getElementById("settings").dataset.preview;
const token = document.querySelector('meta[name="csrf-token"]').content;

function previewWhileTyping(wording) {
  const preview = wording.closest("details").querySelector(".preview");
  let timer;
  let request = new AbortController();

  async function update() {
    request.abort();
    request = new AbortController();
    try {
      const response = await fetch(address, {
        method: "POST",
        headers: { Accept: "text/html", "X-CSRFToken": token },
        body: new URLSearchParams({ reply: wording.dataset.reply, text: wording.value }),
        signal: request.signal,
      });
      if (!response.ok) throw new Error(String(response.status));
      preview.innerHTML = await response.text();
    } catch (error) {
      if (error.name !== "AbortError") preview.textContent = "Preview unavailable. Reload the page and try again.";
    }
  }

  wording.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(update, PAUSE);
  });
}

document.querySelectorAll("[data-reply]").forEach(previewWhileTyping);

// Wordings that were not changed need not be sent: all of them together may be more than the server takes.
document.querySelector("form.whole").addEventListener("formdata", ({ formData }) => {
  for (const wording of document.querySelectorAll("[data-reply]")) {
    const isSaved = wording.value === wording.defaultValue && !("unsaved" in wording.dataset); // or shown after a refusal
    if (isSaved && formData.get("standard") !== wording.name) formData.delete(wording.name);
  }
});

// Open the folded form that the address links to.
const target = location.hash && document.getElementById(location.hash.slice(1));
if (target instanceof HTMLDetailsElement) target.open = true;

// Choosing a time opens a day. The server understands it without this.
document.addEventListener("input", (event) => {
  const day = event.target.type === "time" && event.target.closest(".day");
  if (day && event.target.value) day.querySelector("input[type=checkbox]").checked = false;
});

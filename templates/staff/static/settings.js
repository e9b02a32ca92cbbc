// A reply as its patient will read it, while it is being typed: rendered and counted by the server, which sends it too.

const PAUSE = 200; // milliseconds without a key before it is rendered anew
const address = document.getElementById("settings").dataset.preview;
const token = document.querySelector('meta[name="csrf-token"]').content;

function follow(words) {
  const shown = words.closest("details").querySelector(".preview");
  let waiting;
  let asked = new AbortController();

  async function render() {
    asked.abort();
    asked = new AbortController();
    try {
      const answer = await fetch(address, {
        method: "POST",
        headers: { Accept: "text/html", "X-CSRFToken": token },
        body: new URLSearchParams({ reply: words.dataset.reply, text: words.value }),
        signal: asked.signal,
      });
      if (!answer.ok) throw new Error(String(answer.status));
      shown.innerHTML = await answer.text();
    } catch (error) {
      if (error.name !== "AbortError") shown.textContent = "No preview: reload the page and try again.";
    }
  }

  words.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(render, PAUSE);
  });
}

document.querySelectorAll("[data-reply]").forEach(follow);

// a link to what is folded unfolds it
const named = location.hash && document.getElementById(location.hash.slice(1));
if (named instanceof HTMLDetailsElement) named.open = true;

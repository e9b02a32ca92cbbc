// Saved replies: a list that opens with "/" at the start of a line, or with its button. Typing filters it, the arrows and
// Enter choose, and Escape leaves it.

const box = () => document.getElementById("text");
const menu = () => document.getElementById("saved-menu");
const finder = () => document.getElementById("find-saved");
const list = () => document.getElementById("saved-list");
const shown = () => [...list().querySelectorAll("[role=option]:not([hidden])")];
const plain = (words) => words.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase();

let bySlash = false; // then the reply goes where the "/" was typed, and otherwise to the end

function mark(option) {
  for (const other of list().children) other.setAttribute("aria-selected", String(other === option));
  if (!option) return finder().removeAttribute("aria-activedescendant");
  finder().setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

/** Returns how well an option fits what is typed: 0 the best, 3 not at all. */
function rank(option, typed) {
  const name = plain(option.querySelector(".name").textContent);
  if (name.startsWith(typed)) return 0;
  if (name.includes(typed)) return 1;
  return plain(option.textContent).includes(typed) ? 2 : 3;
}

function filter() {
  const typed = plain(finder().value.trim());
  const ranked = [...list().children].map((option) => [rank(option, typed), Number(option.dataset.place), option]);
  ranked.sort((one, other) => one[0] - other[0] || one[1] - other[1]);
  for (const [fit, , option] of ranked) option.hidden = fit === 3;
  list().append(...ranked.map(([, , option]) => option));
  document.getElementById("none-saved").hidden = shown().length > 0;
  mark(shown()[0]);
}

function begin(slash) {
  bySlash = slash;
  menu().open = true;
  finder().value = "";
  filter();
  finder().focus();
}

function put(words, start, end) {
  const text = box();
  text.setRangeText(words, start, end, "end");
  const blanks = list().dataset.blanks.split("|").filter((blank) => words.includes(blank));
  const [first] = blanks.map((blank) => [start + words.indexOf(blank), blank]).sort(([one], [other]) => one - other);
  if (first) text.setSelectionRange(first[0], first[0] + first[1].length); // typing replaces it
  text.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Closes the list, and returns whether a "/" had opened it. */
function close() {
  const slashed = bySlash;
  bySlash = false;
  menu().open = false;
  box().focus();
  return slashed;
}

function choose(option) {
  const words = option.querySelector("p").textContent;
  const slashed = close();
  const text = box();
  if (slashed) return put(words, text.selectionStart, text.selectionEnd);
  const end = text.value.trimEnd().length;
  put(end ? `\n${words}` : words, end, text.value.length);
}

function leave(typed) {
  if (close() && typed) put(typed, box().selectionStart, box().selectionEnd);
}

document.addEventListener("beforeinput", (event) => {
  const text = event.target;
  if (text.id !== "text" || event.inputType !== "insertText" || event.data !== "/" || !menu()) return;
  const before = text.value.slice(0, text.selectionStart);
  if (before && !before.endsWith("\n")) return;
  event.preventDefault();
  begin(true);
});
document.addEventListener("toggle", (event) => {
  if (event.target.id === "saved-menu" && event.target.open && document.activeElement !== finder()) begin(false);
}, { capture: true });
document.addEventListener("input", (event) => event.target.id === "find-saved" && filter());
document.addEventListener("keydown", (event) => {
  if (event.target.id !== "find-saved") return;
  const options = shown();
  const place = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && options.length) mark(options[(place + step + options.length) % options.length]);
  else if (event.key === "Enter" && !event.isComposing) options[place] && choose(options[place]);
  else if (event.key === "Escape") leave("/");
  else if (event.key === "Backspace" && bySlash && !finder().value) leave("");
  else return;
  event.preventDefault();
  event.stopPropagation(); // Escape would leave the box too
}, { capture: true });
document.addEventListener("click", (event) => {
  const option = event.target.closest("#saved-list [role=option]");
  if (option) choose(option);
});

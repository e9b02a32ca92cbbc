// Saved replies: a list that opens with "/" at the start of a line, or with its button. Typing filters it, the arrows and
// Enter choose, and Escape leaves it.

const box = () => document.getElementById("text");
const menu = () => document.getElementById("saved-menu");
const finder = () => document.getElementById("find-saved");
const list = () => document.getElementById("saved-list");
const options = () => [...list().querySelectorAll("[role=option]")];
const shown = () => options().filter((option) => !option.hidden);
const BLANK = /\[[^[\]\n\d]*\p{L}[^[\]\n]*\]|_{3,}/u; // as in templates/saved_replies.py
const plain = (words) => words.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase();

let bySlash = false; // then the reply goes where the "/" was typed, and otherwise to the end

function mark(option) {
  for (const other of options()) other.setAttribute("aria-selected", String(other === option));
  if (!option) return finder().removeAttribute("aria-activedescendant");
  finder().setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

/** Returns how well an option fits what is typed: 0 the best, 4 not at all. */
function rank(option, typed) {
  const name = plain(option.querySelector(".name").textContent);
  if (name.startsWith(typed)) return 0;
  const words = typed.split(/\s+/);
  const found = `${name} ${plain(option.querySelector(".whose").textContent)} ${plain(option.dataset.find)}`;
  const places = [name, found, `${found} ${plain(option.textContent)}`];
  const place = places.findIndex((text) => words.every((word) => text.includes(word)));
  return place < 0 ? 4 : place + 1;
}

/** Shows what fits what is typed, the best first; or all under their headings. */
function filter() {
  const typed = plain(finder().value.trim());
  list().classList.toggle("found", Boolean(typed));
  const heading = typed ? 4 : 0;
  const items = [...list().children].map((item) => [item.getAttribute("role") === "option" ? rank(item, typed) : heading, Number(item.dataset.place), item]);
  items.sort((one, other) => one[0] - other[0] || one[1] - other[1]);
  for (const [fit, , item] of items) item.hidden = fit === 4;
  list().append(...items.map(([, , item]) => item));
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
  const blank = BLANK.exec(words);
  if (blank) text.setSelectionRange(start + blank.index, start + blank.index + blank[0].length); // typing replaces it
  text.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Shows each reply that has a twin in the other of its two languages. */
function inOtherLanguage(button) {
  const isPressed = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(isPressed));
  for (const twin of list().querySelectorAll(".twin")) {
    twin.hidden = !isPressed;
    twin.previousElementSibling.hidden = isPressed;
  }
  finder().focus();
}

/** Returns the Spanish twin of a saved reply that is typed in English, whatever is in its blanks; else nothing. */
function spanishOf(typed) {
  const flat = (words) => words.trim().replace(/\s+/g, " ");
  const literal = (words) => words.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  for (const option of options()) {
    const [english, spanish] = ["en", "es"].map((language) => option.querySelector(`p[lang=${language}]`)?.textContent);
    if (!english || !spanish) continue;
    const parts = flat(english).split(new RegExp(BLANK, "gu")).map(literal);
    if (new RegExp(`^${parts.join(".+?")}$`, "u").test(flat(typed))) return spanish;
  }
  return "";
}

function offerSpanish() {
  const button = document.getElementById("in-spanish");
  if (button) button.hidden = !spanishOf(box().value);
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
  const words = option.querySelector("p:not([hidden])").textContent;
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
document.addEventListener("input", (event) => {
  if (event.target.id === "find-saved") filter();
  else if (event.target.id === "text") offerSpanish();
});
document.addEventListener("focusin", (event) => event.target.id === "text" && offerSpanish()); // a draft from before
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
  if (event.target.closest("#in-spanish")) {
    put(spanishOf(box().value), 0, box().value.length);
    box().focus();
  }
  const button = event.target.closest("#other-language");
  if (button) inOtherLanguage(button);
  const option = event.target.closest("#saved-list [role=option]");
  if (option) choose(option);
});

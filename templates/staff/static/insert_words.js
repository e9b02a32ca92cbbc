// Buttons that insert what Intake knows. Without this, it is typed in square brackets, as the page explains.

/** Puts words where the caret is, or in place of what is selected; `selected` of them is selected, to be typed over. */
function insertWords(box, before, selected = "", after = "") {
  const from = box.selectionStart;
  const space = /[^\s([“"]$/.test(box.value.slice(0, from)) ? " " : "";
  box.setRangeText(space + before + selected + after, from, box.selectionEnd, "end");
  const at = from + space.length + before.length;
  if (selected) box.setSelectionRange(at, at + selected.length);
  box.focus();
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

function insertFor(chip, box) {
  if (chip.dataset.insert) return insertWords(box, chip.dataset.insert);
  const marked = box.value.slice(box.selectionStart, box.selectionEnd);
  if (chip.dataset.condition) {
    return insertWords(box, `[if ${chip.dataset.condition}]`, marked || "words for this case", "[end if]");
  }
  insertWords(box, `[if we are open]${marked || "words while open"}[otherwise]`, "words while closed", "[end if]");
}

/** Adds the buttons of a text, or of the texts beside each other; they insert where someone last wrote. */
function offerValues(boxes) {
  let [box] = boxes;
  const place = box.closest(".wordings") ?? box;
  if (place.parentElement.querySelector(":scope > .offers")) return;
  const chips = document.getElementById(`values-${box.dataset.values}`).content.cloneNode(true);
  for (const chip of chips.querySelectorAll("[data-only]")) {
    if (!box.dataset.reply?.startsWith(chip.dataset.only)) chip.remove();
  }
  place.before(chips);
  const offers = place.previousElementSibling;
  const choose = (chosen) => {
    box = chosen;
    const into = offers.querySelector("[data-into]");
    if (into && boxes.length > 1) into.textContent = ` into ${box.dataset.name}`;
  };
  for (const each of boxes) {
    if (document.activeElement !== each) each.selectionStart = each.selectionEnd = each.value.length; // what is inserted goes there
    each.addEventListener("input", () => choose(each));
    each.addEventListener("pointerdown", () => choose(each));
    each.addEventListener("keydown", ({ key }) => /^(Tab|Shift)$/.test(key) || choose(each)); // Tab only passes through
  }
  choose(document.activeElement && boxes.includes(document.activeElement) ? document.activeElement : box);
  offers.addEventListener("click", ({ target }) => {
    const chip = target.closest("button");
    if (chip) insertFor(chip, box);
  });
}

for (const box of document.querySelectorAll("[data-values]")) {
  const boxes = [...(box.closest(".wordings")?.querySelectorAll("[data-values]") ?? [box])];
  const folded = box.closest("details");
  if (folded && !folded.open) folded.addEventListener("toggle", () => offerValues(boxes), { once: true });
  else if (box.dataset.values === "chat_text") box.addEventListener("focus", () => offerValues(boxes), { once: true });
  else offerValues(boxes);
}

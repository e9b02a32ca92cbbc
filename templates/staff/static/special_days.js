// The rows of holidays and special days: adds and removes them, and says which weekday a date is.

const FORMAT = { weekday: "short", month: "short", day: "numeric", year: "numeric" };

function showDate(typed) {
  const [year, month, day] = typed.split("-").map(Number);
  return new Date(year, month - 1, day).toLocaleDateString("en-US", FORMAT);
}

function nameRow(row) {
  const [first, last] = [...row.querySelectorAll("input[type=date]")].map((input) => input.value);
  const days = first && (last > first ? `${showDate(first)} to ${showDate(last)}` : showDate(first));
  const [heading, removed] = row.querySelectorAll("[data-when]");
  heading.textContent = days || "New day";
  removed.textContent = days || "the new day";
  row.querySelector(".about .small")?.remove(); // the holidays among the days that it had
}

function addRow(days, number) {
  const blank = days.querySelector(":scope > template");
  const row = blank.content.querySelector(".dated").cloneNode(true);
  for (const part of row.querySelectorAll("[id], [for], [name]")) {
    for (const attribute of ["id", "for"]) {
      if (part.hasAttribute(attribute)) part.setAttribute(attribute, part.getAttribute(attribute).replace("-new-", `-added-${number}-`));
    }
    if (part.name === "days") part.value = `added-${number}`;
    else if (part.name) part.name = part.name.replace(".new.", `.added-${number}.`);
  }
  row.setAttribute("aria-labelledby", row.querySelector(".about").id);
  blank.before(row);
  row.querySelector("input[type=date]").focus();
}

function removeRow(days, row) {
  const others = [...days.querySelectorAll(".dated")].filter((each) => each.offsetParent);
  const next = others[others.indexOf(row) + 1];
  row.remove();
  (next?.querySelector("input[type=date], select") ?? days.querySelector("[data-adds]")).focus();
}

/** Lets the buttons of the rows work, and keeps their names right. */
export function keepDays(days) {
  let added = 0;
  days.addEventListener("click", ({ target }) => {
    if (target.closest("[data-adds]")) addRow(days, (added += 1));
    else if (target.closest("[data-removes]")) removeRow(days, target.closest(".dated"));
  });
  days.addEventListener("input", ({ target }) => {
    const row = target.closest(".dated");
    if (target.type === "date") nameRow(row);
    if (target.tagName !== "SELECT") return;
    // a hidden time that is only half filled in would keep the browser from sending the form, without a word
    for (const time of row.querySelectorAll("input[type=time]")) time.disabled = target.value !== "other";
  });
  days.addEventListener("invalid", ({ target }) => target.closest("details")?.setAttribute("open", ""), true);
}

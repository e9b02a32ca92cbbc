// Previews a reply while it is typed. The server renders it and counts its segments with the code that sends it.

import { copyFrom } from "./copy.js";
import { keepDays } from "./special_days.js";
import { keepPreviewed } from "./typed_preview.js";
import "./insert_words.js";

const address = document.getElementById("settings").dataset.preview;

for (const wording of document.querySelectorAll("[data-reply]")) {
  const preview = wording.closest(".wording").querySelector(".preview");
  keepPreviewed(address, preview, [wording], () => ({ reply: wording.dataset.reply, text: wording.value }));
}

for (const preview of document.querySelectorAll("[data-section]")) {
  const inputs = [...preview.closest("section").querySelectorAll("input, textarea, select")];
  const isSent = (input) => input.type !== "checkbox" || input.checked;
  const collect = () => [["section", preview.dataset.section], ...inputs.filter(isSent).map(({ name, value }) => [name, value])];
  keepPreviewed(address, preview, inputs, collect);
}

// Wordings that were not changed need not be sent: all of them together may be more than the server takes.
document.querySelector("form.whole").addEventListener("formdata", ({ formData }) => {
  for (const wording of document.querySelectorAll("[data-reply]")) {
    const isSaved = wording.value === wording.defaultValue && !("unsaved" in wording.dataset); // or shown after a refusal
    if (isSaved && formData.get("standard") !== wording.name) formData.delete(wording.name);
  }
});

// Addresses from when all settings were on one page lead to the page that has the section now.
function goToPage() {
  const id = location.hash.slice(1);
  const section = id.replace(/^s-/, "").split("-")[0];
  if (!id || document.getElementById(id)) return false;
  const link = document.querySelector(`.sections [data-sections~="${CSS.escape(section)}"]:not([aria-current])`);
  if (link) location.replace(link.pathname + location.hash);
  return link !== null;
}

// Open the folded form that the address, or a link of the page, leads to.
function openTarget() {
  if (goToPage()) return;
  const target = location.hash && document.getElementById(location.hash.slice(1));
  const folded = target && target.closest("details.folded");
  if (!folded) return;
  folded.open = true;
  if (folded !== target) target.scrollIntoView();
}

addEventListener("hashchange", openTarget);
openTarget();

// Choosing a time opens a day, and picking a color takes it. The server understands both without this.
document.addEventListener("input", (event) => {
  const group = /^(time|color)$/.test(event.target.type) && event.target.closest(".day, .color");
  if (group && event.target.value) group.querySelector("input[type=checkbox]").checked = false;
});

// The contacts of the escalation. Without this, the server adds and removes them.
const steps = document.querySelector(".steps");
let added = 0;

function numberContacts() {
  steps.querySelectorAll(":scope > .step").forEach((contact, index) => {
    for (const number of contact.querySelectorAll("[data-number]")) number.textContent = index + 1;
  });
}

function addContact() {
  const blank = steps.querySelector("template");
  const contact = blank.content.querySelector(".step").cloneNode(true);
  added += 1;
  for (const attribute of ["id", "for"]) {
    for (const part of contact.querySelectorAll(`[${attribute}]`)) {
      part.setAttribute(attribute, part.getAttribute(attribute).replace("-new-", `-added-${added}-`));
    }
  }
  blank.before(contact);
  showUnreached();
  numberContacts();
  contact.querySelector("select").focus();
}

function removeContact(button) {
  const contact = button.closest(".step");
  const next = contact.nextElementSibling;
  contact.remove();
  numberContacts();
  (next.querySelector("select") ?? steps.querySelector("[value$=add]")).focus();
}

steps?.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=rows]");
  if (!button) return;
  event.preventDefault();
  if (button.closest(".step")) removeContact(button);
  else addContact();
});

// Whether a notice can be sent to what was typed: a service is named by its address, and the others need a carrier.
function isCarried(line) {
  if (line.includes("://")) return true;
  return line.includes("@") ? "mails" in steps.dataset : "texts" in steps.dataset;
}

// A contact that is a team whose addresses reach nobody has a warning, which one that does takes away at once.
function showUnreached() {
  for (const named of steps.querySelectorAll("[data-team]")) {
    const name = CSS.escape(`teams.${named.dataset.team}.notify`);
    const typed = (document.querySelector(`textarea[name="${name}"]`)?.value ?? "").split("\n").filter((line) => line.trim());
    const kept = [...document.querySelectorAll(`[name="${name}.kept"]:checked`)];
    const isReached = typed.some(isCarried) || kept.some((box) => !("uncarried" in box.dataset));
    const hasAddress = typed.length + kept.length > 0;
    named.toggleAttribute("data-unreached", !hasAddress);
    named.toggleAttribute("data-uncarried", hasAddress && !isReached);
  }
}

if (steps) {
  document.getElementById("teams").addEventListener("input", showUnreached);
  showUnreached();
}

if (document.querySelector(".days")) keepDays(document.querySelector(".days"));

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-copies]");
  if (button) copyFrom(button);
});

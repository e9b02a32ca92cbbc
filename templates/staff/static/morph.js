// Makes a part of the page like a fresh copy of it, and leaves alone what a person is using: what has the focus, open
// menus, typed words, drafts, and playing audio. What it returns says whether anything in use was left as it was.

const OURS = ["open", "data-sent"]; // attributes that only this page sets
const FIELDS = "textarea, input:not([type=hidden], [type=checkbox], [type=radio])";

function hasChoice(select) {
  const options = [...select.options];
  return select.value !== (options.find((option) => option.defaultSelected) ?? options[0])?.value;
}

const hasWords = (field) => field.matches(FIELDS) && field.value !== field.defaultValue;
const isInUse = (node) =>
  node.matches("input, select, textarea") &&
  (node === document.activeElement || hasWords(node) || node.matches("[type=checkbox]:checked") || (node.matches("select") && hasChoice(node)));
// what a form says its member saw goes with the fields that it is about
const isGuard = (node) => node.matches("input[name=was]") && [...node.form.elements].some(isInUse);
const holdsWords = (node) => node.nodeType === Node.ELEMENT_NODE && [node, ...node.querySelectorAll(FIELDS)].some(hasWords);

function copyAttributes(current, fresh) {
  for (const { name } of [...current.attributes]) {
    if (!fresh.hasAttribute(name) && !OURS.includes(name)) current.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (current.getAttribute(name) !== value) current.setAttribute(name, value);
  }
}

/** Returns the child, from a place on, that a fresh one is a newer copy of. */
function matchOf(fresh, place) {
  const isSame = (node) => node.nodeName === fresh.nodeName && (node.id ?? "") === (fresh.id ?? "");
  for (let node = place; node; node = node.nextSibling) {
    if (isSame(node)) return node;
    if (!fresh.id && node.nodeType === Node.ELEMENT_NODE) return null;
  }
  return null;
}

function removeUntil(node, end) {
  while (node !== end) {
    const next = node.nextSibling;
    if (!holdsWords(node)) node.remove(); // nobody's words go
    node = next;
  }
}

/** Makes the children of an element like those of a fresh copy; returns whether all of them are now. */
export function morphChildren(current, fresh) {
  let place = current.firstChild;
  let isWhole = true;
  for (const node of fresh.childNodes) {
    const match = matchOf(node, place);
    if (!match) {
      current.insertBefore(document.importNode(node, true), place);
      continue;
    }
    removeUntil(place, match);
    place = match.nextSibling;
    isWhole = morph(match, node) && isWhole;
  }
  removeUntil(place, null);
  return isWhole;
}

/** Makes a node like a fresh copy; returns whether it is now. */
export function morph(current, fresh) {
  if (current.nodeType !== Node.ELEMENT_NODE) {
    if (current.nodeValue !== fresh.nodeValue) current.nodeValue = fresh.nodeValue;
    return true;
  }
  if (current.matches("[data-draft], [data-own]")) return true; // kept elsewhere
  if (isInUse(current) || isGuard(current)) return false;
  copyAttributes(current, fresh);
  return morphChildren(current, fresh);
}

// What becomes of a page whose member was signed out: nothing of a patient stays on the screen, and whoever relies on it
// for alarms is told. Words that were typed and are kept nowhere else stay, until the member has signed in again.

import { tellOfSilence } from "./notices.js";

const TYPED = "textarea, input:not([type=hidden], [type=checkbox], [type=radio], [type=password], [type=search])";
const LONGEST = 2000; // milliseconds for telling

let isOut = false;

/** Returns whether an answer is the sign-in page, or another that stands in the way, instead of what was asked for. */
export const isSignedOut = (answer) => answer?.redirected || answer?.status === 401;

// a form that was refused comes back with its words as if they were kept
function isRefused(form) {
  const { pathname } = new URL(form.getAttribute("action") ?? "", location.href);
  return "refused" in document.body.dataset && pathname === location.pathname;
}

function isDirty(form) {
  const kept = (field) => (isRefused(form) ? "" : field.defaultValue);
  return [...form.querySelectorAll(TYPED)].some((field) => !("draft" in field.dataset) && field.value !== kept(field));
}

const dirtyForms = () => [...document.forms].filter((form) => form.method === "post" && isDirty(form));

const here = () => location.pathname + location.search;

function signInLink() {
  const link = document.createElement("a");
  link.href = `/staff/sign-in?${new URLSearchParams({ next: here() })}`;
  link.textContent = "Sign in again";
  return link;
}

/** Returns the line that says something about the page itself. */
function line() {
  const known = document.getElementById("connection");
  if (known) return known;
  const made = Object.assign(document.createElement("p"), { id: "connection", className: "connection", role: "status" });
  document.getElementById("main").prepend(made);
  return made;
}

/** Says that the member was signed out, with a link that signs in again and comes back here. */
export function saySignedOut() {
  line().replaceChildren("You were signed out, so nothing was sent or saved. What you typed stays here. ", signInLink());
}

/**
 * Leaves the page for the sign-in page, after telling of it; or shows nothing but the forms that words were typed in.
 * @param {string} said what such a page says
 * @param {string} address the sign-in page's, if it says what was not done
 */
export async function leaveSignedOut(said = "You were signed out.", address = signInLink().href) {
  if (isOut) return;
  isOut = true;
  document.body.classList.add("signed-out");
  const told = tellOfSilence("signed-out", "You were signed out: no alarms are shown here").catch(() => {});
  const forms = dirtyForms();
  if (forms.length) {
    for (const form of forms) form.dataset.unsent = "";
    const link = Object.assign(signInLink(), { target: "_blank", rel: "noopener", textContent: "Sign in again in a new tab" });
    line().replaceChildren(`${said} What you typed is not saved, and stays here. `, link);
    document.title = "Signed out · Intake";
    return;
  }
  await Promise.race([told, new Promise((resolve) => setTimeout(resolve, LONGEST))]);
  location.replace(address);
}

/** Makes the page usable again once the same member has signed in in another tab. */
export async function comeBack() {
  if (!isOut) return;
  const answer = await fetch("/staff/account", { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok || answer.redirected || !isOut) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const read = (from, name) => from.querySelector(`meta[name="${name}"]`)?.content;
  if (read(page, "member") !== read(document, "member")) return location.replace(here()); // which sends no form again
  isOut = false;
  const token = read(page, "csrf-token");
  document.querySelector('meta[name="csrf-token"]').content = token;
  for (const field of document.querySelectorAll("input[name=csrf_token]")) field.value = token;
  document.body.classList.remove("signed-out");
  line().textContent = "You are signed in again. What you typed is not saved yet.";
}

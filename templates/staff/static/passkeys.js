// Passkeys: signing in with one, and adding one on the account page. Without WebAuthn, neither is shown.

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (character) => character.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const named = (descriptors = []) => descriptors.map((descriptor) => ({ ...descriptor, id: bytes(descriptor.id) }));

/** Posts a form as the page would, and returns the answer; an error's message is for people. */
async function post(path, values) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { Accept: "application/json", "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content },
    body: new URLSearchParams(values),
  });
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(body.error?.message ?? "That did not work. Reload the page and try again.");
  return body;
}

/** Returns a credential as JSON, with every buffer in base64url. */
function written({ id, rawId, type, response }, names) {
  const parts = names.filter((name) => response[name]).map((name) => [name, text(response[name])]);
  return JSON.stringify({ id, rawId: text(rawId), type, response: Object.fromEntries(parts) });
}

async function signIn({ begin, finish }) {
  const options = await post(begin, {});
  const publicKey = { ...options, challenge: bytes(options.challenge), allowCredentials: named(options.allowCredentials) };
  const credential = await navigator.credentials.get({ publicKey });
  const names = ["clientDataJSON", "authenticatorData", "signature", "userHandle"];
  const next = new URLSearchParams(location.search).get("next") ?? "";
  location.assign((await post(finish, { credential: written(credential, names), next })).next);
}

async function add(form) {
  const options = await post(form.dataset.begin, new FormData(form));
  const publicKey = {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: named(options.excludeCredentials),
  };
  const credential = await navigator.credentials.create({ publicKey });
  const values = { credential: written(credential, ["clientDataJSON", "attestationObject"]), name: form.elements.name.value };
  location.assign((await post(form.action, values)).next);
}

/** Runs something that asks for a passkey, and shows why it failed; someone who changed their mind is told nothing. */
async function attempt(place, work) {
  const problem = place.querySelector(".problem");
  problem.textContent = "";
  try {
    await work();
  } catch (error) {
    if (error.name === "InvalidStateError") problem.textContent = "This device already has a passkey for your account.";
    else if (error.name !== "NotAllowedError") problem.textContent = error.message;
  }
}

const place = document.getElementById("passkey");
const form = document.getElementById("new-passkey");
if (window.PublicKeyCredential) {
  if (place) {
    place.hidden = false;
    place.querySelector("button").addEventListener("click", () => attempt(place, () => signIn(place.dataset)));
  }
  if (form) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      attempt(form, () => add(form));
    });
  }
}

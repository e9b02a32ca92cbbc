// Takes the one-time code out of the link, where the server never sees it, and out of the address bar.

const token = document.getElementById("token");
if (location.hash.length > 1) {
  token.value = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, "", location.pathname);
}
if (token.value) document.getElementById("token-box").hidden = true;

/** Says that a link is used up before anyone chooses a password. */
async function checkLink(form) {
  const answer = await fetch(location.pathname, { method: "POST", body: new URLSearchParams({ csrf_token: form.elements.csrf_token.value, token: token.value }) });
  if (answer.status !== 410) return;
  const words = document.createElement("p");
  words.className = "problem";
  words.role = "alert";
  words.textContent = form.dataset.usedUp;
  form.replaceChildren(form.querySelector("h1"), words);
}

if (token.value && token.form.dataset.usedUp) checkLink(token.form).catch(() => {}); // sending the form says it too

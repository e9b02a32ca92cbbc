// Takes the one-time code out of the link, where the server never sees it, and out of the address bar.

const token = document.getElementById("token");
if (location.hash.length > 1) {
  token.value = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, "", location.pathname);
}
if (token.value) document.getElementById("token-box").hidden = true;

// A patient's record: what becomes of a message shows by itself, and Ctrl+Enter sends one.

import { keepUp, refreshHeaders } from "./live.js";

const { events, refresh } = document.getElementById("record").dataset;

keepUp({ events, ask: () => fetch(refresh, { headers: refreshHeaders() }) });

document.addEventListener("keydown", (event) => {
  if (event.target.id === "message-text" && event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.target.form.requestSubmit();
});

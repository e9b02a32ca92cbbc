// A patient's record: what becomes of a message shows by itself, `r` begins one, and Ctrl+Enter sends it.

import "./fields.js";
import { keepUp, refreshHeaders } from "./live.js";
import { listen } from "./shortcuts.js";
import "./go_to.js"; // before a key means something here, or `g p` would be taken for `p`

const { events, refresh } = document.getElementById("record").dataset;

keepUp({ events, ask: (signal) => fetch(refresh, { headers: refreshHeaders(), signal }) });
listen({ r: () => document.getElementById("message-text")?.focus() });

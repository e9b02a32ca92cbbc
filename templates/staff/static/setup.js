// Shows the result of a test as soon as a worker has it.

import { refreshHeaders, rememberParts, takeOver } from "./live.js";

const EVERY = 1000;

async function look() {
  const answer = await fetch(location.href, { headers: refreshHeaders() }).catch(() => null);
  if (answer?.redirected) return location.reload(); // signed out
  if (answer?.ok) takeOver(await answer.text());
  waitForResults();
}

function waitForResults() {
  if (document.querySelector(".results .waiting")) setTimeout(look, EVERY);
}

rememberParts();
waitForResults();

// Shows the result of a test as soon as a worker has it.

import { refreshHeaders, rememberParts, takeOver } from "./live.js";
import { offerNotices } from "./offer_notices.js";
import { isSignedOut, leaveSignedOut } from "./signed_out.js";

const EVERY = 1000;
const LONGEST = 20_000; // that a request may take

async function look() {
  const answer = await fetch(location.href, { headers: refreshHeaders(), signal: AbortSignal.timeout(LONGEST) }).catch(() => null);
  if (isSignedOut(answer)) return leaveSignedOut();
  if (answer?.ok) takeOver(await answer.text());
  waitForResults();
}

function waitForResults() {
  if (document.querySelector(".results .waiting")) setTimeout(look, EVERY);
}

rememberParts();
offerNotices();
waitForResults();

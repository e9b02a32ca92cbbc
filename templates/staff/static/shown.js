// Which of the patient's messages the member has been shown: those of the page as it was opened, and of those that came
// since, what stayed in sight for a moment while somebody was there. Forms say so, and the server refuses an answer to
// what nobody has seen. The server is told as well, so that what came to an unattended screen stays unread.

const LOOK = 1000; // milliseconds
const AWAY = 60_000; // after the last sign of the member

const looks = new Map(); // what is not shown yet: the entry's timer while it is in sight, else 0
let newest = 0;
let told = 0; // up to where the server knows
let isCallTold = false;
let touchedAt = Date.now();

const isThere = () => !document.hidden && Date.now() - touchedAt < AWAY;
const panes = () => document.getElementById("panes");
const idOf = (entry) => Number(entry.id.replace("message-", ""));

const sight = new IntersectionObserver(
  (changes) => {
    for (const { target, intersectionRatio, intersectionRect, rootBounds } of changes) {
      const isSeen = intersectionRatio >= 0.5 || intersectionRect.height >= (rootBounds?.height ?? Infinity) / 2;
      if (!looks.has(target)) continue;
      clearTimeout(looks.get(target));
      looks.set(target, isSeen ? setTimeout(note, LOOK, target) : 0);
    }
    say();
  },
  { threshold: [0, 0.25, 0.5, 0.75, 1] },
);

function note(entry) {
  if (!isThere()) return looks.set(entry, setTimeout(note, LOOK, entry));
  looks.delete(entry);
  sight.unobserve(entry);
  newest = Math.max(newest, idOf(entry));
  fill();
}

/** Lets each form say up to where everything was shown. */
function fill() {
  const unseen = [...looks.keys()].map(idOf);
  const shown = unseen.length ? Math.min(...unseen) - 1 : newest;
  for (const field of panes().querySelectorAll("input[name=newest]")) field.value = shown;
  say();
  tell(shown);
}

/** Tells the server what was shown since the page was opened, and that the member came who was called. */
async function tell(shown) {
  const isCalled = Boolean(document.getElementById("called")?.textContent);
  isCallTold &&= isCalled;
  const { id } = panes().dataset;
  if (!id || !isThere() || (shown <= told && (!isCalled || isCallTold))) return;
  [told, isCallTold] = [Math.max(told, shown), isCalled];
  const token = document.querySelector('meta[name="csrf-token"]').content;
  const options = { method: "POST", headers: { "X-CSRFToken": token }, body: new URLSearchParams({ newest: shown }) };
  const answer = await fetch(`/staff/conversations/${id}/seen`, options).catch(() => null);
  if (answer?.ok) document.dispatchEvent(new Event("seen")); // the list shows it as unread until it is asked for again
}

/** Says that there is something to read, if it is out of sight or words are in the reply box. */
function say() {
  const place = document.getElementById("arrived");
  if (!place) return;
  const isOut = [...looks.values()].some((timer) => !timer);
  const isSaid = looks.size > 0 && (isOut || Boolean(document.getElementById("text")?.value.trim()));
  const isUrgent = document.getElementById("handle") !== null;
  const words = !isSaid ? "" : `${isUrgent ? "Emergency: the" : "The"} patient wrote again. Read it first.`;
  if (place.textContent !== words) place.textContent = words;
  place.classList.toggle("urgent", isUrgent);
  place.hidden = !isSaid;
}

/** Begins with what the page shows, once it is loaded or another conversation was put in place. */
export function beginShown() {
  sight.disconnect();
  looks.forEach((timer) => clearTimeout(timer));
  looks.clear();
  newest = told = Number(panes().dataset.newest ?? 0);
  isCallTold = true; // by opening it
  fill();
}

/** Watches what a refresh has brought. */
export function watchArrived() {
  for (const entry of looks.keys()) if (!entry.isConnected) looks.delete(entry);
  for (const entry of document.querySelectorAll("#thread > .entry.patient")) {
    if (idOf(entry) <= newest || looks.has(entry)) continue;
    looks.set(entry, 0);
    sight.observe(entry);
  }
  fill();
}

for (const sign of ["pointermove", "pointerdown", "keydown", "wheel", "focus"]) {
  const note = () => {
    const wasThere = isThere();
    touchedAt = Date.now();
    if (!wasThere) fill();
  };
  window.addEventListener(sign, note, { capture: true, passive: true });
}

document.addEventListener("click", (event) => {
  if (event.target.id !== "arrived") return;
  const [first] = [...looks.keys()].sort((left, right) => idOf(left) - idOf(right));
  first?.scrollIntoView({ block: "nearest" });
});

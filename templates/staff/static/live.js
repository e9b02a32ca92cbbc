// Keeps a page up to date: a stream says "look again", the page is fetched anew, and its parts that are marked
// data-live are taken over. What has not changed is left alone, and with it focus, open details and playing audio.

const EVERY = 60_000; // ages in the list grow old by themselves

const shown = new Map();

function remember(part) {
  if (part.dataset.live === "list") {
    for (const child of part.children) shown.set(child.id, child.outerHTML);
  } else {
    shown.set(part.id, part.innerHTML);
  }
}

function takeOverPart(current, fresh) {
  if (shown.get(fresh.id) === fresh.innerHTML) return;
  shown.set(fresh.id, fresh.innerHTML);
  current.innerHTML = fresh.innerHTML;
  Object.assign(current.dataset, fresh.dataset);
}

function takeOverList(current, fresh) {
  const wanted = new Set([...fresh.children].map((child) => child.id));
  for (const child of [...current.children]) if (!wanted.has(child.id)) child.remove();
  let place = current.firstElementChild;
  for (const child of [...fresh.children]) {
    const html = child.outerHTML;
    const known = [...current.children].find((one) => one.id === child.id);
    if (known && shown.get(child.id) === html) {
      if (known === place) place = place.nextElementSibling;
      else current.insertBefore(known, place);
      continue;
    }
    shown.set(child.id, html);
    if (known === place && place) place = place.nextElementSibling;
    if (known) known.replaceWith(document.importNode(child, true));
    else current.insertBefore(document.importNode(child, true), place);
    const put = document.getElementById(child.id);
    if (put.nextElementSibling !== place) current.insertBefore(put, place);
  }
}

function takeOver(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const focused = document.activeElement?.id;
  for (const fresh of page.querySelectorAll("[data-live]")) {
    const current = document.getElementById(fresh.id);
    if (!current) continue;
    if (fresh.dataset.live === "list") takeOverList(current, fresh);
    else takeOverPart(current, fresh);
  }
  if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus();
}

/**
 * Keeps the page up to date.
 * @param {{events: string, ask: () => Promise<Response>, whenHidden?: boolean, after?: () => void}} options where the
 *   stream is, how the page is asked for, whether it is asked now and then while nobody sees it, and what follows.
 * @returns {() => Promise<void>} looks again at once.
 */
export function keepUp({ events, ask, whenHidden = false, after = () => {} }) {
  const connection = document.getElementById("connection");
  let stream = null;
  let looking = null;
  let again = false;

  document.querySelectorAll("[data-live]").forEach(remember);

  async function lookOnce() {
    try {
      const answer = await ask();
      if (answer.redirected || answer.status === 401) return location.reload(); // signed out meanwhile
      if (answer.status === 404) return location.assign("/staff/");
      if (answer.ok) {
        takeOver(await answer.text());
        after();
      }
    } catch {
      // without a network the stream says so
    }
  }

  async function lookUntilSeen() {
    do {
      again = false;
      await lookOnce();
    } while (again);
    looking = null;
  }

  // what changes during a look is seen by one more
  function look() {
    if (looking) again = true;
    else looking = lookUntilSeen();
    return looking;
  }

  function open() {
    if (stream) return;
    stream = new EventSource(events);
    stream.addEventListener("open", () => {
      connection.textContent = "";
      look();
    });
    stream.addEventListener("changed", look);
    stream.addEventListener("error", () => {
      connection.textContent = "Connection lost. Reconnecting…";
      if (stream?.readyState === EventSource.CLOSED) {
        close();
        setTimeout(() => document.hidden || open(), 5000);
      }
    });
  }

  function close() {
    stream?.close();
    stream = null;
  }

  // a browser opens few streams to one host: pages that nobody sees have none
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  window.addEventListener("pagehide", close);
  setInterval(() => (!document.hidden || whenHidden) && look(), EVERY);
  if (!document.hidden) open();
  return look;
}

/** Does something about a conversation, as the signed-in member. */
export async function act(path, values = {}) {
  const answer = await fetch(path, {
    method: "POST",
    headers: {
      Accept: "application/json",
      "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content,
    },
    body: new URLSearchParams(values),
  });
  if (!answer.ok) document.getElementById("connection").textContent = "That did not work. Reload the page and try again.";
  return answer.ok;
}

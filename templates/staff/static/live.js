// Keeps a page up to date: when a stream says "look again", the page is fetched again, and its parts marked data-live
// are replaced. Unchanged parts are left alone, which preserves focus, open details, and playing audio.

const EVERY = 60_000; // so that the ages in the list stay current

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
    const known = [...current.children].find((element) => element.id === child.id);
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

/** Returns a page's title with the number of open alarms before it, as the navigation shows it. */
export function withAlarms(title) {
  const urgent = document.getElementById("alarm-count")?.textContent.trim();
  const plain = title.replace(/^\(\d+\+? urgent\) /, "");
  return urgent ? `(${urgent}) ${plain}` : plain;
}

/** Replaces the parts marked data-live by those of a freshly fetched page. */
export function takeOver(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const focused = document.activeElement?.id;
  for (const fresh of page.querySelectorAll("[data-live]")) {
    const current = document.getElementById(fresh.id);
    if (!current) continue;
    if (fresh.dataset.live === "list") takeOverList(current, fresh);
    else takeOverPart(current, fresh);
  }
  const live = document.getElementById("live");
  const sealed = page.getElementById("live");
  if (live && sealed) live.dataset.seal = sealed.dataset.seal;
  document.title = withAlarms(page.title || document.title);
  if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus();
}

/**
 * Keeps the page up to date.
 * @param {{events: string, ask: () => Promise<Response>, whenHidden?: boolean, after?: () => void}} options the
 *   stream's URL, a function that fetches the page, whether to refresh a hidden page, and a callback for each refresh.
 * @returns {() => Promise<void>} a function that refreshes the page at once.
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
      if (answer.redirected || answer.status === 401) return location.reload(); // signed out
      if (answer.status === 404) return location.assign("/staff/");
      if (answer.ok) {
        takeOver(await answer.text());
        after();
      }
    } catch {
      // the stream reports a lost connection
    }
  }

  async function lookUntilSeen() {
    do {
      again = false;
      await lookOnce();
    } while (again);
    looking = null;
  }

  // changes during a refresh trigger another one
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

  // browsers limit the number of streams to a host, so hidden pages close theirs
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  window.addEventListener("pagehide", close);
  setInterval(() => (!document.hidden || whenHidden) && look(), EVERY);
  if (!document.hidden) open();
  return look;
}

/** Returns the headers of a refresh; the seal says what this page shows, so that only what is new is recorded. */
export function refreshHeaders() {
  const headers = { "X-Requested-With": "live", Accept: "text/html" };
  const seal = document.getElementById("live")?.dataset.seal;
  return seal ? { ...headers, "X-Seal": seal } : headers;
}

/** Performs an action on a conversation as the signed-in member. */
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

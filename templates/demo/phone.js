/*
 * The phone on the demo page: the visitor's messages, the practice's replies, and how Intake handled each message.
 *
 * The phone's number is a signed value in sessionStorage, so each tab has its own phone, which is gone when the tab
 * closes. Text that people wrote is only ever added as text nodes.
 */
(() => {
  "use strict";

  const HEADER = "Demo-Phone";
  const ADDRESS = "/demo/messages";
  const QUICK_MS = 300;
  const SLOW_MS = 3000;
  const LONG_WAIT_MS = 10000;
  const id = (name) => document.getElementById(name);

  // ---- The service

  const stored = { get: () => null, set: () => {} };
  try {
    sessionStorage.getItem(HEADER);
    stored.get = () => sessionStorage.getItem(HEADER);
    stored.set = (token) => sessionStorage.setItem(HEADER, token);
  } catch { // storage is blocked, so the phone lasts only as long as the page
    let kept = null;
    stored.get = () => kept;
    stored.set = (token) => { kept = token; };
  }

  const call = async (options = {}) => {
    const headers = { "Content-Type": "application/json" };
    if (stored.get()) headers[HEADER] = stored.get();
    const answer = await fetch(ADDRESS, { credentials: "omit", cache: "no-store", ...options, headers }).catch(() => {
      throw new Error("The service is not responding. Please try again.");
    });
    const token = answer.headers.get(HEADER);
    if (token) stored.set(token);
    if (answer.ok) return answer.json();
    if (answer.status === 429) {
      throw new Error(`Too many messages at once. Please try again in ${answer.headers.get("Retry-After")} seconds.`);
    }
    throw new Error((await answer.json()).error.message);
  };

  // ---- Display

  const element = (tag, className, text) => {
    const made = document.createElement(tag);
    made.className = className;
    made.textContent = text ?? "";
    return made;
  };

  const clock = (at) => new Date(at).toLocaleTimeString([], { hour: "numeric", minute: "2-digit", timeZone: id("phone").dataset.zone });

  const bubble = (side, text) => {
    const made = element("p", `bubble ${side}`, text);
    made.dir = "auto";
    return made;
  };

  const dots = () => {
    const made = element("div", "dots");
    made.append(element("i"), element("i"), element("i"));
    made.setAttribute("role", "img");
    made.setAttribute("aria-label", "The practice is answering");
    return made;
  };

  /** The lines of one tab. The text tab shows every text; the voicemail tab shows only replies to voicemails. */
  const lines = (channel, messages) => messages.flatMap((message) => {
    const isOwn = message.channel === channel;
    const said = isOwn
      ? [bubble("own", message.text), element("p", "caption", channel === "sms" ? clock(message.at) : `Voicemail, ${clock(message.at)}`)]
      : [];
    if (!message.reply) return said;
    if (channel === "sms") return [...said, bubble("theirs", message.reply.text)];
    return isOwn ? [...said, bubble("theirs", message.reply.text), element("p", "caption theirs", "They texted you back")] : [];
  });

  const showThread = (channel, messages) => {
    const thread = id(`panel-${channel}`).querySelector(".thread");
    const shown = lines(channel, messages);
    const waits = messages.some((message) => message.channel === channel && message.working);
    thread.querySelectorAll(".bubble, .caption, .dots").forEach((line) => line.remove());
    thread.querySelector(".empty")?.toggleAttribute("hidden", shown.length > 0);
    thread.append(...shown, ...(waits ? [dots()] : []));
    thread.scrollTop = thread.scrollHeight;
  };

  const showInsight = (found) => {
    id("insight-empty").hidden = found !== null;
    id("insight").hidden = found === null;
    if (found === null) return;
    id("insight-intent").textContent = [found.intent, ...found.also].join(", also: ");
    id("insight-triage").textContent = [found.triage, found.danger, found.language].filter(Boolean).join(" · ");
    id("insight-triage").parentElement.hidden = found.triage === "";
    id("insight-meter").parentElement.parentElement.hidden = found.confidence === null;
    id("insight-meter").value = found.confidence ?? 0;
    id("insight-confidence").textContent = `${Math.round((found.confidence ?? 0) * 100)}%`;
    id("insight-team").textContent = found.team ? `${found.team} (${found.priority} priority)` : "No one needs to act";
    id("insight-why").textContent = found.why;
  };

  let shownState = "";
  const show = (state) => {
    id("device-number").textContent = state.number;
    if (JSON.stringify(state) === shownState) return; // otherwise a screen reader would read everything again
    shownState = JSON.stringify(state);
    // the insight changes the threads' height, so show it before they scroll to the end
    showInsight(state.messages.findLast((message) => message.understood)?.understood ?? null);
    for (const channel of ["sms", "voicemail"]) showThread(channel, state.messages);
  };

  const problems = { sending: "", reading: "" };
  const notice = (about, text) => {
    problems[about] = text;
    id("stage-notice").textContent = problems.sending || problems.reading;
  };

  // ---- Polling until the practice has replied

  let timer = null;
  let waitingSince = Date.now();
  let asked = 0;

  const refresh = async () => {
    clearTimeout(timer);
    const mine = ++asked;
    let isWorking = true;
    try {
      const state = await call();
      if (mine !== asked) return; // a newer request is on its way
      show(state);
      isWorking = state.working;
      const isLong = isWorking && Date.now() - waitingSince > LONG_WAIT_MS;
      notice("reading", isLong ? "No reply yet. Is a worker running? The reply will arrive once one is." : "");
    } catch (error) {
      if (mine !== asked) return;
      notice("reading", error.message);
    }
    if (isWorking) timer = setTimeout(refresh, Date.now() - waitingSince > LONG_WAIT_MS ? SLOW_MS : QUICK_MS);
  };

  const send = async (channel, text) => {
    try {
      if (!stored.get()) await call();
      await call({ method: "POST", body: JSON.stringify({ channel, text }) });
    } catch (error) {
      notice("sending", error.message);
      return false;
    }
    notice("sending", "");
    waitingSince = Date.now();
    refresh();
    return true;
  };

  // ---- Visitor actions

  for (const channel of ["sms", "voicemail"]) {
    const panel = id(`panel-${channel}`);
    const form = panel.querySelector("form");
    const box = panel.querySelector("textarea");
    const fit = () => {
      box.rows = Math.min(4, Math.max(1, Math.ceil(box.value.length / 30)));
    };
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const text = box.value.trim();
      if (!text) return;
      box.value = ""; // at once: what is typed meanwhile is the next message
      fit();
      if (await send(channel, text)) return;
      box.value = [text, box.value].filter(Boolean).join("\n");
      fit();
    });
    box.addEventListener("input", fit);
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    });
    panel.querySelectorAll(".samples button").forEach((button) => {
      button.title = button.textContent;
      button.addEventListener("click", () => send(channel, button.textContent));
    });
  }

  const tabs = [...document.querySelectorAll("#phone [role=tab]")];
  const choose = (chosen) => {
    for (const tab of tabs) {
      tab.setAttribute("aria-selected", String(tab === chosen));
      tab.tabIndex = tab === chosen ? 0 : -1;
      id(tab.getAttribute("aria-controls")).hidden = tab !== chosen;
    }
    const thread = id(chosen.getAttribute("aria-controls")).querySelector(".thread");
    thread.scrollTop = thread.scrollHeight;
  };
  tabs.forEach((tab, index) => {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      const next = tabs[(index + 1) % tabs.length];
      choose(next);
      next.focus();
    });
  });

  const tick = () => { id("device-time").textContent = clock(Date.now()).replace(/\s?[AP]M/i, ""); };
  tick();
  setInterval(tick, 15000);
  refresh();
})();

/*
 * The chat on a practice's site: <script async src="https://HOST/chat/widget.js" data-practice="KEY"></script>, with an
 * optional data-lang="es"; or <intake-chat practice="KEY" lang="es" api="https://HOST"></intake-chat> on any page.
 */
(() => {
"use strict";

const TAG = "intake-chat";
const script = document.currentScript;
const HOME = new URL(script?.src || location.href).origin;

// ---- Texts; a practice can replace any of them by its key

const STRINGS = {
  en: {
    launcher: "Chat with us",
    unreadOne: "1 unread message",
    unreadMany: "{count} unread messages",
    close: "Close chat",
    open: "Open now",
    closed: "Closed",
    opens: "opens {time}",
    hours: "Office hours",
    emergency: "Not for emergencies: call 911.",
    greeting: "Hello! How can we help you today?",
    greetingClosed: "Hello! We are closed. Leave a message, and we will see it when we open.",
    replyTime: "You will get an automatic reply right away. A person will answer during office hours.",
    reach: "How can we reach you?",
    name: "Your name (optional)",
    phone: "Your phone (optional)",
    phoneWrong: "Please check the phone number or leave it blank.",
    conversation: "Conversation",
    message: "Your message",
    send: "Send",
    consent: "By sending a message, you agree that we may keep it in order to answer you.",
    privacy: "Privacy",
    robot: "Automatic reply",
    staff: "Our team",
    typing: "Typing",
    sending: "Sending",
    waiting: "Waiting for connection",
    sent: "Sent",
    failed: "Not sent",
    retry: "Retry",
    offline: "No connection. Your message will be sent as soon as you are back online.",
    busy: "One moment, please. Your message will be sent again in {seconds} seconds.",
    unavailable: "We cannot take your message right now. You can also call us: {phone}",
    lost: "Your earlier chat has ended. This is a new one.",
    end: "End chat",
    endQuestion: "End this chat? It will be erased from this device. The practice keeps the messages it received.",
    endYes: "End and erase",
    endNo: "Keep chatting",
    ended: "The chat has ended and was erased from this device.",
  },
  es: {
    launcher: "Escríbanos",
    unreadOne: "1 mensaje sin leer",
    unreadMany: "{count} mensajes sin leer",
    close: "Cerrar el chat",
    open: "Abierto ahora",
    closed: "Cerrado",
    opens: "abre el {time}",
    hours: "Horario de atención",
    emergency: "No es para emergencias: llame al 911.",
    greeting: "¡Hola! ¿En qué podemos ayudarle hoy?",
    greetingClosed: "¡Hola! Estamos cerrados. Deje un mensaje y lo veremos cuando abramos.",
    replyTime: "La respuesta automática llega al instante; la de una persona, cuando estamos abiertos.",
    reach: "¿Cómo podemos contactarle?",
    name: "Su nombre (opcional)",
    phone: "Su teléfono (opcional)",
    phoneWrong: "Revise el número de teléfono o déjelo vacío.",
    conversation: "Conversación",
    message: "Su mensaje",
    send: "Enviar",
    consent: "Al enviar un mensaje, acepta que lo guardemos para responderle.",
    privacy: "Privacidad",
    robot: "Respuesta automática",
    staff: "Nuestro equipo",
    typing: "Escribiendo",
    sending: "Enviando",
    waiting: "Esperando conexión",
    sent: "Enviado",
    failed: "No enviado",
    retry: "Reintentar",
    offline: "Sin conexión. Su mensaje se enviará en cuanto vuelva.",
    busy: "Un momento, por favor. Su mensaje se enviará de nuevo en {seconds} segundos.",
    unavailable: "No podemos recibir su mensaje en este momento. También puede llamarnos: {phone}",
    lost: "Su chat anterior ha terminado. Este es uno nuevo.",
    end: "Terminar el chat",
    endQuestion: "¿Terminar este chat? Se borrará de este dispositivo. El consultorio conserva los mensajes que recibió.",
    endYes: "Terminar y borrar",
    endNo: "Seguir en el chat",
    ended: "El chat ha terminado y se borró de este dispositivo.",
  },
};

const LONGEST_MESSAGE = 8000;

const PATIENCE = 20_000; // milliseconds; heartbeats come every 15 s
const MINUTE = 60_000;

/** How long to wait before a retry, randomized so that browsers do not all retry at once. */
const backoff = (failures) => Math.min(8000, 500 * 2 ** failures) * (0.5 + Math.random() / 2);

const newId = () => crypto.getRandomValues(new Uint32Array(4)).join("-");

// ---- Storage

/** Storage in localStorage under a prefix or, if that is blocked or full, in an object for this tab only. */
class Store {
  #prefix;
  #shelf = {};

  constructor(prefix) {
    this.#prefix = prefix;
    try {
      this.#shelf = localStorage;
    } catch {
      // Blocked.
    }
  }

  get(name) {
    return JSON.parse(this.#shelf[this.#prefix + name] ?? null);
  }

  set(name, value) {
    try {
      this.#shelf[this.#prefix + name] = JSON.stringify(value);
    } catch {
      this.#shelf = { ...this.#shelf };
      this.set(name, value);
    }
  }

  remove(...names) {
    for (const name of names) delete this.#shelf[this.#prefix + name];
  }

  all(beginning) {
    const names = Object.keys(this.#shelf).filter((name) => name.startsWith(this.#prefix + beginning));
    return names.map((name) => JSON.parse(this.#shelf[name]));
  }

  /** Runs work in one tab at a time, using a lock or, on pages without TLS, a lease. */
  async exclusively(work) {
    if (!(this.#shelf instanceof Storage)) return work();
    if (navigator.locks) return navigator.locks.request(this.#prefix, work);
    const owner = newId();
    while (this.get("lease")?.owner !== owner) {
      if (!(this.get("lease")?.until > Date.now())) this.set("lease", { owner, until: Date.now() + MINUTE });
      await new Promise((resolve) => setTimeout(resolve, 200)); // the last tab to write wins
    }
    return work().finally(() => this.remove("lease"));
  }
}

// ---- Calls to the service

/** A failed call; the status is 0 if there was no answer. */
class Failure extends Error {
  constructor(status, retryAfter) {
    super();
    this.status = status;
    this.wait = retryAfter * 1000 || 0;
    this.isTransient = !status || status === 429 || status >= 500;
    this.isEnd = status === 401 || status === 404; // the conversation has ended for this browser
  }
}

const unreachable = () => {
  throw new Failure(0);
};

const json = (response) => response.json().catch(unreachable);

async function call(address, { token, body, lastId, signal = AbortSignal.timeout(PATIENCE) } = {}) {
  if (!navigator.onLine) unreachable();
  const headers = body ? { "Content-Type": "application/json" } : {};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (lastId) headers["Last-Event-ID"] = lastId;
  const options = { method: body ? "POST" : "GET", headers, body: JSON.stringify(body), signal };
  const response = await fetch(address, { ...options, credentials: "omit", cache: "no-store" }).catch(unreachable);
  if (!response.ok) throw new Failure(response.status, response.headers.get("Retry-After"));
  return response;
}

/** Reads server-sent events, because EventSource would put the token in a URL. */
async function* readEvents(body, onBytes) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (let chunk; !(chunk = await reader.read()).done; ) {
    onBytes();
    const events = (rest + chunk.value).split(/\n\n|\r\r|\r\n\r\n/);
    rest = events.pop();
    for (const event of events) {
      const field = (name) => Array.from(event.matchAll(RegExp(`^${name}: ?(.*)`, "gm")), (line) => line[1]).join("\n");
      if (field("data")) yield [field("event"), JSON.parse(field("data"))];
    }
  }
}

// ---- The conversation

/**
 * A conversation, shared by all tabs. The store contains its session {id, token}, the last entry seen, and each unsent
 * message under its own key, so that tabs do not overwrite each other. Sent messages are not kept on this device.
 */
class Conversation {
  #base;
  #practice;
  #store;
  #onChange;
  #due;
  #id;
  #entries = new Map(); // by the service's ids
  #last = 0; // id of the last entry received

  #trouble; // why a message cannot be sent: {id, status}
  #failures = 0;
  #waitUntil = 0;
  #timer;
  #queue = Promise.resolve();

  #isActive;
  #followed;
  #following = new AbortController();
  #look = () => {};
  #streamAgainAt = 0;
  #livelyUntil = 0;
  #isWorking;
  #typingUntil = 0;

  isPhoneWrong = false;
  notice; // a text's [key, values]

  constructor(base, practice, onChange) {
    this.#base = base;
    this.#practice = practice;
    this.#onChange = onChange;
    this.#store = new Store(`intake-chat ${base} ${practice} `);
  }

  get hasBegun() {
    return !!(this.#id || this.#unsent.length);
  }

  get isTyping() {
    return Date.now() < this.#typingUntil;
  }

  get unread() {
    const seen = this.#store.get("seen");
    return [...this.#entries.values()].filter(({ id, state }) => state !== "sent" && id > seen).length;
  }

  /** The messages to show, in order: {key, from, text, at, state}. A reply's state is its author. */
  get messages() {
    const entries = [...this.#entries.values()].sort((first, second) => first.id - second.id);
    const unsent = this.#unsent.map((item) => ({ ...item, key: item.id, from: "patient", state: this.#stateOf(item) }));
    return [...entries, ...unsent];
  }

  async readPractice() {
    const kept = this.#store.get("practice");
    if (Date.now() - kept?.at < 5 * MINUTE) return kept.practice;
    const address = `${this.#base}/chat/practices/${this.#practice}`;
    const practice = await call(address).then(json);
    this.#store.set("practice", { practice, at: Date.now() });
    return practice;
  }

  /** Reads the store again, because any tab may have changed it. */
  sync(isActive = this.#isActive) {
    const id = this.#store.get("session")?.id;
    if (id !== this.#id) this.#show(id);
    for (const item of this.#unsent) if (Date.now() - item.at > 1440 * MINUTE) this.#drop(item);
    if (!this.#unsent.length) this.#store.remove("details");
    this.#isActive = isActive;
    this.#follow(isActive ? id : null);
    if (this.#unsent.length) this.#sendSoon();
    this.#changed();
  }

  say(text, details) {
    const at = Math.max(Date.now(), ...this.#unsent.map((item) => item.at + 1));
    this.#keep({ id: newId(), text, at }, details);
  }

  retry(id, details) {
    this.#trouble = null;
    this.#waitUntil = 0;
    this.#keep({ ...this.#store.get(`unsent ${id}`), hasFailed: false }, details);
  }

  wake() {
    this.#waitUntil = 0;
    this.sync();
    this.#look();
  }

  end() {
    if (this.#id) this.#call("end", { body: {} }).catch(() => {});
    this.#unsent.forEach(this.#drop);
    this.#forget("ended");
  }

  #drop = ({ id }) => this.#store.remove(`unsent ${id}`);

  markSeen() {
    if (this.#last > this.#store.get("seen")) this.#store.set("seen", this.#last);
  }

  notify(...notice) {
    this.notice = notice;
    this.#changed();
  }

  #changed() {
    clearTimeout(this.#due);
    this.#due = setTimeout(this.#onChange);
  }

  #forget(why) {
    this.#store.remove("session", "seen");
    this.sync();
    this.notify(why);
  }

  #show(id) {
    this.#id = id;
    this.#entries.clear();
    this.#last = 0;
    this.#trouble = this.notice = null;
    this.#isWorking = this.#typingUntil = 0;
  }

  async #call(path, options) {
    const { id, token } = this.#store.get("session") ?? {};
    const response = await call(`${this.#base}/chat/conversations/${id}/${path}`, { token, ...options });
    const fresh = response.headers.get("Chat-Token");
    if (fresh && this.#store.get("session")?.id === id) this.#store.set("session", { id, token: fresh });
    return response;
  }

  // Sending: in order, one tab at a time

  get #unsent() {
    return this.#store.all("unsent ").sort((first, second) => first.at - second.at);
  }

  #stateOf({ id, hasFailed }) {
    if (hasFailed || (this.#trouble?.id === id && this.#trouble.status)) return "failed";
    return this.#trouble ? "waiting" : "sending";
  }

  #keep(item, details) {
    this.isPhoneWrong = false;
    if (!this.#trouble) this.notice = null;
    if (!this.#id) this.#store.set("details", details);
    this.#store.set(`unsent ${item.id}`, item);
    this.sync();
  }

  #sendSoon() {
    if (Date.now() < this.#waitUntil) return;
    this.#queue = this.#queue.then(() => this.#store.exclusively(() => this.#sendAll()));
  }

  async #sendAll() {
    for (let item; (item = this.#unsent.find(({ hasFailed }) => !hasFailed)) && Date.now() >= this.#waitUntil; ) {
      try {
        await this.#send(item);
        if (this.#trouble) this.#trouble = this.notice = null;
        this.#failures = 0;
        this.sync();
        this.#look();
      } catch (failure) {
        if (failure.isEnd && !this.#failures++) this.#forget("lost");
        else if (failure.isTransient) this.#wait(item, failure);
        else this.#giveUp(item, failure);
      }
    }
  }

  async #send({ id: key, text, at }) {
    if (!this.#id) await this.#begin(key);
    const id = this.#id;
    if (!this.#store.get(`unsent ${key}`)) return;
    const { message } = await this.#call("messages", { body: { client_message_id: key, text } }).then(json);
    if (id === this.#id) this.#add({ id: message, from: "patient", text, at, client_message_id: key });
    this.#store.remove(`unsent ${key}`);
  }

  async #begin(key) {
    const body = { practice: this.#practice, ...this.#store.get("details") };
    const { conversation: id, token } = await call(`${this.#base}/chat/conversations`, { body }).then(json);
    if (!this.#store.get(`unsent ${key}`)) return;
    this.#store.set("session", { id, token });
    this.#store.remove("details");
    this.sync();
  }

  #wait({ id }, failure) {
    const wait = Math.max(failure.wait, backoff(++this.#failures));
    this.#trouble = { id, status: failure.status };
    this.#waitUntil = Date.now() + wait;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.wake(), wait);
    const key = { 0: "offline", 429: "busy" }[failure.status] ?? "unavailable";
    this.notify(key, { seconds: Math.ceil(wait / 1000) });
  }

  #giveUp(item, { status }) {
    if (!this.#store.get(`unsent ${item.id}`)) return;
    this.#store.set(`unsent ${item.id}`, { ...item, hasFailed: true });
    this.isPhoneWrong = status === 400 && !this.#id;
    this.notify(this.isPhoneWrong ? "phoneWrong" : "unavailable");
  }

  // Following: by events or, if they do not arrive, by polling

  #follow(id) {
    if (id === this.#followed) return;
    this.#followed = id;
    this.#following.abort();
    this.#following = new AbortController();
    if (id) this.#listen(this.#following.signal);
  }

  async #listen(signal) {
    for (let failures = 0; !signal.aborted; ) {
      let wait = backoff(1);
      try {
        if (!(await this.#stream(signal)) && !signal.aborted) wait = await this.#poll(signal);
        failures = 0;
      } catch (failure) {
        if (signal.aborted) return;
        if (failure.isEnd) return this.#forget("lost");
        if (!failure.isTransient) return this.notify("unavailable");
        wait = Math.max(failure.wait, backoff(++failures));
      }
      await new Promise((resolve) => {
        this.#look = resolve;
        setTimeout(resolve, wait);
      });
    }
  }

  /** Returns whether events arrive. */
  async #stream(signal) {
    if (Date.now() < this.#streamAgainAt) return false;
    const connection = new AbortController();
    const cut = () => connection.abort();
    signal.addEventListener("abort", cut);
    let timer = setTimeout(cut, 6000); // the first event arrives at once, unless a proxy buffers it
    let isHeard = false;
    const onBytes = () => {
      isHeard = true;
      clearTimeout(timer);
      timer = setTimeout(cut, PATIENCE);
    };
    try {
      const { body } = await this.#call("events", { lastId: this.#last, signal: connection.signal });
      for await (const event of readEvents(body, onBytes)) this.#hear(...event);
      return isHeard;
    } catch (failure) {
      if (failure.isTransient === false) throw failure;
      return isHeard && !connection.signal.aborted;
    } finally {
      clearTimeout(timer);
      cut();
    }
  }

  async #poll(signal) {
    const { messages, working } = await this.#call(`messages?after=${this.#last}`).then(json);
    if (signal.aborted) return 0;
    if (Date.now() >= this.#streamAgainAt) this.#streamAgainAt = Date.now() + MINUTE;
    for (const message of messages) this.#hear("message", message);
    this.#hear("working", { working });
    return working || Date.now() < this.#livelyUntil ? 2000 : 10_000;
  }

  #add(entry) {
    const { id, from, client_message_id: key = this.#id + id } = entry;
    this.#entries.set(id, { ...entry, key, state: from === "patient" ? "sent" : from });
  }

  #hear(type, data) {
    if (type === "message") {
      this.#add(data);
      this.#last = data.id;
      this.#livelyUntil = Date.now() + MINUTE;
      this.#store.remove(`unsent ${data.client_message_id}`);
    } else if (data.working !== this.#isWorking) {
      this.#isWorking = data.working;
      this.#typingUntil = data.working ? Date.now() + 15_000 : 0;
      setTimeout(() => this.#changed(), 15_000);
    }
    this.#changed();
  }
}

// ---- The view

// In a shadow root, `!important` overrides the page's styles.
const STYLES = `
  :host { all: initial !important; position: fixed !important; inset: 0 auto auto 0 !important;
    z-index: 2147483646 !important }
  :host([open]) { z-index: 2147483647 !important }
  * { box-sizing: border-box; margin: 0 }
  [hidden] { display: none !important }
  .chat { color: #1d2939; font: .9375em/1.5 system-ui, sans-serif; --side: max(20px, env(safe-area-inset-right));
    --foot: calc(max(20px, env(safe-area-inset-bottom)) + var(--place) * 68px) }
  button, input, textarea { min-width: 44px; min-height: 44px; padding: 9px 12px; border: 1px solid #7b8794;
    border-radius: 10px; background: #fff; color: inherit; font: inherit }
  button, summary { font-weight: 600; cursor: pointer }
  :focus-visible { outline: 3px solid #1d2939; outline-offset: -1px; box-shadow: inset 0 0 0 4px #fff }
  a { color: inherit }
  .close, .send { padding: 0; font-size: 1.5em }
  .filled, .head button, [data-from=patient] .text { background: var(--accent); color: var(--on-accent);
    border-color: transparent }

  .launcher, .panel { position: fixed; right: var(--side); bottom: var(--foot); box-shadow: 0 8px 32px #1018283d }
  :host(:dir(rtl)) :is(.launcher, .panel) { right: auto; left: var(--side) }
  .launcher { display: flex; align-items: center; gap: 10px; min-height: 56px; padding: 0 16px; border-radius: 28px }
  .launcher::before { content: ""; width: 22px; height: 18px; border: 2px solid; border-radius: 7px 7px 7px 0 }
  .badge { position: absolute; top: -6px; right: -4px; min-width: 24px; border-radius: 12px; background: #b42318;
    color: #fff; font-size: .8em }
  .panel { bottom: calc(var(--foot) + 70px); width: min(24em, 100vw - 40px); border-radius: 16px;
    height: min(42em, 100vh - 90px - var(--foot)); overflow: hidden; background: #fff }
  .all { display: flex; flex-direction: column; height: 100% }
  .head { display: flex; align-items: center; padding: 8px 6px 8px 18px; line-height: 1.3 }
  .head div { flex: 1 }
  h2 { font-size: 1.1em; overflow-wrap: anywhere }
  small, .fine { font-size: .8em }
  .fine { color: #526071 }
  [data-from] .fine, form .fine { margin-top: 4px }
  .emergency { padding: 7px 18px; background: #fff4e0; color: #6a3500; font-weight: 600 }
  .scroll { flex: 1; padding: 16px 14px; overflow: hidden auto; overscroll-behavior: contain; background: #f5f7f9 }
  .intro, .messages { display: grid; gap: 10px; margin-bottom: 12px }
  .text, details { padding: 9px 13px; border: 1px solid #dfe4ea; border-radius: 16px; background: #fff }
  .text { max-width: 86%; width: fit-content; overflow-wrap: anywhere; white-space: pre-wrap; unicode-bidi: isolate }
  summary { margin: -9px 0; padding: 11px 0 }
  label { display: block; margin-top: 8px }
  input, textarea { width: 100%; font-size: max(16px, 1em) }
  [data-from=patient] { display: grid; justify-items: end }
  [data-state=failed] .fine, [aria-invalid=true] { color: #b42318; border-color: currentColor }
  .notice:not(:empty) { padding: 8px 18px; background: #eef4ff }
  form { padding: 10px 12px max(10px, env(safe-area-inset-bottom)); border-top: 1px solid #dfe4ea }
  .compose { display: flex; align-items: end; gap: 8px }
  textarea { max-height: 8em; resize: none; field-sizing: content }
  .confirm { position: absolute; inset: auto 0 0; display: grid; gap: 12px; padding: 20px; background: #fff;
    box-shadow: 0 0 0 99em #1018287a }

  @media (max-width: 480px), (max-height: 480px) {
    .launcher span, :host([open]) .launcher { display: none }
    .panel { inset: 0 !important; width: auto; height: 100dvh; border-radius: 0 }
  }
  @media (forced-colors: active) { button, .text, .panel { border: 1px solid !important } }
  @media (prefers-reduced-motion: no-preference) {
    .panel { animation: rise .2s }
    [data-typing] { animation: rise 1s infinite alternate }
  }
  @keyframes rise { from { opacity: .3; transform: translateY(4px) } }
`;

/** Creates an element, such as "p.fine"; functions become listeners. */
function make(name, attributes = {}, ...children) {
  const [tag, className = ""] = name.split(".");
  const element = Object.assign(document.createElement(tag), { className });
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (value != null) element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

const link = (href, text) => make("a", { href, target: "_blank", rel: "noopener noreferrer" }, text);

/** Turns plain web addresses into links, so that a link always leads to the address it shows. */
function linked(text) {
  const addresses = /(https?:\/\/[\w.-]+(?::\d+)?(?:[/?#][!#-;=?-~]*)?(?<![.,:;!?)]))/gi;
  return text.split(addresses).map((part, index) => (index % 2 ? link(part, part) : part));
}

/** Returns the contrast of "#rrggbb" with white, by WCAG 2.2. */
function contrast(colour) {
  const [red, green, blue] = [1, 3, 5].map((start) => {
    const value = parseInt(colour.slice(start, start + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05);
}

function language(wanted) {
  const tags = [wanted, document.documentElement.lang, ...navigator.languages];
  return tags.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => tag in STRINGS) ?? "en";
}

class IntakeChat extends HTMLElement {
  #root = this.attachShadow({ mode: "open" });
  #lang;
  #chat;
  #practice = { open: true, hours: {}, strings: {} };
  #isRefused = false;
  #listeners;
  // The fields are kept when the panel around them is rebuilt.
  #box = make("textarea", {
    rows: 1,
    maxlength: LONGEST_MESSAGE,
    enterkeyhint: "send",
    input: () => this.#count(),
  });
  #name = make("input", { autocomplete: "name", maxlength: 100 });
  #phone = make("input", { autocomplete: "tel", type: "tel", maxlength: 40 });

  connectedCallback() {
    this.#listeners = new AbortController();
    const on = (type, listener) => window.addEventListener(type, listener, { signal: this.#listeners.signal });
    const begin = () => (window.requestIdleCallback ?? setTimeout)(() => this.#start());
    if (document.readyState === "complete") begin();
    else on("load", begin);
    on("online", () => this.#start().then(() => this.#chat.wake()));
    on("storage", () => this.#activate());
    on("visibilitychange", () => this.#activate());
  }

  disconnectedCallback() {
    this.#listeners.abort();
    this.#activate();
    if (this.hasAttribute("lasting")) setTimeout(() => place(this));
  }

  async #start() {
    this.#chat ??= this.#prepare();
    if (this.#isRefused) return;
    try {
      const practice = await this.#chat.readPractice();
      if (JSON.stringify(practice) === JSON.stringify(this.#practice)) return this.#activate();
      this.#practice = practice;
    } catch (failure) {
      if (!failure.isTransient) return this.#refuse(failure);
    }
    this.#build();
    this.#activate();
  }

  #prepare() {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLES);
    this.#root.adoptedStyleSheets = [sheet];
    this.#lang = language(this.lang);
    return new Conversation(this.getAttribute("api") ?? HOME, this.getAttribute("practice"), () => this.#render());
  }

  #refuse({ status }) {
    this.#isRefused = true;
    this.#chat.notify("unavailable");
    const remedy = status === 403 ? `add "${location.origin}" to its allowed_origins` : "correct data-practice";
    console.error(`${TAG}: no chat with practice "${this.getAttribute("practice")}" here: ${remedy}.`);
  }

  #activate() {
    this.#chat?.sync(this.isConnected && document.visibilityState === "visible");
  }

  #$(selector) {
    return this.#root.querySelector(selector);
  }

  #t(key, values) {
    const text = this.#practice.strings[this.#lang]?.[key] ?? STRINGS[this.#lang][key];
    return text.replace(/\{(\w+)\}/g, (_, name) => values?.[name] ?? this.#practice[name] ?? "");
  }

  #time(at, options) {
    return new Date(at).toLocaleString(this.#lang, { hour: "numeric", minute: "2-digit", ...options });
  }

  // Building

  #build() {
    const { name = this.#t("launcher"), colour } = this.#practice;
    const focused = this.#root.activeElement;
    const attributes = { role: "region", "aria-label": name, lang: this.#lang, dir: "ltr" };
    const chat = make("div.chat", attributes, this.#launcher(), this.#panel(name));
    const accent = contrast(colour ?? "") >= 3 ? colour : "#0b6e6e";
    chat.style.setProperty("--accent", accent);
    chat.style.setProperty("--on-accent", contrast(accent) >= 4.5 ? "#fff" : "#000");
    chat.style.setProperty("--place", [...document.querySelectorAll(TAG)].indexOf(this));
    this.#root.replaceChildren(chat);
    this.#show(this.hasAttribute("open"));
    if (focused === this.#box) focused.focus();
  }

  #launcher() {
    const parts = [make("span", {}, this.#t("launcher")), make("b.badge")];
    return make("button.launcher filled", { "aria-controls": "panel", click: () => this.#toggle() }, ...parts);
  }

  #panel(name) {
    return make(
      "div.panel",
      {
        id: "panel",
        role: "dialog",
        "aria-modal": true,
        "aria-label": name,
        tabindex: -1,
        keydown: (event) => this.#steer(event),
      },
      make(
        "div.all",
        {},
        make(
          "div.head filled",
          {},
          make("div", {}, make("h2", {}, name), make("small", {}, this.#openNow())),
          make("button.end", { click: () => this.#ask(true) }, this.#t("end")),
          make("button.close", { "aria-label": this.#t("close"), click: () => this.#toggle() }, "×"),
        ),
        make("p.emergency fine", {}, this.#t("emergency")),
        this.#scroll(),
        make("p.notice fine", { role: "status" }),
        this.#composer(),
      ),
      make(
        "div.confirm",
        { role: "alertdialog", "aria-labelledby": "question", hidden: "" },
        make("p", { id: "question" }, this.#t("endQuestion")),
        make("button.keep filled", { click: () => this.#ask(false) }, this.#t("endNo")),
        make("button", { click: () => this.#end() }, this.#t("endYes")),
      ),
    );
  }

  #openNow() {
    const { open, next_opening: at, time_zone: timeZone } = this.#practice;
    if (open) return this.#t("open");
    const time = at && this.#time(at, { weekday: "short", month: "short", day: "numeric", timeZone });
    return this.#t("closed") + (at ? ` · ${this.#t("opens", { time })}` : "");
  }

  #scroll() {
    return make(
      "div.scroll",
      { tabindex: 0, role: "log", "aria-label": this.#t("conversation") },
      make(
        "div.intro",
        {},
        make("p.text", {}, this.#t(this.#practice.open ? "greeting" : "greetingClosed")),
        make("p.fine", {}, this.#t("replyTime")),
        this.#practice.phone ? make("details", {}, make("summary", {}, this.#t("hours")), ...this.#hours()) : "",
        make(
          "details.about",
          { open: "" },
          make("summary", {}, this.#t("reach")),
          make("label", {}, this.#t("name"), this.#name),
          make("label", {}, this.#t("phone"), this.#phone),
          make("p.fine", {}, ...linked(this.#practice.text_consent?.[this.#lang] ?? "")),
        ),
      ),
      make("div.messages"),
    );
  }

  #hours() {
    return "mon tue wed thu fri sat sun".split(" ").map((key, index) => {
      const day = new Date(2024, 0, 1 + index).toLocaleDateString(this.#lang, { weekday: "long" }); // from a Monday
      const time = (text) => this.#time(`2024-01-01T${text}`);
      const ranges = (this.#practice.hours[key] ?? []).map((range) => range.split("-").map(time).join(" – "));
      return make("p", {}, `${day}: ${ranges.join(", ") || this.#t("closed")}`);
    });
  }

  #composer() {
    const privacy = this.#practice.privacy_url;
    const submit = (event) => {
      event.preventDefault();
      this.#send();
    };
    this.#box.ariaLabel = this.#box.placeholder = this.#t("message");
    return make(
      "form",
      { submit },
      make("div.compose", {}, this.#box, make("button.send filled", { "aria-label": this.#t("send") }, "↑")),
      make("p.counter fine", { "aria-live": "polite" }),
      make("p.fine", {}, this.#t("consent"), " ", privacy ? link(privacy, this.#t("privacy")) : ""),
    );
  }

  // Showing

  #render() {
    if (!this.#$(".chat")) return;
    const { hasBegun, isPhoneWrong, isTyping, notice, unread, messages } = this.#chat;
    const [scroll, status] = [this.#$(".scroll"), this.#$(".notice")];
    const isAtEnd = messages.length && scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 60;
    const isOpen = this.hasAttribute("open");
    if (isOpen && document.visibilityState === "visible") this.#chat.markSeen();
    this.#showUnread(isOpen ? 0 : unread);
    this.#$(".end").hidden = !hasBegun;
    this.#$(".about").hidden = hasBegun && !isPhoneWrong;
    this.#phone.ariaInvalid = isPhoneWrong;
    this.#showMessages(messages);
    this.#showTyping(isTyping);
    const said = notice ? this.#t(...notice) : "";
    if (status.textContent !== said) status.textContent = said;
    if (isAtEnd) scroll.scrollTop = scroll.scrollHeight;
  }

  #showUnread(count) {
    const words = count ? `, ${this.#t(count === 1 ? "unreadOne" : "unreadMany", { count })}` : "";
    this.#$(".launcher").ariaLabel = this.#t("launcher") + words;
    this.#$(".badge").textContent = count || "";
  }

  #showTyping(isTyping) {
    const shown = this.#$("[data-typing]");
    if (!isTyping) shown?.remove();
    if (!isTyping || shown) return;
    const attributes = { "data-typing": "", role: "img", "aria-label": this.#t("typing") };
    this.#$(".scroll").append(make("div", attributes, "● ● ●"));
  }

  /** Updates only what has changed, because screen readers announce changes. */
  #showMessages(messages) {
    const log = this.#$(".messages");
    const shown = [...log.children];
    messages.forEach((message, index) => {
      const element = shown.find(({ id }) => id === message.key) ?? this.#message(message);
      this.#showState(element, message);
      if (element !== log.children[index]) log.insertBefore(element, log.children[index]);
    });
    for (const element of [...log.children].slice(messages.length)) element.remove();
  }

  #message({ key, from, text }) {
    const words = from === "patient" ? [text] : linked(text);
    return make("div", { id: key, "data-from": from }, make("div.text", { dir: "auto" }, ...words), make("div.fine"));
  }

  #showState(element, { key, at, state }) {
    if (element.dataset.state === state) return;
    element.dataset.state = state;
    const again = make("button", { click: () => this.#retry(key) }, this.#t("retry"));
    const words = `${this.#t(state)} · ${this.#time(at, { weekday: "short" })} `;
    element.lastChild.replaceChildren(words, state === "failed" ? again : "");
  }

  #show(isOpen) {
    this.toggleAttribute("open", isOpen);
    this.#$(".launcher").ariaExpanded = isOpen;
    this.#$(".panel").hidden = !isOpen;
    this.#render();
  }

  // Patient actions

  #toggle() {
    const isOpen = !this.hasAttribute("open");
    this.#ask(false);
    this.#show(isOpen);
    this.#$(isOpen ? "textarea" : ".launcher").focus();
    if (this.#chat.hasBegun) this.#$(".scroll").scrollTop = 1e9;
    this.#start();
  }

  #ask(isAsked) {
    this.#$(".confirm").hidden = !isAsked;
    this.#$(".all").inert = isAsked;
    this.#$(isAsked ? ".keep" : ".end").focus();
  }

  #end() {
    this.#ask(false);
    this.#name.value = this.#phone.value = this.#box.value = "";
    this.#count();
    this.#box.focus();
    this.#chat.end();
  }

  #steer(event) {
    event.stopPropagation(); // keeps the page's shortcuts from firing
    const { key, target, shiftKey, keyCode } = event;
    const isAsked = !this.#$(".confirm").hidden;
    if (keyCode === 229) return; // an input method is composing a character
    if (key === "Tab") this.#keepFocus(event, this.#$(isAsked ? ".confirm" : ".all"));
    else if (key === "Escape" && isAsked) this.#ask(false);
    else if (key === "Escape") this.#toggle();
    else if (key === "Enter" && target === this.#box && !shiftKey) {
      event.preventDefault();
      this.#send();
    }
  }

  #keepFocus(event, area) {
    const all = area.querySelectorAll("a, button, input, textarea, summary, .scroll");
    const stops = [...all].filter((stop) => stop.getClientRects().length);
    const [from, to] = event.shiftKey ? [stops[0], stops.at(-1)] : [stops.at(-1), stops[0]];
    if (this.#root.activeElement !== from) return;
    event.preventDefault();
    to.focus();
  }

  #count() {
    const numbers = [this.#box.textLength, LONGEST_MESSAGE].map((number) => number.toLocaleString(this.#lang));
    this.#$(".counter").textContent = this.#box.textLength > 7000 ? numbers.join(" / ") : "";
  }

  #send() {
    this.#box.focus();
    if (!this.#box.value.trim()) return;
    this.#$(".scroll").scrollTop = 1e9;
    this.#chat.say(this.#box.value, this.#details());
    this.#box.value = "";
    this.#count();
  }

  #retry(key) {
    this.#box.focus();
    this.#chat.retry(key, this.#details());
  }

  #details() {
    const phone = this.#phone.value.trim() || undefined;
    const consent = phone && this.#practice.text_consent && this.#lang;
    return { name: this.#name.value.trim() || undefined, phone, consent };
  }
}

// ---- Into the page

/** Adds the element to the page, unless it already has one for the practice. */
function place(element) {
  if (document.readyState === "loading") return document.addEventListener("DOMContentLoaded", () => place(element));
  const key = CSS.escape(element.getAttribute("practice"));
  if (!document.querySelector(`${TAG}[practice=${key}]`)) document.body.append(element);
}

if (!customElements.get(TAG)) customElements.define(TAG, IntakeChat);
if (script?.dataset.practice) {
  const { practice, lang } = script.dataset;
  place(make(TAG, { practice, lang, api: HOME, lasting: "" }));
}
})();

/* The chat on a practice's site. docs/configuration.md has the options. */
(() => {
"use strict";

const TAG = "intake-chat";
const script = document.currentScript;
const HOME = new URL(script?.src || location.href).origin;

// Texts; a practice can replace any of them by its key

const STRINGS = {
  en: {
    launcher: "Chat with us",
    title: "{name}",
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
    questions: "Common questions",
    email: "Your email (optional)",
    emailWrong: "Please check the email address or leave it blank.",
    robot: "Automatic reply",
    staff: "Our team",
    typing: "Typing",
    typingName: "{name} is typing",
    typingTeam: "Our team is typing",
    passed: "Passed to our team. A person will answer.",
    answering: "You are chatting with our team.",
    answeringName: "You are chatting with {name}.",
    copy: "Email me this chat",
    copyTo: "Your email",
    copySend: "Send copy",
    copyHint:
      "One copy, to the address you gave in this chat. If you leave, we answer there too. Email is not encrypted.",
    copyOther: "A copy goes only to the address that you gave in this chat.",
    copyFailed: "We cannot send a copy right now.",
    attach: "Add a picture or PDF",
    remove: "Remove {file}",
    discard: "Remove",
    picture: "Picture {number}, download",
    pdf: "PDF document, download",
    uploading: "Uploading",
    checking: "Checking the file",
    fileType: "{file} was not added: we can take photos (JPEG, PNG, GIF, or WebP) and PDFs only.",
    fileLarge: "{file} was not added: a file can have at most 10 MB.",
    filesMany: "You can send up to 3 files at a time.",
    noFiles: "{file} was not sent: we take no files here.",
    filesFull: "This chat cannot take more files today. You can call us: {phone}",
    fileRefused: "We could not open this file. Please send a photo (JPEG or PNG) or a PDF.",
    fileGone: "This file is not available.",
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
    title: "{name}",
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
    questions: "Preguntas frecuentes",
    email: "Su correo (opcional)",
    emailWrong: "Revise el correo electrónico o déjelo vacío.",
    robot: "Respuesta automática",
    staff: "Nuestro equipo",
    typing: "Escribiendo",
    typingName: "{name} está escribiendo",
    typingTeam: "Nuestro equipo está escribiendo",
    passed: "Pasamos su mensaje a nuestro equipo. Una persona le responderá.",
    answering: "Está en el chat con nuestro equipo.",
    answeringName: "Está en el chat con {name}.",
    copy: "Enviarme este chat por correo",
    copyTo: "Su correo electrónico",
    copySend: "Enviar copia",
    copyHint:
      "Una copia, a la dirección que dio en este chat. Si se va, le respondemos ahí. El correo no va cifrado.",
    copyOther: "La copia solo puede ir a la dirección que dio en este chat.",
    copyFailed: "No podemos enviar una copia ahora.",
    attach: "Agregar una foto o un PDF",
    remove: "Quitar {file}",
    discard: "Quitar",
    picture: "Foto {number}, descargar",
    pdf: "Documento PDF, descargar",
    uploading: "Subiendo",
    checking: "Revisando el archivo",
    fileType: "No se agregó {file}: solo podemos recibir fotos (JPEG, PNG, GIF o WebP) y PDF.",
    fileLarge: "No se agregó {file}: un archivo puede tener 10 MB como máximo.",
    filesMany: "Puede enviar hasta 3 archivos a la vez.",
    noFiles: "No se envió {file}: aquí no recibimos archivos.",
    filesFull: "Este chat no puede recibir más archivos hoy. Puede llamarnos: {phone}",
    fileRefused: "No pudimos abrir este archivo. Envíe una foto (JPEG o PNG) o un PDF.",
    fileGone: "Este archivo no está disponible.",
    sending: "Enviando",
    waiting: "Esperando conexión",
    sent: "Enviado",
    failed: "No enviado",
    retry: "Reintentar",
    offline: "Sin conexión. Su mensaje se enviará en cuanto vuelva.",
    busy: "Un momento, por favor. Su mensaje se enviará de nuevo en {seconds} segundos.",
    unavailable: "No podemos recibir su mensaje ahora. También puede llamarnos: {phone}",
    lost: "Su chat anterior ha terminado. Este es uno nuevo.",
    end: "Terminar",
    endQuestion: "¿Terminar este chat? Se borrará de este dispositivo. El consultorio conserva los mensajes que recibió.",
    endYes: "Terminar y borrar",
    endNo: "Seguir en el chat",
    ended: "El chat ha terminado y se borró de este dispositivo.",
  },
};

const LANGUAGES = { en: "English", es: "Español" };

const LONGEST_MESSAGE = 8000;

const FILE_TYPES = ["image/jpeg", "image/png", "image/gif", "image/webp", "application/pdf"];
const MOST_FILES = 3;
const LARGEST = 10 * 2 ** 20; // bytes
const SIDE = 2048; // of a picture, in pixels
const SMALL = 240;

const PATIENCE = 20_000; // milliseconds; heartbeats come every 15 s
const MINUTE = 60_000;

const GROUP = 5 * MINUTE; // messages that share one time
const TYPING = 9000; // signs of it come more often

// At random, so that not all come at once.
const backoff = (failures, most = 8000) => Math.min(most, 500 * 2 ** failures) * (0.5 + Math.random() / 2);

const newId = () => crypto.getRandomValues(new Uint32Array(4)).join("-");

/** localStorage under a prefix or, if blocked or full, an object. */
class Store {
  #prefix;
  #shelf = {};

  constructor(prefix) {
    this.#prefix = prefix;
    try {
      this.#shelf = localStorage ?? {};
    } catch {
      // blocked
    }
  }

  get isLasting() {
    return this.#shelf instanceof Storage;
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

  /** Runs work in one tab at a time, by a lock or, without TLS, a lease. */
  async exclusively(work) {
    if (!this.isLasting) return work();
    if (navigator.locks) return navigator.locks.request(this.#prefix, work);
    const owner = newId();
    while (this.get("lease")?.owner !== owner) {
      if (!(this.get("lease")?.until > Date.now())) this.set("lease", { owner, until: Date.now() + MINUTE });
      await new Promise((resolve) => setTimeout(resolve, 200)); // the last to write wins
    }
    return work().finally(() => this.remove("lease"));
  }
}

/** A failed call; without an answer, its status is 0. */
class Failure extends Error {
  constructor(status, retryAfter, code) {
    super();
    this.status = status;
    this.code = code;
    this.wait = retryAfter * 1000 || 0;
    this.isTransient = !status || status === 408 || status === 429 || status >= 500;
    this.isEnd = status === 401 || code === "unknown_conversation";
  }
}

const unreachable = () => {
  throw new Failure(0);
};

const json = (response) => response.json().catch(unreachable);

// Unlike fetch, this tells how much is sent.
function upload(address, { token, form, onProgress, signal }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.timeout = 3 * MINUTE;
    request.upload.onprogress = ({ loaded, total }) => onProgress(loaded / total);
    request.onload = () => {
      const { status, response } = request;
      const lines = request.getAllResponseHeaders().matchAll(/^(.+?): (.*)/gm);
      const headers = Array.from(lines, ([, name, value]) => [name, value]);
      resolve(new Response(response, { status, headers }));
    };
    request.onerror = request.ontimeout = request.onabort = reject;
    signal.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

function patience() {
  const waiting = new AbortController();
  setTimeout(() => waiting.abort(), PATIENCE);
  return waiting.signal;
}

async function call(address, { token, body, form, onProgress, lastId, signal = patience() } = {}) {
  if (!navigator.onLine) unreachable();
  const headers = body ? { "Content-Type": "application/json" } : {};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (lastId) headers["Last-Event-ID"] = lastId;
  const options = { method: body ? "POST" : "GET", headers, body: JSON.stringify(body), signal };
  const sent = form
    ? upload(address, { token, form, onProgress, signal })
    : fetch(address, { ...options, credentials: "omit", cache: "no-store" });
  const response = await sent.catch(unreachable);
  if (!response.ok) {
    const { error } = await response.json().catch(() => ({}));
    throw new Failure(response.status, response.headers.get("Retry-After"), error?.code);
  }
  return response;
}

/** EventSource would put the token into a URL. */
async function* readEvents(body, onBytes) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (let chunk; !(chunk = await reader.read()).done; ) {
    onBytes();
    const events = (rest + chunk.value).split("\n\n");
    rest = events.pop();
    for (const event of events) {
      const [type, data] = ["event", "data"].map((name) => event.match(RegExp(`^${name}: (.*)`, "m"))?.[1]);
      if (data) yield [type, JSON.parse(data)];
    }
  }
}

/** Redraws a picture: only pixels stay, no place. */
function draw(bitmap, side) {
  const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [bitmap.width, bitmap.height].map((length) => Math.max(1, Math.round(length * scale)));
  const canvas = make("canvas", { width, height });
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0, width, height);
  return canvas;
}

async function prepare(file) {
  const { name, type } = file;
  const whole = { blob: file, name };
  try {
    const bitmap = await createImageBitmap(file);
    const small = draw(bitmap, SMALL);
    if (/png|gif|webp/.test(type) && file.size <= 2 ** 20) return { ...whole, small };
    const blob = await new Promise((resolve) => draw(bitmap, SIDE).toBlob(resolve, FILE_TYPES[0], 0.8));
    return { ...whole, blob: blob ?? file, small };
  } catch (failure) {
    if (FILE_TYPES.includes(type)) return whole; // the service may read it
    if (/^(%PDF|GIF8|RIFF|\ufffd(PNG|\ufffd))/.test(await file.slice(0, 4).text())) return whole;
    throw failure;
  }
}

const FILE_TROUBLE = {
  file_type: "fileType",
  no_files: "noFiles",
  file_too_large: "fileLarge",
  request_entity_too_large: "fileLarge",
  no_more_files: "filesFull",
  unsupported: "fileType",
  too_large: "fileLarge",
  too_many: "filesFull",
};

/** A conversation, shared by all tabs; the store keeps what is unsent. */
class Conversation {
  #base;
  #practice;
  store;
  #onChange;
  #ended; // changes whenever a tab ends the chat
  #due;
  #id;
  #entries = new Map(); // by the service's ids
  #carried = new Map(); // unsent with files, this tab's
  #previews = new Map(); // files that this tab sent, by the message's key
  #small = new Map(); // small copies of pictures
  #files = {}; // what the service knows of files, by the entry's id
  #sending = new AbortController();
  #last = 0; // id of the last entry received

  #troubles = new Map(); // why messages were not sent: {status, isOver}, by id
  #failures = 0;
  #isAnew; // begun in place of one that has ended
  #details; // of the visitor
  #isCopying;
  #timers = {};
  #queue = Promise.resolve();
  #uploads = Promise.resolve();

  #isActive;
  #followed;
  #following = new AbortController();
  #look = () => {};
  #streamAgainAt = 0;
  #livelyUntil = 0;
  #isWorking;
  #typingUntil = 0;
  #typist; // the member who is typing: {name}
  #typistUntil = 0;

  person; // who has the chat, besides the robot: "waiting" for a person, or one is "answering"
  wrongField; // "phone" or "email"
  notice; // a text's [key, values]

  constructor(base, practice, onChange) {
    this.#base = base;
    this.#practice = practice;
    this.#onChange = onChange;
    this.store = new Store(`intake-chat ${base} ${practice} `);
    this.#ended = this.store.get("ended");
    this.#tellEnds();
  }

  get hasBegun() {
    return !!(this.#id || this.#unsent.length);
  }

  /** Who is writing: {name} of a member, {} the robot. */
  get typing() {
    if (Date.now() < this.#typistUntil) return this.#typist;
    return Date.now() < this.#typingUntil ? {} : null;
  }

  get isCarrying() {
    return !!(this.store.isLasting ? this.#carried.size : this.#unsent.length);
  }

  get mayBeCopied() {
    const entries = [...this.#entries.values()];
    return entries.length > 0 && !entries.some(({ copy }) => copy);
  }

  get unread() {
    const seen = this.store.get("seen");
    return [...this.#entries.values()].filter(({ id, state }) => state !== "sent" && id > seen).length;
  }

  /** In order; a reply's state is its author. */
  get messages() {
    const entries = [...this.#entries.values()].sort((first, second) => first.id - second.id);
    const sent = entries.map((entry) => ({
      ...entry,
      files: this.#files[entry.id],
      previews: this.#previews.get(entry.key),
    }));
    const unsent = this.#unsent.map((item) => ({
      ...item,
      id: null,
      key: item.id,
      from: "patient",
      state: this.#stateOf(item),
    }));
    return [...sent, ...unsent];
  }

  async readPractice() {
    const kept = this.store.get("practice");
    if (Date.now() - kept?.at < 4 * MINUTE) return kept.practice;
    const address = `${this.#base}/chat/practices/${this.#practice}`;
    const practice = await call(address).then(json);
    this.store.set("practice", { practice, at: Date.now() });
    return practice;
  }

  /** Reads the store again: any tab may have changed it. */
  sync(isActive = this.#isActive) {
    const id = this.store.get("session")?.id;
    if (id !== this.#id) this.#show(id);
    const ended = this.store.get("ended");
    if (ended !== this.#ended) this.#wipe(ended);
    for (const item of this.#unsent) {
      if (item.hasFailed || Date.now() - item.at < 1440 * MINUTE) continue;
      this.#put({ ...item, hasFailed: true }); // too old to go out unasked
    }
    for (const key of this.#troubles.keys()) {
      const isOver = this.#item(key)?.hasFailed ?? !this.#item(key);
      if (isOver && this.#troubles.delete(key) && !this.#troubles.size) this.#calm();
    }
    if (!this.#unsent.length) this.store.remove("details");
    this.#isActive = isActive;
    this.#follow(isActive ? id : null);
    this.#sendSoon();
    this.#changed();
  }

  say(text, details, previews = []) {
    const at = Math.max(Date.now(), ...this.#unsent.map((item) => item.at + 1));
    this.#keep({ id: newId(), text, at, ...(previews.length ? { previews } : {}) }, details);
  }

  retry(id, details) {
    this.#keep({ ...this.#item(id), at: Date.now(), hasFailed: false }, details);
  }

  discard(id) {
    this.#drop({ id });
    this.notice = null;
    this.sync();
  }

  #item = (id) => this.#carried.get(id) ?? this.store.get(`unsent ${id}`);

  #put(item) {
    if (item.previews) this.#carried.set(item.id, item);
    else this.store.set(`unsent ${item.id}`, item);
  }

  wake(id) {
    this.#release(id);
    this.#tellEnds();
    this.sync();
    this.#look();
  }

  end() {
    const session = this.store.get("session");
    if (session) this.store.set(`ending ${session.id}`, session);
    this.#tellEnds();
    this.#unsent.forEach(this.#drop);
    this.store.remove("session", "seen");
    this.store.set("ended", newId());
    this.sync();
  }

  /** Tells the service of ended chats, until it knows. */
  #tellEnds() {
    for (const { id, token } of this.store.all("ending ")) {
      const forget = () => this.store.remove(`ending ${id}`);
      const address = `${this.#base}/chat/conversations/${id}/end`;
      call(address, { token, body: {} }).then(forget, (failure) => failure.isEnd && forget());
    }
  }

  #wipe(ended) {
    this.#ended = ended;
    this.#sending.abort();
    this.#sending = new AbortController();
    this.#carried.clear();
    this.#details = null;
    this.notice = ["ended"];
    this.#onChange(true);
  }

  #drop = ({ id }) => {
    this.#carried.delete(id);
    this.store.remove(`unsent ${id}`);
  };

  async readFile(entry, position, size = "whole") {
    const response = await this.#call(`files/${entry}/${position}?size=${size}`);
    return response.blob();
  }

  /** Returns a picture's small copy on a canvas: a page's policy may allow no other. */
  async readSmall(entry, position) {
    const key = `${entry} ${position}`;
    const bitmap = this.#small.get(key) ?? this.readFile(entry, position, "small").then(createImageBitmap);
    this.#small.set(key, bitmap);
    bitmap.catch(() => this.#small.delete(key));
    return draw(await bitmap, SMALL);
  }

  markSeen() {
    if (this.#last > this.store.get("seen")) this.store.set("seen", this.#last);
  }

  async requestCopy(email, language) {
    if (this.#isCopying) return;
    this.#isCopying = true;
    try {
      await this.#call("copy", { body: { email, language } });
      this.notify();
    } catch ({ code }) {
      this.#isCopying = false;
      this.notify({ invalid_email: "emailWrong", other_address: "copyOther" }[code] ?? "copyFailed");
    }
    this.#look();
  }

  notify(...notice) {
    this.notice = notice;
    this.#changed();
  }

  #changed() {
    clearTimeout(this.#due);
    this.#due = setTimeout(this.#onChange);
  }

  #lose() {
    this.store.remove("session", "seen");
    this.sync();
    this.notify("lost");
  }

  #show(id) {
    this.#id = id;
    for (const kept of [this.#entries, this.#previews, this.#small]) kept.clear();
    this.#files = {};
    this.#last = 0;
    this.#calm();
    this.person = null;
    this.#isCopying = this.#isWorking = this.#typingUntil = this.#typistUntil = 0;
  }

  #calm() {
    this.#troubles.clear();
    if (this.notice?.[0] !== "lost") this.notice = null; // that stays
  }

  async #call(path, options) {
    const { id, token } = this.store.get("session") ?? {};
    const response = await call(`${this.#base}/chat/conversations/${id}/${path}`, { token, ...options });
    const fresh = response.headers.get("Chat-Token");
    if (fresh && this.store.get("session")?.id === id) this.store.set("session", { id, token: fresh });
    return response;
  }

  get #unsent() {
    return [...this.store.all("unsent "), ...this.#carried.values()].sort((first, second) => first.at - second.at);
  }

  #stateOf({ id, hasFailed }) {
    const trouble = this.#troubles.get(id);
    if (hasFailed || trouble?.status) return "failed";
    return trouble ? "waiting" : "sending";
  }

  #keep(item, details) {
    const isAsked = !this.hasBegun || this.wrongField; // else the fields are hidden
    if (isAsked) this.store.set("details", (this.#details = details));
    this.wrongField = null;
    if (!this.#troubles.size) this.notice = null;
    this.#put(item);
    this.#release(item.id);
    this.sync();
  }

  /** Lets all be tried again; of what was too much, only this. */
  #release(id) {
    for (const [key, trouble] of this.#troubles) trouble.isOver ||= key === id || trouble.status !== 429;
  }

  #next(withFiles) {
    const isFree = ({ id }) => this.#troubles.get(id)?.isOver ?? true;
    return this.#unsent.find((item) => !item.hasFailed && !item.previews !== withFiles && isFree(item));
  }

  #sendSoon() {
    const send = () => this.store.exclusively(() => this.#sendAll(false));
    if (this.#next(false)) this.#queue = this.#queue.then(send).catch(() => {});
    this.#uploads = this.#uploads.then(() => this.#sendAll(true)).catch(() => {}); // no text waits for it
  }

  async #sendAll(withFiles) {
    for (let item; (item = this.#next(withFiles)); ) {
      try {
        await this.#send(item);
        this.#failures = 0;
        this.#isAnew = false;
        this.sync();
        this.#look();
      } catch (failure) {
        if (!this.#item(item.id)) continue; // the chat was ended
        if (failure.isEnd && !this.#isAnew) {
          this.#isAnew = true;
          this.#lose();
        } else if (failure.isTransient) this.#wait(item, failure);
        else this.#giveUp(item, failure);
      }
    }
  }

  async #send({ id: key, text, at, previews }) {
    const begin = async () => (this.store.get("session") ? this.sync() : this.#begin(key));
    if (!this.#id) await (previews ? this.store.exclusively(begin) : begin());
    const id = this.#id;
    if (!this.#item(key)) return;
    const { message } = await (previews
      ? this.#call("files", this.#withFiles(key, text, previews))
      : this.#call("messages", { body: { client_message_id: key, text } })
    ).then(json);
    if (id === this.#id) {
      if (previews) this.#previews.set(key, previews);
      this.#add({ id: message, from: "patient", text, at, client_message_id: key });
    }
    this.#drop({ id: key });
  }

  #withFiles(key, text, previews) {
    const form = new FormData();
    form.set("client_message_id", key);
    form.set("text", text);
    for (const { blob, name } of previews) form.append("file", blob, name);
    const onProgress = (progress) => {
      if (this.#carried.has(key)) this.#carried.get(key).progress = progress;
      this.#changed();
    };
    return { form, onProgress, signal: this.#sending.signal };
  }

  async #begin(key) {
    const body = { practice: this.#practice, ...(this.store.get("details") ?? this.#details) };
    const { conversation: id, token } = await call(`${this.#base}/chat/conversations`, { body }).then(json);
    if (!this.#item(key)) return;
    this.store.set("session", { id, token });
    this.store.remove("details");
    this.sync();
  }

  #wait({ id, previews }, { status, wait: told }) {
    const wait = Math.min(previews ? 60 * MINUTE : MINUTE, Math.max(told, backoff(++this.#failures)));
    this.#troubles.set(id, { status, isOver: false });
    const key = status === 429 ? id : undefined; // all others together
    clearTimeout(this.#timers[key]);
    this.#timers[key] = setTimeout(() => this.wake(key), wait);
    this.notify({ 0: "offline", 429: "busy" }[status] ?? "unavailable", { seconds: Math.ceil(wait / 1000) });
  }

  #giveUp(item, { status, code }) {
    this.#troubles.delete(item.id);
    this.#put({ ...item, hasFailed: true });
    const [file] = (item.previews ?? []).map(({ name }) => name);
    if (file && FILE_TROUBLE[code]) return this.notify(FILE_TROUBLE[code], { file });
    if (status === 400 && !this.#id) this.wrongField = code === "invalid_email" ? "email" : "phone";
    this.notify(this.wrongField ? `${this.wrongField}Wrong` : "unavailable");
  }

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
        if (failure.isEnd) return this.#lose();
        const most = failure.isTransient ? 8000 : MINUTE;
        wait = Math.min(MINUTE, Math.max(failure.wait ?? 0, backoff(++failures, most)));
      }
      await new Promise((resolve) => {
        this.#look = resolve;
        setTimeout(resolve, wait);
      });
    }
  }

  async #stream(signal) {
    if (Date.now() < this.#streamAgainAt) return false;
    const connection = new AbortController();
    const cut = () => connection.abort();
    signal.addEventListener("abort", cut);
    let timer = setTimeout(cut, 6000); // the first comes at once, if at all
    let isHeard = false;
    const onBytes = () => {
      if (!isHeard) return; // it may be half an event
      clearTimeout(timer);
      timer = setTimeout(cut, PATIENCE);
    };
    try {
      const { body } = await this.#call("events", { lastId: this.#last, signal: connection.signal });
      for await (const event of readEvents(body, onBytes)) {
        isHeard = true;
        onBytes();
        this.#hear(...event);
      }
      return isHeard;
    } catch (failure) {
      if (failure.isEnd) throw failure;
      return isHeard && !connection.signal.aborted;
    } finally {
      clearTimeout(timer);
      cut();
    }
  }

  async #poll(signal) {
    const { messages, files, working, person, typing } = await this.#call(`messages?after=${this.#last}`).then(json);
    if (signal.aborted) return 0;
    if (Date.now() >= this.#streamAgainAt) this.#streamAgainAt = Date.now() + MINUTE;
    for (const message of messages) this.#hear("message", message);
    this.#hear("files", { files });
    this.#hear("working", { working, person });
    this.#hear("typing", { typing });
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
      const carried = this.#carried.get(data.client_message_id);
      if (carried) this.#previews.set(carried.id, carried.previews);
      this.#drop({ id: data.client_message_id });
      if (data.from === "staff") this.#typistUntil = 0;
    } else if (type === "files") {
      this.#files = data.files ?? {};
    } else if (type === "typing") {
      this.#typist = data.typing;
      this.#typistUntil = data.typing ? Date.now() + TYPING : 0;
      setTimeout(() => this.#changed(), TYPING);
    } else if (type === "working") {
      this.person = data.person;
      if (data.working !== this.#isWorking) {
        this.#isWorking = data.working;
        this.#typingUntil = data.working ? Date.now() + 15_000 : 0;
        setTimeout(() => this.#changed(), 15_000);
      }
    }
    this.#changed();
  }
}

// In a shadow root, `!important` overrides the page's styles.
const STYLES = `
  :host { all: initial !important; position: fixed !important; inset: 0 auto auto 0 !important;
    z-index: 2147483646 !important }
  :host([open]) { z-index: 2147483647 !important }
  * { box-sizing: border-box; margin: 0 }
  [hidden] { display: none !important }
  .chat { --ink: #1d2939; --soft: #526071; --paper: #fff; --ground: #f5f7f9; --line: #dfe4ea; --edge: #7b8794;
    --bad: #b42318; --note: #eef4ff; --warn: #6a3500; --warned: #fff4e0; color: var(--ink);
    font: .9375em/1.5 system-ui, sans-serif;
    --side: max(var(--x), env(safe-area-inset-left), env(safe-area-inset-right));
    --foot: calc(max(var(--y), env(safe-area-inset-bottom)) + var(--place) * 68px) }
  .dark { --ink: #e8edf3; --soft: #b0bccb; --paper: #18212f; --ground: #0f1621; --line: #39465a; --edge: #8593a5;
    --bad: #ff9c92; --note: #1c2c47; --warn: #ffd9a0; --warned: #3a2a0d; color-scheme: dark }
  button, input, textarea { min-width: 44px; min-height: 44px; padding: 9px 12px; border: 1px solid var(--edge);
    border-radius: 10px; background: var(--paper); color: inherit; font: inherit }
  button, summary { font-weight: 600; cursor: pointer }
  :focus-visible { outline: 3px solid var(--ink); outline-offset: -1px; box-shadow: inset 0 0 0 4px var(--paper) }
  a { color: inherit }
  a[href^=tel] { white-space: nowrap }
  ::placeholder { color: var(--soft); opacity: 1 }
  .close, .send, .attach { padding: 0; font-size: 1.5em }
  .lang, .end { padding: 0 }
  .filled, .head button, [data-from=patient] .text { background: var(--accent); color: var(--on-accent);
    border-color: transparent }

  .launcher, .panel { position: fixed; right: var(--side); bottom: var(--foot); box-shadow: 0 8px 32px #1018283d }
  .left :is(.launcher, .panel) { right: auto; left: var(--side) }
  .launcher { display: flex; align-items: center; gap: 10px; min-height: 56px; padding: 0 16px; border-radius: 28px }
  .launcher::before { content: ""; width: 22px; height: 18px; border: 2px solid; border-radius: 7px 7px 7px 0 }
  .badge { position: absolute; top: -6px; right: -4px; min-width: 24px; border-radius: 12px; background: #b42318;
    color: #fff; font-size: .8em }
  .panel { bottom: calc(var(--foot) + 70px); width: min(24em, 100vw - 20px - var(--side)); border-radius: 16px;
    height: min(42em, 100vh - 90px - var(--foot)); overflow: hidden; background: var(--paper) }
  .all { display: flex; flex-direction: column; height: 100% }
  .head { display: flex; flex-wrap: wrap; align-items: center; padding: 8px 6px 8px 18px; line-height: 1.3 }
  .head div { flex: 1 1 5em }
  .tools { margin-inline-start: auto }
  h2 { font-size: 1em; overflow-wrap: anywhere }
  small, .fine { font-size: .8em }
  .fine { color: var(--soft) }
  [data-from] .fine:not(:empty), form .fine, .about .fine { margin-top: 4px }
  .emergency { padding: 7px 18px; background: var(--warned); color: var(--warn); font-weight: 600 }
  .scroll { flex: 1; padding: 16px 14px; overflow: hidden auto; overscroll-behavior: contain;
    background: var(--ground) }
  .intro, .messages { display: grid; gap: 10px; margin-bottom: 12px }
  .questions { display: flex; flex-wrap: wrap; gap: 8px }
  .questions button { border-radius: 22px; font-weight: 400; text-align: start; overflow-wrap: anywhere }
  .when { text-align: center }
  .text, details { padding: 9px 13px; border: 1px solid var(--line); border-radius: 16px; background: var(--paper) }
  .text { max-width: 86%; width: fit-content; overflow-wrap: anywhere; white-space: pre-wrap; unicode-bidi: isolate }
  summary { margin: -9px 0; padding: 11px 0 }
  .copy { font-size: .9em }
  .copy:not([open]) { border-color: #0000; background: none }
  .copy button { margin-top: 8px }
  label { display: block; margin-top: 8px }
  .pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(10em, 100%), 1fr)); gap: 0 10px }
  .pair label { display: flex; flex-direction: column; justify-content: end }
  input, textarea { width: 100%; font-size: max(16px, 1em) }
  [data-from=patient] { display: grid; justify-items: end }
  [data-state=failed] .fine, [aria-invalid=true] { color: var(--bad); border-color: currentColor }
  :is(.notice, .person):not(:empty) { padding: 8px 18px; background: var(--note) }
  .composer { padding: 10px 12px max(10px, env(safe-area-inset-bottom)); border-top: 1px solid var(--line) }
  .compose { display: flex; align-items: end; gap: 8px }
  .tray, .files { display: flex; flex-wrap: wrap; align-items: end; gap: 8px; min-width: 0 }
  :is(.tray, .files):empty, .text:empty { display: none }
  .tray { margin-bottom: 8px }
  .chip { display: flex; align-items: center; gap: 8px; max-width: 100%; padding-inline-start: 8px;
    border: 1px solid var(--line); border-radius: 10px }
  .chip span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
  .chip button { border: 0; background: none }
  .chip canvas { width: 40px; height: 40px; object-fit: cover; border-radius: 6px }
  .files { max-width: 86%; margin-top: 4px }
  [data-from=patient] .files { justify-content: end }
  .files canvas { display: block; max-width: 100%; max-height: 12em; border-radius: 10px }
  .files button:has(canvas) { padding: 3px }
  progress { width: 100%; accent-color: var(--accent) }
  .drop .composer { outline: 3px dashed var(--edge); outline-offset: -4px }
  textarea { max-height: 8em; resize: none; field-sizing: content }
  .confirm { position: absolute; inset: auto 0 0; display: grid; gap: 12px; padding: 20px; background: var(--paper);
    box-shadow: 0 0 0 99em #1018287a }

  @media (max-width: 480px), (max-height: 480px) {
    .launcher span, :host([open]) .launcher { display: none }
    .panel { inset: 0 !important; width: auto; height: 100dvh; border-radius: 0 }
  }
  @media (max-height: 360px) {
    .all { display: block; overflow: auto }
    .scroll { overflow: visible }
    .composer { position: sticky; bottom: 0; background: var(--paper) }
  }
  @media (forced-colors: active) { button, .text, .panel { border: 1px solid !important } }
  @media (prefers-reduced-motion: no-preference) {
    .panel { animation: rise .2s }
    [data-typing] i { animation: rise 1s infinite alternate }
  }
  [data-typing] { margin-bottom: 10px }
  [data-typing] i { display: inline-block; font-style: normal }
  .fine + i { font-size: .6em }
  @keyframes rise { from { opacity: .3; transform: translateY(4px) } }
`;

/** Makes an element, such as "p.fine"; functions become listeners. */
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

// What becomes a link, and what stands before it: not all browsers know lookbehind.
const LINKED = [
  /()(https?:\/\/[\w.-]*[\w-](?::\d+)?(?:[/?#][!#-;=?-~]*[#-(*+\-/-9=@-~]|[/#])?)/i,
  /(^|[^\w.@+-])((?:\+?1[-. ]?)?(?:\([2-9]\d\d\) ?|[2-9]\d\d[-. ])[2-9]\d\d[-. ]\d{4})(?![\w@-])/,
  /(\b(?:[Cc]all|[Dd]ial|[Tt]ext|al|[Mm]arque) )(911|988)(?![\w-]| [A-Z\d])/,
];

function linked(text, [pattern, ...others] = LINKED) {
  if (!pattern) return [text];
  return text.split(pattern).flatMap((part, index) => {
    if (index % 3 < 2) return linked(part, others);
    if (/^http/i.test(part)) return link(part, part);
    const digits = part.replace(/\D/g, "");
    return make("a", { href: `tel:${digits.length > 3 ? `+1${digits.slice(-10)}` : digits}` }, part);
  });
}

const named = (canvas, ariaLabel) => Object.assign(canvas, { role: "img", ariaLabel });

function withTimes(messages) {
  let start = -Infinity;
  return messages.flatMap((message) => {
    const at = new Date(message.at).getTime();
    if (at - start <= GROUP) return [message];
    start = at;
    return [{ key: `at ${message.key}`, time: at }, message];
  });
}

// With white, by WCAG 2.2.
function contrast(color) {
  const [red, green, blue] = [1, 3, 5].map((start) => {
    const value = parseInt(color.slice(start, start + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05);
}

function language(wanted) {
  const tags = [wanted, ...navigator.languages, document.documentElement.lang];
  return tags.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => tag in STRINGS) ?? "en";
}

const DARK = matchMedia("(prefers-color-scheme: dark)");

const isVisible = (color) => /^#[0-9a-f]{6}$/i.test(color) && contrast(color) >= 3;

// Only what differs is changed, as screen readers announce it.
function fill(area, parts) {
  if (area.textContent !== parts.map((part) => part.textContent ?? part).join("")) area.replaceChildren(...parts);
}

const lasting = ({ open, next_opening, questions, questions_es, special_hours, ...rest }) => JSON.stringify(rest);

class IntakeChat extends HTMLElement {
  #root = this.attachShadow({ mode: "open" });
  #lang;
  #chat;
  #practice = { hours: {}, strings: {} };
  #isRefused = false;
  #listeners;
  // Fields outlive the panel around them.
  #box = make("textarea", {
    rows: 1,
    dir: "auto",
    maxlength: LONGEST_MESSAGE,
    enterkeyhint: "send",
    input: () => this.#count(),
    paste: (event) => this.#take(event, event.clipboardData),
  });
  #files = make("input", {
    type: "file",
    multiple: "",
    hidden: "",
    accept: FILE_TYPES,
    change: () => this.#pick([...this.#files.files]),
  });
  #picked = []; // files to send with the next message
  #picking = Promise.resolve();
  #fields = [
    make("input", { name: "name", autocomplete: "name", maxlength: 100, dir: "auto" }),
    make("input", { name: "phone", autocomplete: "tel", type: "tel", maxlength: 40 }),
    make("input", { name: "email", autocomplete: "email", type: "email", maxlength: 254 }),
  ];
  #copyTo = make("input", { autocomplete: "email", type: "email", maxlength: 254, required: "" });

  connectedCallback() {
    this.#listeners = new AbortController();
    const on = (type, listener) => window.addEventListener(type, listener, { signal: this.#listeners.signal });
    const begin = () => (window.requestIdleCallback ?? setTimeout)(() => this.#start());
    if (document.readyState === "complete") begin();
    else on("load", begin);
    on("beforeunload", (event) => this.#chat?.isCarrying && event.preventDefault());
    on("online", () => this.#start().then(() => this.#chat.wake()));
    on("storage", () => this.#activate());
    on("visibilitychange", () => this.#refresh());
    const timer = setInterval(() => this.#refresh(), 5 * MINUTE);
    this.#listeners.signal.addEventListener("abort", () => clearInterval(timer));
    DARK.addEventListener("change", () => this.#shade(), { signal: this.#listeners.signal });
  }

  disconnectedCallback() {
    this.#listeners.abort();
    this.#activate();
    if (this.hasAttribute("lasting")) setTimeout(() => place(this));
  }

  async #start() {
    this.#chat ??= this.#prepare();
    if (this.#isRefused) return;
    let practice = this.#practice;
    try {
      practice = await this.#chat.readPractice();
    } catch (failure) {
      if (!failure.isTransient) return this.#refuse(failure);
    }
    const before = lasting(this.#practice);
    this.#practice = practice;
    if (this.#$(".chat") && lasting(practice) === before) this.#renew();
    else this.#build();
    this.#activate();
  }

  #refresh() {
    this.#activate();
    if (this.hasAttribute("open") && document.visibilityState === "visible") this.#start();
  }

  #prepare() {
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLES);
      this.#root.adoptedStyleSheets = [sheet];
    } catch {
      this.#root.append(make("style", {}, STYLES)); // Safari before 16.4
    }
    const [api, practice] = ["api", "practice"].map((name) => this.getAttribute(name));
    const chat = new Conversation(api ?? HOME, practice, (isOver) => (isOver ? this.#clear() : this.#render()));
    for (const field of this.#fields) field.value = chat.store.get("details")?.[field.name] ?? "";
    this.#lang = language(chat.store.get("lang") ?? this.lang);
    const color = this.getAttribute("color");
    if (color && !isVisible(color)) console.warn(`${TAG}: color "${color}" is not used: write #rrggbb, and darker.`);
    return chat;
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
    let text = this.#practice.strings[this.#lang]?.[key] ?? STRINGS[this.#lang][key];
    if (!this.#practice.phone) text = text.replace(/[^.]*\{phone\}/, ""); // its sentence
    return text.replace(/\{(\w+)\}/g, (_, name) => values?.[name] ?? this.#practice[name] ?? "");
  }

  #time(at, options) {
    return new Date(at).toLocaleString(this.#lang, { hour: "numeric", minute: "2-digit", ...options });
  }

  #build() {
    const { name = this.#t("launcher"), colour } = this.#practice;
    const focused = this.#root.activeElement;
    const place = this.#$(".scroll")?.scrollTop ?? 0;
    const stop = (event) => event.stopPropagation();
    const attributes = { role: "region", "aria-label": name, lang: this.#lang, dir: "ltr", keypress: stop, keyup: stop };
    const side = this.getAttribute("side") ?? { rtl: "left" }[getComputedStyle(this).direction] ?? "right";
    const chat = make(`div.chat ${side}`, attributes, this.#launcher(), this.#panel(name));
    const accent = [this.getAttribute("color"), colour].find(isVisible) ?? "#0b6e6e";
    const [y, x] = (this.getAttribute("offset") ?? "").match(/\d+/g) ?? [];
    chat.style.setProperty("--accent", accent);
    chat.style.setProperty("--on-accent", contrast(accent) >= 4.5 ? "#fff" : "#000");
    chat.style.setProperty("--y", `${Math.min(y ?? 20, 200)}px`);
    chat.style.setProperty("--x", `${Math.min(x ?? 20, 200)}px`);
    chat.style.setProperty("--place", [...document.querySelectorAll(TAG)].indexOf(this));
    this.#$(".chat")?.remove();
    this.#root.append(chat);
    this.#shade();
    this.#showTray();
    this.#renew();
    this.#show(this.hasAttribute("open"));
    this.#refocus(focused);
    this.#$(".scroll").scrollTop = place;
  }

  /** Changes words in place: someone may be reading. */
  #renew() {
    const focused = this.#root.activeElement;
    const asked = (this.#lang === "es" ? this.#practice.questions_es : this.#practice.questions) ?? [];
    fill(this.#$("small"), [this.#openNow()]);
    fill(this.#$(".text"), [this.#t(this.#practice.open === false ? "greetingClosed" : "greeting")]);
    fill(this.#$(".questions"), asked.map((text) => make("button", { click: () => this.#say(text) }, text)));
    fill(this.#$(".hours"), this.#hours());
    this.#refocus(focused);
  }

  #refocus(focused) {
    const isOpen = this.hasAttribute("open");
    if (focused) (focused.isConnected ? focused : this.#$(isOpen ? "textarea" : ".launcher")).focus();
  }

  #shade() {
    const isDark = { dark: true, light: false }[this.getAttribute("theme")] ?? DARK.matches;
    this.#$(".chat")?.classList.toggle("dark", isDark);
  }

  #label() {
    const own = this.getAttribute(this.#lang === "es" ? "label-es" : "label");
    return own?.slice(0, 40) || this.#t("launcher");
  }

  #launcher() {
    const parts = [make("span", {}, this.#label()), make("b.badge")];
    return make("button.launcher filled", { "aria-controls": "panel", click: () => this.#toggle() }, ...parts);
  }

  #panel(name) {
    const other = this.#lang === "es" ? "en" : "es";
    const inOther = { lang: other, "aria-label": LANGUAGES[other], click: () => this.#switch(other) };
    return make(
      "div.panel",
      {
        id: "panel",
        role: "dialog",
        "aria-modal": true,
        "aria-label": name,
        tabindex: -1,
        keydown: (event) => this.#steer(event),
        dragover: (event) => this.#drag(event, true),
        dragleave: (event) => this.#drag(event, false),
        drop: (event) => this.#take(event, event.dataTransfer),
      },
      make(
        "div.all",
        {},
        make(
          "div.head filled",
          {},
          make("div", {}, make("h2", {}, this.#t("title") || name), make("small")),
          make(
            "span.tools",
            {},
            make("button.end", { click: () => this.#ask(true) }, this.#t("end")),
            make("button.lang", inOther, other.toUpperCase()),
            make("button.close", { "aria-label": this.#t("close"), click: () => this.#toggle() }, "×"),
          ),
        ),
        make("p.emergency fine", {}, ...linked(this.#t("emergency"))),
        this.#scroll(),
        make("p.person fine", { "aria-live": "polite" }),
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
    if (open !== false) return open ? this.#t("open") : "";
    const time = at && this.#time(at, { weekday: "short", month: "short", day: "numeric", timeZone });
    return this.#t("closed") + (at ? ` · ${this.#t("opens", { time })}` : "");
  }

  #scroll() {
    const isKnown = this.#practice.phone;
    const [name, ...reached] = this.#fields.map((field) => make("label", {}, this.#t(field.name), field));
    return make(
      "div.scroll",
      { tabindex: 0, role: "log", "aria-label": this.#t("conversation") },
      make(
        "div.intro",
        {},
        make("p.text"),
        make("div.questions", { role: "group", "aria-label": this.#t("questions") }),
        make("p.fine", {}, this.#t("replyTime")),
        make("details", { hidden: isKnown ? null : "" }, make("summary", {}, this.#t("hours")), make("div.hours")),
        make(
          "details.about",
          { open: "" },
          make("summary", {}, this.#t("reach")),
          name,
          make("div.pair", {}, ...reached),
          make("p.fine", {}, ...linked(this.#practice.text_consent?.[this.#lang] ?? "")),
        ),
      ),
      make("div.messages"),
      this.#copy(),
    );
  }

  #copy() {
    const submit = (event) => {
      event.preventDefault();
      this.#chat.requestCopy(this.#copyTo.value.trim(), this.#lang);
    };
    return make(
      "details.copy",
      { toggle: () => this.#toEnd() },
      make("summary", {}, this.#t("copy")),
      make(
        "form",
        { submit },
        make("label", {}, this.#t("copyTo"), this.#copyTo),
        make("p.fine", {}, this.#t("copyHint")),
        make("button.filled", {}, this.#t("copySend")),
      ),
    );
  }

  #hours() {
    const time = (text) => this.#time(`2024-01-01T${text}`);
    const line = (date, ranges, more) => {
      const day = new Date(`${date}T12:00`).toLocaleDateString(this.#lang, { weekday: "long", ...more });
      const times = (ranges ?? []).map((range) => range.split("-").map(time).join(" – "));
      return make("p", {}, `${day}: ${times.join(", ") || this.#t("closed")}`);
    };
    const week = "mon tue wed thu fri sat sun".split(" ");
    const special = Object.entries(this.#practice.special_hours ?? {});
    return [
      ...special.map((day) => line(...day, { month: "long", day: "numeric" })),
      ...week.map((key, index) => line(`2024-01-0${1 + index}`, this.#practice.hours[key])),
    ];
  }

  #composer() {
    const privacy = this.#practice.privacy_url;
    const submit = (event) => {
      event.preventDefault();
      this.#send();
    };
    this.#box.ariaLabel = this.#box.placeholder = this.#t("message");
    const [click, label] = [() => this.#files.click(), this.#t("attach")];
    const attach = this.#practice.files
      ? [make("button.attach", { type: "button", "aria-label": label, title: label, click }, "+"), this.#files]
      : [];
    return make(
      "form.composer",
      { submit },
      make("div.tray", { role: "group", "aria-label": this.#t("attach") }),
      make("div.compose", {}, ...attach, this.#box, make("button.send filled", { "aria-label": this.#t("send") }, "↑")),
      make("p.counter fine", { "aria-live": "polite" }),
      make("p.fine", {}, this.#t("consent"), " ", privacy ? link(privacy, this.#t("privacy")) : ""),
    );
  }

  #render() {
    if (!this.#$(".chat")) return;
    const { hasBegun, wrongField, typing, notice, unread, messages } = this.#chat;
    const areas = [".all", ".scroll"].map((area) => this.#$(area)); // whichever scrolls
    const isAtEnd = messages.length && areas.every((area) => area.scrollHeight - area.scrollTop - area.clientHeight < 60);
    const isOpen = this.hasAttribute("open");
    if (isOpen && document.visibilityState === "visible") this.#chat.markSeen();
    this.#showUnread(isOpen ? 0 : unread);
    this.#$(".end").hidden = !hasBegun;
    this.#$(".about").hidden = hasBegun && !wrongField;
    this.#$(".questions").hidden = hasBegun || !this.#$(".questions").childElementCount;
    this.#$(".copy").hidden = !this.#practice.copies || !this.#chat.mayBeCopied;
    for (const field of this.#fields) field.ariaInvalid = field.name === wrongField;
    this.#showMessages(withTimes(messages));
    this.#showTyping(typing);
    fill(this.#$(".person"), linked(this.#whoHasIt(messages)));
    fill(this.#$(".notice"), linked(notice?.length ? this.#t(...notice) : ""));
    if (isAtEnd) this.#toEnd();
  }

  #toEnd() {
    for (const area of [".all", ".scroll"]) this.#$(area).scrollTop = 1e9;
  }

  #showUnread(count) {
    const words = count ? `, ${this.#t(count === 1 ? "unreadOne" : "unreadMany", { count })}` : "";
    this.#$(".launcher").ariaLabel = this.#label() + words;
    this.#$(".badge").textContent = count || "";
  }

  #whoHasIt(messages) {
    const { person } = this.#chat;
    const { name } = messages.filter(({ from }) => from === "staff").pop() ?? {};
    if (person === "answering") return this.#t(name ? "answeringName" : "answering", { name });
    if (person !== "waiting") return "";
    return this.#t("passed") + (this.#practice.open === false ? ` ${this.#openNow()}.` : "");
  }

  #showTyping(typing) {
    const shown = this.#$("[data-typing]");
    const words = typing?.name == null ? "" : this.#t(typing.name ? "typingName" : "typingTeam", typing);
    if (typing && shown?.dataset.typing === words) return;
    shown?.remove();
    if (!typing) return;
    const attributes = { "data-typing": words, role: "img", "aria-label": words || this.#t("typing") };
    const said = words ? [make("span.fine", {}, `${words} `)] : [];
    this.#$(".messages").after(make("div", attributes, ...said, make("i", {}, "● ● ●")));
  }

  #showMessages(items) {
    const log = this.#$(".messages");
    const shown = [...log.children];
    items.forEach((item, index) => {
      const element = shown.find(({ id }) => id === item.key) ?? (item.time ? this.#when(item) : this.#message(item));
      if (!item.time) this.#showFiles(element, item);
      if (!item.time) this.#showState(element, item, items[index + 1]);
      if (element !== log.children[index]) log.insertBefore(element, log.children[index]);
    });
    for (const element of [...log.children].slice(items.length)) element.remove();
  }

  #when({ key, time }) {
    const isOld = Date.now() - time > 6 * 1440 * MINUTE;
    const day = isOld ? { month: "short", day: "numeric" } : { weekday: "short" };
    return make("p.when fine", { id: key }, this.#time(time, day));
  }

  #message({ key, from, text, language }) {
    const words = from === "patient" ? [text] : linked(text);
    const parts = [make("div.text", { dir: "auto", lang: language }, ...words), make("div.files"), make("div.fine")];
    return make("div", { id: key, "data-from": from }, ...parts);
  }

  #showFiles(element, { id, files, previews = [], progress, state }) {
    const area = element.children[1];
    const shown = files ?? previews.map(() => ({ state: "waiting" }));
    const mark = JSON.stringify([id, shown, state]);
    const bar = area.querySelector("progress");
    if (bar && progress != null) bar.value = progress;
    if (area.mark === mark) return;
    area.mark = mark;
    const parts = shown.map((file, index) => this.#file(id, file, previews[index], index + 1));
    const isUploading = !files && previews.length && state === "sending";
    const sent = isUploading ? [make("progress", { max: 1, value: 0, "aria-label": this.#t("uploading") })] : [];
    area.replaceChildren(...parts, ...sent);
  }

  #file(entry, { position, state, kind, reason }, preview, number) {
    const words = (preview && FILE_TROUBLE[reason]) || "fileRefused";
    if (state === "refused") return make("p.fine", {}, this.#t(words, { file: preview?.name }));
    if (state === "gone") return make("p.fine", {}, this.#t("fileGone"));
    const label = this.#t(kind === "picture" ? "picture" : "pdf", { number });
    if (state === "waiting") {
      const { small, name } = preview ?? {};
      return small ? named(small, name) : make("p.text", {}, name ?? this.#t("checking"));
    }
    const click = () => this.#download(entry, position);
    const button = make("button", { "aria-label": label, click });
    if (kind !== "picture") button.append("PDF ↓");
    else if (preview?.small) button.append(preview.small);
    else this.#chat.readSmall(entry, position).then((small) => button.append(small), () => button.append("↓"));
    return button;
  }

  async #download(entry, position) {
    try {
      const blob = await this.#chat.readFile(entry, position);
      const href = URL.createObjectURL(blob);
      make("a", { href, download: `file.${blob.type.split("/")[1]}` }).click();
      setTimeout(() => URL.revokeObjectURL(href), MINUTE);
    } catch {
      this.#chat.notify("fileGone");
    }
  }

  #showTray() {
    const chips = this.#picked.map((picked) => {
      const { name, small } = picked;
      const label = this.#t("remove", { file: name });
      const click = () => {
        this.#picked = this.#picked.filter((other) => other !== picked);
        this.#showTray();
        this.#box.focus();
      };
      const parts = [make("span.fine", {}, name), make("button", { type: "button", "aria-label": label, click }, "×")];
      return make("div.chip", {}, ...(small ? [named(small, name)] : []), ...parts);
    });
    this.#$(".tray").replaceChildren(...chips);
  }

  #showState(element, { key, from, name, state }, next) {
    const isRepeated = next?.state === state && next.name === name;
    const author = name ? `${name} · ${this.#t(state)}` : this.#t(state);
    const words = isRepeated && (from !== "patient" || state === "sent") ? "" : `${author} `;
    if (element.dataset.state === state && element.words === words) return;
    element.words = words;
    element.dataset.state = state;
    const again = make("button", { click: () => this.#retry(key) }, this.#t("retry"));
    const discard = make("button", { click: () => this.#chat.discard(key) }, this.#t("discard"));
    element.lastChild.replaceChildren(words, ...(state === "failed" ? [again, discard] : []));
  }

  #show(isOpen) {
    this.toggleAttribute("open", isOpen);
    this.#$(".launcher").ariaExpanded = isOpen;
    this.#$(".panel").hidden = !isOpen;
    this.#fit();
    this.#render();
  }

  #toggle() {
    const isOpen = !this.hasAttribute("open");
    this.#ask(false);
    this.#show(isOpen);
    this.#$(isOpen ? "textarea" : ".launcher").focus();
    if (this.#chat.hasBegun) this.#toEnd();
    this.#start();
  }

  #switch(lang) {
    this.#lang = lang;
    this.#chat.store.set("lang", lang);
    this.#build();
    this.#activate();
    this.#$(".lang").focus();
  }

  #ask(isAsked) {
    this.#$(".confirm").hidden = !isAsked;
    this.#$(".all").inert = isAsked;
    this.#$(isAsked ? ".keep" : ".end").focus();
  }

  #end() {
    this.#ask(false);
    this.#box.focus();
    this.#chat.end();
  }

  #clear() {
    for (const field of [...this.#fields, this.#copyTo, this.#box]) field.value = "";
    this.#picked = [];
    if (!this.#$(".chat")) return;
    this.#showTray();
    this.#count();
  }

  #steer(event) {
    event.stopPropagation(); // to the page's shortcuts
    const { key, code, target, shiftKey, keyCode } = event;
    const isAsked = !this.#$(".confirm").hidden;
    if (keyCode === 229) return; // an input method's
    if (key === "Tab" || code === "Tab") this.#keepFocus(event, this.#$(isAsked ? ".confirm" : ".all"));
    else if (key === "Escape" && isAsked) this.#ask(false);
    else if (key === "Escape") this.#toggle();
    else if (key === "Enter" && target === this.#box && !shiftKey) {
      event.preventDefault();
      this.#send();
    }
  }

  #keepFocus(event, area) {
    const all = area.querySelectorAll("a, button, input, textarea, summary, .scroll");
    const stops = [...all].filter((stop) => stop.getClientRects().length && (stop.checkVisibility?.() ?? true));
    const place = stops.indexOf(this.#root.activeElement);
    if (place < 0) return;
    event.preventDefault(); // Safari skips buttons and links
    stops[(place + (event.shiftKey ? stops.length - 1 : 1)) % stops.length].focus();
  }

  #count() {
    const numbers = [this.#box.textLength, LONGEST_MESSAGE].map((number) => number.toLocaleString(this.#lang));
    this.#$(".counter").textContent = this.#box.textLength > 7000 ? numbers.join(" / ") : "";
    this.#fit();
  }

  #fit() {
    if (CSS.supports("field-sizing", "content")) return;
    this.#box.style.height = "";
    this.#box.style.height = `${this.#box.scrollHeight + this.#box.offsetHeight - this.#box.clientHeight}px`;
  }

  async #send() {
    this.#box.focus();
    await Promise.race([this.#picking, new Promise((resolve) => setTimeout(resolve, 5000))]); // a file may hang
    const [text, picked] = [this.#box.value, this.#picked];
    if (!text.trim() && !picked.length) return;
    this.#picked = [];
    this.#box.value = "";
    this.#count();
    this.#showTray();
    this.#say(text, picked);
  }

  #say(text, picked) {
    this.#box.focus();
    this.#toEnd();
    this.#chat.say(text, this.#details(), picked);
  }

  #drag(event, isOver) {
    if (!this.#practice.files || !event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    this.#$(".panel").classList.toggle("drop", isOver);
  }

  #take(event, { files, types }) {
    this.#$(".panel").classList.remove("drop");
    const isText = types.includes("text/plain") && types.includes("text/html"); // a word processor adds its picture
    if (!this.#practice.files || !files.length || isText) return;
    event.preventDefault();
    this.#pick([...files]);
  }

  #pick(files) {
    this.#files.value = "";
    this.#chat.notify();
    this.#picking = this.#picking.then(async () => {
      for (const file of files) {
        const trouble = await this.#add(file).catch(() => "fileType");
        if (trouble) this.#chat.notify(trouble, { file: file.name });
      }
    });
    this.#box.focus();
  }

  async #add(file) {
    if (this.#picked.length >= MOST_FILES) return "filesMany";
    const prepared = await prepare(file);
    const bytes = [prepared, ...this.#picked].reduce((sum, { blob }) => sum + blob.size, 0);
    if (prepared.blob.size > LARGEST || bytes > 1.5 * LARGEST) return "fileLarge";
    prepared.blob = new Blob([await prepared.blob.arrayBuffer()]);
    this.#picked.push(prepared);
    this.#showTray();
  }

  #retry(key) {
    this.#box.focus();
    this.#chat.retry(key, this.#details());
  }

  #details() {
    const [name, phone, email] = this.#fields.map(({ value }) => value.trim());
    return { name, phone, email, consent: phone && this.#practice.text_consent && this.#lang };
  }
}

function place(element) {
  if (document.readyState === "loading") return document.addEventListener("DOMContentLoaded", () => place(element));
  const key = CSS.escape(element.getAttribute("practice"));
  if (!document.querySelector(`${TAG}[practice=${key}]`)) document.body.append(element);
}

if (!customElements.get(TAG)) customElements.define(TAG, IntakeChat);
if (script?.dataset.practice) {
  const { practice, lang, theme, side, offset, color, label, labelEs } = script.dataset;
  const options = { lang, theme, side, offset, color, label, "label-es": labelEs };
  place(make(TAG, { practice, ...options, api: HOME, lasting: "" }));
}
})();

/**
 * The page's one live connection. Carries out what live-machine.js decides: connects, resumes, waits, falls back
 * to server-sent events where WebSockets do not get through, and tells each stream's listener what happened.
 *
 * States (also on <html data-live>): connecting, open, waiting, offline, stopped, signed-out.
 */
import { Machine } from "./live-machine.js";

const OPENING_MS = 10_000;
const CHECK_MS = 5_000;
const SOCKET_TRIES = 3;
/** A browser opens six connections to a server of old HTTP; event streams must not take them all. */
const MOST_SOURCES = 3;
const BACK_TO_SOCKET_MS = 60_000;

/** @typedef {(step: import("./live-machine.js").Step) => void} Listener */

export class Live {
  constructor() {
    this.machine = new Machine({ format: "html" });
    /** @type {Map<string, Listener>} */
    this.listeners = new Map();
    /** @type {Set<(state: string) => void>} */
    this.watchers = new Set();
    this.state = "idle";
    /** @type {WebSocket | null} */
    this.socket = null;
    /** @type {EventSource[]} */
    this.sources = [];
    this.failures = 0;
    this.backToSocket_ms = BACK_TO_SOCKET_MS;
    this.openedAt = 0;
    this.heardAt = 0;
    this.sentAt = 0;
    this.timers = { wait: 0, open: 0, beat: 0, check: 0 };
    /** @type {Set<string>} */
    this.fresh = new Set();
    this.#listenToThePage();
  }

  /**
   * @param {string} stream
   * @param {{after?: number | null, epoch?: string | null, on: Listener}} how
   */
  subscribe(stream, { after = null, epoch = null, on }) {
    this.machine.add(stream, { after, epoch });
    this.listeners.set(stream, on);
    this.fresh.add(stream);
    // Streams added in one turn of the page go out in one frame.
    queueMicrotask(() => this.#askFresh());
  }

  /** @param {string} stream */
  unsubscribe(stream) {
    this.machine.drop(stream);
    this.listeners.delete(stream);
    this.#send({ type: "unsubscribe", id: ++this.machine.lastId, streams: [stream] });
  }

  /** @param {(state: string) => void} watcher */
  watch(watcher) {
    this.watchers.add(watcher);
    watcher(this.state);
  }

  #askFresh() {
    if (this.fresh.size === 0) return;
    const streams = [...this.fresh];
    this.fresh.clear();
    if (this.state === "open" && this.socket) for (const frame of this.machine.asking(streams)) this.#send(frame);
    else if (this.sources.length) this.#restart();
    else if (this.state === "idle") this.connect();
  }

  connect() {
    clearTimeout(this.timers.wait);
    this.#dispose();
    if (this.machine.places.size === 0) return;
    if (navigator.onLine === false) return this.#become("offline");
    this.#become("connecting");
    if (this.failures >= SOCKET_TRIES) return this.#listen();
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/live`, "channel.v1");
    this.socket = socket;
    this.timers.open = setTimeout(() => this.#closed(socket, 0, "", false), OPENING_MS);
    let opened = false;
    socket.onopen = () => {
      opened = true;
      this.failures = 0;
      this.backToSocket_ms = BACK_TO_SOCKET_MS;
      this.#opened();
    };
    socket.onmessage = (message) => this.socket === socket && this.#heard(message.data);
    socket.onclose = (event) => this.#closed(socket, event.code, event.reason, opened);
  }

  #opened() {
    clearTimeout(this.timers.open);
    this.openedAt = this.heardAt = Date.now();
    this.fresh.clear();
    this.machine.connected();
    this.#become("open");
    for (const frame of this.machine.asking()) this.#send(frame);
    this.#beat();
  }

  /** Ping once a heartbeat; nothing heard for two of them means the line is dead though nobody said so. */
  #beat() {
    clearTimeout(this.timers.beat);
    const beat_ms = this.machine.heartbeat_s * 1000;
    this.timers.beat = setTimeout(() => {
      if (Date.now() - this.heardAt > 2 * beat_ms) return this.#restart();
      this.#ping();
      this.#beat();
    }, beat_ms);
  }

  #ping() {
    this.#send({ type: "ping", id: ++this.machine.lastId });
  }

  /**
   * How far somebody has read in a stream. Answers false when there is no connection that could carry it.
   *
   * @param {string} stream
   * @param {number} seq
   * @param {string} [topic] of a group
   */
  tellRead(stream, seq, topic) {
    return this.state === "open" && this.#send({ type: "read", stream, seq, ...(topic ? { topic } : {}) });
  }

  /** The reader is writing there; nothing is lost when nobody hears it. @param {string} stream */
  typing(stream) {
    return this.state === "open" && this.#send({ type: "typing", stream });
  }

  /** @param {any} frame */
  #send(frame) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.sentAt = Date.now();
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  /** @param {string} text */
  #heard(text) {
    this.heardAt = Date.now();
    clearTimeout(this.timers.check);
    let frame;
    try {
      frame = JSON.parse(text);
    } catch {
      return;
    }
    if (frame.type === "read") isRead(frame);
    if (frame.type === "close") return this.#sourceFailed(this.sources[0], frame.code, frame.reason);
    for (const step of this.machine.take(frame)) this.#carryOut(step);
    // A hidden page's timers are slowed to one a minute; what arrives is not, so answering keeps us counted as alive.
    if (this.heardAt - this.sentAt > this.machine.heartbeat_s * 1000) this.#ping();
  }

  /** @param {import("./live-machine.js").Step} step */
  #carryOut(step) {
    if (step.do === "again") {
      if (!this.socket) return this.#restart();
      this.#send({ type: "unsubscribe", id: ++this.machine.lastId, streams: [step.stream] });
      for (const frame of this.machine.asking([/** @type {string} */ (step.stream)])) this.#send(frame);
      return;
    }
    if (step.do === "access") document.dispatchEvent(new Event("channel:access"));
    if (step.stream) this.listeners.get(step.stream)?.(step);
    else for (const listener of [...this.listeners.values()]) listener(step);
    if (step.do === "refused") this.listeners.delete(/** @type {string} */ (step.stream));
  }

  /**
   * @param {WebSocket | null} socket
   * @param {number} code
   * @param {string} reason
   * @param {boolean} opened
   */
  #closed(socket, code, reason, opened) {
    if (socket !== this.socket) return;
    if (!opened && navigator.onLine !== false) this.failures += 1;
    this.#lost(code, reason);
  }

  /** @param {number} code @param {string} reason */
  #lost(code, reason) {
    const lived_ms = this.openedAt ? Date.now() - this.openedAt : 0;
    this.#dispose();
    const next = this.machine.closed(code, { reason, lived_ms });
    if (next.act === "retry") return this.#waitFor(next.wait_ms);
    this.#become(next.act === "stop" ? "stopped" : "signed-out");
    document.dispatchEvent(new Event("channel:access"));
    for (const listener of [...this.listeners.values()]) listener({ do: next.act, code });
    return undefined;
  }

  /** @param {number} wait_ms */
  #waitFor(wait_ms) {
    if (navigator.onLine === false) return this.#become("offline");
    this.#become("waiting");
    this.timers.wait = setTimeout(() => this.connect(), wait_ms);
  }

  /** Server-sent events: one source per stream, the same frames, resumed by the browser or by us. */
  #listen() {
    this.machine.connected();
    for (const place of [...this.machine.places.values()].slice(0, MOST_SOURCES)) {
      const query = new URLSearchParams({ stream: place.stream, format: this.machine.format });
      if (place.after !== null) query.set("after", String(place.after));
      if (place.epoch !== null) query.set("epoch", place.epoch);
      const source = new EventSource(`/live/sse?${query}`);
      source.onopen = () => this.#sourceOpened();
      source.onmessage = (message) => this.sources.includes(source) && this.#heard(message.data);
      source.onerror = () => this.#sourceFailed(source);
      this.sources.push(source);
    }
  }

  /** What kept sockets out may have been a restart: one more try now and then. */
  #sourceOpened() {
    this.openedAt = this.heardAt = Date.now();
    this.#become("open");
    clearTimeout(this.timers.wait);
    this.timers.wait = setTimeout(() => {
      this.failures = SOCKET_TRIES - 1;
      this.#restart();
    }, this.backToSocket_ms);
    this.backToSocket_ms = Math.min(this.backToSocket_ms * 2, 3_600_000);
  }

  /** @param {EventSource} source @param {number} [code] @param {string} [reason] */
  #sourceFailed(source, code = 1006, reason = "") {
    if (!this.sources.includes(source)) return;
    // Where event streams fail too, WebSockets get their next chance.
    if (!this.openedAt) this.failures = 0;
    this.#lost(code, reason);
  }

  #dispose() {
    for (const timer of Object.values(this.timers)) clearTimeout(timer);
    const { socket } = this;
    this.socket = null;
    if (socket && socket.readyState < WebSocket.CLOSING) socket.close(1000);
    for (const source of this.sources.splice(0)) source.close();
    this.openedAt = 0;
  }

  #restart() {
    this.#dispose();
    this.connect();
  }

  /** Now is a good moment to find out whether the line still holds. */
  check() {
    if (this.state === "waiting" || this.state === "offline") return this.connect();
    if (this.state !== "open" || !this.socket) return;
    this.#ping();
    clearTimeout(this.timers.check);
    this.timers.check = setTimeout(() => this.#restart(), CHECK_MS);
  }

  /** @param {string} state */
  #become(state) {
    this.state = state;
    document.documentElement.dataset.live = state;
    for (const watcher of this.watchers) watcher(state);
  }

  #listenToThePage() {
    addEventListener("online", () => this.check());
    addEventListener("offline", () => {
      if (this.state === "stopped" || this.state === "signed-out" || this.state === "idle") return;
      this.#dispose();
      this.#become("offline");
    });
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.check());
    // An open socket would keep the page out of the back/forward cache; it resumes by seq when it comes back.
    addEventListener("pagehide", () => {
      if (this.state === "stopped" || this.state === "signed-out" || this.state === "idle") return;
      this.#dispose();
      this.state = "waiting";
    });
    addEventListener("pageshow", (event) => event.persisted && this.check());
  }
}

/** Whatever page this is: a notice of what was read, on any device, is put away (static/sw/push.js). @param {any} frame */
function isRead({ stream, seq, topic }) {
  navigator.serviceWorker?.controller?.postMessage({ do: "read", stream, seq, topic });
}

export const live = new Live();

/**
 * Files on their way, two at a time, each of which may be paused, gone on with, tried again and taken off. It knows
 * nothing of the page: whoever shows it is told of every change.
 *
 * @typedef {"queued" | "sending" | "waiting" | "paused" | "failed" | "lost" | "done"} State
 *   waiting: for the network or the server, going on by itself; lost: the browser has the file no more
 * @typedef {{
 *   key: string, name: string, size: number, type: string, modified: number, alt: string,
 *   state: State, why: string, sent: number, address: string, id: string,
 *   file: File | null, life?: AbortController,
 * }} Item  sent: bytes; address: of what was begun; id: of the medium, once it is there
 */
import { Refusal, Unreadable, giveUp, reached, upload } from "./upload.js";
import { freshKey } from "./outbox.js";

export const AT_ONCE = 2;
const GOING = ["sending", "waiting"];

export class Transfers {
  /**
   * @param {string} community
   * @param {(item: Item) => void} changed also for every bit of progress
   */
  constructor(community, changed) {
    this.community = community;
    this.changed = changed;
    this.items = /** @type {Item[]} in the order of their coming */ ([]);
    this.idle = /** @type {(() => void)[]} */ ([]);
  }

  /** @param {File} file @returns {Item} */
  add(file) {
    const { name, size, type, lastModified: modified } = file;
    const item = { key: freshKey(), name, size, type, modified, alt: "", state: /** @type {State} */ ("queued"), why: "", sent: 0, address: "", id: "", file };
    this.items.push(item);
    queueMicrotask(() => this.#next());
    return item;
  }

  /**
   * One of an earlier visit: it goes on, unless it was paused or its file is missing here.
   * @param {Item} item whose state is "paused" or "queued"
   */
  async again(item) {
    this.items.push(item);
    if (!item.file) await this.#look(item);
    this.changed(item);
    this.#next();
  }

  /** Of a file that is missing all of it may have arrived. @param {Item} item */
  async #look(item) {
    item.state = "lost";
    if (!item.address) return;
    try {
      item.sent = await reached(item.address);
      if (item.sent === item.size) this.#done(item, item.address.slice(item.address.lastIndexOf("/") + 1));
    } catch {
      // away or gone: what is chosen again finds out
    }
  }

  /** What has not arrived. */
  get open() {
    return this.items.filter(({ state }) => state !== "done");
  }

  /** What only its sender can help: nothing happens by itself. */
  get stuck() {
    return this.items.find(({ state }) => state === "paused" || state === "failed" || state === "lost");
  }

  /** @param {Item} item */
  pause(item) {
    if (item.state === "done") return;
    this.#state(item, "paused");
    item.life?.abort();
  }

  /** Go on after a pause, or try again. @param {Item} item */
  resume(item) {
    this.#state(item, item.file ? "queued" : "lost");
    this.#next();
  }

  /**
   * The file of one that was lost, chosen again. With another date it is sent from its start: it may be another one.
   * @param {Item} item
   * @param {File} file
   * @returns {boolean} false for another file
   */
  give(item, file) {
    if (file.name !== item.name || file.size !== item.size) return false;
    if (file.lastModified !== item.modified) this.#forget(item);
    item.modified = file.lastModified;
    item.file = file;
    this.resume(item);
    return true;
  }

  /** @param {Item} item */
  remove(item) {
    this.items = this.items.filter((one) => one !== item);
    item.life?.abort();
    if (item.state !== "done") this.#forget(item);
    this.#next();
  }

  /** Another page, or another form, goes on with them. */
  stop() {
    for (const item of this.open) item.life?.abort();
    this.items = [];
  }

  /** Nothing is on its way any more, whatever became of it. @returns {Promise<void>} */
  settled() {
    return new Promise((done) => {
      this.idle.push(done);
      this.#next();
    });
  }

  /** @param {Item} item */
  #forget(item) {
    if (item.address) giveUp(item.address);
    item.address = "";
    item.sent = 0;
  }

  /** @param {Item} item @param {State} state @param {string} [why] */
  #state(item, state, why = "") {
    item.state = state;
    item.why = why;
    this.changed(item);
  }

  /** @param {Item} item @param {string} id */
  #done(item, id) {
    item.id = id;
    item.sent = item.size;
    item.file = null;
    item.state = "done";
    item.why = "";
  }

  #next() {
    const going = this.items.filter(({ life }) => life).length;
    const ready = this.items.filter(({ state, life }) => state === "queued" && !life);
    for (const item of ready.slice(0, Math.max(0, AT_ONCE - going))) this.#send(item);
    if (this.items.some(({ state, life }) => life || state === "queued")) return;
    for (const told of this.idle.splice(0)) told();
  }

  /** @param {Item} item */
  async #send(item) {
    const life = (item.life = new AbortController());
    const file = /** @type {File} */ (item.file);
    this.#state(item, "sending");
    try {
      const id = await upload(file, this.community, {
        signal: life.signal,
        alt: item.alt,
        address: item.address,
        begun: (address) => this.#begun(item, address),
        told: (bytes) => this.#told(item, bytes),
        waits: (why) => this.#waits(item, why),
      });
      if (this.items.includes(item)) this.#done(item, id);
    } catch (error) {
      if (!life.signal.aborted) this.#failed(item, error);
    }
    item.life = undefined;
    if (this.items.includes(item)) this.changed(item);
    this.#next();
  }

  /** @param {Item} item @param {string} address */
  #begun(item, address) {
    item.address = address;
    this.changed(item);
  }

  /** @param {Item} item @param {number} bytes */
  #told(item, bytes) {
    item.sent = bytes;
    if (GOING.includes(item.state)) this.#state(item, "sending");
  }

  /** @param {Item} item @param {string | null} why */
  #waits(item, why) {
    if (GOING.includes(item.state)) this.#state(item, why === null ? "sending" : "waiting", why ?? "");
  }

  /** @param {Item} item @param {unknown} error */
  #failed(item, error) {
    if (error instanceof Unreadable) {
      item.file = null;
      item.state = "lost";
    } else {
      item.state = "failed";
      item.why = error instanceof Refusal ? error.message : String(error);
    }
  }
}

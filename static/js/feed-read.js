/**
 * What was really read: a post counts when most of it stood on the screen of a visible page for a moment.
 * The position only moves forward and is told to the server at most every two seconds.
 */
import { isShown } from "./feed-order.js";
import { live } from "./live.js";
import { leaveBehind, post } from "./net.js";

const DWELL_MS = 600;
const TELL_MS = 2000;
const LOOKS_MS = 1000; // enough to read what comes into view
const LOOKS_ON_MS = 10_000;
const STEPS = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];

export class Reader {
  /** @param {{room: string, topic: string, read: number, tells: boolean, changed: () => void}} about */
  constructor({ room, topic, read, tells, changed }) {
    this.topic = topic;
    this.address = `/rooms/${room}/read`;
    this.stream = `room:${room}`;
    this.read = read;
    this.told = read;
    this.newest = 0;
    this.tells = tells;
    this.changed = changed;
    this.tellAt = 0;
    /** @type {Map<Element, ReturnType<typeof setTimeout> | 0>} posts on the screen and their running dwell */
    this.onScreen = new Map();
    this.watching = new AbortController();
    const { signal } = this.watching;
    this.observer = new IntersectionObserver((entries) => entries.forEach((entry) => this.#seen(entry)), {
      threshold: STEPS,
    });
    document.addEventListener("visibilitychange", () => this.#visibility(), { signal });
    addEventListener("focus", () => this.#looks(), { signal });
    addEventListener("pagehide", () => this.#leave(), { signal });
  }

  /** @param {HTMLElement} article */
  watch(article) {
    if (Number(article.dataset.seq) > this.read) this.observer.observe(article);
  }

  /** @param {HTMLElement} article */
  forget(article) {
    this.observer.unobserve(article);
    this.#gone(article);
  }

  /** A post came. @param {number} seq */
  came(seq) {
    this.newest = Math.max(this.newest, seq);
    clearTimeout(this.looks);
    this.looks = setTimeout(() => this.#looks(), LOOKS_MS);
  }

  /**
   * Something new waits below, in a room or topic that is before its reader's eyes: said again and again, by telling where they
   * are, so that no other device of theirs is told of it (live/looking.py). Not by pages that nobody looks at.
   */
  #looks() {
    clearTimeout(this.looks);
    const isSeen = document.visibilityState === "visible" && document.hasFocus();
    if (!this.tells || this.newest <= this.read || !isSeen) return;
    live.tellRead(this.stream, this.read, this.topic);
    this.looks = setTimeout(() => this.#looks(), LOOKS_ON_MS);
  }

  stop() {
    clearTimeout(this.looks);
    this.watching.abort();
    this.observer.disconnect();
    this.#leave();
  }

  /** @param {IntersectionObserverEntry} entry */
  #seen(entry) {
    const shown = isShown({
      ratio: entry.intersectionRatio,
      shown_px: entry.intersectionRect.height,
      screen_px: entry.rootBounds?.height ?? innerHeight,
    });
    if (!shown) return this.#gone(entry.target);
    if (!this.onScreen.has(entry.target)) this.onScreen.set(entry.target, this.#dwell(entry.target));
  }

  /** @param {Element} article */
  #gone(article) {
    clearTimeout(this.onScreen.get(article) || undefined);
    this.onScreen.delete(article);
  }

  /** @param {Element} article */
  #dwell(article) {
    if (document.visibilityState !== "visible") return 0;
    return setTimeout(() => this.#mark(/** @type {HTMLElement} */ (article)), DWELL_MS);
  }

  #visibility() {
    for (const [article, timer] of this.onScreen) {
      clearTimeout(timer || undefined);
      this.onScreen.set(article, this.#dwell(article));
    }
    if (document.visibilityState === "hidden") this.#leave();
    else this.#looks();
  }

  /** @param {HTMLElement} article */
  #mark(article) {
    this.forget(article);
    this.moveTo(Number(article.dataset.seq));
  }

  /** @param {number} seq */
  moveTo(seq) {
    if (seq <= this.read) return;
    this.read = seq;
    this.changed();
    if (this.tells && !this.timer) {
      this.timer = setTimeout(() => this.#tell(), Math.max(250, this.tellAt - Date.now()));
    }
  }

  async #tell() {
    this.timer = undefined;
    if (this.read <= this.told) return;
    this.tellAt = Date.now() + TELL_MS;
    const seq = this.read;
    try {
      if (!live.tellRead(this.stream, seq, this.topic)) await post(this.address, this.#told(seq), { keepalive: true });
      this.told = Math.max(this.told, seq);
    } catch {
      // The next post that is read tells it again; a position that stays behind costs nobody a post.
    }
  }

  /** @param {number} seq */
  #told(seq) {
    return { seq: String(seq), ...(this.topic ? { topic: this.topic } : {}) };
  }

  #leave() {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (!this.tells || this.read <= this.told) return;
    if (leaveBehind(this.address, new URLSearchParams(this.#told(this.read)))) this.told = this.read;
  }
}

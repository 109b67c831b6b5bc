/** Older posts above, newer ones below: fetched before the reader gets there, as fragments of our server. */
import { el, parse } from "./dom.js";
import { get } from "./net.js";
import { learn } from "./reactions.js";

export const PAGE = 40;
const AHEAD = "900px";
const BONES_AFTER_MS = 200;

/**
 * @typedef {{articles: HTMLElement[], older: boolean, newer: boolean}} Page
 * @param {string} room
 * @param {Record<string, string | number>} query
 * @param {AbortSignal} [signal]
 * @returns {Promise<Page>}
 */
export async function fetchPage(room, query, signal) {
  const search = new URLSearchParams({ limit: String(PAGE), ...query });
  const response = await get(`/rooms/${room}/posts?${search}`, { signal });
  const page = parse(await response.text());
  const articles = /** @type {HTMLElement[]} */ ([...page.querySelectorAll("article.post")]);
  learn(/** @type {HTMLElement | null} */ (page.querySelector("template[data-own]"))?.dataset.own, articles);
  return {
    articles,
    older: response.headers.get("Channel-Older") === "1",
    newer: response.headers.get("Channel-Newer") === "1",
  };
}

/** Two posts that are not there yet. */
function bones() {
  const bone = (/** @type {string} */ size) => el("div", { class: `bone ${size}` });
  const bubble = () =>
    el("div", { class: "bubble" }, el("div", { class: "text stack" }, bone("w80"), bone("w60"), bone("w40")));
  return el("div", { class: "feed-bones stack", "aria-hidden": "true" }, bubble(), bubble());
}

/** One end of the feed. Loads when it comes near the screen, as long as there is more. */
export class End {
  /**
   * @param {{side: "older" | "newer", section: HTMLElement, more: boolean, load: () => Promise<boolean>,
   *          view: import("./feed-view.js").View}} about  `load` answers whether there is still more
   */
  constructor({ side, section, more, load, view }) {
    this.more = more;
    this.load = load;
    this.view = view;
    this.busy = false;
    this.row = this.#row(side, section);
    this.set(more);
  }

  /**
   * The server's own link stays as the way out when loading fails.
   * @param {string} side
   * @param {HTMLElement} section
   */
  #row(side, section) {
    const found = section.querySelector(`[data-feed-${side}]`);
    if (found) return /** @type {HTMLElement} */ (found);
    const row = el("div", { class: "feed-sentinel" });
    if (side === "older") section.prepend(row);
    else section.append(row);
    return row;
  }

  /** @param {boolean} more */
  set(more) {
    this.more = more;
    this.#link(more ? "kept" : "gone");
    this.stop();
    if (!more) return;
    const seen = (/** @type {IntersectionObserverEntry[]} */ entries) => entries.at(-1)?.isIntersecting && this.go();
    this.observer = new IntersectionObserver(seen, { root: this.view.root, rootMargin: AHEAD });
    this.observer.observe(this.row);
  }

  /** Its place is kept as long as there is more: what stands below must not move. @param {"shown" | "kept" | "gone"} how */
  #link(how) {
    for (const child of /** @type {HTMLCollectionOf<HTMLElement>} */ (this.row.children)) {
      child.hidden = how === "gone";
      child.style.visibility = how === "kept" ? "hidden" : "";
    }
  }

  stop() {
    this.observer?.disconnect();
  }

  async go() {
    if (this.busy || !this.more) return;
    this.busy = true;
    const waiting = bones();
    const timer = setTimeout(() => this.view.keep(() => this.row.append(waiting)), BONES_AFTER_MS);
    try {
      const more = await this.load();
      this.view.keep(() => this.set(more));
    } catch {
      this.stop();
      this.#link("shown");
      addEventListener("online", () => this.set(true), { once: true });
    } finally {
      clearTimeout(timer);
      if (waiting.isConnected) this.view.keep(() => waiting.remove());
      this.busy = false;
    }
  }
}

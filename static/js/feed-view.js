/**
 * What the reader's eye is on. Nothing that happens above or below may move it: before a change the first visible
 * post is remembered, afterwards the page is scrolled by what it moved. At the bottom the feed follows.
 *
 * The browser's own scroll anchoring is switched off: Safari has none, and two of them would fight.
 */
import { barred, calm } from "./dom.js";

const NEAR_END_PX = 64;

/** The element that scrolls: the room on a desk, the page on a phone. @param {Element} inside */
function scrollerOf(inside) {
  for (let up = inside.parentElement; up && up !== document.body; up = up.parentElement) {
    const { overflowY } = getComputedStyle(up);
    if (overflowY === "auto" || overflowY === "scroll") return up;
  }
  return document.scrollingElement ?? document.documentElement;
}

export class View {
  /** @type {Element | undefined} what scrolls */ box;
  /** @type {EventTarget | undefined} what tells of it */ target;

  /**
   * @param {HTMLElement} host
   * @param {() => {node: HTMLElement}[]} entries in the order of the page
   */
  constructor(host, entries) {
    this.host = host;
    this.entries = entries;
    this.pinned = false;
    /** @type {{node: HTMLElement, top: number} | null} */
    this.anchor = null;
    this.moved = () => {};
    this.changed = () => {};
    this.onScroll = () => this.#scrolled();
    this.watching = new AbortController();
    this.#find();
    const { signal } = this.watching;
    addEventListener("resize", () => this.#resized(), { signal });
    // Opening something is reading it: the page stays where it was pressed.
    host.addEventListener("click", (event) => this.#pressed(/** @type {Element} */ (event.target)), {
      capture: true,
      signal,
    });
    this.sizes = new ResizeObserver(() => this.#resettle());
    this.sizes.observe(host.querySelector(".feed") ?? host);
  }

  #find() {
    const box = scrollerOf(this.host);
    if (box === this.box) return;
    this.target?.removeEventListener("scroll", this.onScroll);
    this.box = box;
    this.target = box === document.scrollingElement ? document : box;
    this.target.addEventListener("scroll", this.onScroll, { passive: true });
    /** @type {HTMLElement} */ (box).style.setProperty("overflow-anchor", "none");
    this.changed();
  }

  stop() {
    this.watching.abort();
    this.sizes.disconnect();
    this.target?.removeEventListener("scroll", this.onScroll);
  }

  get #scroller() {
    return /** @type {Element} */ (this.box);
  }

  /** What an observer has to look at: margins count only for the element that really scrolls. */
  get root() {
    return this.box === document.scrollingElement ? null : this.#scroller;
  }

  /** Where the visible part begins and ends, in the window's pixels. */
  get edges() {
    const rect = this.root?.getBoundingClientRect() ?? { top: barred(), bottom: innerHeight };
    const head = parseFloat(getComputedStyle(this.host).getPropertyValue("--head")) || 0;
    return { top: rect.top + head, bottom: rect.bottom };
  }

  get fromEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight;
  }

  get height() {
    return this.#scroller.clientHeight;
  }

  #scrolled() {
    this.pinned = this.fromEnd <= NEAR_END_PX;
    this.capture();
    this.moved();
  }

  #resized() {
    this.#find();
    this.#resettle();
  }

  /** @param {Element} target */
  #pressed(target) {
    const article = target.closest?.("summary:not(.post-menu *), .spoiler") && target.closest("article");
    if (!article) return;
    this.pinned = false;
    this.anchor = { node: /** @type {HTMLElement} */ (article), top: article.getBoundingClientRect().top };
  }

  /** The first post whose end is below the head of the room, found by halving: rectangles cost. */
  firstVisible() {
    const entries = this.entries();
    const { top } = this.edges;
    let low = 0;
    let high = entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (entries[middle].node.getBoundingClientRect().bottom <= top) low = middle + 1;
      else high = middle;
    }
    return entries[low]?.node ?? null;
  }

  capture() {
    const node = this.firstVisible();
    this.anchor = node && { node, top: node.getBoundingClientRect().top };
  }

  #resettle() {
    if (this.pinned) return this.#jump(this.#scroller.scrollHeight);
    const { anchor } = this;
    if (!anchor?.node.isConnected) return;
    const moved = anchor.node.getBoundingClientRect().top - anchor.top;
    if (Math.abs(moved) >= 0.5) this.#jump(this.#scroller.scrollTop + moved);
  }

  /** @param {number} top */
  #jump(top) {
    this.#scroller.scrollTo({ top, behavior: "instant" });
  }

  /**
   * Change the page without moving what is being read.
   * @param {() => void} change
   */
  keep(change) {
    if (!this.pinned) this.capture();
    change();
    this.#resettle();
    if (!this.pinned) this.capture();
    this.moved();
  }

  /**
   * An anchor that is about to be replaced by a newer article hands its place over.
   * @param {HTMLElement} old
   * @param {HTMLElement} fresh
   */
  handOver(old, fresh) {
    if (this.anchor?.node === old) this.anchor.node = fresh;
  }

  /** @param {{smooth?: boolean}} [how] */
  toEnd({ smooth = false } = {}) {
    this.pinned = true;
    this.#scroller.scrollTo({ top: this.#scroller.scrollHeight, behavior: smooth && !calm() ? "smooth" : "instant" });
  }

  /**
   * Bring an element to a share of the visible height, counted from its top.
   * @param {HTMLElement} node
   * @param {{share?: number, smooth?: boolean}} [how]
   */
  show(node, { share = 0.25, smooth = false } = {}) {
    this.pinned = false;
    const { top, bottom } = this.edges;
    const wanted = this.#scroller.scrollTop + node.getBoundingClientRect().top - top - share * (bottom - top);
    this.#scroller.scrollTo({ top: wanted, behavior: smooth && !calm() ? "smooth" : "instant" });
    this.pinned = this.fromEnd <= NEAR_END_PX;
    this.capture();
  }
}

/**
 * Where the reader goes: the first unread post on opening, the newest by one button, a quoted post and back,
 * a day, and the place one had left on the way Back.
 */
import { calm, el, icon, on } from "./dom.js";
import { counted, words } from "./words.js";

const FAR_SCREENS = 1.5;

export class Jumps {
  /** @param {import("./feed.js").ChannelFeed} feed */
  constructor(feed) {
    this.feed = feed;
    /** @type {{seq: number, top: number} | null} */
    this.origin = null;
    const room = /** @type {HTMLElement} */ (feed.closest(".room") ?? document.body);
    this.room = room;
    on(room, "click", "[data-to-newest]", (event) => this.#newest(event));
    on(room, "click", "[data-way-back]", () => this.#back());
    on(room, "click", "a.quote, a[data-quote]", (event, link) =>
      this.#quoted(event, /** @type {HTMLAnchorElement} */ (link)),
    );
    on(document, "click", "a[href='#unread']", (event) => this.#toUnread(event));
    on(room, "click", ".day", () => this.#pickDay());
    on(document, "submit", "form[data-jump]", (event, form) =>
      this.#toDay(event, /** @type {HTMLFormElement} */ (form)),
    );
    addEventListener("pagehide", () => this.#remember());
    addEventListener("hashchange", () => this.#toHash());
  }

  /** Decide what the reader sees first. */
  land() {
    history.scrollRestoration = "manual";
    const { view, list } = this.feed;
    const kept = history.state?.feed;
    const back = kept && list.entries.find(({ seq }) => seq === kept.seq);
    if (back && !kept.pinned) return this.#restore(back.node, kept.top);
    if (this.#toHash()) return undefined;
    const target = Number(this.feed.dataset.target ?? this.feed.dataset.from);
    const entry = target && list.entries.find(({ seq }) => seq >= target);
    if (entry) return this.find(entry.node, { smooth: false });
    const line = /** @type {HTMLElement | null} */ (this.feed.querySelector(".unread-line"));
    if (line) return view.show(line, { share: 0.12 });
    if (!this.feed.newer.more) return view.toEnd();
    return view.capture();
  }

  /** @param {HTMLElement} node @param {number} top */
  #restore(node, top) {
    const { view } = this.feed;
    view.show(node, { share: 0 });
    const { top: edge, bottom } = view.edges;
    view.show(node, { share: (top - edge) / (bottom - edge) });
  }

  #remember() {
    const node = this.feed.view.firstVisible();
    const place = node && {
      seq: Number(node.dataset.seq),
      top: node.getBoundingClientRect().top,
      pinned: this.feed.view.pinned,
    };
    history.replaceState({ ...history.state, feed: place }, "");
  }

  #toHash() {
    const node = /^#p\d+$/.test(location.hash) ? document.getElementById(location.hash.slice(1)) : null;
    if (node) this.find(node, { smooth: false });
    return node !== null;
  }

  /**
   * Show a post and let it light up once.
   * @param {HTMLElement} node
   * @param {{smooth?: boolean}} [how]
   */
  find(node, { smooth = true } = {}) {
    this.feed.view.show(node, { share: 0.3, smooth: smooth && !calm() });
    node.classList.add("found");
    setTimeout(() => node.classList.remove("found"), 2000);
    node.tabIndex = -1;
    node.focus({ preventScroll: true });
  }

  /** First to the line above what is new, if that is still below; then to the newest. @param {Event} event */
  async #newest(event) {
    event.preventDefault();
    const { feed } = this;
    this.origin = null;
    const line = /** @type {HTMLElement | null} */ (feed.querySelector(".unread-line"));
    const isBelow = line && line.getBoundingClientRect().top > feed.view.edges.bottom - 40;
    if (isBelow) return feed.view.show(line, { share: 0.12, smooth: true });
    if (feed.newer.more) await feed.loads.replace({ before: feed.head + 1 }, 0).catch(() => undefined);
    return feed.view.toEnd({ smooth: true });
  }

  /** @param {Event} event */
  #toUnread(event) {
    const line = /** @type {HTMLElement | null} */ (this.feed.querySelector(".unread-line"));
    if (!line) return;
    event.preventDefault();
    this.feed.view.show(line, { share: 0.12 });
    line.tabIndex = -1;
    line.focus({ preventScroll: true });
  }

  /** @param {MouseEvent} event @param {HTMLAnchorElement} link */
  async #quoted(event, link) {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    const { handle, slug } = this.feed.about;
    const found = new URL(link.href).pathname.match(/^\/@([^/]+)\/([^/]+)\/(\d+)$/);
    if (!found || found[1] !== handle || found[2] !== slug) return;
    event.preventDefault();
    const from = link.closest("article");
    if (from) this.origin = { seq: Number(from.dataset.seq), top: from.getBoundingClientRect().top };
    await this.to(Number(found[3]), () => location.assign(link.href));
    this.update();
  }

  /**
   * @param {number} seq
   * @param {() => void} [otherwise] when it cannot be fetched
   */
  async to(seq, otherwise = () => undefined) {
    const { feed } = this;
    const entry = feed.list.entries.find((one) => one.seq === seq);
    if (entry) return this.find(entry.node);
    try {
      await feed.loads.replace({ around: seq }, seq);
    } catch {
      otherwise();
    }
  }

  async #back() {
    const { origin } = this;
    this.origin = null;
    if (origin) await this.to(origin.seq);
    this.update();
  }

  #pickDay() {
    const input = /** @type {HTMLInputElement | null} */ (document.querySelector("form[data-jump] input[type=date]"));
    if (!input) return;
    const pop = input.closest("[popover]");
    if (pop instanceof HTMLElement && !pop.matches(":popover-open")) pop.showPopover();
    input.focus();
    try {
      input.showPicker();
    } catch {
      // Some browsers want the press on the field itself; it has the focus now.
    }
  }

  /**
   * A day that is on the page is shown at once; any other is a page of the server.
   * @param {SubmitEvent} event
   * @param {HTMLFormElement} form
   */
  #toDay(event, form) {
    const day = String(new FormData(form).get("at") ?? "");
    const { entries } = this.feed.list;
    const index = entries.findIndex((one) => one.day >= day);
    const isCovered = index > 0 || (index === 0 && !this.feed.older.more);
    if (!day || !isCovered) return;
    event.preventDefault();
    const pop = form.closest("[popover]");
    if (pop instanceof HTMLElement) pop.hidePopover();
    this.find(entries[index].node);
  }

  /** The buttons at the foot of the room say what is below, and the way back. */
  update() {
    const { feed, room } = this;
    const newest = /** @type {HTMLElement | null} */ (room.querySelector("[data-to-newest]"));
    if (!newest) return;
    const { waiting = 0, view } = feed;
    const isFar = view.fromEnd > FAR_SCREENS * view.height || feed.newer.more;
    newest.hidden = view.pinned || feed.ended || (waiting === 0 && !isFar);
    this.#label(newest, waiting);
    const back = room.querySelector("[data-way-back]");
    if (this.origin && !back) newest.before(this.#backButton());
    if (!this.origin) back?.remove();
  }

  /** @param {HTMLElement} button @param {number} waiting */
  #label(button, waiting) {
    const text = waiting > 0 ? counted("new_below", waiting) : words("newest");
    const label = button.querySelector("[data-new-label]");
    if (label) {
      if (label.textContent !== text) label.textContent = text;
      return;
    }
    if (button.dataset.says === text) return;
    button.dataset.says = text;
    button.replaceChildren(icon("down", "s"), text);
  }

  #backButton() {
    return el(
      "button",
      { type: "button", class: "to-newest glass", "data-way-back": true },
      icon("back", "s"),
      words("way_back"),
    );
  }
}

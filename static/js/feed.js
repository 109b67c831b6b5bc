/**
 * <channel-feed>: the posts of one room, live. The server prints them; this keeps them true: new ones in order and
 * once, changed ones in place, older and newer ones when the reader gets there, and nothing ever jumps.
 */
import { announce, el, parse } from "./dom.js";
import { unread } from "./feed-order.js";
import { Jumps } from "./feed-jump.js";
import { List } from "./feed-list.js";
import { End, fetchPage } from "./feed-pages.js";
import { Reader } from "./feed-read.js";
import { Sent } from "./feed-sent.js";
import { tellCount, tellOf } from "./feed-tell.js";
import { View } from "./feed-view.js";
import { live } from "./live.js";
import { Refused } from "./net.js";
import { refreshParts } from "./parts.js";
import { paint } from "./times.js";
import { lang, words } from "./words.js";

const MOST_POSTS = 600;
const KEPT_POSTS = 300;
const EASED = 4;
const SPREAD_MS = 2500;
const compact = new Intl.NumberFormat(lang, { notation: "compact", maximumFractionDigits: 1 });

export class ChannelFeed extends HTMLElement {
  connectedCallback() {
    if (this.list) return;
    const section = /** @type {HTMLElement} */ (this.querySelector(".feed"));
    const { stream, room, head, epoch, read, account, handle, slug, older, newer, member, unread: all } = this.dataset;
    this.about = { stream: stream ?? "", room: room ?? "", handle: handle ?? "", slug: slug ?? "", account: account ?? "" };
    this.head = Number(head) || 0;
    this.newestPost = 0;
    this.beyond = 0;
    this.sent = new Sent(this);
    /** @type {{node: HTMLElement, again: boolean}[]} */
    this.queue = [];
    this.list = new List(section, this.about.account);
    this.view = new View(this, () => this.list.entries);
    const isReader = member === "1" && this.about.account !== "";
    const from = read ? Number(read) : this.list.last;
    this.reader = new Reader({ room: this.about.room, read: from, tells: isReader, changed: () => this.tally() });
    const { view } = this;
    this.older = new End({ side: "older", section, view, more: older === "1", load: () => this.#loadOlder() });
    this.newer = new End({ side: "newer", section, view, more: newer === "1", load: () => this.#loadNewer() });
    this.jumps = new Jumps(this);
    view.moved = () => this.#moved();
    view.changed = () => [this.older, this.newer].forEach((end) => end.set(end.more));
    paint(this);
    this.jumps.land();
    for (const { node } of this.list.entries) this.reader.watch(node);
    if (newer === "1" && all) this.beyond = Math.max(0, Number(all) - unread(this.list.entries, from, this.about.account));
    this.tally();
    live.subscribe(this.about.stream, { after: this.head, epoch: epoch || null, on: (step) => this.#hear(step) });
    this.midnight = setInterval(() => this.list.nameDays(), 60_000);
  }

  disconnectedCallback() {
    if (this.isConnected) return;
    clearInterval(this.midnight);
    live.unsubscribe(this.about.stream);
    this.reader.stop();
    this.view.stop();
    this.older.stop();
    this.newer.stop();
  }

  /** @param {import("./live-machine.js").Step} step */
  #hear(step) {
    if (step.do === "event") return this.#event(step.frame);
    if (step.do === "counts") return this.#counts(step.posts);
    if (step.do === "access") return this.refresh();
    if (step.do === "gap") return this.#gap(step.from, step.to);
    if (step.do === "reset") return this.#reset(step.head);
    if (step.do === "refused" || step.do === "stop") return this.end();
    if (step.do === "signed-out") location.reload();
  }

  /** @param {any} frame */
  #event(frame) {
    this.head = Math.max(this.head, frame.seq);
    if (frame.kind === "post.published") this.newestPost = Math.max(this.newestPost, frame.seq);
    if (frame.kind === "post.pinned") refreshParts([".room-head", ".details"], SPREAD_MS);
    if (frame.data?.reload) return this.#refreshSoon();
    const node = frame.data?.html && /** @type {HTMLElement | null} */ (parse(frame.data.html).querySelector("article"));
    if (!node) return;
    this.queue.push({ node, again: frame.kind === "post.pinned" });
    if (this.queue.length > 1) return;
    // A burst is one change of the page. Hidden pages paint no frames, so a timer stands in.
    if (document.visibilityState === "visible") requestAnimationFrame(() => this.#flush());
    else setTimeout(() => this.#flush(), 50);
  }

  #flush() {
    const queue = this.queue.splice(0);
    const away = !this.view.pinned || document.visibilityState === "hidden";
    /** @type {import("./feed-list.js").Entry[]} */
    const arrived = [];
    this.view.keep(() => {
      for (const { node, again } of queue) {
        const entry = this.put(node, { again, eased: queue.length <= EASED });
        if (entry) arrived.push(entry);
      }
      if (away) this.#divideBefore(arrived);
      this.#trim();
    });
    this.tally();
    tellOf(this, arrived);
  }

  /**
   * One article, live or fetched again. Answers its entry when it is new on the page.
   * @param {HTMLElement} node
   * @param {{again?: boolean, eased?: boolean}} [how]
   */
  put(node, { again = false, eased = false } = {}) {
    if (!this.list.byId.has(node.dataset.id ?? "") && this.#staysOff(node)) return undefined;
    const { verdict, entry, old } = this.list.put(node, { again });
    if (verdict === "swap" && old) {
      this.view.handOver(old, entry.node);
      this.reader.forget(old);
    }
    if (verdict === "same" || verdict === "stale") return undefined;
    this.#settle(entry, eased && verdict === "insert");
    return verdict === "insert" ? entry : undefined;
  }

  /** A new article that is not for the page now: it lies beyond what is loaded, or its sender waits for the answer. @param {HTMLElement} node */
  #staysOff(node) {
    const seq = Number(node.dataset.seq);
    if (this.sent.holds(node)) return true;
    if (this.newer.more && seq > this.list.last) {
      this.beyond += 1;
      return true;
    }
    return this.older.more && seq < this.list.first;
  }

  /** @param {import("./feed-list.js").Entry} entry @param {boolean} eased */
  #settle(entry, eased) {
    this.querySelector("[data-empty]")?.remove();
    paint(entry.node);
    this.reader.watch(entry.node);
    if (!eased) return;
    entry.node.classList.add("new");
    entry.node.addEventListener("animationend", () => entry.node.classList.remove("new"), { once: true });
  }

  /** What came while one looked away stands below a line. @param {import("./feed-list.js").Entry[]} arrived */
  #divideBefore(arrived) {
    const first = arrived.find((entry) => entry.author !== this.about.account && !entry.gone);
    const line = this.querySelector(".unread-line");
    const isOld = !line || unread(this.list.entries, this.reader.read, this.about.account) <= arrived.length;
    if (first && isOld) this.list.divide(first.seq);
  }

  #trim() {
    if (!this.view.pinned || this.list.entries.length <= MOST_POSTS) return;
    const first = this.list.entries[this.list.entries.length - KEPT_POSTS].seq;
    for (const node of this.list.remove((entry) => entry.seq < first)) this.reader.forget(node);
    this.older.set(true);
  }

  /** @param {Record<string, any>} posts */
  #counts(posts) {
    for (const [id, { views }] of Object.entries(posts)) {
      const shown = this.list.byId.get(id)?.node.querySelector("[data-count=views] [data-value]");
      if (shown && views !== undefined) shown.textContent = compact.format(views);
    }
  }

  /** More was missed than the log hands out: the newer end loads it page by page. @param {number} from @param {number} to */
  #gap(from, to) {
    this.head = Math.max(this.head, to);
    this.beyond += to - from + 1;
    this.newer.set(true);
    this.refresh();
    this.tally();
  }

  /** @param {number} head */
  #reset(head) {
    this.head = head;
    const seen = this.view.pinned ? null : this.view.firstVisible();
    return this.replace(seen ? { around: Number(seen.dataset.seq) } : { before: head + 1 }, seen ? Number(seen.dataset.seq) : 0);
  }

  async #loadOlder() {
    const page = await this.#page({ before: this.list.first || this.head + 1 });
    this.view.keep(() => page.articles.forEach((node) => this.#add(node)));
    return page.older && page.articles.length > 0;
  }

  async #loadNewer() {
    const page = await this.#page({ after: this.list.last });
    this.view.pinned = false;
    this.view.keep(() => page.articles.forEach((node) => this.#add(node)));
    // A post that was announced while the page was on its way may not be in it.
    const more = page.articles.length > 0 && (page.newer || this.newestPost > this.list.last);
    this.beyond = more ? Math.max(0, this.beyond - page.articles.length) : 0;
    queueMicrotask(() => this.tally());
    return more;
  }

  /** @param {HTMLElement} node */
  #add(node) {
    const { verdict, entry } = this.list.put(node);
    if (verdict === "insert" || verdict === "swap") this.#settle(entry, false);
  }

  /** @param {Record<string, string | number>} query */
  async #page(query) {
    try {
      return await fetchPage(this.about.room, query);
    } catch (error) {
      if (error instanceof Refused && (error.status === 403 || error.status === 404)) this.end();
      throw error;
    }
  }

  /**
   * Show another stretch of the room instead of this one.
   * @param {Record<string, string | number>} query
   * @param {number} target seq of the post to show, 0 for the end
   */
  async replace(query, target) {
    const page = await this.#page(query);
    for (const node of this.list.remove(() => true)) this.reader.forget(node);
    page.articles.forEach((node) => this.#add(node));
    this.older.set(page.older);
    const more = page.newer || this.newestPost > this.list.last;
    this.newer.set(more);
    if (!more) this.beyond = 0;
    const entry = this.list.entries.find(({ seq }) => seq >= target);
    if (target && entry) this.jumps.find(entry.node);
    else this.view.toEnd();
    this.tally();
  }

  /** The room changed for everybody in it: not all of them ask at the same moment. */
  #refreshSoon() {
    this.refreshing ??= setTimeout(() => {
      this.refreshing = undefined;
      this.refresh();
    }, Math.random() * SPREAD_MS);
  }

  /** Rights, pins or the room changed: what is on the page is fetched again and swapped where it stands. */
  async refresh() {
    refreshParts([".room-head", ".rooms", ".room-foot", ".details"]);
    const { first, last } = this.list;
    if (!last) return;
    try {
      for (let after = first - 1; after < last; ) {
        const page = await this.#page({ after, limit: 100 });
        this.view.keep(() => page.articles.forEach((node) => this.put(node)));
        if (!page.newer || page.articles.length === 0) return;
        after = Number(page.articles.at(-1)?.dataset.seq);
      }
    } catch {
      // Offline: the next connection brings what changed; a refusal has already said so.
    }
  }

  #moved() {
    this.jumps.update();
    if (this.view.pinned && this.newer.more) this.newer.go();
  }

  /** How much there is below, for the button that leads there. */
  tally() {
    this.waiting = unread(this.list.entries, this.reader.read, this.about.account) + this.beyond;
    this.jumps.update();
    tellCount(this);
  }

  /** This room is closed to the viewer: the page says so, and nothing tries again. */
  end() {
    if (this.ended) return;
    this.ended = true;
    live.unsubscribe(this.about.stream);
    const said = /** @type {HTMLTemplateElement | null} */ (document.querySelector("template[data-ended]"));
    const message = said ? said.content.cloneNode(true) : el("p", { class: "empty" }, words("ended"));
    const foot = /** @type {HTMLElement | null} */ (document.querySelector(".room-foot"));
    if (foot) foot.hidden = true;
    for (const end of [this.older, this.newer]) end.set(false);
    this.list.remove(() => true);
    this.list.section.replaceChildren(message);
    announce(this.list.section.textContent?.trim() ?? "");
  }
}

customElements.define("channel-feed", ChannelFeed);

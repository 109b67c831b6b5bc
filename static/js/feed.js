/**
 * <channel-feed>: the posts of one room, live. The server prints them; this keeps them true, and nothing ever jumps.
 */
import { announce, el, parse } from "./dom.js";
import { unread } from "./feed-order.js";
import { Jumps } from "./feed-jump.js";
import { List } from "./feed-list.js";
import { Loads } from "./feed-load.js";
import { Named } from "./feed-named.js";
import { End } from "./feed-pages.js";
import { Reader } from "./feed-read.js";
import { Sent } from "./feed-sent.js";
import { tellCount, tellOf } from "./feed-tell.js";
import { TopicFrames } from "./feed-topic.js";
import { View } from "./feed-view.js";
import { live } from "./live.js";
import { refreshParts } from "./parts.js";
import { paintOwn, tellReactions } from "./reactions.js";
import { paint } from "./times.js";
import { lang, words } from "./words.js";

/** They change what stands below a post, whose revision stays. */
const AGAIN = ["post.pinned", "poll.closed", "post.previewed"];
const MOST_POSTS = 600;
const KEPT_POSTS = 300;
const EASED = 4;
const SPREAD_MS = 2500;
const compact = new Intl.NumberFormat(lang, { notation: "compact", maximumFractionDigits: 1 });

export class ChannelFeed extends HTMLElement {
  /** @type {{stream: string, room: string, topic: string, handle: string, slug: string, account: string}} */ about;
  /** @type {List} */ list;
  /** @type {View} */ view;
  /** @type {Reader} */ reader;
  /** @type {Sent} */ sent;
  /** @type {Jumps} */ jumps;
  /** @type {Loads} */ loads;
  /** @type {Named} */ named;
  /** @type {End} */ older;
  /** @type {End} */ newer;
  /** @type {{node: HTMLElement, again: boolean}[]} */ queue = [];
  /** seq of the newest that was announced, loaded or not */ newestPost = 0;
  /** known to lie below what is loaded */ beyond = 0;
  /** how many the reader has not seen */ waiting = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ refreshing;

  connectedCallback() {
    if (this.list) return;
    const section = /** @type {HTMLElement} */ (this.querySelector(".feed"));
    const { stream, room, topic, head, epoch, read, account, handle, slug, older, newer } = this.dataset;
    const { member, unread: all } = this.dataset;
    this.about = {
      stream: stream ?? "",
      room: room ?? "",
      topic: topic ?? "",
      handle: handle ?? "",
      slug: slug ?? "",
      account: account ?? "",
    };
    this.head = Number(head) || 0;
    this.sent = new Sent(this);
    this.list = new List(section, this.about.account);
    this.view = new View(this, () => this.list.entries);
    const isReader = member === "1" && this.about.account !== "";
    const from = read ? Number(read) : this.list.last;
    this.reader = new Reader({
      room: this.about.room,
      topic: this.about.topic,
      read: from,
      tells: isReader,
      changed: () => this.tally(),
    });
    this.topics = new TopicFrames(this);
    const { view } = this;
    this.older = new End({ side: "older", section, view, more: older === "1", load: () => this.loads.above() });
    this.newer = new End({ side: "newer", section, view, more: newer === "1", load: () => this.loads.below() });
    this.jumps = new Jumps(this);
    this.loads = new Loads(this);
    this.named = new Named(this);
    view.moved = () => this.#moved();
    view.changed = () => [this.older, this.newer].forEach((end) => end.set(end.more));
    paint(this);
    this.jumps.land();
    for (const { node } of this.list.entries) this.reader.watch(node);
    if (newer === "1" && all)
      this.beyond = Math.max(0, Number(all) - unread(this.list.entries, from, this.about.account));
    this.tally();
    live.subscribe(this.about.stream, { after: this.head, epoch: epoch || null, on: (step) => this.#hear(step) });
    this.midnight = setInterval(() => this.list.nameDays(), 60_000);
  }

  disconnectedCallback() {
    if (this.isConnected) return;
    clearInterval(this.midnight);
    live.unsubscribe(this.about.stream);
    this.reader.stop();
    this.named.stop();
    this.view.stop();
    this.older.stop();
    this.newer.stop();
  }

  /** @param {import("./live-machine.js").Step} step */
  #hear(step) {
    if (step.do === "event") return this.#event(step.frame);
    if (step.do === "counts") return this.#counts(step.posts);
    if (step.do === "access") return this.loads.refresh();
    if (step.do === "gap") return this.#gap(step.from, step.to);
    if (step.do === "reset") return this.#reset(step.head);
    if (step.do === "refused" || step.do === "stop") return this.end();
    if (step.do === "read") this.topics.read(step.topic, step.seq);
    if (step.do === "signed-out") location.reload();
  }

  /** @param {any} frame */
  #event(frame) {
    this.head = Math.max(this.head, frame.seq);
    if (this.topics.take(frame)) return;
    if (frame.kind === "post.published") {
      this.newestPost = Math.max(this.newestPost, frame.seq);
      this.reader.came(frame.seq);
    }
    if (frame.kind === "post.pinned") refreshParts([".room-head", ".details"], SPREAD_MS);
    if (frame.data?.reload) return this.#refreshSoon();
    const node =
      frame.data?.html && /** @type {HTMLElement | null} */ (parse(frame.data.html).querySelector("article"));
    if (!node) return;
    // Told to all of one rank alike. Who has paid for this post alone is shown the card, and asks for their own view.
    const known = node.dataset.id ? this.list.byId.get(node.dataset.id) : undefined;
    if ("locked" in node.dataset && known && !("locked" in known.node.dataset)) this.#refreshSoon();
    // What stands above the room called it a locked post.
    if (frame.kind === "post.opened" && "pinned" in node.dataset) refreshParts([".room-head", ".details"], SPREAD_MS);
    this.queue.push({ node, again: AGAIN.includes(frame.kind) });
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
    this.settle(entry, eased && verdict === "insert");
    return verdict === "insert" ? entry : undefined;
  }

  /**
   * A new article that is not for the page now: it lies beyond what is loaded, or its sender waits for the answer.
   * @param {HTMLElement} node
   */
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
  settle(entry, eased) {
    this.querySelector("[data-empty]")?.remove();
    paint(entry.node);
    paintOwn(entry.node);
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
    for (const [id, { views, comments, reactions, emoji, poll, questions }] of Object.entries(posts)) {
      const node = this.list.byId.get(id)?.node;
      if (node && reactions) tellReactions(node, reactions, emoji);
      if (poll) /** @type {any} */ (node?.querySelector("channel-poll"))?.count?.(poll);
      for (const [what, many] of Object.entries({ views, comments })) {
        const shown = node?.querySelector(`[data-count=${what}] [data-value]`);
        if (shown && many !== undefined) shown.textContent = many ? compact.format(many) : "";
      }
      if (questions !== undefined)
        document.dispatchEvent(new CustomEvent("channel:questions", { detail: { id, questions } }));
    }
  }

  /**
   * More was missed than the log hands out: the newer end loads it page by page.
   * @param {number} from
   * @param {number} to
   */
  #gap(from, to) {
    this.head = Math.max(this.head, to);
    this.beyond += to - from + 1;
    this.newer.set(true);
    this.loads.refresh();
    this.tally();
  }

  /** @param {number} head */
  #reset(head) {
    this.head = head;
    this.newestPost = 0;
    const seen = this.view.pinned ? null : this.view.firstVisible();
    return this.loads.replace(
      seen ? { around: Number(seen.dataset.seq) } : { before: head + 1 },
      seen ? Number(seen.dataset.seq) : 0,
    );
  }

  /** The room changed for everybody in it: not all of them ask at the same moment. */
  #refreshSoon() {
    this.refreshing ??= setTimeout(() => {
      this.refreshing = undefined;
      this.loads.refresh();
    }, Math.random() * SPREAD_MS);
  }

  #moved() {
    this.jumps.update();
    if (this.view.pinned && this.newer.more) this.newer.go();
  }

  /** How much there is below, for the button that leads there. */
  tally() {
    this.waiting = unread(this.list.entries, this.reader.read, this.about.account) + this.beyond;
    this.jumps.update();
    this.named.update();
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
    for (const told of document.querySelectorAll(".room-head .pinned, .details .pins, .rooms .last")) told.remove();
    this.list.remove(() => true);
    this.list.section.replaceChildren(message);
    announce(this.list.section.textContent?.trim() ?? "");
    document.dispatchEvent(new Event("channel:ended"));
  }
}

customElements.define("channel-feed", ChannelFeed);

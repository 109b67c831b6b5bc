/** What the feed fetches: older and newer pages, another stretch of the room, and itself again when rights changed. */
import { fetchPage } from "./feed-pages.js";
import { Refused } from "./net.js";
import { refreshParts } from "./parts.js";

const REFRESHED_AT_ONCE = 100;

export class Loads {
  /** @param {import("./feed.js").ChannelFeed} feed */
  constructor(feed) {
    this.feed = feed;
  }

  async above() {
    const page = await this.#page({ before: this.feed.list.first || this.feed.head + 1 });
    this.feed.view.keep(() => page.articles.forEach((node) => this.#add(node)));
    return page.older && page.articles.length > 0;
  }

  async below() {
    const page = await this.#page({ after: this.feed.list.last });
    this.feed.view.pinned = false;
    this.feed.view.keep(() => page.articles.forEach((node) => this.#add(node)));
    // A post that was announced while the page was on its way may not be in it.
    const more = page.articles.length > 0 && (page.newer || this.feed.newestPost > this.feed.list.last);
    this.feed.beyond = more ? Math.max(0, this.feed.beyond - page.articles.length) : 0;
    queueMicrotask(() => this.feed.tally());
    return more;
  }

  /** @param {HTMLElement} node */
  #add(node) {
    const { verdict, entry } = this.feed.list.put(node);
    if (verdict === "insert" || verdict === "swap") this.feed.settle(entry, false);
  }

  /** @param {Record<string, string | number>} query */
  async #page(query) {
    try {
      const { room, topic } = this.feed.about;
      return await fetchPage(room, topic ? { ...query, topic } : query);
    } catch (error) {
      if (error instanceof Refused && (error.status === 403 || error.status === 404)) this.feed.end();
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
    for (const node of this.feed.list.remove(() => true)) this.feed.reader.forget(node);
    page.articles.forEach((node) => this.#add(node));
    this.feed.older.set(page.older);
    const more = page.newer || this.feed.newestPost > this.feed.list.last;
    this.feed.newer.set(more);
    if (!more) this.feed.beyond = 0;
    const entry = this.feed.list.entries.find(({ seq }) => seq >= target);
    if (target && entry) this.feed.jumps.find(entry.node);
    else this.feed.view.toEnd();
    this.feed.tally();
  }

  /** Rights, pins or the room changed: what is on the page is fetched again and swapped where it stands. */
  async refresh() {
    const { first, last } = this.feed.list;
    try {
      for (let after = first - 1; last > 0 && after < last;) {
        const page = await this.#page({ after, limit: REFRESHED_AT_ONCE });
        this.feed.view.keep(() => page.articles.forEach((node) => this.feed.put(node)));
        if (!page.newer || page.articles.length === 0) break;
        after = Number(page.articles.at(-1)?.dataset.seq);
      }
    } catch {
      // Offline: the next connection brings what changed; a refusal has already said so.
    }
    if (!this.feed.ended) refreshParts([".room-head", ".rooms", ".room-foot", ".details"]);
  }
}

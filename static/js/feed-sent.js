/** Posts of one's own that stand in the feed before the server has them. */
import { el, icon } from "./dom.js";
import { tellNewest } from "./feed-tell.js";
import { words } from "./words.js";

export class Sent {
  /** @param {import("./feed.js").ChannelFeed} feed */
  constructor(feed) {
    this.feed = feed;
    this.inFlight = 0;
    /** @type {HTMLElement[]} */
    this.held = [];
  }

  /**
   * The live frame of a post may overtake the answer to its sender; it waits, so that it never stands twice.
   * @param {HTMLElement} node
   */
  holds(node) {
    const { account } = this.feed.about;
    if (this.inFlight === 0 || account === "" || node.dataset.author !== account) return false;
    this.held.push(node);
    return true;
  }

  /** @param {HTMLElement} ghost */
  hang(ghost) {
    this.feed.querySelector("[data-empty]")?.remove();
    this.feed.list.hang(ghost);
    this.feed.view.toEnd({ smooth: true });
  }

  begin() {
    this.inFlight += 1;
  }

  /**
   * @param {HTMLElement} ghost
   * @param {HTMLElement | null} article the server's, or nothing when it did not get through
   */
  done(ghost, article) {
    this.inFlight -= 1;
    const { feed } = this;
    feed.view.keep(() => {
      const held = this.inFlight === 0 ? this.held.splice(0) : [];
      if (article) this.drop(ghost);
      for (const node of article ? [article, ...held] : held) feed.put(node);
    });
    if (!article) return;
    const seq = Number(article.dataset.seq);
    if (feed.newer.more) feed.loads.replace({ before: seq + 1 }, 0);
    feed.reader.moveTo(seq);
    tellNewest(feed, article);
    this.#tick(feed.list.byId.get(article.dataset.id ?? "")?.node);
  }

  /** @param {HTMLElement} ghost */
  drop(ghost) {
    const group = ghost.closest(".day-group");
    ghost.remove();
    if (group && !group.querySelector("article")) group.remove();
  }

  /** The clock turns into a tick. @param {HTMLElement | undefined} node */
  #tick(node) {
    const meta = node?.querySelector(".meta");
    if (!meta) return;
    const tick = icon("check");
    tick.classList.add("done");
    meta.append(tick, el("span", { class: "visually-hidden" }, words("sent")));
  }
}

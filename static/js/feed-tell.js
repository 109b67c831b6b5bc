/** What the rest of the page learns of the feed: the title, the list of rooms beside it, a screen reader. */
import { announce } from "./dom.js";
import { counted, lang, words } from "./words.js";

const compact = new Intl.NumberFormat(lang, { notation: "compact" });

/** @typedef {import("./feed.js").ChannelFeed} ChannelFeed */

/** @param {ChannelFeed} feed @param {string} name @param {any} detail */
function broadcast(feed, name, detail) {
  feed.dispatchEvent(new CustomEvent(name, { bubbles: true, detail: { room: feed.about.room, ...detail } }));
}

/** How much waits below. @param {ChannelFeed} feed */
export function tellCount(feed) {
  broadcast(feed, feed.about.topic ? "channel:topic-tally" : "channel:tally", {
    unread: feed.waiting,
    topic: feed.about.topic,
  });
  const title = document.title.replace(/^\([^)]*\) /, "");
  document.title = feed.waiting > 0 ? `(${compact.format(feed.waiting)}) ${title}` : title;
  document.body.dataset.title = document.title;
}

/** The newest post, for the list of rooms. @param {ChannelFeed} feed @param {HTMLElement} article */
export function tellNewest(feed, article) {
  broadcast(feed, "channel:arrived", { article });
}

/**
 * Posts that came live.
 * @param {ChannelFeed} feed
 * @param {import("./feed-list.js").Entry[]} arrived
 */
export function tellOf(feed, arrived) {
  const last = arrived.at(-1);
  if (last) tellNewest(feed, last.node);
  const others = arrived.filter((entry) => entry.author !== feed.about.account && !entry.gone);
  if (others.length === 0) return;
  const { node } = others[0];
  const name = node.querySelector(".by > span:last-child")?.textContent?.trim() ?? "";
  const text = (node.querySelector(".text, .pass-face h3")?.textContent ?? "")
    .trim()
    .replace(/\s+/g, " ")
    .slice(0, 140);
  announce(others.length === 1 ? words("post_arrived", { name, text }) : counted("posts_arrived", others.length));
}

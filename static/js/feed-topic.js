/**
 * A feed that shows one topic of a group hears all of the group. Messages of other topics are not for it; when messages
 * go elsewhere, or the whole topic does, whoever reads them keeps their place and is told where they went.
 */
import { announce, el } from "./dom.js";
import { refreshParts } from "./parts.js";
import { counted, words } from "./words.js";

const SPREAD_MS = 2500;

export class TopicFrames {
  /** @param {import("./feed.js").ChannelFeed} feed */
  constructor(feed) {
    this.feed = feed;
  }

  /**
   * Answers whether that was all there is to do with it.
   * @param {any} frame
   */
  take(frame) {
    const { topic } = this.feed.about;
    if (!topic) return false;
    this.feed.dispatchEvent(new CustomEvent("channel:frame", { bubbles: true, detail: frame }));
    if (frame.kind === "topic.changed") this.#changed(frame.data.topic);
    else if (frame.kind === "posts.moved") this.#moved(frame.data);
    else return Boolean(frame.data?.topic) && frame.data.topic !== topic;
    return true;
  }

  /** Another device of the reader's has read on. @param {string} topic @param {number} seq */
  read(topic, seq) {
    const { feed } = this;
    if (topic !== feed.about.topic || seq <= feed.reader.read) return;
    feed.reader.read = feed.reader.told = seq;
    feed.tally();
  }

  /** @param {any} told */
  #changed(told) {
    const { feed } = this;
    if (told.id !== feed.about.topic) return;
    if (!told.moved_to) return refreshParts([".room-head", ".details", ".room-foot"], SPREAD_MS);
    feed.about.topic = feed.reader.topic = told.moved_to;
    feed.dataset.topic = told.moved_to;
    this.#say(words("merged_line"), null);
    feed.loads.refresh();
    return refreshParts([".topics", ".room-head", ".details"]);
  }

  /** @param {{post_ids: string[], topic: {id: string, number?: number, name?: string}}} told */
  #moved({ post_ids, topic }) {
    const { feed } = this;
    if (topic.id === feed.about.topic) return void feed.loads.refresh();
    const ids = new Set(post_ids);
    const leaving = feed.list.entries.filter(({ id }) => ids.has(id));
    if (leaving.length === 0) return undefined;
    const { handle, slug } = feed.about;
    const link = topic.number
      ? el("a", { class: "link", href: `/@${handle}/${slug}/t/${topic.number}?from=${leaving[0].seq}` }, topic.name ?? "")
      : null;
    feed.view.keep(() => {
      const line = this.#say(counted("moved_line", leaving.length), link, leaving[0].node);
      for (const { node } of leaving) feed.view.handOver(node, line);
      for (const node of feed.list.remove(({ id }) => ids.has(id))) feed.reader.forget(node);
      if (!line.isConnected) feed.list.section.append(line);
    });
    return feed.tally();
  }

  /**
   * A line in the feed, where something was.
   * @param {string} sentence
   * @param {HTMLElement | null} link
   * @param {HTMLElement} [before]
   */
  #say(sentence, link, before) {
    const line = el("p", { class: "moved-line", "data-moved": true }, sentence, link);
    if (before) before.before(line);
    else this.feed.list.section.append(line);
    announce(sentence);
    return line;
  }
}

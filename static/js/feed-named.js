/** The button that leads to the next post which names the reader; it goes when all of them were seen. */
import { el, icon, on } from "./dom.js";
import { counted } from "./words.js";

export class Named {
  /** @param {import("./feed.js").ChannelFeed} feed */
  constructor(feed) {
    this.feed = feed;
    this.room = /** @type {HTMLElement} */ (feed.closest(".room") ?? document.body);
    /** @type {number[]} seqs, the oldest first */
    this.seqs = (feed.dataset.named ?? "").split(" ").filter(Boolean).map(Number);
    on(this.room, "click", "[data-to-named]", (event) => this.#next(event));
    this.hear = (/** @type {any} */ event) => this.#heard(event.detail);
    document.addEventListener("channel:named", this.hear);
  }

  stop() {
    document.removeEventListener("channel:named", this.hear);
  }

  /** @param {{room_id: string, seq: number}} told */
  #heard({ room_id: room, seq }) {
    const { about, list } = this.feed;
    if (room !== about.room || this.seqs.includes(seq)) return;
    if (about.topic && !list.entries.some((entry) => entry.seq === seq)) return; // it stands in another topic
    this.seqs = [...this.seqs, seq].sort((a, b) => a - b);
    this.update();
  }

  /** @param {Event} event */
  async #next(event) {
    event.preventDefault();
    const seq = this.seqs.shift();
    if (seq !== undefined) await this.feed.jumps.to(seq);
    this.update();
  }

  /** What was read needs no way to it. */
  update() {
    this.seqs = this.seqs.filter((seq) => seq > this.feed.reader.read);
    let button = this.room.querySelector("[data-to-named]");
    if (!this.seqs.length || this.feed.ended) return button?.remove();
    const newest = this.room.querySelector("[data-to-newest]");
    if (!button && newest) {
      const attributes = { type: "button", class: "to-newest glass named", "data-to-named": true };
      button = el("button", attributes, icon("at", "s"), el("span", { "data-named-label": true }));
      newest.before(button);
    }
    const label = button?.querySelector("[data-named-label]");
    const text = counted("named", this.seqs.length);
    if (label && label.textContent !== text) label.textContent = text;
    return undefined;
  }
}

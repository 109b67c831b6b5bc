/**
 * <channel-topics>: the topics of a group, live. The server prints them; this counts what is new in each, says the
 * newest words, and moves a topic up. What cannot be told row by row is printed anew, not by all readers at once.
 */
import { el, parse } from "./dom.js";
import { live } from "./live.js";
import { refreshParts } from "./parts.js";
import { paint } from "./times.js";
import { lang, words } from "./words.js";

const SPREAD_MS = 2500;
const compact = new Intl.NumberFormat(lang, { notation: "compact", maximumFractionDigits: 1 });

/** @param {Element} article */
const said = (article) => (article.querySelector(".text")?.textContent ?? "").trim().replace(/\s+/g, " ").slice(0, 160);

class ChannelTopics extends HTMLElement {
  connectedCallback() {
    const { room = "", head, epoch, total } = this.dataset;
    this.room = room;
    this.watching = new AbortController();
    /** what is new in topics that are not listed here */
    this.beyond = Number(total) - this.#listed();
    const { signal } = this.watching;
    document.addEventListener("channel:topic-tally", (event) => this.#tally(/** @type {CustomEvent} */ (event).detail), {
      signal,
    });
    if (document.querySelector("channel-feed")) {
      document.addEventListener("channel:frame", (event) => this.#event(/** @type {CustomEvent} */ (event).detail), {
        signal,
      });
      return;
    }
    this.alone = true;
    live.subscribe(`room:${room}`, {
      after: head ? Number(head) : null,
      epoch: epoch || null,
      on: (step) => this.#hear(step),
    });
  }

  disconnectedCallback() {
    this.watching?.abort();
    if (this.alone) live.unsubscribe(`room:${this.room}`);
  }

  /** @param {import("./live-machine.js").Step} step */
  #hear(step) {
    if (step.do === "event") this.#event(step.frame);
    else if (step.do === "signed-out" || step.do === "refused") location.reload();
    else if (step.do === "gap" || step.do === "reset" || step.do === "access" || step.do === "read") this.#again(0);
  }

  /** @param {any} frame */
  #event(frame) {
    if (frame.kind !== "post.published") return this.#again(SPREAD_MS);
    const article = /** @type {HTMLElement | null} */ (
      frame.data?.html ? parse(frame.data.html).querySelector("article") : null
    );
    const row = this.#row(frame.data?.topic ?? "");
    if (!article || !row) return this.#again(SPREAD_MS);
    this.#say(row, article);
    const isMine = article.dataset.author === this.dataset.account;
    if (!isMine && frame.data.topic !== this.dataset.current) this.#show(row, Number(row.dataset.unread) + 1);
    this.#raise(row);
    const detail = { room: this.room, article };
    return this.dispatchEvent(new CustomEvent("channel:arrived", { bubbles: true, detail }));
  }

  /** What waits in the topic that is open. @param {{topic: string, unread: number}} told */
  #tally({ topic, unread }) {
    const row = this.#row(topic);
    if (row) this.#show(row, unread);
  }

  /** @param {string} topic @returns {HTMLElement | null} */
  #row(topic) {
    return this.querySelector(`[data-topic-row="${CSS.escape(topic)}"]`);
  }

  #rows() {
    return /** @type {HTMLElement[]} */ ([...this.querySelectorAll("[data-topic-row]")]);
  }

  #listed() {
    return this.#rows().reduce((sum, row) => sum + ("muted" in row.dataset ? 0 : Number(row.dataset.unread) || 0), 0);
  }

  /** @param {HTMLElement} row @param {number} unread */
  #show(row, unread) {
    row.dataset.unread = String(unread);
    row.classList.toggle("unread", unread > 0 && !("muted" in row.dataset));
    row.querySelector(".badge")?.remove();
    if (unread > 0) {
      const count = [compact.format(unread), el("span", { class: "visually-hidden" }, ` ${words("unread")}`)];
      row.querySelector(".side")?.append(el("span", { class: `badge${"muted" in row.dataset ? " muted" : ""}` }, ...count));
    }
    const detail = { room: this.room, unread: Math.max(0, this.beyond + this.#listed()) };
    this.dispatchEvent(new CustomEvent("channel:tally", { bubbles: true, detail }));
  }

  /** @param {HTMLElement} row @param {HTMLElement} article */
  #say(row, article) {
    const author = article.querySelector(".by > span:last-child")?.textContent?.trim() ?? "";
    row.querySelector(".last")?.replaceChildren(el("b", {}, `${author}:`), ` ${said(article)}`);
    const time = row.querySelector("time") ?? row.querySelector(".side")?.insertAdjacentElement("afterbegin", el("time"));
    time?.setAttribute("datetime", new Date(Number(article.dataset.at)).toISOString());
    time?.setAttribute("data-relative", "");
    paint(row);
  }

  /** To the top, below what one keeps there. @param {HTMLElement} row */
  #raise(row) {
    if ("starred" in row.dataset || row.contains(document.activeElement)) return;
    const first = this.#rows().find((one) => !("starred" in one.dataset));
    if (first && first !== row) first.before(row);
  }

  /** @param {number} spread_ms */
  #again(spread_ms) {
    refreshParts(["channel-topics"], spread_ms);
  }
}

const start = /** @type {HTMLFormElement | null} */ (document.getElementById("start"));
if (start && localStorage.getItem("channel.shared")) import("./shared.js").then(({ offer }) => offer(start));
customElements.define("channel-topics", ChannelTopics);

/**
 * The list of rooms, live: a row with [data-live-room] shows the newest words, counts what is unread and moves to
 * the top of its list. [data-head] is the seq the server printed it at, so nothing between page and socket is lost.
 */
import { el, parse } from "./dom.js";
import { live } from "./live.js";
import { refreshParts } from "./parts.js";
import { paint } from "./times.js";
import { lang, words } from "./words.js";

const MOST_ROOMS = 150;
const SPREAD_MS = 2500;
const COUNT = ".badge:not(.named)";
const compact = new Intl.NumberFormat(lang, { notation: "compact", maximumFractionDigits: 1 });

class Row {
  /** @param {HTMLElement} row */
  constructor(row) {
    this.room = row.dataset.liveRoom ?? "";
    this.unread = Number(row.dataset.unread) || 0;
    /** @type {Set<string>} */
    this.counted = new Set();
  }

  /** @param {HTMLElement} row */
  follow(row) {
    const { head } = row.dataset;
    live.subscribe(`room:${this.room}`, {
      after: head ? Number(head) : null,
      epoch: row.dataset.epoch || null,
      on: (step) => this.#hear(step),
    });
  }

  /** Looked up each time: the list may have been printed anew. */
  get row() {
    return /** @type {HTMLElement | null} */ (document.querySelector(`[data-live-room="${CSS.escape(this.room)}"]`));
  }

  /** @param {import("./live-machine.js").Step} step */
  #hear(step) {
    if (step.do === "event") this.#event(step.frame);
    else if (step.do === "gap" || step.do === "reset" || step.do === "access" || step.do === "read") again();
    else if (step.do === "refused") this.row?.remove();
    else if (step.do === "signed-out") location.reload();
  }

  /** @param {any} frame */
  #event(frame) {
    const { row } = this;
    if (!row) return;
    if (frame.data?.reload) return again();
    if (["post.edited", "post.opened", "post.deleted"].includes(frame.kind)) return again();
    const article = /** @type {HTMLElement | null} */ (
      frame.data?.html ? parse(frame.data.html).querySelector("article") : null
    );
    if (frame.kind === "post.published" && article) this.tell(article);
    return undefined;
  }

  /** The row says the newest words and goes up. @param {HTMLElement} article */
  tell(article) {
    const { row } = this;
    if (!row) return;
    this.#say(row, article);
    if (!row.hasAttribute("aria-current")) this.#count(row, article);
    raise(row);
  }

  /** @param {HTMLElement} row @param {HTMLElement} article */
  #say(row, article) {
    const text = (article.querySelector(".text, .pass-face h3, .pass-face .small")?.textContent ?? "")
      .trim()
      .replace(/\s+/g, " ");
    const last = row.querySelector(".last");
    const author = last?.querySelector("b") ? article.querySelector(".by > span:last-child")?.textContent?.trim() : "";
    last?.replaceChildren(...(author ? [el("b", {}, `${author}:`), ` ${text.slice(0, 160)}`] : [text.slice(0, 160)]));
    const time = row.querySelector("time");
    if (!time) return;
    time.setAttribute("datetime", new Date(Number(article.dataset.at)).toISOString());
    time.dataset.relative = "";
    paint(row);
  }

  /** One's own words are read. @param {HTMLElement} row @param {HTMLElement} article */
  #count(row, article) {
    const { author = "", id = "" } = article.dataset;
    if (author === me() || this.counted.has(id)) return;
    this.counted.add(id);
    this.show(this.unread + 1);
  }

  /** @param {number} unread */
  show(unread) {
    const { row } = this;
    if (!row || unread === this.unread) return;
    const stop = stopOf(row);
    if (stop && said(stop) >= 0) badge(stop, said(stop) + unread - this.unread);
    this.unread = unread;
    row.classList.toggle("unread", unread > 0);
    badge(row, unread);
  }
}

/** The row's community on the rail, whose badge is the sum of its rooms. @param {HTMLElement} row */
function stopOf(row) {
  const community = row.getAttribute("href")?.split("/")[1];
  return community ? document.querySelector(`.rail a[href="/${CSS.escape(community)}"]`) : null;
}

/** The number a badge shows; none for one that is shortened ("1.2k"). @param {Element} holder */
function said(holder) {
  return Number(holder.getAttribute("data-unread") ?? holder.querySelector(COUNT)?.firstChild?.textContent ?? 0);
}

/** @param {Element} holder @param {number} count */
function badge(holder, count) {
  holder.setAttribute("data-unread", String(count));
  let shown = holder.querySelector(COUNT);
  if (count <= 0) return shown?.remove();
  shown ??= (holder.querySelector(".badges") ?? holder).appendChild(el("span", { class: "badge" }));
  shown.replaceChildren(compact.format(count), el("span", { class: "visually-hidden" }, ` ${words("unread")}`));
  return undefined;
}

const me = () => /** @type {HTMLElement | null} */ (document.querySelector("[data-account]"))?.dataset.account ?? "";

/** To the top of its own list, below a heading or pinned rooms. @param {HTMLElement} row */
function raise(row) {
  const siblings = [...(row.parentElement?.children ?? [])];
  let top = siblings.indexOf(row);
  while (top > 0 && siblings[top - 1].matches("[data-live-room]:not([data-fixed])")) top -= 1;
  if (siblings[top] === row || row.contains(document.activeElement)) return;
  siblings[top].before(row);
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** What cannot be told row by row is printed anew. */
function again() {
  timer ??= setTimeout(
    () => {
      timer = undefined;
      refreshParts(["[data-live-list]", "[data-live-talks]", ".rail"]);
    },
    300 + Math.random() * SPREAD_MS,
  );
}

/** @type {Map<string, Row>} */
const known = new Map();

function adopt() {
  const teller = document.querySelector("channel-feed, channel-topics");
  const open = /** @type {HTMLElement | null} */ (teller)?.dataset.room;
  for (const node of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-live-room]"))) {
    const room = node.dataset.liveRoom ?? "";
    const before = known.get(room);
    if (before) before.unread = Number(node.dataset.unread) || 0;
    if (before || known.size >= MOST_ROOMS) continue;
    const row = new Row(node);
    known.set(room, row);
    // The open room is followed by its feed or its list of topics, which tell us.
    if (room !== open) row.follow(node);
  }
}

/** What is told to this account alone. @param {any} frame */
function mine(frame) {
  if (frame.kind === "mention.told" && !frame.data?.comment_id) {
    document.dispatchEvent(new CustomEvent("channel:named", { detail: frame.data }));
  }
  again();
}

export function home() {
  adopt();
  document.addEventListener("channel:part", adopt);
  document.addEventListener("channel:ended", again); // a list that was on its way may have brought its words back
  document.addEventListener("channel:tally", (event) => {
    const { room, unread } = /** @type {CustomEvent} */ (event).detail;
    known.get(room)?.show(unread);
  });
  document.addEventListener("channel:arrived", (event) => {
    const { room, article } = /** @type {CustomEvent} */ (event).detail;
    known.get(room)?.tell(article);
  });
  const account = me();
  if (account) live.subscribe(`account:${account}`, { on: (step) => step.do === "event" && mine(step.frame) });
}

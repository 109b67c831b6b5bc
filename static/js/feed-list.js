/**
 * The posts on the page, in order, under their days. Knows the DOM of the feed and nothing of the network.
 *
 * @typedef {{seq: number, id: string, rev: number, locked: boolean, gone: boolean, author: string, at: number,
 *            day: string, node: HTMLElement}} Entry
 */
import { el } from "./dom.js";
import { dayName, dayOf, goesOn, place, verdict } from "./feed-order.js";
import { region, words } from "./words.js";

/** @param {HTMLElement} node @returns {Entry} */
export function read(node) {
  const { id = "", seq, rev, author = "", at } = node.dataset;
  const at_ms = Number(at);
  return {
    seq: Number(seq),
    id,
    rev: Number(rev) || 0,
    locked: "locked" in node.dataset,
    gone: "gone" in node.dataset,
    author,
    at: at_ms,
    day: dayOf(at_ms),
    node,
  };
}

export class List {
  /** @param {HTMLElement} section @param {string} account */
  constructor(section, account) {
    this.section = section;
    this.account = account;
    /** @type {Entry[]} */
    this.entries = [];
    /** @type {Map<string, Entry>} */
    this.byId = new Map();
    this.adopt();
  }

  get first() {
    return this.entries[0]?.seq ?? 0;
  }

  get last() {
    return this.entries.at(-1)?.seq ?? 0;
  }

  /** Take over what the server printed; days are regrouped where the reader's calendar is another one. */
  adopt() {
    const nodes = /** @type {HTMLElement[]} */ ([...this.section.querySelectorAll("article.post[data-seq]")]);
    const entries = nodes.map(read).sort((a, b) => a.seq - b.seq);
    const apart = entries.some(({ day, node }) => node.closest(".day-group")?.getAttribute("data-day") !== day);
    if (apart) this.#regroup(entries);
    this.entries = entries;
    this.byId = new Map(entries.map((entry) => [entry.id, entry]));
    this.nameDays();
    entries.forEach((_, index) => this.#dress(index));
  }

  /** @param {Entry[]} entries */
  #regroup(entries) {
    const old = this.section.querySelectorAll(".day-group");
    const line = this.section.querySelector(".unread-line");
    const first =
      line && entries.find(({ node }) => line.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_FOLLOWING);
    const before = old[0] ?? null;
    /** @type {HTMLElement | null} */
    let group = null;
    for (const { day, node } of entries) {
      if (group?.dataset.day !== day) {
        group = this.#group(day);
        this.section.insertBefore(group, before);
      }
      group.append(node);
    }
    if (line && first) first.node.before(line);
    for (const emptied of old) emptied.remove();
  }

  /** @param {string} day */
  #group(day) {
    return el("div", { class: "day-group", "data-day": day }, el("h2", { class: "day glass" }));
  }

  nameDays() {
    const today = dayOf(Date.now());
    const say = { lang: region, today: words("today"), yesterday: words("yesterday") };
    for (const group of this.section.querySelectorAll(".day-group")) {
      const title = group.querySelector(".day");
      const name = dayName(group.getAttribute("data-day") ?? today, today, say);
      if (title && title.textContent?.trim() !== name) title.textContent = name;
    }
  }

  /**
   * Put an article where it belongs, or in place of its older self.
   * @param {HTMLElement} node
   * @param {{again?: boolean}} [how] again: what changed is no part of the revision (a pin)
   * @returns {{verdict: "insert" | "swap" | "same" | "stale", entry: Entry, old?: HTMLElement}}
   */
  put(node, { again = false } = {}) {
    const entry = read(node);
    const known = this.byId.get(entry.id);
    const judged = verdict(known, entry);
    const answer = again && judged === "same" ? "swap" : judged;
    if (answer === "insert") this.#insert(entry);
    if (answer === "swap" && known) return { verdict: answer, entry, old: this.#swap(known, entry) };
    return { verdict: answer, entry };
  }

  /** @param {Entry} known @param {Entry} entry */
  #swap(known, entry) {
    const index = this.entries.indexOf(known);
    entry.node.classList.toggle("found", known.node.classList.contains("found"));
    known.node.replaceWith(entry.node);
    this.entries[index] = entry;
    this.byId.set(entry.id, entry);
    this.#dress(index);
    this.#dress(index + 1);
    return known.node;
  }

  /** @param {Entry} entry */
  #insert(entry) {
    const { index } = place(this.entries, entry.seq);
    const next = this.entries[index];
    const before = this.entries[index - 1];
    if (before?.day === entry.day) before.node.after(entry.node);
    else if (next?.day === entry.day) next.node.before(entry.node);
    else this.#open(entry, before, next);
    this.entries.splice(index, 0, entry);
    this.byId.set(entry.id, entry);
    this.#dress(index);
    this.#dress(index + 1);
  }

  /**
   * The first post of a day opens its group.
   * @param {Entry} entry
   * @param {Entry | undefined} before
   * @param {Entry | undefined} next
   */
  #open(entry, before, next) {
    const group = this.#groupFor(entry.day, before, next);
    const ghost = group.querySelector("[data-ghost]");
    group.insertBefore(entry.node, ghost);
    this.nameDays();
  }

  /** @param {string} day @param {Entry | undefined} before @param {Entry | undefined} next */
  #groupFor(day, before, next) {
    const there = /** @type {HTMLElement | null} */ (this.section.querySelector(`.day-group[data-day="${day}"]`));
    if (there) return there;
    const group = this.#group(day);
    const after = next?.node.closest(".day-group");
    const previous = before?.node.closest(".day-group");
    if (after) after.before(group);
    else if (previous) previous.after(group);
    else this.#append(group);
    return group;
  }

  /** @param {HTMLElement} group */
  #append(group) {
    const end = this.section.querySelector(":scope > [data-feed-newer], :scope > .feed-sentinel:last-child");
    this.section.insertBefore(group, end);
  }

  /** A post that is not one yet: it stands at the end of today. @param {HTMLElement} node */
  hang(node) {
    const last = this.entries.at(-1);
    this.#groupFor(dayOf(Date.now()), last, undefined).append(node);
    this.nameDays();
  }

  /** What depends on the viewer and on the neighbour. @param {number} index */
  #dress(index) {
    const entry = this.entries[index];
    if (!entry) return;
    entry.node.classList.toggle("mine", this.account !== "" && entry.author === this.account);
    for (const one of entry.node.querySelectorAll(".mention[data-who]")) {
      one.classList.toggle("me", this.account !== "" && one.getAttribute("data-who") === this.account);
    }
    entry.node.classList.toggle("same", goesOn(this.entries[index - 1], entry) && !this.#isDivided(entry.node));
  }

  /** @param {HTMLElement} node */
  #isDivided(node) {
    return node.previousElementSibling?.classList.contains("unread-line") ?? false;
  }

  /** @param {(entry: Entry) => boolean} leaves @returns {HTMLElement[]} the nodes that went */
  remove(leaves) {
    const gone = this.entries.filter(leaves);
    this.entries = this.entries.filter((entry) => !leaves(entry));
    for (const entry of gone) {
      this.byId.delete(entry.id);
      const group = entry.node.closest(".day-group");
      entry.node.remove();
      if (group && !group.querySelector("article")) group.remove();
    }
    this.#dress(0);
    return gone.map((entry) => entry.node);
  }

  /** @param {number} seq the first post that is new to the reader */
  divide(seq) {
    this.section.querySelector(".unread-line")?.remove();
    const index = this.entries.findIndex((entry) => entry.seq >= seq);
    if (index < 0) return;
    this.entries[index].node.before(el("p", { class: "unread-line", id: "unread" }, words("unread_line")));
    this.#dress(index);
  }
}

/**
 * The list that opens after an @: whom one can name here. Arrows choose, Enter or Tab takes, Escape closes; it never
 * takes the focus from the text. And how many are told, when the text calls a group.
 */
import { announce, el } from "./dom.js";
import { asked, named, told } from "./names-edit.js";
import { get } from "./net.js";
import { counted, words } from "./words.js";

const WAIT_MS = 120;
const LIST = "names-list";

export class NameList {
  /** @param {Pick<import("./composer.js").Composer, "area" | "form" | "signal" | "value" | "write">} composer */
  constructor(composer) {
    this.composer = composer;
    this.area = composer.area;
    /** @type {import("./names-edit.js").Name[]} */ this.items = [];
    /** @type {import("./names-edit.js").Name[]} */ this.groups = [];
    /** the room whose groups are known */ this.room = "";
    this.at = 0;
    /** @type {HTMLElement | null} */ this.list = null;
    this.asking = 0;
    const { signal } = composer;
    this.area.addEventListener("input", () => this.look(), { signal });
    this.area.addEventListener("keydown", (event) => this.#key(event), { capture: true, signal });
    this.area.addEventListener("blur", () => this.close(), { signal });
    this.area.setAttribute("aria-autocomplete", "list");
  }

  get asked() {
    const { selectionStart: start, selectionEnd: end, value } = this.area;
    return start === end ? asked(value, start) : null;
  }

  look() {
    clearTimeout(this.timer);
    if (!this.asked) this.close();
    else this.timer = setTimeout(() => this.#ask(), WAIT_MS);
    this.tell();
  }

  async #ask() {
    const wanted = this.asked;
    const { group, room: own } = this.composer.form.dataset; // in a group drafts are kept by topic
    const room = group || this.composer.value("room") || own || "";
    if (!wanted || !room) return;
    const turn = ++this.asking;
    try {
      if (room !== this.room) await this.#learnGroups(room);
      const items = await this.#fetch(room, wanted.q);
      if (turn === this.asking && this.asked?.from === wanted.from) this.#show(items);
    } catch {
      this.close(); // whoever cannot be looked up can be written by hand
    }
  }

  /** @param {string} room */
  async #learnGroups(room) {
    this.groups = (await this.#fetch(room, "")).filter(({ kind }) => kind !== "person");
    this.room = room;
    this.tell();
  }

  /** @param {string} room @param {string} q @returns {Promise<import("./names-edit.js").Name[]>} */
  async #fetch(room, q) {
    const { post } = this.composer.form.dataset;
    const asks = new URLSearchParams(post ? { q, post } : { q });
    const answer = await get(`/api/v1/rooms/${room}/mentionable?${asks}`);
    return (await answer.json()).items;
  }

  /** @param {import("./names-edit.js").Name[]} items */
  #show(items) {
    this.items = items;
    this.at = 0;
    if (!items.length) return this.close();
    const rows = items.map((item, index) => this.#row(item, index));
    this.list ??= el("ul", { class: "names", id: LIST, role: "listbox", "aria-label": words("names") });
    this.list.replaceChildren(...rows);
    if (!this.list.isConnected) this.area.before(this.list);
    this.area.setAttribute("aria-controls", LIST);
    this.#mark();
    announce(counted("names_found", items.length));
    return undefined;
  }

  /** @param {import("./names-edit.js").Name} item @param {number} index */
  #row(item, index) {
    const isGroup = item.kind !== "person";
    const hint = isGroup ? counted("people", item.people) : item.handle ? `@${item.handle}` : "";
    return el(
      "li",
      {
        id: `${LIST}-${index}`,
        role: "option",
        // Not click: the text would have lost the focus by then.
        mousedown: (/** @type {Event} */ event) => this.#press(event, index),
      },
      el("b", { class: "cut" }, isGroup ? item.write : item.name),
      el("span", { class: "quiet cut" }, hint),
    );
  }

  /** @param {Event} event @param {number} index */
  #press(event, index) {
    event.preventDefault();
    this.at = index;
    this.#take();
  }

  #mark() {
    for (const [index, row] of [...(this.list?.children ?? [])].entries()) {
      row.setAttribute("aria-selected", String(index === this.at));
      if (index === this.at) row.scrollIntoView({ block: "nearest" });
    }
    this.area.setAttribute("aria-activedescendant", `${LIST}-${this.at}`);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (!this.list?.isConnected || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.at = (this.at + step + this.items.length) % this.items.length;
      this.#mark();
    } else if (event.key === "Enter" || event.key === "Tab") this.#take();
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  #take() {
    const wanted = this.asked;
    const item = this.items[this.at];
    this.close();
    if (wanted && item)
      this.composer.write(named(this.area.value, wanted.from, this.area.selectionStart, item.write));
  }

  close() {
    this.asking += 1;
    clearTimeout(this.timer);
    this.list?.remove();
    this.area.removeAttribute("aria-activedescendant");
    this.area.removeAttribute("aria-controls");
  }

  /** Before it is sent: how many a group in the text means. */
  tell() {
    const many = told(this.area.value, this.groups);
    let said = this.composer.form.querySelector("[data-told]");
    if (!many) return said?.remove();
    said ??= this.area.insertAdjacentElement("afterend", el("p", { class: "told small", role: "status", "data-told": true }));
    const sentence = counted("notifies", many);
    if (said && said.textContent !== sentence) said.textContent = sentence;
    return undefined;
  }
}

/** Ctrl+K: jump anywhere by a few letters. Loaded when it is first asked for. */
import { el, icon } from "./dom.js";
import { best } from "./fuzzy.js";
import { words } from "./words.js";

const MOST = 12;
const FRESH_MS = 60_000;

/** @typedef {{title: string, hint: string, href: string, icon: string}} Place */

/** @type {{at: number, places: Place[]}} */
let known = { at: 0, places: [] };

/** @returns {Promise<Place[]>} */
async function places() {
  if (Date.now() - known.at < FRESH_MS) return known.places;
  const answer = await fetch("/palette.json", { headers: { Accept: "application/json" } });
  if (!answer.ok) return known.places;
  const told = await answer.json();
  const items = Array.isArray(told) ? told : (told.items ?? [...(told.rooms ?? []), ...(told.pages ?? [])]);
  /** @type {Place[]} */
  const found = items.map((/** @type {any} */ one) => ({
    title: String(one.title ?? one.name ?? one.label ?? ""),
    hint: String(one.hint ?? one.community ?? one.note ?? ""),
    href: String(one.href ?? one.url ?? one.path ?? ""),
    icon: String(one.icon ?? (one.kind === "page" ? "next" : "cast")),
  }));
  known = { at: Date.now(), places: found.filter(({ title, href }) => title && /^\/(?![/\\])/.test(href)) };
  return known.places;
}

/** The last row: what was typed, among the posts. @param {string} typed @returns {Place} */
function posts(typed) {
  const title = words("search_posts", { words: typed });
  return { title, hint: "", href: `/search?q=${encodeURIComponent(typed.slice(0, 200))}`, icon: "search" };
}

class Palette {
  constructor() {
    this.input = /** @type {HTMLInputElement} */ (
      el("input", {
        type: "text",
        role: "combobox",
        "aria-expanded": "true",
        "aria-controls": "palette-list",
        "aria-autocomplete": "list",
        "aria-label": words("palette"),
        placeholder: words("palette"),
        autocomplete: "off",
      })
    );
    this.list = el("ul", {
      class: "palette-list",
      id: "palette-list",
      role: "listbox",
      "aria-label": words("palette"),
    });
    const search = el("label", { class: "search" }, icon("search", "s"), this.input);
    this.dialog = /** @type {HTMLDialogElement} */ (
      el("dialog", { class: "palette", "aria-label": words("palette") }, search, this.list)
    );
    this.chosen = 0;
    /** @type {Place[]} */
    this.found = [];
    this.input.addEventListener("input", () => this.#filter());
    this.dialog.addEventListener("keydown", (event) => this.#key(event));
    this.dialog.addEventListener("close", () => this.dialog.remove());
    this.list.addEventListener("click", (event) => this.#pressed(event));
  }

  async open() {
    document.body.append(this.dialog);
    this.dialog.showModal();
    this.input.focus();
    await places().catch(() => undefined);
    this.#filter();
  }

  #filter() {
    this.found = best(this.input.value, known.places, ({ title, hint }) => `${title} ${hint}`, MOST);
    const typed = this.input.value.trim();
    if (typed) this.found = [...this.found, posts(typed)];
    this.chosen = 0;
    const rows = this.found.map((place, index) =>
      el(
        "li",
        { role: "option", id: `palette-${index}`, "data-index": index },
        icon(place.icon, "s"),
        el("span", { class: "cut" }, place.title),
        place.hint && el("span", { class: "small quiet cut" }, place.hint),
      ),
    );
    this.list.replaceChildren(
      ...(rows.length ? rows : [el("li", { class: "quiet", role: "presentation" }, words("nothing_found"))]),
    );
    this.#mark();
  }

  #mark() {
    for (const row of this.list.querySelectorAll("[role=option]")) {
      const isChosen = row.id === `palette-${this.chosen}`;
      row.setAttribute("aria-selected", String(isChosen));
      if (isChosen) row.scrollIntoView({ block: "nearest" });
    }
    this.input.setAttribute("aria-activedescendant", this.found.length ? `palette-${this.chosen}` : "");
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.found.length) {
      event.preventDefault();
      this.chosen = (this.chosen + step + this.found.length) % this.found.length;
      this.#mark();
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.#go(event.ctrlKey || event.metaKey);
    }
  }

  /** @param {MouseEvent} event */
  #pressed(event) {
    const row = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-index]"));
    if (!row) return;
    this.chosen = Number(row.dataset.index);
    this.#go(event.ctrlKey || event.metaKey);
  }

  /** @param {boolean} apart in a tab of its own */
  #go(apart) {
    const place = this.found[this.chosen];
    if (!place) return;
    this.dialog.close();
    if (apart) open(place.href, "_blank", "noopener");
    else location.assign(place.href);
  }
}

export function openPalette() {
  if (document.querySelector("dialog.palette")) return;
  new Palette().open();
}

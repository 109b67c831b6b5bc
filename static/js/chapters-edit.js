/**
 * The chapters of a video or a recording of the composer: lines that the server keeps while one writes, below them as it
 * read them. What it could not read stays as it is, with the reason beside it.
 */
import { announce, el, icon } from "./dom.js";
import { medium } from "./media-made.js";
import { API } from "./upload.js";
import { words } from "./words.js";

const PAUSE_MS = 1_200;
const HOUR_S = 3600;

/** A moment as people write it. @param {number} ms */
export function clock(ms) {
  const all = Math.floor(ms / 1000);
  const two = (/** @type {number} */ part) => String(part).padStart(2, "0");
  const [hours, minutes, seconds] = [Math.floor(all / HOUR_S), Math.floor(all / 60) % 60, all % 60];
  return hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

export class Dividing {
  /** @param {import("./composer-line.js").Line} line */
  constructor(line) {
    this.line = line;
    const { box, name } = line;
    const printed = /** @type {HTMLElement | null} */ (box.querySelector("[data-dividing]"));
    this.area = /** @type {HTMLTextAreaElement} */ (
      printed?.querySelector("textarea") ?? el("textarea", { class: "input", rows: "4", "aria-label": words("chapters_of", { name }), placeholder: words("chapters_like") })
    );
    this.area.removeAttribute("name"); // kept from here: a draft does not wait until they can be read
    this.saved = this.area.value.trim();
    this.typed = printed?.hasAttribute("data-fresh") ? this.area.value : (box.dataset.chapters ?? null);
    this.count = el("span", {}, words("chapters"));
    this.list = el("dl", { class: "divided" });
    this.wrong = /** @type {HTMLElement} */ (printed?.querySelector(".problem") ?? el("span", { class: "small problem", role: "alert", hidden: true }));
    const hint = /** @type {HTMLElement} */ (printed?.querySelector("[data-hint]") ?? el("span", { class: "small quiet" }, words("chapters_hint")));
    [hint.id, this.wrong.id] = [`h-chapters-${line.id}`, `p-chapters-${line.id}`];
    this.area.setAttribute("aria-describedby", `${hint.id} ${this.wrong.id}`);
    this.box = /** @type {HTMLDetailsElement} */ (
      el("details", { class: "dividing", "data-dividing": true }, el("summary", { class: "small" }, icon("clock", "s"), this.count, icon("chev", "s")), el("div", { class: "lines" }, this.area, this.wrong, hint, this.list))
    );
    this.box.open = this.typed !== null;
    if (printed) printed.replaceWith(this.box);
    else line.described?.before(this.box);
    this.area.addEventListener("input", () => this.#soon());
    this.area.addEventListener("change", () => this.save());
    this.ready = this.#load();
  }

  get isUnsaved() {
    return this.area.value.trim() !== this.saved;
  }

  /** What was typed and is not kept yet; "" when all is. */
  get unsaved() {
    return this.isUnsaved ? this.area.value : "";
  }

  /** What an earlier visit had not kept yet. @param {string} text */
  restore(text) {
    this.area.value = text;
    this.box.open = true;
    this.#soon();
  }

  async #load() {
    const before = this.area.value;
    const { chapters = [] } = await medium(this.line.id);
    this.#show(chapters);
    if (this.area.value !== before) return; // one has begun to type
    this.saved = chapters.map((/** @type {any} */ one) => `${clock(one.at_ms)} ${one.title}`).join("\n");
    if (this.typed === null) this.area.value = this.saved;
    else this.restore(this.typed);
  }

  #soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save({ isQuiet: true }), PAUSE_MS);
  }

  /**
   * In one go after the other. `isQuiet`: one is still writing, so nothing new is wrong yet.
   * @param {{isQuiet?: boolean}} how @returns {Promise<boolean>} whether all that is typed is kept
   */
  save({ isQuiet = false } = {}) {
    clearTimeout(this.timer);
    this.saving = (this.saving ?? this.ready).then(() => this.#send(isQuiet));
    return this.saving;
  }

  /** @param {boolean} isQuiet */
  async #send(isQuiet) {
    if (!this.isUnsaved) return this.#right(null);
    const { value } = this.area;
    const headers = { "Content-Type": "application/json" };
    const body = JSON.stringify({ chapters: value });
    const answer = await fetch(`${API}/${this.line.id}`, { method: "PATCH", headers, body }).catch(() => null);
    const told = await answer?.json().catch(() => null);
    if (answer?.ok) {
      this.saved = value.trim();
      return this.#right(told.chapters);
    }
    if (isQuiet && this.wrong.hidden) return false;
    this.wrong.textContent = told?.detail ?? words("unreached");
    this.wrong.hidden = false;
    this.area.setAttribute("aria-invalid", "true");
    return false;
  }

  /** @param {any[] | null} chapters as they are now; null: nothing was new */
  #right(chapters) {
    this.wrong.hidden = true;
    this.area.removeAttribute("aria-invalid");
    if (!chapters) return true;
    this.#show(chapters);
    announce(words("chapters_saved"));
    this.line.media.keep();
    this.line.media.composer.typed();
    return true;
  }

  /** @param {any[]} chapters */
  #show(chapters) {
    this.count.textContent = chapters.length ? `${words("chapters")} · ${chapters.length}` : words("chapters");
    this.list.replaceChildren(...chapters.map((one) => el("div", {}, el("dt", { class: "tiny" }, clock(one.at_ms)), el("dd", {}, one.title))));
  }
}

/**
 * Pictures and files of a post to be: chosen, dropped or pasted, sent at once and resumably, ordered, described. They
 * outlive a reload. The form by itself can do the same one page load at a time. Loaded for the composers that take
 * files, with the first one.
 */
import { Line, drawn } from "./composer-line.js";
import { bringBack, remember, standing } from "./composer-memory.js";
import { announce, el, icon, styles } from "./dom.js";
import { watch } from "./media-made.js";
import { reorder } from "./reorder.js";
import { Transfers } from "./transfers.js";
import { Memory, dropFile, keepFile } from "./uploads-kept.js";
import { counted, words } from "./words.js";

const MOST = 10;
const PAUSE_MS = 250;
const PLAYED = /^(video|audio|sound)$/;

export class Attaching {
  /**
   * @param {import("./composer.js").Composer} composer
   * @param {string} remembered the name that its memory has
   */
  constructor(composer, remembered) {
    this.composer = composer;
    const { form, signal } = composer;
    styles("pages/attach.css");
    this.box = /** @type {HTMLElement} */ (form.querySelector("[data-attach]"));
    this.list = /** @type {HTMLElement} */ (
      this.box.querySelector("[data-attached]") ?? this.box.appendChild(el("ul", { class: "attached" }))
    );
    this.wordy = this.area.required;
    /** @type {{clear: () => void} | undefined} of the locked card */
    this.teaser = undefined;
    this.waiting = /** @type {Set<Promise<void>>} what else is on its way */ (new Set());
    this.lines = /** @type {Map<Element, Line>} */ (new Map());
    this.transfers = new Transfers(this.box.dataset.attach ?? "", (item) => this.#changed(item));
    this.memory = new Memory(localStorage, remembered);
    for (const box of this.list.querySelectorAll("li")) this.stand(new Line(this, /** @type {HTMLElement} */ (box), null));
    reorder(this.list, (box) => this.#moved(this.lines.get(box)));
    form.addEventListener("submit", (event) => this.#hold(event), { capture: true, signal });
    form.addEventListener("input", () => this.soon(), { signal });
    form.addEventListener("change", () => this.soon(), { signal });
    addEventListener("pagehide", () => this.keep(), { signal });
    signal.addEventListener("abort", () => this.#stop());
    this.ready = remember(this).finally(() => this.waiting.delete(this.ready));
    this.waiting.add(this.ready);
    if (form.querySelector("[data-teased]")) import("./composer-teaser.js").then(({ teaser }) => teaser(composer, this));
  }

  get area() {
    return this.composer.area;
  }

  get isEmpty() {
    return !this.list.querySelector("[name=media]");
  }

  /** @param {File[]} files */
  async add(files) {
    await this.ready;
    for (const file of files) {
      if (/\.vtt$/i.test(file.name)) {
        await this.#caption(file);
        continue;
      }
      if (this.#again(file)) continue;
      if (this.list.children.length >= MOST) return this.composer.problem(words("attach_most"));
      const item = this.transfers.add(file);
      this.show(item, file);
      this.keep();
      keepFile(item.key, file);
    }
    return undefined;
  }

  /** One that was lost comes by the button for new ones, too. @param {File} file */
  #again(file) {
    const lost = this.transfers.items.find((one) => one.state === "lost" && one.name === file.name && one.size === file.size);
    return lost !== undefined && this.give(lost, file);
  }

  /** @param {import("./transfers.js").Item} item @param {File} file */
  give(item, file) {
    const isIt = this.transfers.give(item, file);
    if (isIt) keepFile(item.key, file);
    return isIt;
  }

  /** @param {import("./transfers.js").Item} item @param {File | null} file */
  show(item, file) {
    const box = drawn(item, file);
    this.list.append(box);
    this.stand(new Line(this, box, item));
  }

  /** @param {Line} line */
  stand(line) {
    this.lines.set(line.box, line);
    if (line.id && PLAYED.test(line.box.dataset.kind ?? "")) this.#played(line);
    this.placed();
  }

  /** @param {Line} line */
  async #played(line) {
    const isFilm = line.box.dataset.kind === "video";
    const [{ Dividing }, film] = await Promise.all([import("./chapters-edit.js"), isFilm && import("./captions.js")]);
    if (film) film.captions(line);
    line.chapters ??= new Dividing(line);
  }

  /** Words to the last video. @param {File} file */
  async #caption(file) {
    const film = [...this.list.querySelectorAll("li[data-medium][data-kind='video']")].pop();
    const line = film && this.lines.get(film);
    if (!line) return this.composer.problem(words("caption_alone"));
    const { captions } = await import("./captions.js");
    return captions(line).offer(file);
  }

  /** The lines in the order that the page shows. */
  get ordered() {
    return [...this.list.children].flatMap((box) => this.lines.get(box) ?? []);
  }

  placed() {
    const all = this.ordered;
    for (const [at, line] of all.entries()) line.placed(at, all.length);
    // A post of pictures needs no words.
    if (this.wordy) this.area.required = this.list.children.length === 0;
  }

  /** @param {import("./transfers.js").Item} item */
  #changed(item) {
    const line = this.ordered.find((one) => one.item === item);
    const state = line?.box.dataset.state;
    line?.refresh();
    if (state !== item.state) this.soon();
  }

  /** A file is there. @param {Line} line */
  arrived(line) {
    if (line.item) dropFile(line.item.key);
    this.keep();
    this.composer.typed();
    this.stand(line);
    watch(line);
  }

  /** A neighbour steps aside, so that the button keeps its focus. @param {Line} line @param {-1 | 1} by */
  move(line, by) {
    const next = by < 0 ? line.box.previousElementSibling : line.box.nextElementSibling;
    if (!next) return;
    if (by < 0) line.box.after(next);
    else line.box.before(next);
    this.#moved(line);
  }

  /** @param {Line | undefined} line */
  #moved(line) {
    if (!line) return;
    const all = this.ordered;
    this.placed();
    this.composer.typed();
    this.keep();
    announce(words("moved_to", { name: line.name, place: all.indexOf(line) + 1, count: all.length }));
  }

  /** @param {Line} line */
  remove(line) {
    const next = line.box.nextElementSibling ?? line.box.previousElementSibling;
    const { item } = line;
    if (item) {
      this.transfers.remove(item);
      dropFile(item.key);
    }
    this.lines.delete(line.box);
    line.box.remove();
    this.placed();
    this.composer.typed();
    this.keep();
    announce(words("taken_off", { name: line.name }));
    const button = /** @type {HTMLElement | null | undefined} */ (next?.querySelector("[data-act=take_off]"));
    (button ?? this.area).focus();
  }

  /** What was refused is written again. @param {[string, string][]} fields */
  async bringBack(fields) {
    await this.ready;
    await bringBack(this, fields);
  }

  /** It is posted. */
  clear() {
    this.list.replaceChildren();
    this.lines.clear();
    this.transfers.stop();
    this.memory.forget();
    this.teaser?.clear();
    this.placed();
  }

  /** Another form has taken this one's place, and goes on with all of it. */
  #stop() {
    this.keep();
    this.transfers.stop();
    this.memory.letGo();
  }

  /** Nothing is on its way any more. */
  async settled() {
    await this.ready;
    while (this.waiting.size) await Promise.all(this.waiting);
    await this.transfers.settled();
  }

  /** What is sent waits for its files; one that cannot come by itself is named. @param {SubmitEvent} event */
  #hold(event) {
    const to = event.submitter?.getAttribute("formaction") ?? "";
    if (to && !to.endsWith("/drafts")) return undefined; // a look at it, or the plain form
    this.unhold?.();
    const begun = this.ordered.find(({ chapters }) => chapters?.isUnsaved);
    if (begun) return this.#divided(begun, event);
    const { stuck, open } = this.transfers;
    if (!open.length && !this.waiting.size) return this.composer.drafts && !to ? undefined : this.memory.leave();
    event.preventDefault();
    event.stopImmediatePropagation();
    if (stuck) return this.composer.problem(words("up_stuck", { name: stuck.name }));
    const note = this.#note(open.length || this.waiting.size);
    const isHeld = () => note.isConnected && !this.composer.signal.aborted;
    this.settled().then(() => isHeld() && this.composer.form.requestSubmit(event.submitter));
    return undefined;
  }

  /** Chapters that are not kept yet are first. @param {Line} line @param {SubmitEvent} event */
  async #divided(line, event) {
    const { chapters, name } = line;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (await chapters?.save()) return this.composer.form.requestSubmit(event.submitter);
    if (chapters) chapters.box.open = true;
    chapters?.area.focus();
    return this.composer.problem(words("chapters_wrong", { name }));
  }

  /** It goes out by itself once they are there, unless one thinks better of it. @param {number} count */
  #note(count) {
    const note = el("p", { class: "held small" }, icon("clock", "s"), el("span", { class: "grow", role: "status" }, counted("up_held", count)));
    this.unhold = () => note.remove();
    note.append(el("button", { type: "button", class: "button slim", click: this.unhold }, words("up_unhold")));
    this.box.append(note);
    return note;
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.keep(), PAUSE_MS);
  }

  /** Everything that is needed to stand here again. */
  keep() {
    clearTimeout(this.timer);
    this.memory.keep(standing(this));
  }
}

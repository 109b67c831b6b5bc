/** Half-written posts, kept on the server a moment after the last key: on every device of their author. */
import { leaveBehind, post } from "./net.js";
import { freshKey } from "./outbox.js";
import { clock } from "./times.js";
import { words } from "./words.js";

const PAUSE_MS = 1500;
export const KEPT = /^(room|text|min_rank|teaser|teaser_(picture|blurred|inside)|media|ai|silent|quote|open(1|2|all)_(rank|n|unit))$/;

const ALT = /^alt-[0-9a-f-]{36}$/;

const freshId = () => freshKey().replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");

export class Drafts {
  /** @param {import("./composer.js").Composer} composer */
  constructor(composer) {
    this.composer = composer;
    this.address = composer.form.dataset.drafts ?? composer.form.action.replace(/\/posts$/, "/drafts");
    this.saved = "";
    this.running = false;
    this.round = 0;
    this.begun = freshId(); // names a draft that is new, so that two requests on their way keep one draft
    const { signal } = composer;
    addEventListener("pagehide", () => this.#leave(), { signal });
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && this.#leave(), {
      signal,
    });
  }

  /** What the server printed is kept already; what was typed before this came is not. */
  begin() {
    const { area } = this.composer;
    this.saved = area.defaultValue.trim() + this.#carried();
    this.soon();
  }

  /** What a draft would hold, to see whether anything changed; "" for nothing. */
  get now() {
    return this.composer.text.trim() + this.#carried();
  }

  #carried() {
    const held = this.composer.fields().filter(([name, value]) => value && (name === "media" || name === "teaser_picture" || ALT.test(name)));
    return held.map(([, value]) => ` ${value}`).join("");
  }

  get isOn() {
    return /\/drafts$/.test(this.address);
  }

  soon() {
    clearTimeout(this.timer);
    if (this.isOn && this.now !== this.saved) this.timer = setTimeout(() => this.save(), PAUSE_MS);
  }

  /** What is being sent needs no draft any more; one on its way is thrown away when it has arrived. */
  stop() {
    clearTimeout(this.timer);
    this.round += 1;
    this.begun = freshId();
    this.saved = "";
    this.#say("");
  }

  #fields() {
    const fields = new URLSearchParams();
    for (const [name, value] of this.composer.fields()) if (KEPT.test(name) || ALT.test(name)) fields.append(name, value);
    const id = this.composer.value("draft");
    fields.set(id ? "id" : "begun", id || this.begun);
    return fields;
  }

  async save() {
    const { now } = this;
    if (!now) return this.#drop();
    if (this.running) return this.soon();
    this.running = true;
    const { round } = this;
    const had = this.composer.value("draft");
    this.asking = new AbortController();
    try {
      const { signal } = this.asking;
      const answer = await post(this.address, this.#fields(), { accept: "application/json", signal });
      const { id, saved_at } = await answer.json();
      if (round !== this.round) return had ? undefined : this.#delete(id);
      this.composer.set("draft", id);
      this.saved = now;
      this.#say(words("draft_saved", { time: clock(Date.parse(saved_at) || Date.now()) }));
    } catch (error) {
      const isGone = /** @type {any} */ (error).status === 404; // thrown away elsewhere
      if (isGone) this.#forget();
      if (round === this.round && this.saved !== now) this.#say(words("draft_waits"));
      if (isGone && had) this.soon();
    } finally {
      this.running = false;
      if (this.now !== now) this.soon();
    }
    return undefined;
  }

  async #drop() {
    const id = this.composer.value("draft");
    this.saved = "";
    this.#say("");
    if (!id) return;
    this.#forget();
    await this.#delete(id);
  }

  #forget() {
    this.composer.set("draft", "");
    this.begun = freshId();
  }

  /** @param {string} id */
  async #delete(id) {
    await post(`${this.address}/${id}/delete`, {}).catch(() => undefined);
  }

  /** Leaving keeps what was typed since the last save, and what a save on its way would take along into nothing. */
  #leave() {
    const { now } = this;
    if (!this.isOn || !now || now === this.saved) return;
    clearTimeout(this.timer);
    if (!leaveBehind(this.address, this.#fields())) return;
    this.saved = now;
    this.composer.set("draft", this.composer.value("draft") || this.begun);
    if (this.running) this.asking?.abort(); // it holds older words, and must not arrive behind these
  }

  /** @param {string} sentence */
  #say(sentence) {
    const note = this.composer.form.querySelector("[data-draft-note]") ?? document.querySelector("[data-draft-note]");
    if (note) note.textContent = sentence;
  }
}

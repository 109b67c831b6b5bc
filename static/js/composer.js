/**
 * Writing a post. The form works by itself; this makes it instant and hard to lose.
 */
import { Sending } from "./composer-send.js";
import { el, on } from "./dom.js";
import { applied, continued } from "./markdown-edit.js";
import { freshKey } from "./outbox.js";
import { counted, words } from "./words.js";

const NEAR_LIMIT = 500;

/** @type {Map<HTMLFormElement, AbortController>} */
const known = new Map();

export class Composer {
  /**
   * @param {HTMLFormElement} form
   * @param {AbortSignal} signal when another form takes its place
   * @param {Awaited<ReturnType<typeof partsOf>>} parts
   */
  constructor(form, signal, { Drafts, Preview, PollFields }) {
    /** @type {HTMLFormElement} */
    this.form = form;
    this.signal = signal;
    this.area = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("text"));
    this.feed = /** @type {import("./feed.js").ChannelFeed | null} */ (document.querySelector("channel-feed"));
    if (!this.field("key")) form.append(el("input", { type: "hidden", name: "key" }));
    if (!this.value("key")) this.set("key", freshKey());
    this.sending = new Sending(this);
    this.drafts = new Drafts(this);
    /** @type {import("./composer-names.js").NameList | undefined} */ this.names = undefined;
    const views = /** @type {HTMLElement | null} */ (document.querySelector("[data-preview]"));
    this.preview = views && Preview && new Preview(this, views);
    this.poll = PollFields && new PollFields(form);
    /** @type {import("./composer-media.js").Attaching | undefined} */ this.media = undefined;
    /** @type {any} files, once it takes some */ this.take = undefined;
    const taking = form.querySelector("[data-attach]") && import("./composer-files.js").then(({ files }) => files(this));
    if (localStorage.getItem("channel.shared")) this.#shared(taking);
    this.#listen();
    this.drafts.begin();
    this.changed();
    form.toggleAttribute("data-alive", true);
  }

  #listen() {
    const { form, area } = this;
    area.addEventListener("input", () => this.typed());
    area.addEventListener("keydown", (event) => this.#key(event));
    form.addEventListener("change", () => this.typed());
    form.addEventListener("submit", (event) => this.sending.submit(event));
    on(form, "click", "[data-md]", (_, button) => this.mark(button.dataset.md ?? ""));
    on(form, "click", "[data-unquote]", () => this.quote("", ""));
    form.addEventListener("channel:quote", (event) =>
      this.quote(/** @type {any} */ (event).detail.id, /** @type {any} */ (event).detail.text),
    );
  }

  /** What was shared to the app goes in here. @param {any} taking files, once they can be taken */
  async #shared(taking) {
    await taking;
    const { take } = await import("./shared.js");
    await take(this);
  }

  /** @param {string} name @returns {HTMLInputElement | null} */
  field(name) {
    return /** @type {HTMLInputElement | null} */ (this.form.elements.namedItem(name));
  }

  /** @param {string} name */
  value(name) {
    return this.field(name)?.value ?? "";
  }

  /** @param {string} name @param {string} value */
  set(name, value) {
    const field =
      this.field(name) ??
      this.form.appendChild(/** @type {HTMLInputElement} */ (el("input", { type: "hidden", name })));
    field.value = value;
  }

  get text() {
    return this.area.value;
  }

  /** @param {HTMLElement | null} [submitter] */
  fields(submitter = null) {
    const data = new FormData(this.form, submitter instanceof HTMLButtonElement && submitter.name ? submitter : null);
    return /** @type {[string, string][]} */ ([...data].filter(([, value]) => typeof value === "string"));
  }

  typed() {
    this.problem("");
    this.changed();
    this.drafts.soon();
    this.preview?.soon();
  }

  changed() {
    this.#grow();
    this.#count();
    this.#audience();
    this.#name();
  }

  /** Whom one can name is looked up once there is an @. */
  async #name() {
    if (this.naming || !this.text.includes("@")) return;
    this.naming = true;
    const { NameList } = await import("./composer-names.js");
    this.names = new NameList(this);
    this.names.look();
  }

  #grow() {
    if (CSS.supports("field-sizing", "content")) return;
    this.area.style.blockSize = "auto";
    this.area.style.blockSize = `${this.area.scrollHeight}px`;
  }

  #count() {
    const most = this.area.maxLength > 0 ? this.area.maxLength : Number(this.area.dataset.max) || 10_000;
    const left = most - this.text.length;
    let shown = this.form.querySelector(".counter");
    if (left > NEAR_LIMIT) return shown?.remove();
    shown ??= this.area.insertAdjacentElement("afterend", el("p", { class: "counter", role: "status" }));
    shown?.classList.toggle("near", left <= NEAR_LIMIT && left >= 0);
    shown?.classList.toggle("over", left < 0);
    if (shown) shown.textContent = left < 0 ? counted("over_limit", -left) : counted("left", left);
    return undefined;
  }

  /** The button says how many it will reach, which depends on the room and on who may read. */
  #audience() {
    const { form } = this;
    const select = /** @type {HTMLSelectElement | null} */ (form.querySelector("select[name=min_rank]"));
    const room = /** @type {HTMLSelectElement | null} */ (form.querySelector("select[name=room]"));
    const counts = JSON.parse(room?.selectedOptions[0]?.dataset.counts ?? "{}");
    for (const option of select?.options ?? []) {
      if (option.value in counts) option.dataset.count = String(counts[option.value]);
    }
    const reach = select?.selectedOptions[0]?.dataset.count;
    for (const label of form.querySelectorAll("[data-send-label]")) {
      if (reach !== undefined) label.textContent = words("send_to", { n: Number(reach) });
    }
    form.querySelector("[data-audience]")?.classList.toggle("tint", Boolean(select?.value));
    if (select) form.dataset.closed = String(select.value !== "");
    if (select) form.dataset.locked = String(select.value !== "" && select.value !== "0");
    for (const part of document.querySelectorAll("[data-when-writing]")) {
      part.setAttribute("data-when-writing", this.text.trim() ? "yes" : "no");
    }
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const command = event.ctrlKey || event.metaKey;
    if (event.isComposing) return;
    if (command && event.key === "Enter") {
      event.preventDefault();
      this.form.requestSubmit(/** @type {HTMLElement | null} */ (this.form.querySelector("[data-send]")));
    } else if (command && !event.shiftKey && !event.altKey && (event.key === "b" || event.key === "i")) {
      event.preventDefault();
      this.mark(event.key === "b" ? "bold" : "italic");
    } else if (event.key === "Enter" && !event.shiftKey && !command) {
      const next = continued({ text: this.text, start: this.area.selectionStart, end: this.area.selectionEnd });
      if (!next) return;
      event.preventDefault();
      this.write(next);
    }
  }

  /** @param {string} kind */
  mark(kind) {
    const { selectionStart: start, selectionEnd: end } = this.area;
    const next = applied(kind, { text: this.text, start, end }, words(kind === "link" ? "md_link" : "md_text"));
    if (next) this.write(next);
  }

  /**
   * Change only what differs, as typing would, so that undo undoes it.
   * @param {import("./markdown-edit.js").Selected} next
   */
  write(next) {
    const old = this.text;
    let from = 0;
    while (from < old.length && old[from] === next.text[from]) from += 1;
    let tail = 0;
    while (tail < Math.min(old.length, next.text.length) - from && old.at(-1 - tail) === next.text.at(-1 - tail))
      tail += 1;
    this.area.focus();
    this.area.setSelectionRange(from, old.length - tail);
    const fresh = next.text.slice(from, next.text.length - tail);
    const isTyped = fresh ? document.execCommand("insertText", false, fresh) : document.execCommand("delete");
    if (!isTyped) {
      this.area.setRangeText(fresh, from, old.length - tail, "end");
      this.typed();
    }
    this.area.setSelectionRange(next.start, next.end);
  }

  /** Put a text into the composer; what stood there is not lost. @param {string} text */
  restore(text) {
    this.area.value = this.text.trim() ? `${text}\n\n${this.text}` : text;
    this.area.focus();
    this.typed();
  }

  clear() {
    this.area.value = "";
    this.set("key", freshKey());
    if (this.field("draft")) this.set("draft", "");
    const teaser = this.field("teaser");
    if (teaser) teaser.value = "";
    for (const field of this.form.querySelectorAll("[data-later] input")) {
      /** @type {HTMLInputElement} */ (field).value = "";
    }
    this.poll?.clear();
    this.media?.clear();
    this.quote("", "");
    this.names?.tell();
    this.changed();
    this.preview?.soon();
    this.form.dispatchEvent(new Event("cleared"));
  }

  /**
   * @param {string} id of the quoted post, nothing to quote none
   * @param {string} said
   * @param {{focus?: boolean}} [how]
   */
  quote(id, said, { focus = true } = {}) {
    if (!id && !this.field("quote")) return;
    this.set("quote", id);
    this.form.querySelector("[data-quoting]")?.remove();
    this.drafts.soon();
    if (!id) return;
    const drop = el(
      "button",
      { type: "button", class: "round", "data-unquote": true, "aria-label": words("unquote") },
      "×",
    );
    const chip = el("div", { class: "quote", "data-quoting": true }, el("span", { class: "grow cut" }, said), drop);
    this.area.before(chip);
    if (focus) this.area.focus();
  }

  /** What is wrong, beside the text. @param {string} sentence */
  problem(sentence) {
    const old = this.form.querySelector("[data-problem]");
    this.area.toggleAttribute("aria-invalid", sentence !== "");
    if (!sentence) return old?.remove();
    const shown =
      old ??
      this.area.insertAdjacentElement("afterend", el("p", { class: "problem", role: "alert", "data-problem": true }));
    if (shown) shown.textContent = sentence;
    return undefined;
  }
}

/** What only some forms have is loaded for those. @param {HTMLFormElement} form */
async function partsOf(form) {
  const [{ Drafts }, preview, poll] = await Promise.all([
    form.dataset.drafts === "" ? import("./composer-kept.js") : import("./composer-drafts.js"),
    document.querySelector("[data-preview]") && import("./composer-preview.js"),
    form.querySelector("[data-poll-fields]") && import("./composer-poll.js"),
    form.querySelector("[data-telling], [data-alarm]") && import("./composer-told.js").then(({ told }) => told(form)),
  ]);
  return { Drafts, Preview: preview?.Preview, PollFields: poll?.PollFields };
}

/** Every composer of the page; those whose form was replaced stop. */
export async function compose() {
  for (const [form, life] of known) {
    if (form.isConnected) continue;
    life.abort();
    known.delete(form);
  }
  for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("form[data-composer]"))) {
    if (known.has(form)) continue;
    const life = new AbortController();
    known.set(form, life);
    const parts = await partsOf(form);
    if (!life.signal.aborted) new Composer(form, life.signal, parts);
  }
}

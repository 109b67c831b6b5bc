/**
 * <channel-thread>: what stands under one post, live. The server prints it; this keeps it true, sends what one writes
 * at once, and gives back what could not be sent.
 */
import { announce, el, icon, on, parse } from "./dom.js";
import { live } from "./live.js";
import { Refused, post } from "./net.js";
import { waiting, waits } from "./thread-waits.js";
import { clock, paint } from "./times.js";
import { words } from "./words.js";

const TYPING_EVERY_MS = 3000;
const TYPED_FOR_MS = 4000;
const MANY_KEYS = 16;

export class ChannelThread extends HTMLElement {
  /** @type {HTMLElement[]} own articles that came while an answer to their sender was under way */ held = [];
  inFlight = 0;
  typedAt = 0;
  naming = false;
  /** @type {import("./composer-names.js").NameList | undefined} */ names = undefined;

  connectedCallback() {
    if (this.branches) return;
    this.branches = /** @type {HTMLElement} */ (this.querySelector("[data-branches]"));
    this.form = /** @type {HTMLFormElement | null} */ (this.querySelector("form[data-write]"));
    this.area = /** @type {HTMLTextAreaElement | null} */ (this.form?.querySelector("textarea") ?? null);
    this.account = this.dataset.account ?? "";
    for (const node of this.querySelectorAll("article.comment")) this.#mine(/** @type {HTMLElement} */ (node));
    this.form?.addEventListener("submit", (event) => this.#submit(event));
    this.area?.addEventListener("keydown", (event) => this.#key(event));
    this.area?.addEventListener("input", () => this.#types());
    on(this, "click", "[data-answer]", (event, link) => this.#answer(event, link));
    on(this, "click", "[data-no-answer]", (event) => {
      event.preventDefault();
      this.#to("", "");
      this.area?.focus();
    });
    if (this.form && navigator.serviceWorker?.controller)
      waiting(this, this.form.action, (text, to) => this.#ghost(text, to), (why, ...said) => (this.#back(null, ...said), this.#problem(words("not_sent", { why }))));
    const { stream, head, epoch } = this.dataset;
    this.stream = stream ?? "";
    live.subscribe(this.stream, { after: Number(head) || 0, epoch: epoch || null, on: (step) => this.#hear(step) });
  }

  disconnectedCallback() {
    if (!this.isConnected && this.stream) live.unsubscribe(this.stream);
  }

  /** @param {import("./live-machine.js").Step} step */
  #hear(step) {
    if (step.do === "event") return this.#event(step.frame);
    if (step.do === "typing") return this.#typing(step.who, step.more);
    if (step.do === "refused" || step.do === "stop") return this.#end();
    if (step.do === "gap" || step.do === "reset" || step.do === "signed-out") location.reload();
    return undefined;
  }

  /** @param {any} frame */
  #event(frame) {
    const { id, html } = frame.data ?? {};
    const old = id ? this.#known(id) : null;
    if (!html) {
      // Of one's own that waits for approval one goes on seeing what one wrote.
      if (old && old.dataset.author !== this.account) this.#drop(old);
      return;
    }
    const node = /** @type {HTMLElement | null} */ (parse(html).querySelector("article"));
    if (!node) return;
    if (this.inFlight > 0 && node.dataset.author === this.account) this.held.push(node);
    else this.put(node, { isNew: frame.kind !== "comment.edited" });
  }

  /** @param {string} id */
  #known(id) {
    return /** @type {HTMLElement | null} */ (this.querySelector(`article.comment[data-id="${CSS.escape(id)}"]`));
  }

  /**
   * One article, live or as the answer to its sender: once, in its place, never older than what stands there.
   * @param {HTMLElement} node
   * @param {{isNew?: boolean}} [how]
   */
  put(node, { isNew = false } = {}) {
    const old = this.#known(node.dataset.id ?? "");
    const isGone = node.classList.contains("gone");
    if (old && !isGone && Number(old.dataset.rev) >= Number(node.dataset.rev) && !old.classList.contains("waits"))
      return;
    if (old?.dataset.seq === node.dataset.seq) old?.replaceWith(node);
    else {
      if (!old && !isNew) return;
      const item = /** @type {HTMLElement} */ (old?.closest("li") ?? this.#item(node));
      if (old) old.replaceWith(node);
      if (!this.#place(item, node)) return;
    }
    this.#mine(node);
    paint(node);
    this.querySelector("[data-empty]")?.remove();
    if (!old && node.dataset.author !== this.account) announce(words("comment_arrived", { name: nameOf(node) }));
  }

  /** @param {HTMLElement} node */
  #item(node) {
    return el("li", {}, node, node.dataset.replyTo ? null : el("ol", { class: "answers" }));
  }

  /** Where it belongs by its seq; false: what it answers is not on this page. @param {HTMLElement} item @param {HTMLElement} node */
  #place(item, node) {
    const above = node.dataset.replyTo ? this.#known(node.dataset.replyTo) : null;
    const list = node.dataset.replyTo ? above?.closest("li")?.querySelector(".answers") : this.branches;
    if (!list || (!node.dataset.replyTo && this.dataset.latest === "0")) return false;
    const seq = Number(node.dataset.seq);
    const next = [...list.children].find((one) => {
      const article = one.querySelector(":scope > article");
      return one !== item && article instanceof HTMLElement && Number(article.dataset.seq) > seq;
    });
    list.insertBefore(item, next ?? null);
    return true;
  }

  /** @param {HTMLElement} node */
  #drop(node) {
    const item = node.closest("li");
    if (item?.querySelector(".answers > li")) node.remove();
    else item?.remove();
  }

  /** @param {HTMLElement} node */
  #mine(node) {
    node.classList.toggle("mine", this.account !== "" && node.dataset.author === this.account);
    if (!this.form) node.querySelector("[data-answer]")?.remove();
  }

  // --- writing

  /** @param {Event} event @param {HTMLElement} link */
  #answer(event, link) {
    const article = /** @type {HTMLElement | null} */ (link.closest("article"));
    if (!this.area || !article) return;
    event.preventDefault();
    this.#to(article.dataset.id ?? "", words("answer_to", { name: nameOf(article) }));
    this.area.focus();
  }

  /** @param {string} id of what is answered, none for a comment of its own @param {string} said */
  #to(id, said) {
    const chip = /** @type {HTMLElement | null} */ (this.form?.querySelector("[data-answering]") ?? null);
    if (!chip || !this.form) return;
    /** @type {HTMLInputElement} */ (this.form.elements.namedItem("reply_to")).value = id;
    chip.hidden = id === "";
    const label = chip.querySelector("[data-answered]");
    if (label) label.textContent = said;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.isComposing || !this.area) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.form?.requestSubmit();
    } else if (event.key === "ArrowUp" && this.area.value === "") {
      const own = [...this.querySelectorAll("article.comment.mine:not(.gone)")].filter(
        (node) => !node.classList.contains("sending"),
      );
      const newest = own.sort((a, b) => seqOf(a) - seqOf(b)).at(-1);
      const link = /** @type {HTMLAnchorElement | null} */ (newest?.querySelector("[data-manage]") ?? null);
      if (!link) return;
      event.preventDefault();
      location.assign(`${link.href}#f-text`);
    } else if (event.key === "Escape") {
      this.#to("", "");
    }
  }

  async #name() {
    const { form, area } = this;
    if (this.naming || !form || !area?.value.includes("@")) return;
    this.naming = true;
    const { threadNames } = await import("./thread-names.js");
    this.names = threadNames(form, area);
  }

  #types() {
    this.#problem("");
    this.#name();
    if (Date.now() - this.typedAt < TYPING_EVERY_MS) return;
    this.typedAt = Date.now();
    live.typing(this.stream ?? "");
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    const { form, area } = this;
    const text = area?.value.trim();
    if (!form || !area || !text) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const fields = new URLSearchParams(/** @type {any} */ (new FormData(form)));
    const said = form.querySelector("[data-answered]")?.textContent ?? "";
    const ghost = this.#ghost(text, fields.get("reply_to") ?? "");
    area.value = "";
    this.names?.look();
    this.#to("", "");
    this.#problem("");
    const key = /** @type {HTMLInputElement} */ (form.elements.namedItem("key"));
    key.value = freshKey();
    this.inFlight += 1;
    try {
      const answer = await post(form.action, fields, { fragment: true });
      const article = /** @type {HTMLElement | null} */ (parse(await answer.text()).querySelector("article"));
      this.#landed(ghost, article);
      announce(words("sent"));
    } catch (error) {
      if (!(error instanceof Refused) && (await waits(this, ghost, text, fields, said))) return;
      this.#landed(ghost, null);
      this.#back(error, text, fields, said);
    }
  }

  /** @param {HTMLElement} ghost @param {HTMLElement | null} article */
  #landed(ghost, article) {
    this.inFlight -= 1;
    ghost.remove();
    for (const node of this.inFlight === 0 ? this.held.splice(0) : []) this.put(node, { isNew: true });
    if (article) this.put(article, { isNew: true });
  }

  /**
   * Nothing typed is lost: it stands in the field again, under the key it was sent with, beside what went wrong.
   * @param {unknown} error @param {string} text @param {URLSearchParams} fields @param {string} said
   */
  #back(error, text, fields, said) {
    const { form, area } = this;
    if (!form || !area) return;
    area.value = area.value ? `${text}\n\n${area.value}` : text;
    const key = /** @type {HTMLInputElement} */ (form.elements.namedItem("key"));
    if (!(error instanceof Refused && error.final)) key.value = fields.get("key") ?? key.value;
    const problems = error instanceof Refused ? error.problems : {};
    this.#to("reply_to" in problems ? "" : (fields.get("reply_to") ?? ""), said);
    const why = Object.values(problems)[0] ?? (error instanceof Refused ? error.message : words("offline"));
    this.#problem(words("not_sent", { why }));
    area.focus();
  }

  /** @param {string} sentence */
  #problem(sentence) {
    const shown = /** @type {HTMLElement | null} */ (this.querySelector("[data-problem]"));
    if (!shown) return;
    shown.hidden = sentence === "";
    shown.textContent = sentence;
  }

  /** It stands at once, with a clock. @param {string} text @param {string} replyTo */
  #ghost(text, replyTo) {
    const meta = el("span", { class: "meta" }, icon("clock"), clock(Date.now()));
    const paragraphs = text.split(/\n{2,}/).map((one) => el("p", {}, one));
    const article = el(
      "article",
      { class: "comment mine sending", "aria-busy": "true" },
      el("header", { class: "row" }, meta),
      el("div", { class: "text" }, ...paragraphs),
    );
    const item = el("li", {}, article);
    const list = replyTo ? this.#known(replyTo)?.closest("li:has(> .answers)")?.querySelector(".answers") : null;
    (list ?? this.branches)?.append(item);
    this.querySelector("[data-empty]")?.remove();
    item.scrollIntoView({ block: "nearest" });
    return item;
  }

  // --- beside the log

  /** @param {{name: string}[]} who @param {number} more */
  #typing(who, more) {
    const names = who.map((one) => one.name).join(", ");
    const line = this.querySelector(".typing") ?? el("p", { class: "typing small quiet" });
    line.textContent = words("typing", { names: more ? `${names} +${more}` : names });
    (this.form ?? this.branches)?.before(line);
    clearTimeout(this.typed);
    this.typed = setTimeout(() => line.remove(), TYPED_FOR_MS);
  }

  /** The post is closed to the viewer now. */
  #end() {
    if (this.stream) live.unsubscribe(this.stream);
    this.replaceChildren(el("p", { class: "quiet" }, words("thread_ended")));
    announce(words("thread_ended"));
  }
}

/** @param {Element} node */
const seqOf = (node) => Number(/** @type {HTMLElement} */ (node).dataset.seq);

/** @param {HTMLElement} article */
const nameOf = (article) => article.querySelector("header b")?.textContent ?? "";

const freshKey = () =>
  [...crypto.getRandomValues(new Uint8Array(MANY_KEYS))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

customElements.define("channel-thread", ChannelThread);

/**
 * Sending: the post stands at once with a clock, a tick says that the server has it. Offline it waits in the outbox;
 * refused, it keeps its text and offers to be tried again under the same key or to be written again.
 */
import { announce, el, icon, parse, toast } from "./dom.js";
import { Refused, post } from "./net.js";
import { Outbox } from "./outbox.js";
import { refreshParts } from "./parts.js";
import { clock } from "./times.js";
import { drop, form as queue, hear } from "./waits.js";
import { counted, words } from "./words.js";

const AGAIN_MS = 5000;

export class Sending {
  /** @param {import("./composer.js").Composer} composer */
  constructor(composer) {
    this.composer = composer;
    const { form, feed } = composer;
    const account = feed?.about.account || form.dataset.account || "me";
    this.account = account === "me" ? "" : account;
    this.outbox = new Outbox(
      localStorage,
      account,
      form.dataset.room || feed?.about.room || form.getAttribute("action") || "",
    );
    /** @type {Map<string, HTMLElement>} posts that stand without being there yet */
    this.ghosts = new Map();
    addEventListener("online", () => this.flush(), { signal: composer.signal });
    composer.signal.addEventListener("abort", () => this.#stop());
    hear((told) => this.#hear(told), composer.signal);
    for (const one of this.outbox.all()) this.#stand(one);
    this.flush();
  }

  /** Another form has taken this one's place: it stands up what still waits. */
  #stop() {
    clearTimeout(this.timer);
    for (const ghost of this.ghosts.values()) this.#drop(ghost);
    this.ghosts.clear();
  }

  /** @param {SubmitEvent} event */
  submit(event) {
    const { composer } = this;
    const text = composer.text.trim();
    // Other buttons lead elsewhere, and what is missing the browser or the server says.
    const { media } = composer;
    if (event.submitter?.hasAttribute("formaction")) return undefined;
    if (!text && (media?.isEmpty ?? true)) return undefined;
    event.preventDefault();
    const fields = composer.fields(event.submitter);
    const one = { key: composer.value("key"), action: composer.form.action, fields, text, at: Date.now() };
    if (!this.outbox.add(one)) return toast(words("outbox_full"), { kind: "bad" });
    composer.drafts.stop();
    composer.clear();
    this.#stand(one);
    this.flush();
    return undefined;
  }

  /** Send what waits, oldest first, one after the other: their order is the order of writing. */
  async flush() {
    clearTimeout(this.timer);
    if (this.busy || this.composer.signal.aborted) return;
    this.busy = true;
    try {
      for (let one = this.outbox.next(); one; one = this.outbox.next()) {
        if (navigator.onLine === false) {
          for (const waiting of this.outbox.all().filter(({ failed }) => !failed)) this.#queue(waiting);
          break;
        }
        if (!(await this.#send(one))) break;
      }
    } finally {
      this.busy = false;
    }
  }

  /**
   * @param {import("./outbox.js").Waiting} one
   * @returns {Promise<boolean>} whether the next may be tried
   */
  async #send(one) {
    const { feed } = this.composer;
    const ghost = this.ghosts.get(one.key);
    const sent = feed && ghost && isHere(feed, one) ? feed.sent : null;
    this.#show(one, "sending");
    sent?.begin();
    try {
      const answer = await post(one.action, new URLSearchParams(one.fields), { fragment: true });
      const html = answer.type === "opaqueredirect" ? "" : await answer.text();
      // Where the worker sent it at the same time, and said so first, it stands here already.
      if (this.ghosts.has(one.key)) this.#done(one, html, sent);
      else sent?.done(/** @type {HTMLElement} */ (ghost), null);
      this.outbox.remove(one.key);
      drop(one.key);
      return true;
    } catch (error) {
      sent?.done(/** @type {HTMLElement} */ (ghost), null);
      return this.#failed(one, error);
    }
  }

  /**
   * The server has it. @param {import("./outbox.js").Waiting} one @param {string} html
   * @param {import("./feed-sent.js").Sent | null} sent
   */
  #done(one, html, sent) {
    const ghost = this.ghosts.get(one.key);
    this.outbox.remove(one.key);
    this.ghosts.delete(one.key);
    const article = /** @type {HTMLElement | null} */ (parse(html).querySelector("article.post"));
    sent?.done(/** @type {HTMLElement} */ (ghost), article);
    this.#sent(ghost, article, one);
  }

  /** The worker sent it, or was refused, while this page waited: under the same key, so it was taken once. @param {any} told */
  #hear({ sent, refused, text }) {
    const { key } = sent ?? refused;
    const one = this.outbox.all().find((waiting) => waiting.key === key);
    if (!one) return;
    const { feed } = this.composer;
    const begun = sent && feed && this.ghosts.has(key) && isHere(feed, one) ? feed.sent : null;
    begun?.begin();
    if (sent) this.#done(one, text, begun);
    else this.#refused(one, refused.failed);
  }

  /** @param {import("./outbox.js").Waiting} one @param {string} why */
  #refused(one, why) {
    this.outbox.fail(one.key, why);
    drop(one.key); // it stands here with its text
    this.#show({ ...one, failed: why }, "failed");
    announce(words("not_sent", { why }));
  }

  /**
   * @param {HTMLElement | undefined} ghost
   * @param {HTMLElement | null} article
   * @param {import("./outbox.js").Waiting} one
   */
  #sent(ghost, article, one) {
    const { feed, form } = this.composer;
    if (feed && article && isHere(feed, one)) return announce(words("sent"));
    if (ghost) this.#drop(ghost);
    const select = /** @type {HTMLSelectElement | null} */ (form.querySelector("select[name=min_rank]"));
    const rank = one.fields.find(([name]) => name === "min_rank")?.[1] ?? "";
    const reach = [...(select?.options ?? [])].find((option) => option.value === rank)?.dataset.count;
    const href = article?.querySelector("a.when")?.getAttribute("href") ?? "";
    const sentence = reach === undefined ? words("sent") : counted("sent_to", Number(reach));
    toast(sentence, { kind: "good", href, action: words("view_post") });
    refreshParts(["[aria-labelledby=went]", ".need"]);
    return undefined;
  }

  /** @param {import("./outbox.js").Waiting} one @param {unknown} error */
  #failed(one, error) {
    if (error instanceof Refused && error.final) {
      this.#refused(one, Object.values(error.problems)[0] ?? error.message);
      return true;
    }
    // The server or the way there is in trouble: it waits, and nothing overtakes it.
    this.#show(one, "waiting");
    this.#queue(one);
    const wait_ms =
      error instanceof Refused && error.retry_after_s ? error.retry_after_s * 1000 : AGAIN_MS * (1 + Math.random());
    this.timer = setTimeout(() => this.flush(), wait_ms);
    return false;
  }

  /** The worker sends it, too, should this page be closed by then. @param {import("./outbox.js").Waiting} one */
  #queue(one) {
    queue("post", this.account, one.key, one.action, new URLSearchParams(one.fields), one.text || "…");
  }

  /** @param {import("./outbox.js").Waiting} one */
  #stand(one) {
    const paragraphs = one.text.split(/\n{2,}/).map((text) => el("p", {}, text));
    const ghost = el(
      "article",
      { class: "post mine", "data-ghost": one.key },
      el(
        "div",
        { class: "bubble" },
        el("div", { class: "text" }, ...paragraphs),
        el("div", { class: "foot" }, el("span", { class: "meta" })),
      ),
    );
    this.ghosts.set(one.key, ghost);
    const { feed, form } = this.composer;
    if (feed && isHere(feed, one)) feed.sent.hang(ghost);
    else (document.querySelector("[data-sent]") ?? form.parentElement)?.append(ghost);
    this.#show(one, one.failed ? "failed" : "waiting");
  }

  /** @param {import("./outbox.js").Waiting} one @param {"sending" | "waiting" | "failed"} state */
  #show(one, state) {
    const ghost = this.ghosts.get(one.key);
    if (!ghost) return;
    ghost.classList.toggle("sending", state !== "failed");
    ghost.classList.toggle("failed", state === "failed");
    ghost.setAttribute("aria-busy", String(state === "sending"));
    const isOffline = state === "waiting" && navigator.onLine === false;
    const said = isOffline ? words("waiting_offline") : state === "waiting" ? words("waiting") : clock(one.at);
    ghost.querySelector(".meta")?.replaceChildren(icon(isOffline ? "offline" : "clock"), said);
    ghost.querySelector(".retry")?.remove();
    if (state === "failed") ghost.append(this.#choices(one));
  }

  /** @param {import("./outbox.js").Waiting} one */
  #choices(one) {
    const again = () => {
      this.outbox.retry(one.key);
      this.flush();
    };
    const rewrite = () => {
      this.#forget(one.key);
      this.composer.set("draft", one.fields.find(([name]) => name === "draft")?.[1] ?? "");
      this.composer.poll?.restore(one.fields);
      this.composer.take?.([]).then((/** @type {any} */ media) => media.bringBack(one.fields));
      this.composer.restore(one.text);
    };
    return el(
      "p",
      { class: "retry" },
      el("span", { class: "grow" }, words("not_sent", { why: one.failed ?? "" })),
      el("button", { type: "button", class: "button slim", click: rewrite }, words("rewrite")),
      el("button", { type: "button", class: "button slim danger", click: again }, words("retry")),
    );
  }

  /** @param {string} key */
  #forget(key) {
    const ghost = this.ghosts.get(key);
    drop(key);
    this.outbox.remove(key);
    this.ghosts.delete(key);
    if (ghost) this.#drop(ghost);
  }

  /** @param {HTMLElement} ghost */
  #drop(ghost) {
    if (this.composer.feed) this.composer.feed.sent.drop(ghost);
    else ghost.remove();
  }
}

/**
 * Whether a post goes into the room on this page.
 * @param {import("./feed.js").ChannelFeed} feed
 * @param {import("./outbox.js").Waiting} one
 */
function isHere(feed, one) {
  const room = one.fields.find(([name]) => name === "room")?.[1];
  return !room || room === feed.about.room || room === feed.about.slug;
}

/**
 * <channel-poll>: the poll of a post. The server prints a form that works by itself and is the same for everybody;
 * this paints one's own vote into it, lets the bars grow once one has voted, and keeps them true.
 *
 * Of an anonymous vote the server knows only that there is one. Which one, and its code, this browser keeps.
 */
import { announce, calm, el, icon, on, toast } from "./dom.js";
import { get, post, Refused } from "./net.js";
import { Ballots } from "./poll-ballots.js";
import { waiting, waits } from "./poll-waits.js";
import { counted, words } from "./words.js";

/** @typedef {{options: number[] | null, receipt: string | null, right: number[] | null, explanation: string | null}} Mine */
/** @typedef {{total: number | null, votes?: Record<string, number>}} Tally */

/** @param {number} votes @param {number} total */
const share = (votes, total) => (total > 0 ? Math.round((100 * votes) / total) : 0);

/** What is asked for within a moment is one request. */
class Asking {
  /** @type {Set<string>} */ ids = new Set();
  /** @type {Promise<Record<string, Mine | null>> | null} */ running = null;

  /** @param {string} room @param {string} id @returns {Promise<Mine | null>} */
  async of(room, id) {
    this.ids.add(id);
    this.running ??= new Promise((done) => setTimeout(done, 60)).then(() => this.#ask(room));
    return (await this.running)[id] ?? null;
  }

  /** @param {string} room */
  async #ask(room) {
    const ids = [...this.ids].slice(0, 100);
    this.ids.clear();
    this.running = null;
    try {
      const answer = await get(`/rooms/${room}/votes?posts=${ids.join(",")}`);
      return await answer.json();
    } catch {
      return {}; // It paints as if there were none; the server knows better when one votes.
    }
  }
}

const asking = new Asking();
/** @type {Map<string, Mine | null>} */
const known = new Map();
/** @type {WeakSet<Element>} */
const read = new WeakSet();

class ChannelPoll extends HTMLElement {
  connectedCallback() {
    const form = this.querySelector("form");
    if (!form || this.closest("[inert]")) return;
    this.form = form;
    this.id_ = this.dataset.post ?? "";
    this.host = /** @type {HTMLElement | null} */ (this.closest("[data-account]"));
    this.ballots = new Ballots(localStorage, this.host?.dataset.account ?? "");
    this.#learn();
    this.#arm();
    if (this.host?.dataset.account) this.#own();
  }

  /** The page came with the votes of the posts that it shows. */
  #learn() {
    const { host } = this;
    if (!host || read.has(host)) return;
    read.add(host);
    for (const [id, { vote }] of Object.entries(JSON.parse(host.dataset.own || "{}"))) {
      if (vote !== undefined) known.set(id, /** @type {Mine | null} */ (vote));
    }
  }

  async #own() {
    const { id_: id, host } = this;
    if (!known.has(id)) known.set(id, await asking.of(host?.dataset.room ?? "", id));
    const paint = () => this.paint(known.get(id) ?? null, this.isTouched);
    const feed = /** @type {import("./feed.js").ChannelFeed | null} */ (this.closest("channel-feed"));
    // A vote changes how tall a poll is, and what is read below it must not move.
    if (feed?.view) feed.view.keep(paint);
    else paint();
  }

  /** Nothing is sent without a choice. */
  #arm() {
    const button = /** @type {HTMLButtonElement | null} */ (this.form?.querySelector("[data-vote]"));
    if (button) button.disabled = !this.form?.querySelector("input:checked");
    this.form?.addEventListener("change", () => {
      this.isTouched = true;
      if (button) button.disabled = this.chosen.length === 0;
    });
  }

  get chosen() {
    const ticked = /** @type {NodeListOf<HTMLInputElement>} */ (
      this.form?.querySelectorAll("[name=options]:checked") ?? []
    );
    return [...ticked].map((box) => Number(box.value));
  }

  get voted() {
    return this.form?.dataset.voted === "yes";
  }

  get mayRetract() {
    const about = this.form?.dataset;
    return this.voted && about !== undefined && "mayChange" in about && !("closed" in about);
  }

  /** The code that the server does not know. */
  get receipt() {
    return known.get(this.id_ ?? "")?.receipt ?? this.ballots?.of(this.id_ ?? "")?.receipt ?? "";
  }

  /** @param {Mine | null} mine @param {boolean} [isTouched] what was chosen since the page came stays chosen */
  paint(mine, isTouched = false) {
    const { form } = this;
    if (!form) return;
    // After its end the server has forgotten who voted in an anonymous poll; this browser has not.
    const isOver = "closed" in form.dataset;
    const kept = mine || isOver ? this.ballots?.of(this.id_ ?? "") : null;
    const options = mine?.options ?? kept?.options ?? [];
    form.dataset.voted = mine || kept ? "yes" : "no";
    const right = mine?.right ?? (isOver && form.dataset.kind === "quiz" ? this.#printedRight() : null);
    for (const row of form.querySelectorAll("[data-option]")) this.#mark(row, options, right);
    const why = /** @type {HTMLElement | null} */ (form.querySelector("[data-why]"));
    if (why && mine?.explanation) {
      why.textContent = mine.explanation;
      why.hidden = false;
    }
    const button = form.querySelector("[data-vote]");
    if (button && mine) button.textContent = words("poll_change");
    for (const box of /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll("[name=options]"))) {
      box.disabled = Boolean(mine) && !("mayChange" in form.dataset);
      if (!isTouched || box.disabled) box.checked = options.includes(Number(box.value));
    }
    if (button) /** @type {HTMLButtonElement} */ (button).hidden = Boolean(mine) && !("mayChange" in form.dataset);
  }

  #printedRight() {
    const rows = /** @type {NodeListOf<HTMLElement>} */ (this.form?.querySelectorAll(".poll-option.right") ?? []);
    return [...rows].map((row) => Number(row.dataset.option));
  }

  /** @param {Element} row @param {number[]} options @param {number[] | null} right */
  #mark(row, options, right) {
    const id = Number(/** @type {HTMLElement} */ (row).dataset.option);
    const isMine = options.includes(id);
    row.classList.toggle("mine", isMine);
    if (right) row.classList.toggle("right", right.includes(id));
    row.classList.toggle("wrong", isMine && (right ? !right.includes(id) : row.classList.contains("wrong")));
    const said = row.querySelector(".poll-mark .visually-hidden");
    if (said && (isMine || right?.includes(id)))
      said.textContent = words(right?.includes(id) || row.classList.contains("right") ? "poll_right" : "poll_yours");
  }

  /** @param {Tally} tally */
  count({ total, votes }) {
    const { form } = this;
    if (!form) return;
    const label = form.querySelector("[data-votes]");
    if (label && total !== null) label.textContent = counted("poll_votes", total);
    for (const [id, many] of Object.entries(votes ?? {})) {
      const row = form.querySelector(`[data-option="${Number(id)}"]`);
      const bar = /** @type {HTMLProgressElement | null} */ (row?.querySelector("progress") ?? null);
      const shown = /** @type {HTMLElement | null} */ (row?.querySelector(".poll-share") ?? null);
      if (!bar || !shown) continue;
      const percent = share(many, total ?? 0);
      bar.value = percent;
      shown.textContent = words("poll_share", { n: percent });
      shown.title = counted("poll_votes", many);
    }
  }

  /** Bars grow from nothing: the styles ease them there. @param {Tally} tally */
  #grow(tally) {
    for (const bar of this.form?.querySelectorAll("progress") ?? []) bar.value = 0;
    requestAnimationFrame(() => requestAnimationFrame(() => this.count(tally)));
  }

  /** Take the vote back; without its code the poll's own page asks for that. */
  retract() {
    if (this.form && "anonymous" in this.form.dataset && !this.receipt) return this.ask();
    return this.send(true);
  }

  /** Its own page, which asks for the code. */
  ask() {
    location.assign(`${this.form?.getAttribute("action")?.replace(/vote$/, "poll")}`);
  }

  /** @param {boolean} retract */
  async send(retract) {
    const { form } = this;
    if (!form || this.hasAttribute("aria-busy")) return;
    const fields = new URLSearchParams();
    if (retract) fields.set("do", "retract");
    else for (const one of this.chosen) fields.append("options", String(one));
    if (this.voted && this.receipt) fields.set("receipt", this.receipt);
    const isFirst = !this.voted;
    this.setAttribute("aria-busy", "true");
    try {
      const answer = await post(form.getAttribute("action") ?? "", fields, { fragment: true });
      const { mine, poll } = await answer.json();
      this.#done(mine, poll, isFirst);
    } catch (error) {
      if (retract || error instanceof Refused || !(await waits(this))) this.#failed(error);
    } finally {
      this.removeAttribute("aria-busy");
    }
  }

  /** @param {Mine | null} mine @param {Tally} tally @param {boolean} isFirst */
  #done(mine, tally, isFirst) {
    const id = this.id_ ?? "";
    const hadFocus = this.contains(document.activeElement);
    known.set(id, mine);
    if (mine?.receipt && mine.options) this.ballots?.keep(id, { options: mine.options, receipt: mine.receipt });
    else this.ballots?.drop(id);
    this.paint(mine);
    if (isFirst) this.#grow(tally);
    else this.count(tally);
    this.#tellCode(isFirst ? (mine?.receipt ?? "") : "");
    // The button that was pressed may be gone now; a keyboard stays where it was.
    const next = /** @type {HTMLElement | null} */ (this.form?.querySelector("[data-receipt] button") ?? null);
    if (hadFocus) next?.focus({ preventScroll: true });
    if (!mine) return announce(words("poll_retracted"));
    const isRight = mine.right && mine.options?.join() === mine.right.join();
    announce(words(mine.right ? (isRight ? "poll_was_right" : "poll_was_wrong") : "poll_counted"));
    if (!mine.right || calm()) return;
    if (isRight) import("./confetti.js").then(({ confetti }) => confetti(this));
    else this.#shake();
  }

  /** As one has chosen, until the server says what it is. @param {number[]} options */
  seem(options) {
    if (known.get(this.id_ ?? "")) return;
    this.paint({ options, receipt: null, right: null, explanation: null });
  }

  #shake() {
    this.form?.classList.add("shake");
    this.form?.addEventListener("animationend", () => this.form?.classList.remove("shake"), { once: true });
  }

  /** @param {string} code */
  #tellCode(code) {
    const place = /** @type {HTMLElement | null} */ (this.form?.querySelector("[data-receipt]") ?? null);
    if (!place) return;
    place.hidden = !code;
    if (!code) return;
    const copy = el(
      "button",
      { type: "button", class: "round", "data-copy": code, "aria-label": words("poll_copy_code") },
      icon("copy", "s"),
    );
    place.replaceChildren(
      el("span", { class: "grow" }, words("poll_code"), " ", el("code", { class: "poll-code" }, code)),
      copy,
    );
  }

  /** @param {unknown} error */
  #failed(error) {
    // Voted on another device: only its code can change that, and the poll's own page asks for it.
    if (error instanceof Refused && error.code === "receipt_needed") {
      this.ask();
      return;
    }
    const why = error instanceof Error ? error.message : "";
    toast(words("failed", { why }), { kind: "bad" });
    this.paint(known.get(this.id_ ?? "") ?? null);
  }
}

/** @param {Event} event @param {HTMLElement} form */
function submitted(event, form) {
  const poll = /** @type {ChannelPoll | null} */ (form.closest("channel-poll"));
  if (!poll?.host?.dataset.account) return;
  event.preventDefault();
  // A vote of which this browser has no code is changed on the poll's own page, which asks for it.
  if (poll.voted && "anonymous" in form.dataset && !poll.receipt) {
    poll.ask();
    return;
  }
  poll.send(false);
}

export function polls() {
  customElements.define("channel-poll", ChannelPoll);
  if (navigator.serviceWorker?.controller) waiting(known);
  on(document, "submit", "channel-poll form", submitted, { capture: true });
  on(document, "click", "channel-poll [data-peek]", (_, button) => {
    const form = button.closest("form");
    form?.setAttribute("data-peek", "");
    button.remove();
    form?.querySelector("label")?.scrollIntoView({ block: "nearest" });
  });
}

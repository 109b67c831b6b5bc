/** Words to a video, by language: those that are there, one more from a .vtt file, and taking one off again. */
import { announce, el, icon } from "./dom.js";
import { medium } from "./media-made.js";
import { API } from "./upload.js";
import { lang, words } from "./words.js";

const LANGUAGES = "ar cs da de el en es fi fr he hu it ja ko nl no pl pt ro ru sv tr uk zh".split(" ");
const NAMED = /\.([a-z]{2,3}(?:-[a-z0-9]{2,8})*)\.vtt$/i;

/** A language in itself, as the server names it. @param {string} language */
function called(language) {
  const name = new Intl.DisplayNames([language], { type: "language" }).of(language) ?? language;
  return name.charAt(0).toLocaleUpperCase(language) + name.slice(1);
}

/** @type {WeakMap<import("./composer-line.js").Line, Captions>} */
const known = new WeakMap();

/** Those of a line whose video is there. @param {import("./composer-line.js").Line} line */
export function captions(line) {
  const found = known.get(line) ?? new Captions(line);
  known.set(line, found);
  return found;
}

class Captions {
  /** @param {import("./composer-line.js").Line} line */
  constructor(line) {
    this.line = line;
    const printed = /** @type {HTMLElement | null} */ (line.box.querySelector("[data-captions]"));
    const given = [...(printed?.querySelectorAll("[data-caption]") ?? [])].map((one) => one.getAttribute("data-caption") ?? "");
    this.box = printed ?? el("span", { class: "captions", "data-captions": true });
    if (!printed) line.described?.before(this.box);
    this.show(given);
    if (!printed) medium(line.id).then((one) => one.captions?.length && this.#told(one));
  }

  /** @param {any} one the medium as it is now */
  #told(one) {
    this.show(one.captions.map((/** @type {any} */ each) => each.language));
  }

  /** @param {string[]} languages */
  show(languages) {
    const chips = languages.map((language) => {
      const name = called(language);
      const about = { type: "button", class: "button slim", "data-caption": language, "aria-label": words("uncaption", { language: name }) };
      return el("button", { ...about, click: () => this.#change({ [language]: null }, words("uncaptioned", { language: name })) }, name, icon("close", "s"));
    });
    const more = el("button", { type: "button", class: "button slim", "data-captioning": true, click: () => this.#choose() }, icon("plus", "s"), words("caption_add"));
    this.box.replaceChildren(...chips, more);
  }

  #choose() {
    const input = /** @type {HTMLInputElement} */ (el("input", { type: "file", accept: ".vtt,text/vtt" }));
    input.addEventListener("change", () => input.files?.[0] && this.offer(input.files[0]));
    input.click();
  }

  /** In which language? The file's name may say so (film.de.vtt). @param {File} file */
  offer(file) {
    this.box.querySelector("[data-captioning-in]")?.remove();
    const guess = (NAMED.exec(file.name)?.[1] ?? lang).toLowerCase();
    const all = LANGUAGES.includes(guess) ? LANGUAGES : [guess, ...LANGUAGES];
    const choices = all.map((one) => el("option", { value: one, lang: one, selected: one === guess }, called(one)));
    const select = /** @type {HTMLSelectElement} */ (el("select", { class: "input slim", "aria-label": words("caption_language") }, ...choices));
    const add = async () => {
      const name = called(select.value);
      await this.#change({ [select.value]: await file.text() }, words("captioned", { language: name }));
    };
    const row = el(
      "span",
      { class: "captioning", "data-captioning-in": true },
      el("span", { class: "small cut" }, file.name),
      el("span", { class: "select" }, select),
      el("button", { type: "button", class: "button slim soft", click: add }, words("caption_put")),
      el("button", { type: "button", class: "button slim", click: () => (row.remove(), this.#focus()) }, words("cancel")),
    );
    this.box.append(row);
    select.focus();
  }

  #focus() {
    /** @type {HTMLElement | null} */ (this.box.querySelector("[data-captioning]"))?.focus();
  }

  /** @param {Record<string, string | null>} captions @param {string} sentence when it is done */
  async #change(captions, sentence) {
    const headers = { "Content-Type": "application/json" };
    const body = JSON.stringify({ captions });
    const answer = await fetch(`${API}/${this.line.id}`, { method: "PATCH", headers, body }).catch(() => null);
    const told = await answer?.json().catch(() => null);
    if (!answer?.ok) return this.#wrong(told?.detail ?? words("unreached"));
    this.#told(told);
    announce(sentence);
    return this.#focus();
  }

  /** @param {string} sentence */
  #wrong(sentence) {
    this.box.querySelector(".problem")?.remove();
    this.box.append(el("span", { class: "small problem", role: "alert" }, sentence));
  }
}

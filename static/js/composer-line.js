/** One file of a post to be, as it stands in the composer: what it is, how far it is, and what one can do with it. */
import { announce, el, icon } from "./dom.js";
import { watch } from "./media-made.js";
import { API } from "./upload.js";
import { lang, words } from "./words.js";

/** @type {Record<string, string>} */
const SIGNS = { audio: "sound", sound: "sound", video: "video", image: "image", picture: "image" };
const QUARTER = 0.25;
const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"];

/** A number of bytes as people read it. @param {number} bytes */
export function sized(bytes) {
  const power = Math.min(UNITS.length - 1, bytes ? Math.floor(Math.log10(bytes) / 3) : 0);
  const shown = { style: "unit", unit: UNITS[power], maximumFractionDigits: power > 1 ? 1 : 0 };
  return new Intl.NumberFormat(lang, /** @type {any} */ (shown)).format(bytes / 1000 ** power);
}

/** How far it is, in words; "" for what is there. @param {import("./transfers.js").Item} item */
export function standing({ state, why, sent, size }) {
  const far = { sent: sized(sent), size: sized(size), n: Math.floor((100 * sent) / (size || 1)) };
  if (state === "failed") return words("not_sent", { why });
  if (state === "waiting") return why || words("up_waiting");
  return state === "done" ? "" : words(`up_${state}`, far);
}

export class Line {
  /**
   * @param {import("./composer-media.js").Attaching} media
   * @param {HTMLElement} box printed by the server, or made by `drawn`
   * @param {import("./transfers.js").Item | null} item null for what is there already
   */
  constructor(media, box, item) {
    this.media = media;
    this.box = box;
    this.item = item;
    this.name = item?.name ?? box.dataset.name ?? box.querySelector(".cut")?.textContent ?? "";
    this.spoken = 0;
    /** @type {import("./chapters-edit.js").Dividing | undefined} of what is played */
    this.chapters = undefined;
    for (const plain of box.querySelectorAll("[data-plain]")) plain.remove();
    this.told = el("span", { class: "small quiet", "data-told": true });
    this.bar = el("progress", { max: "1", value: "0", "aria-label": this.name });
    if (item) this.described?.before(this.told, this.bar);
    this.acts = /** @type {HTMLElement} */ (box.querySelector(".acts"));
    this.acts.append(
      this.#button("earlier", "up", () => this.media.move(this, -1)),
      this.#button("later", "down", () => this.media.move(this, 1)),
      this.#button("take_off", "close", () => this.media.remove(this)),
    );
    box.querySelector(".thumb")?.setAttribute("data-grip", "");
    this.#croppable();
    if (item) this.refresh();
  }

  /** @returns {HTMLInputElement | null} */
  get described() {
    return this.box.querySelector(".what > .input");
  }

  /** The id of the medium, once it is there. */
  get id() {
    return this.box.dataset.medium ?? "";
  }

  /** @param {string} key @param {string} sign @param {() => void} click */
  #button(key, sign, click) {
    const about = { type: "button", class: "round", "data-act": key, "aria-label": words(key, { name: this.name }), click };
    return el("button", about, icon(sign));
  }

  /** A picture that is there can be cropped. */
  #croppable() {
    const isPicture = /^(picture|image)$/.test(this.box.dataset.kind ?? "");
    if (isPicture && this.id && !this.acts.querySelector("[data-act=crop]")) this.acts.prepend(this.#button("crop", "crop", () => this.#crop()));
  }

  async #crop() {
    const { cropIn } = await import("./crop.js");
    const button = this.acts.querySelector("[data-act=crop]");
    if (button?.hasAttribute("aria-busy")) return;
    button?.setAttribute("aria-busy", "true");
    try {
      if (!(await cropIn({ id: this.id, name: this.name, api: API }))) return;
    } catch {
      this.said?.remove();
      this.said = el("span", { class: "small problem", role: "alert" }, words("crop_wait"));
      this.described?.before(this.said);
      return;
    } finally {
      button?.removeAttribute("aria-busy");
    }
    this.said?.remove();
    for (const told of this.box.querySelectorAll(".what > [role=status]")) told.remove();
    announce(words("cropped", { name: this.name }));
    this.box.querySelector(".thumb")?.replaceWith(el("span", { class: "thumb", "data-grip": true }, icon("image")));
    watch(this);
  }

  /** Which place it has, for the buttons that would lead nowhere. They keep the focus: one may press on. @param {number} at @param {number} count */
  placed(at, count) {
    this.acts.querySelector("[data-act=earlier]")?.setAttribute("aria-disabled", String(at === 0));
    this.acts.querySelector("[data-act=later]")?.setAttribute("aria-disabled", String(at === count - 1));
  }

  /** As its transfer stands now. */
  refresh() {
    const { item, told, bar } = this;
    if (!item) return;
    if (item.state === "done") return this.#arrived(item);
    const text = standing(item);
    const isNew = this.box.dataset.state !== item.state;
    this.box.dataset.state = item.state;
    if (told.textContent !== text) told.textContent = text;
    bar.setAttribute("value", String(item.sent / (item.size || 1)));
    bar.setAttribute("aria-valuetext", text);
    if (isNew) this.#changed(item, text);
    else this.#progressed(item, text);
  }

  /** @param {import("./transfers.js").Item} item @param {string} text */
  #changed(item, text) {
    const { transfers } = this.media;
    const isBad = item.state === "failed" || item.state === "lost";
    this.told.className = isBad ? "small problem" : "small quiet";
    this.bar.hidden = isBad || item.state === "queued";
    const had = this.acts.querySelector("[data-act^=up_]");
    const fresh =
      item.state === "failed"
        ? this.#button("up_retry", "refresh", () => transfers.resume(item))
        : item.state === "paused"
          ? this.#button("up_resume", "play", () => transfers.resume(item))
          : item.state === "lost"
            ? this.#button("up_choose", "upload", () => this.#choose(item))
            : this.#button("up_pause", "pause", () => transfers.pause(item));
    const isHeld = had === document.activeElement;
    if (had?.getAttribute("data-act") !== fresh.dataset.act) {
      had?.remove();
      this.acts.prepend(fresh);
      if (isHeld) fresh.focus();
    }
    if (isBad || item.state === "paused" || item.state === "waiting") announce(`${this.name}: ${text}`);
  }

  /** A quarter of a large file is worth a word. @param {import("./transfers.js").Item} item @param {string} text */
  #progressed(item, text) {
    const quarter = Math.floor(item.sent / (item.size || 1) / QUARTER);
    if (quarter > this.spoken && quarter < 4) announce(`${this.name}: ${text}`);
    this.spoken = quarter;
  }

  /** @param {import("./transfers.js").Item} item */
  #arrived(item) {
    if (this.id) return;
    const had = this.acts.querySelector("[data-act^=up_]");
    if (had === document.activeElement) this.described?.focus();
    had?.remove();
    this.told.remove();
    this.bar.remove();
    delete this.box.dataset.state;
    this.box.dataset.medium = item.id;
    this.acts.append(el("input", { type: "hidden", name: "media", value: item.id }));
    this.described?.setAttribute("name", `alt-${item.id}`);
    announce(words("attached", { name: this.name }));
    this.#croppable();
    this.media.arrived(this);
  }

  /** The same file again, or it is said that it is another one. @param {import("./transfers.js").Item} item */
  #choose(item) {
    const input = /** @type {HTMLInputElement} */ (el("input", { type: "file" }));
    input.addEventListener("change", () => {
      const file = input.files?.[0];
      if (file && !this.media.give(item, file)) this.say(words("up_other", { name: item.name, size: sized(item.size) }));
    });
    input.click();
  }

  /** What is wrong, instead of how far it is. @param {string} sentence */
  say(sentence) {
    this.told.textContent = sentence;
    announce(sentence);
  }
}

/**
 * A line for a file, or for what was added in an earlier visit.
 * @param {{name: string, type: string, alt: string}} about
 * @param {File | null} file to show, if it is a picture
 */
export function drawn({ name, type, alt }, file) {
  const kind = type.split("/")[0];
  const thumb =
    file && kind === "image"
      ? el("img", { class: "thumb", src: URL.createObjectURL(file), alt: "", draggable: "false" })
      : el("span", { class: "thumb" }, icon(SIGNS[kind] ?? "file"));
  thumb.addEventListener("load", () => URL.revokeObjectURL(/** @type {HTMLImageElement} */ (thumb).src));
  const described = el("input", {
    class: "input slim",
    value: alt,
    maxlength: "1500",
    "aria-label": words("describe", { name }),
    placeholder: words("what_shows"),
  });
  const what = el("span", { class: "what" }, el("span", { class: "cut small" }, name), described);
  return el("li", { "data-name": name, "data-kind": kind }, thumb, what, el("span", { class: "acts" }));
}

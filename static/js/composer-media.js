/**
 * Pictures and files of a post to be: chosen, dropped or pasted, sent at once and resumably, ordered, described. The
 * form by itself can do the same one page load at a time. Loaded for the composers that take files.
 */
import { announce, el, icon, styles } from "./dom.js";
import { words } from "./words.js";

const API = "/api/v1/media";
const TUS = { "Tus-Resumable": "1.0.0" };
const MOST = 10;
const TRIES = 6;
const PIECE_BYTES = 32 * 1024 * 1024;
const FIRST_WAIT_MS = 800;

export class Attaching {
  /** @param {import("./composer.js").Composer} composer */
  constructor(composer) {
    this.composer = composer;
    const { form } = composer;
    styles("pages/attach.css");
    this.box = /** @type {HTMLElement} */ (form.querySelector("[data-attach]"));
    this.list = /** @type {HTMLElement} */ (
      this.box.querySelector("[data-attached]") ?? this.box.appendChild(el("ul", { class: "attached" }))
    );
    this.wordy = this.area.required;
    this.waiting = /** @type {Set<Promise<void>>} */ (new Set());
    for (const line of this.list.querySelectorAll("li")) this.#tools(/** @type {HTMLElement} */ (line));
  }

  get area() {
    return this.composer.area;
  }

  /** @param {File[]} files */
  add(files) {
    for (const file of files) {
      if (this.list.children.length >= MOST) {
        this.composer.problem(words("attach_most"));
        return;
      }
      const work = this.#send(file).finally(() => this.waiting.delete(work));
      this.waiting.add(work);
    }
  }

  /** A post of pictures needs no words. */
  #needed() {
    if (this.wordy) this.area.required = this.list.children.length === 0;
  }

  /** Nothing is on its way any more. */
  async settled() {
    while (this.waiting.size) await Promise.all(this.waiting);
  }

  get isEmpty() {
    return !this.list.querySelector("[name=media]");
  }

  clear() {
    this.list.replaceChildren();
    this.#needed();
  }

  /** @param {File} file */
  async #send(file) {
    const line = this.#line(file);
    this.list.append(line);
    this.#needed();
    const life = new AbortController();
    line.addEventListener("channel:off", () => life.abort());
    try {
      const id = await upload(file, this.box.dataset.attach ?? "", life.signal, (share) => {
        const bar = line.querySelector("progress");
        if (bar) bar.value = share;
      });
      line.querySelector("progress")?.remove();
      line.querySelector(".problem")?.remove();
      line.append(el("input", { type: "hidden", name: "media", value: id }));
      line.dataset.medium = id;
      line.querySelector(".what .input")?.setAttribute("name", `alt-${id}`);
      announce(words("attached", { name: file.name }));
      this.composer.typed();
    } catch (error) {
      if (!life.signal.aborted) this.#failed(line, file, error);
    }
  }

  /** @param {HTMLElement} line @param {File} file @param {unknown} error */
  #failed(line, file, error) {
    line.querySelector("progress")?.remove();
    const again = () => {
      line.remove();
      this.add([file]);
    };
    const said = words("not_sent", { why: error instanceof Error ? error.message : String(error) });
    line
      .querySelector(".what")
      ?.append(
        el("span", { class: "problem small", role: "alert" }, said),
        el("button", { type: "button", class: "button slim", click: again }, words("retry")),
      );
  }

  /** @param {File} file */
  #line(file) {
    const isPicture = file.type.startsWith("image/");
    const shown = isPicture
      ? el("img", { class: "thumb", src: URL.createObjectURL(file), alt: "" })
      : el("span", { class: "thumb" }, icon("file"));
    shown.addEventListener("load", () => URL.revokeObjectURL(/** @type {HTMLImageElement} */ (shown).src));
    const described = el("input", {
      class: "input slim",
      maxlength: "1500",
      "aria-label": words("describe", { name: file.name }),
      placeholder: words("what_shows"),
    });
    const what = el("span", { class: "what" }, el("span", { class: "cut small" }, file.name), described);
    what.append(el("progress", { max: "1", value: "0", "aria-label": file.name }));
    const line = el("li", { "data-name": file.name }, shown, what, el("span", { class: "acts" }));
    this.#tools(line);
    return line;
  }

  /** Earlier, and off. @param {HTMLElement} line */
  #tools(line) {
    const name = line.dataset.name ?? line.querySelector(".cut")?.textContent ?? "";
    const earlier = () => {
      line.previousElementSibling?.before(line);
      this.composer.typed();
    };
    const off = () => {
      line.dispatchEvent(new Event("channel:off"));
      line.remove();
      this.#needed();
      this.composer.typed();
      this.area.focus();
    };
    const acts = line.querySelector(".acts");
    acts?.querySelector("[data-unattach]")?.remove();
    acts?.append(
      el("button", { type: "button", class: "round", "aria-label": words("earlier", { name }), click: earlier }, icon("up")),
      el("button", { type: "button", class: "round", "aria-label": words("take_off", { name }), click: off }, icon("close")),
    );
  }
}

/**
 * Send a file by tus 1.0; a lost connection is taken up where it broke off.
 * @param {File} file
 * @param {string} community
 * @param {AbortSignal} signal
 * @param {(share: number) => void} told
 * @returns {Promise<string>} the id of the medium
 */
async function upload(file, community, signal, told) {
  const metadata = Object.entries({ community, filename: file.name }).map(([name, value]) => `${name} ${base64(value)}`);
  const headers = { ...TUS, "Upload-Length": String(file.size), "Upload-Metadata": metadata.join(",") };
  const begun = await fetch(API, { method: "POST", headers, signal });
  if (!begun.ok) throw new Error((await begun.json()).detail);
  const address = begun.headers.get("Location") ?? "";
  signal.addEventListener("abort", () => fetch(address, { method: "DELETE", headers: TUS }));
  let offset = 0;
  for (let tries = 0; offset < file.size; ) {
    try {
      offset = await piece(address, file, offset, signal, told);
      tries = 0;
    } catch (error) {
      if (signal.aborted || error instanceof Final || (tries += 1) === TRIES) throw error;
      await new Promise((done) => setTimeout(done, FIRST_WAIT_MS * 2 ** tries));
      const there = await fetch(address, { method: "HEAD", headers: TUS, signal }).catch(() => null);
      offset = Number(there?.headers.get("Upload-Offset") ?? offset);
    }
  }
  return address.slice(address.lastIndexOf("/") + 1);
}

class Final extends Error {}

/**
 * One piece; only XMLHttpRequest tells how much of a body has gone out.
 * @param {string} address
 * @param {File} file
 * @param {number} offset
 * @param {AbortSignal} signal
 * @param {(share: number) => void} told
 * @returns {Promise<number>} where the next one begins
 */
function piece(address, file, offset, signal, told) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("PATCH", address);
    for (const [name, value] of Object.entries({
      ...TUS,
      "Upload-Offset": String(offset),
      "Content-Type": "application/offset+octet-stream",
    }))
      request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => told((offset + event.loaded) / file.size);
    request.onerror = () => failed(new Error(words("offline")));
    request.onload = () => {
      if (request.status === 204) return done(Number(request.getResponseHeader("Upload-Offset")));
      const isFinal = request.status >= 400 && request.status < 500 && ![408, 409, 429, 460].includes(request.status);
      return failed(new (isFinal ? Final : Error)(detail(request.responseText)));
    };
    signal.addEventListener("abort", () => request.abort());
    request.send(file.slice(offset, offset + PIECE_BYTES));
  });
}

/** @param {string} text */
function detail(text) {
  try {
    return String(JSON.parse(text).detail);
  } catch {
    return words("offline");
  }
}

/** @param {string} text */
function base64(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

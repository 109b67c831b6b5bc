/**
 * The piece of a picture that is shown: chosen with a pointer, a finger or the keyboard, in a shape or freely, and turned.
 * The fields of a form hold it, in percent of the picture as it is turned. Loaded with the first picture to be cropped.
 */
import { el, icon, styles } from "./dom.js";
import { words } from "./words.js";

const PREPARED_MS = 60_000;
const LOOK_MS = 500;
const LEAST = 0.02;
const STEP = 0.01;
const QUARTER = 90;
const SMALL_PX = 96;
const ALL = { x: 0, y: 0, width: 1, height: 1 };
/** @type {Record<string, number>} */
const SHAPES = { "1:1": 1, "4:5": 4 / 5, "16:9": 16 / 9 };
/** @type {Record<string, [number, number]>} */
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const CORNERS = [[0, 0], [1, 0], [0, 1], [1, 1]];

/** @typedef {{x: number, y: number, width: number, height: number}} Piece */

const within = (/** @type {number} */ at, /** @type {number} */ most) => Math.max(0, Math.min(most, at));

/** The largest piece of a shape, from the middle. @param {number} shape @param {number} ratio of the picture @returns {Piece} */
export function largest(shape, ratio) {
  const width = Math.min(1, shape / ratio);
  const height = Math.min(1, ratio / shape);
  return { x: (1 - width) / 2, y: (1 - height) / 2, width, height };
}

/**
 * The piece between a corner that stays and one that goes to a point; of that shape, where there is one.
 * @param {Piece} piece @param {[number, number]} corner 0 or 1, across and down @param {[number, number]} to
 * @param {number} shape 0: any @param {number} ratio of the picture
 * @returns {Piece}
 */
export function drawn(piece, [right, below], [x, y], shape, ratio) {
  const from = { x: right ? piece.x : piece.x + piece.width, y: below ? piece.y : piece.y + piece.height };
  const most = { width: right ? 1 - from.x : from.x, height: below ? 1 - from.y : from.y };
  let width = Math.max(LEAST, Math.min(most.width, (right ? 1 : -1) * (x - from.x)));
  let height = Math.max(LEAST, Math.min(most.height, (below ? 1 : -1) * (y - from.y)));
  if (shape) {
    width = Math.min(most.width, (most.height * shape) / ratio, Math.max(width, (height * shape) / ratio));
    height = (width * ratio) / shape;
  }
  return { x: right ? from.x : from.x - width, y: below ? from.y : from.y - height, width, height };
}

/** The same piece of a picture that is turned clockwise once more. @param {Piece} piece @returns {Piece} */
export const turned = ({ x, y, width, height }) => ({ x: 1 - y - height, y: x, width: height, height: width });

export class Cropper {
  /**
   * @param {HTMLImageElement} image loaded
   * @param {Record<"x" | "y" | "width" | "height", HTMLInputElement>} sides in percent
   * @param {HTMLSelectElement} shape
   * @param {HTMLSelectElement} turn
   */
  constructor(image, sides, shape, turn) {
    this.image = image;
    this.sides = sides;
    this.shape = shape;
    this.turn = turn;
    this.before = Number(turn.value);
    this.canvas = /** @type {HTMLCanvasElement} */ (el("canvas", { role: "img", "aria-label": words("crop_whole") }));
    this.window = el("button", { type: "button", class: "window", "aria-label": words("crop_move") });
    this.corners = CORNERS.map((corner, at) => {
      const handle = el("button", { type: "button", class: `corner c${at}`, "aria-label": words(`crop_corner_${at}`) });
      this.#held(handle, (dx, dy, piece) => drawn(piece, /** @type {any} */ (corner), this.#corner(piece, corner, dx, dy), this.#locked, this.ratio));
      return handle;
    });
    this.#held(this.window, (dx, dy, piece) => ({
      ...piece,
      x: within(piece.x + dx, 1 - piece.width),
      y: within(piece.y + dy, 1 - piece.height),
    }));
    this.stage = el("div", { class: "crop-stage" }, el("div", { class: "crop-view" }, this.canvas, this.window), ...this.corners);
    for (const field of Object.values(sides)) field.addEventListener("input", () => this.#show());
    shape.addEventListener("change", () => this.#shaped());
    turn.addEventListener("change", () => this.#turned());
    this.#draw();
    this.#show();
  }

  /** Width by height, of the picture as it is turned. */
  get ratio() {
    return this.canvas.width / this.canvas.height;
  }

  get #locked() {
    return SHAPES[this.shape.value] ?? 0;
  }

  /** @returns {Piece} */
  get piece() {
    const at = (/** @type {keyof Piece} */ name) => (Number(this.sides[name].value.replace(",", ".")) || 0) / 100;
    const [x, y] = [within(at("x"), 1 - LEAST), within(at("y"), 1 - LEAST)];
    return { x, y, width: Math.max(LEAST, within(at("width") || 1, 1 - x)), height: Math.max(LEAST, within(at("height") || 1, 1 - y)) };
  }

  /** @param {Piece} piece */
  put(piece) {
    for (const name of /** @type {(keyof Piece)[]} */ (Object.keys(ALL))) this.sides[name].value = String(Math.round(piece[name] * 10_000) / 100);
    this.#show();
  }

  /** @param {Piece} piece @param {number[]} corner @param {number} dx @param {number} dy @returns {[number, number]} */
  #corner(piece, [right, below], dx, dy) {
    return [piece.x + (right ? piece.width : 0) + dx, piece.y + (below ? piece.height : 0) + dy];
  }

  /**
   * Dragged, or moved by the keys of arrows (with Shift five times as far).
   * @param {HTMLElement} handle
   * @param {(dx: number, dy: number, piece: Piece) => Piece} move by so much of the picture, from how it was
   */
  #held(handle, move) {
    handle.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      const { piece } = this;
      const place = this.canvas.getBoundingClientRect();
      const dragged = (/** @type {PointerEvent} */ now) =>
        this.put(move((now.clientX - event.clientX) / place.width, (now.clientY - event.clientY) / place.height, piece));
      handle.setPointerCapture(event.pointerId);
      handle.addEventListener("pointermove", dragged);
      const over = () => handle.removeEventListener("pointermove", dragged);
      for (const end of ["pointerup", "pointercancel"]) handle.addEventListener(end, over, { once: true });
    });
    handle.addEventListener("keydown", (event) => {
      const step = KEYS[event.key];
      if (!step) return;
      event.preventDefault();
      const far = STEP * (event.shiftKey ? 5 : 1);
      this.put(move(step[0] * far, step[1] * far, this.piece));
    });
  }

  #shaped() {
    const locked = this.#locked;
    if (locked) this.put(largest(locked, this.ratio));
    else if (this.shape.value === "whole") this.put(ALL);
  }

  #turned() {
    const times = ((Number(this.turn.value) - this.before + 360) % 360) / QUARTER;
    this.before = Number(this.turn.value);
    let { piece } = this;
    for (let n = 0; n < times; n += 1) piece = turned(piece);
    this.#draw();
    this.put(this.#locked ? largest(this.#locked, this.ratio) : piece);
  }

  #draw() {
    const { image, canvas } = this;
    const degrees = Number(this.turn.value);
    const [width, height] = [image.naturalWidth, image.naturalHeight];
    Object.assign(canvas, degrees % 180 ? { width: height, height: width } : { width, height });
    this.stage.style.setProperty("--ratio", String(this.ratio)); // so that a small picture is drawn as large as another one
    const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    pen.translate(canvas.width / 2, canvas.height / 2);
    pen.rotate((degrees * Math.PI) / 180);
    pen.drawImage(image, -width / 2, -height / 2);
  }

  #show() {
    const { x, y, width, height } = this.piece;
    const percent = (/** @type {number} */ part) => `${part * 100}%`;
    const seen = this.canvas.getBoundingClientRect();
    // The corners of a small piece leave something of it to be taken hold of.
    this.stage.toggleAttribute("data-small", seen.width > 0 && Math.min(width * seen.width, height * seen.height) < SMALL_PX);
    // From the left in every language: a picture is not mirrored where one reads from the right.
    Object.assign(this.window.style, { left: percent(x), top: percent(y), width: percent(width), height: percent(height) });
    for (const [at, [right, below]] of CORNERS.entries())
      Object.assign(this.corners[at].style, { left: percent(x + right * width), top: percent(y + below * height) });
  }
}

/** All of the picture. Rejects while it cannot be had. @param {string} address @returns {Promise<HTMLImageElement>} */
export async function whole(address) {
  const image = new Image();
  image.src = address;
  await image.decode();
  return image;
}

/** The form of the library, whose fields do the same by themselves. */
export async function croppedHere() {
  const form = /** @type {HTMLFormElement} */ (document.querySelector("form[data-crop]"));
  const named = (/** @type {string} */ name) => /** @type {any} */ (form.elements.namedItem(name));
  const sides = { x: named("crop_x"), y: named("crop_y"), width: named("crop_width"), height: named("crop_height") };
  const place = /** @type {HTMLElement} */ (form.querySelector("[data-stage]"));
  const details = form.closest("details");
  if (details && !details.open) await new Promise((open) => details.addEventListener("toggle", open, { once: true }));
  styles("pages/crop.css");
  const image = await whole(form.dataset.crop ?? "").catch(() => null);
  if (!image) return;
  place.replaceChildren(new Cropper(image, sides, named("shape"), named("turn")).stage);
  place.hidden = false;
  // What was drawn counts, and the shape only says which one it has.
  form.addEventListener("submit", () => {
    named("shape").disabled = true;
  });
}

/** Nobody has looked through a picture that was just sent: a while is waited for that. @param {string} address */
async function prepared(address) {
  for (const until = Date.now() + PREPARED_MS; ; await new Promise((done) => setTimeout(done, LOOK_MS))) {
    const told = await (await fetch(address)).json();
    if (told.state !== "processing" || Date.now() > until) return told;
  }
}

/** A picture of a post to be, in a dialog. @param {{id: string, name: string, api: string}} about @returns {Promise<boolean>} whether it was changed */
export async function cropIn({ id, name, api }) {
  await styles("pages/crop.css");
  const told = await prepared(`${api}/${id}`);
  const image = await whole(told.whole_url);
  const now = { ...ALL, turn: 0, ...told.crop };
  const select = (/** @type {string} */ label, /** @type {[string, string][]} */ choices, /** @type {string} */ chosen) => {
    const options = choices.map(([value, text]) => el("option", { value, selected: value === chosen }, text));
    return /** @type {HTMLSelectElement} */ (el("select", { class: "input slim", "aria-label": label }, ...options));
  };
  const side = (/** @type {keyof Piece} */ part) =>
    /** @type {HTMLInputElement} */ (el("input", { type: "hidden", value: String(Math.round(now[part] * 10_000) / 100) }));
  const sides = { x: side("x"), y: side("y"), width: side("width"), height: side("height") };
  const shape = select(words("crop_shape"), [["", words("crop_free")], ["whole", words("crop_all")], ...Object.keys(SHAPES).map((one) => /** @type {[string, string]} */ ([one, one]))], "");
  const turn = select(words("crop_turn"), ["0", "90", "180", "270"].map((one) => [one, `${one}°`]), String(now.turn));
  const cropper = new Cropper(image, sides, shape, turn);
  const rotate = el("button", { type: "button", class: "button slim", click: () => {
    turn.value = String((Number(turn.value) + QUARTER) % 360);
    turn.dispatchEvent(new Event("change"));
  } }, icon("refresh", "s"), words("crop_turn"));
  const problem = el("p", { class: "problem", role: "alert", hidden: true });
  const dialog = /** @type {HTMLDialogElement} */ (el(
    "dialog",
    { class: "dialog crop-dialog", "aria-label": words("crop_name", { name }) },
    el("div", { class: "dialog-head" }, el("h2", { class: "cut" }, words("crop_name", { name }))),
    el("div", { class: "dialog-body crop-body" }, cropper.stage, el("div", { class: "crop-tools" }, el("span", { class: "select" }, shape), rotate), problem),
    el(
      "div",
      { class: "dialog-foot" },
      el("button", { type: "button", class: "button", click: () => dialog.close() }, words("cancel")),
      el("button", { type: "button", class: "button press", click: () => save() }, words("crop_do")),
    ),
  ));
  const save = async () => {
    const crop = { ...cropper.piece, turn: Number(turn.value) };
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(`${api}/${id}`, { method: "PATCH", headers, body: JSON.stringify({ crop }) }).catch(() => null);
    if (answer?.ok) return dialog.close("done");
    const { detail } = (await answer?.json().catch(() => null)) ?? {};
    problem.textContent = detail ?? words("unreached");
    problem.hidden = false;
    return undefined;
  };
  document.body.append(dialog);
  dialog.showModal();
  cropper.put(cropper.piece); // now that it is seen
  return new Promise((done) => dialog.addEventListener("close", () => (dialog.remove(), done(dialog.returnValue === "done"))));
}

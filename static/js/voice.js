/**
 * Sounds drawn by their loudness: played, sought, faster, and taken up where one stopped. Loaded when one is first
 * touched. The element that plays is the page's own, so it goes on while one scrolls.
 */
import { icon } from "./dom.js";

const SPEEDS = [1, 1.5, 2];
const KEPT = "heard-";

/** @param {HTMLElement} box @param {Element} touched */
export function voice(box, touched) {
  const player = players.get(box) ?? new Player(box);
  players.set(box, player);
  if (touched.closest("[data-speed]")) player.faster();
  else if (touched.closest("[data-play]")) player.toggle();
}

/** @type {WeakMap<HTMLElement, Player>} */
const players = new WeakMap();

class Player {
  /** @param {HTMLElement} box */
  constructor(box) {
    const find = (/** @type {string} */ name) => /** @type {any} */ (box.querySelector(name));
    this.audio = /** @type {HTMLAudioElement} */ (box.parentElement?.querySelector("audio"));
    this.button = /** @type {HTMLButtonElement} */ (find("[data-play]"));
    this.range = /** @type {HTMLInputElement} */ (find("input"));
    this.speed = /** @type {HTMLButtonElement} */ (find("[data-speed]"));
    this.at = /** @type {HTMLElement} */ (find("[data-at]"));
    this.key = KEPT + box.dataset.voice;
    this.whole = this.at.textContent ?? "";
    this.played = /** @type {SVGElement} */ (find("svg.wave").cloneNode(true));
    this.played.classList.add("played");
    this.range.before(this.played);
    const kept = Number(localStorage.getItem(this.key));
    // Where it was put before this script came, else where one stopped.
    if (Number(this.range.value) === 0 && kept > 0) this.range.value = String(kept);
    this.#listen();
    this.#draw();
  }

  #listen() {
    const { audio, range } = this;
    for (const told of ["play", "pause", "ended"]) audio.addEventListener(told, () => this.#told());
    audio.addEventListener("timeupdate", () => {
      if (!audio.seeking) range.value = String(audio.currentTime);
      this.#draw();
    });
    range.addEventListener("input", () => {
      if (audio.readyState) audio.currentTime = Number(range.value);
      this.#draw();
    });
  }

  toggle() {
    const { audio } = this;
    if (!audio.paused) return audio.pause();
    for (const other of document.querySelectorAll("audio, video")) if (other !== audio) /** @type {any} */ (other).pause();
    const from = Number(this.range.value);
    if (!audio.readyState && from) audio.addEventListener("loadedmetadata", () => (audio.currentTime = from), { once: true });
    return audio.play().catch(() => this.#told());
  }

  faster() {
    const { audio } = this;
    audio.playbackRate = audio.defaultPlaybackRate = SPEEDS[(SPEEDS.indexOf(audio.playbackRate) + 1) % SPEEDS.length];
    this.speed.textContent = `${audio.playbackRate.toLocaleString(document.documentElement.lang)}×`;
    this.speed.setAttribute("aria-label", `${this.speed.dataset.speed}: ${this.speed.textContent}`);
  }

  #told() {
    const { audio } = this;
    this.button.replaceChildren(icon(audio.paused ? "play" : "pause"));
    this.button.setAttribute("aria-pressed", String(!audio.paused));
    if (audio.ended) this.range.value = "0";
    if (audio.ended || !audio.currentTime) localStorage.removeItem(this.key);
    else if (audio.paused) localStorage.setItem(this.key, String(audio.currentTime));
    this.#draw();
  }

  #draw() {
    const at = Number(this.range.value);
    const share = at / Number(this.range.max) || 0;
    this.played.style.clipPath = `inset(0 ${100 - share * 100}% 0 0)`;
    this.at.textContent = at ? `${lasting(at)} / ${this.whole}` : this.whole;
    this.range.setAttribute("aria-valuetext", `${lasting(at)} / ${this.whole}`);
  }
}

/** @param {number} seconds */
export function lasting(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

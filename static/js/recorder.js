/**
 * A voice note: recorded here, paused, listened to, and only then added to the post. Loaded by its button. What is
 * recorded stays in this page until it is added.
 */
import { announce, el, icon, styles } from "./dom.js";
import { lasting } from "./voice.js";
import { words } from "./words.js";

const MOST_S = 600;
const TYPES = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];

/**
 * @param {import("./composer.js").Composer} composer
 * @param {(files: File[]) => void} take
 */
export async function record({ form, signal }, take) {
  const box = /** @type {HTMLElement} */ (form.querySelector("[data-attach]"));
  if (box.querySelector(".recorder")) return;
  await Promise.all([styles("pages/attach.css"), styles("pages/recorder.css")]);
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    new Recorder(box, stream, take, signal);
  } catch {
    const close = el("button", { type: "button", class: "round", "aria-label": words("close"), click: () => said.remove() }, icon("close"));
    const said = el("div", { class: "recorder" }, el("p", { class: "grow small", role: "alert" }, words("no_microphone")), close);
    box.append(said);
  }
}

class Recorder {
  /** @param {HTMLElement} box @param {MediaStream} stream @param {(files: File[]) => void} take @param {AbortSignal} signal */
  constructor(box, stream, take, signal) {
    this.stream = stream;
    this.take = take;
    const type = TYPES.find((one) => MediaRecorder.isTypeSupported(one));
    this.recorder = new MediaRecorder(stream, { mimeType: type, audioBitsPerSecond: 64_000 });
    this.pieces = /** @type {Blob[]} */ ([]);
    this.recorded_ms = 0;
    this.since = 0;
    this.meter = el("meter", { min: "0", max: "1", value: "0", "aria-label": words("loudness") });
    this.time = el("span", { class: "small", role: "timer" }, "0:00");
    this.pause = el("button", { type: "button", class: "round", "aria-label": words("record_pause"), click: () => this.#pause() }, icon("pause"));
    this.stop = el("button", { type: "button", class: "button slim press", click: () => this.recorder.stop() }, icon("stop", "s"), words("record_stop"));
    this.off = el("button", { type: "button", class: "round", "aria-label": words("record_drop"), click: () => this.#close() }, icon("trash"));
    this.panel = el("div", { class: "recorder", role: "group", "aria-label": words("voice_note") }, this.off, this.meter, this.time, this.pause, this.stop);
    box.append(this.panel);
    this.recorder.addEventListener("dataavailable", ({ data }) => this.pieces.push(data));
    this.recorder.addEventListener("stop", () => this.#listen());
    signal.addEventListener("abort", () => this.#close());
    this.#measure();
    this.recorder.start(1_000);
    this.since = performance.now();
    this.stop.focus();
    announce(words("recording"));
  }

  get seconds() {
    const now = this.recorder.state === "recording" ? performance.now() - this.since : 0;
    return (this.recorded_ms + now) / 1000;
  }

  #measure() {
    this.context = new AudioContext();
    const analyser = this.context.createAnalyser();
    this.context.createMediaStreamSource(this.stream).connect(analyser);
    const levels = new Float32Array(analyser.fftSize);
    const tick = () => {
      if (!this.panel.isConnected || this.recorder.state === "inactive") return;
      analyser.getFloatTimeDomainData(levels);
      const loudest = levels.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
      this.meter.setAttribute("value", String(this.recorder.state === "recording" ? Math.sqrt(loudest) : 0));
      this.time.textContent = lasting(this.seconds);
      if (this.seconds >= MOST_S) this.recorder.stop();
      else requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
    // A page in the background gets no frames, and its recording ends in time all the same.
    this.limit = setInterval(() => this.seconds >= MOST_S && this.recorder.state !== "inactive" && this.recorder.stop(), 1_000);
  }

  #pause() {
    const isGoing = this.recorder.state === "recording";
    if (isGoing) {
      this.recorded_ms += performance.now() - this.since;
      this.recorder.pause();
    } else {
      this.since = performance.now();
      this.recorder.resume();
    }
    this.pause.setAttribute("aria-label", words(isGoing ? "record_on" : "record_pause"));
    this.pause.replaceChildren(icon(isGoing ? "mic" : "pause"));
  }

  /** Done: hear it, then add it or throw it away. */
  #listen() {
    this.#silence();
    if (!this.panel.isConnected) return;
    const type = this.recorder.mimeType.split(";")[0];
    const blob = new Blob(this.pieces, { type });
    this.address = URL.createObjectURL(blob);
    const heard = el("audio", { controls: true, src: this.address, "aria-label": words("voice_note") });
    const named = `${words("voice_note")} ${new Date().toISOString().slice(0, 10)}.${type.split("/")[1]}`;
    const add = () => {
      this.take([new File([blob], named, { type })]);
      this.#close();
    };
    const done = el("button", { type: "button", class: "button slim press", click: add }, icon("check", "s"), words("record_add"));
    this.panel.replaceChildren(this.off, heard, done);
    done.focus();
  }

  #silence() {
    clearInterval(this.limit);
    for (const track of this.stream.getTracks()) track.stop();
    if (this.context?.state !== "closed") this.context?.close();
  }

  #close() {
    this.panel.remove();
    if (this.recorder.state !== "inactive") this.recorder.stop();
    this.#silence();
    if (this.address) URL.revokeObjectURL(this.address);
  }
}

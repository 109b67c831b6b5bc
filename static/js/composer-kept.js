/** Half-written messages in groups, where the server keeps no drafts: in this browser, for each topic its own. */
import { Kept } from "./kept.js";

const PAUSE_MS = 300;

export class KeptDraft {
  /** @param {import("./composer.js").Composer} composer */
  constructor(composer) {
    this.composer = composer;
    this.place = composer.form.dataset.room ?? "";
    this.kept = new Kept(localStorage, composer.feed?.about.account || "me");
    const { signal } = composer;
    addEventListener("pagehide", () => this.save(), { signal });
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && this.save(), {
      signal,
    });
    signal.addEventListener("abort", () => this.save()); // another form takes this one's place, and takes it up
  }

  /** What was begun here stands in the field again, unless the server gave something back. */
  begin() {
    const begun = this.composer.text ? null : this.kept.get(this.place);
    if (begun?.text) this.composer.area.value = begun.text;
    if (begun?.quote) this.composer.quote(begun.quote, begun.said, { focus: false });
    this.saved = this.#now();
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), PAUSE_MS);
  }

  /** It is being sent. */
  stop() {
    clearTimeout(this.timer);
    this.saved = JSON.stringify({ text: "", quote: "", said: "" });
    this.kept.put(this.place, { text: "", quote: "", said: "", at: 0 });
  }

  save() {
    clearTimeout(this.timer);
    const now = this.#now();
    if (now === this.saved) return;
    this.saved = now;
    this.kept.put(this.place, { ...JSON.parse(now), at: Date.now() });
  }

  /** As one string, to see whether anything changed. */
  #now() {
    const said = this.composer.form.querySelector("[data-quoting] .grow")?.textContent ?? "";
    return JSON.stringify({ text: this.composer.text, quote: this.composer.value("quote"), said });
  }
}

/**
 * Half-written messages in groups, where the server keeps no drafts: in this browser, for each topic its own.
 *
 * @typedef {{text: string, quote: string, said: string, at: number}} Begun  a quote is kept with what its chip says
 */
const PAUSE_MS = 300;
export const MOST_KEPT = 50; // places; the oldest goes

/** What one has begun and not sent, by place. Pure but for the storage it is given. */
export class Kept {
  /**
   * @param {import("./outbox.js").Storage} storage
   * @param {string} account whose words; another account on the same device never sees them
   */
  constructor(storage, account) {
    this.storage = storage;
    this.name = `channel.begun.${account}`;
  }

  /** @param {string} place @returns {Begun | null} */
  get(place) {
    const found = this.#all()[place];
    return found && typeof found.text === "string" ? found : null;
  }

  /** Nothing to keep forgets the place. @param {string} place @param {Begun} begun */
  put(place, begun) {
    const { [place]: _, ...others } = this.#all();
    const list = Object.entries(others).sort(([, a], [, b]) => b.at - a.at);
    const kept = begun.text.trim() || begun.quote ? [[place, begun], ...list] : list;
    try {
      if (kept.length) this.storage.setItem(this.name, JSON.stringify(Object.fromEntries(kept.slice(0, MOST_KEPT))));
      else this.storage.removeItem(this.name);
    } catch {
      // no room, or none allowed: the words stand on the page all the same
    }
  }

  /** @returns {Record<string, Begun>} */
  #all() {
    try {
      const kept = JSON.parse(this.storage.getItem(this.name) || "{}");
      return kept && typeof kept === "object" && !Array.isArray(kept) ? kept : {};
    } catch {
      return {};
    }
  }
}

export class Drafts {
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

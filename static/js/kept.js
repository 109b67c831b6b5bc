/**
 * What one has begun to write and not sent, kept in this browser for each place. Pure but for the storage it is given.
 *
 * @typedef {{text: string, quote: string, said: string, at: number}} Begun  a quote is kept with what its chip says
 */

export const MOST_KEPT = 50; // places; the oldest goes

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

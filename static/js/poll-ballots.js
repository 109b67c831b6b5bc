/**
 * What this browser keeps of anonymous votes: what was chosen, and the code. Nobody else knows it, the server neither,
 * so that it is gone with the browser's data. For each account apart, the newest hundred.
 *
 * @typedef {{options: number[], receipt: string}} Ballot
 */

const MOST = 100;

export class Ballots {
  /** @param {Storage} storage @param {string} account */
  constructor(storage, account) {
    this.storage = storage;
    this.name = `votes:${account}`;
  }

  /** @returns {Record<string, Ballot>} */
  #all() {
    try {
      return JSON.parse(this.storage.getItem(this.name) || "{}");
    } catch {
      return {};
    }
  }

  /** @param {Record<string, Ballot>} all */
  #put(all) {
    try {
      this.storage.setItem(this.name, JSON.stringify(Object.fromEntries(Object.entries(all).slice(-MOST))));
    } catch {
      // A full or closed storage: the code was shown, and can be typed.
    }
  }

  /** @param {string} post @returns {Ballot | null} */
  of(post) {
    return this.#all()[post] ?? null;
  }

  /** @param {string} post @param {Ballot} ballot */
  keep(post, ballot) {
    const { [post]: _, ...others } = this.#all();
    this.#put({ ...others, [post]: ballot });
  }

  /** @param {string} post */
  drop(post) {
    const { [post]: _, ...others } = this.#all();
    this.#put(others);
  }
}

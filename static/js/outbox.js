/**
 * Posts that wait for the network, kept over reloads. Pure but for the storage it is given.
 * Each waits under the key it was first sent with, so sending it again can never post it twice.
 *
 * @typedef {{key: string, action: string, fields: [string, string][], text: string, at: number, failed?: string}} Waiting
 * @typedef {{getItem(name: string): string | null, setItem(name: string, value: string): void, removeItem(name: string): void}} Storage
 */

export const MOST_WAITING = 50;

/** A random key for one post; crypto.randomUUID is missing on plain http. */
export function freshKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

const NAME = "channel.outbox.";

/**
 * What waits in this browser for an account, in any of its rooms.
 * @param {Storage & {length: number, key(at: number): string | null}} storage
 * @param {string} account
 * @returns {Outbox[]}
 */
export function outboxes(storage, account) {
  const start = `${NAME}${account}.`;
  const names = Array.from({ length: storage.length }, (_, at) => storage.key(at) ?? "");
  return names.filter((name) => name.startsWith(start)).map((name) => new Outbox(storage, account, name.slice(start.length)));
}

export class Outbox {
  /**
   * @param {Storage} storage
   * @param {string} account whose posts; another account on the same device never sends them
   * @param {string} room
   */
  constructor(storage, account, room) {
    this.storage = storage;
    this.name = `${NAME}${account}.${room}`;
  }

  /** @returns {Waiting[]} oldest first */
  all() {
    try {
      const kept = JSON.parse(this.storage.getItem(this.name) || "[]");
      return Array.isArray(kept) ? kept.filter((one) => one?.key && one?.action && Array.isArray(one.fields)) : [];
    } catch {
      return [];
    }
  }

  /**
   * @param {Waiting} one
   * @returns {boolean} false when nothing more fits: the text stays in the composer then
   */
  add(one) {
    const others = this.all().filter(({ key }) => key !== one.key);
    if (others.length >= MOST_WAITING) return false;
    return this.#keep([...others, one]);
  }

  /** @param {string} key */
  remove(key) {
    this.#keep(this.all().filter((one) => one.key !== key));
  }

  /** It was refused for good, and why; it waits for its author. @param {string} key @param {string} why */
  fail(key, why) {
    this.#keep(this.all().map((one) => (one.key === key ? { ...one, failed: why || "?" } : one)));
  }

  /** @param {string} key */
  retry(key) {
    this.#keep(this.all().map((one) => (one.key === key ? { ...one, failed: undefined } : one)));
  }

  /** The oldest that may be tried. */
  next() {
    return this.all().find((one) => !one.failed);
  }

  /** @param {Waiting[]} list */
  #keep(list) {
    try {
      if (list.length) this.storage.setItem(this.name, JSON.stringify(list));
      else this.storage.removeItem(this.name);
      return true;
    } catch {
      return false;
    }
  }
}

/**
 * What a post to be carries, remembered in this browser until it is posted: how far each file is, its description, the
 * order, and the text beside it. Small files are kept with their bytes; of larger ones only what they are, to be chosen
 * again. Two tabs never go on with the same one: the first holds a lock.
 *
 * @typedef {{key?: string, id?: string, name: string, size: number, type: string, modified?: number, alt: string, chapters?: string, address?: string, paused?: boolean}} Line
 * @typedef {{at: number, draft: string, fields: [string, string][], lines: Line[]}} Kept
 */
const MOST_BYTES = 64 * 1024 * 1024; // of one file
const MOST_PLACES = 4; // tabs that write the same thing at once
const LIFE_MS = 7 * 24 * 3_600_000;
const HANDED_OVER_MS = 2_000; // within which a page that was left lets go of its lock
const PREFIX = "channel.uploads.";

/** Files of this page: those of a form that was replaced go on in the next one. @type {Map<string, File>} */
const held = new Map();

export class Memory {
  /**
   * @param {globalThis.Storage} storage
   * @param {string} name of one account in one place: channel.uploads.ACCOUNT.PLACE#
   */
  constructor(storage, name) {
    this.storage = storage;
    this.base = name;
    this.name = "";
    this.letGo = () => {};
  }

  /**
   * Take up what was left here, or else get a place to write to.
   * @param {(kept: Kept) => boolean} fits
   * @returns {Promise<Kept | null>}
   */
  async claim(fits) {
    this.#age();
    const names = Array.from({ length: MOST_PLACES }, (_, n) => `${this.base}${n + 1}`);
    for (const name of names) {
      const kept = this.#read(name);
      if (kept && fits(kept) && (await this.#lock(name, HANDED_OVER_MS))) return this.#read(name);
    }
    for (const name of names) if (!this.#read(name) && (await this.#lock(name, 0))) return null;
    return null;
  }

  /** @param {Kept} kept */
  keep(kept) {
    if (!this.name) return;
    try {
      if (kept.lines.length) this.storage.setItem(this.name, JSON.stringify(kept));
      else this.storage.removeItem(this.name);
    } catch {
      // no room, or none allowed: it stands on the page all the same
    }
  }

  /** Everything is posted. */
  forget() {
    if (this.name) this.storage.removeItem(this.name);
  }

  /** The page goes, and the server has it all: nothing more is written, either. */
  leave() {
    this.forget();
    this.name = "";
  }

  /** Whether some record names these bytes. @param {string} key */
  #needs(key) {
    return Object.keys(this.storage).some((name) => this.#read(name)?.lines.some((line) => line.key === key));
  }

  /** Bytes that no record names go. */
  async sweep() {
    for (const key of await allKeys()) if (!this.#needs(key)) dropFile(key);
  }

  /** What nobody came back for within a week goes. */
  #age() {
    for (const name of Object.keys(this.storage)) {
      if (!name.startsWith(PREFIX)) continue;
      const kept = this.#read(name);
      if (!kept || kept.at + LIFE_MS < Date.now()) this.storage.removeItem(name);
    }
  }

  /** @param {string} name @returns {Kept | null} */
  #read(name) {
    if (!name.startsWith(PREFIX)) return null;
    try {
      const kept = JSON.parse(this.storage.getItem(name) || "null");
      return Array.isArray(kept?.lines) && Array.isArray(kept?.fields) ? kept : null;
    } catch {
      return null;
    }
  }

  /** Held for as long as the page stands, or until letGo. @param {string} name @param {number} patience_ms @returns {Promise<boolean>} */
  #lock(name, patience_ms) {
    return new Promise((got) => {
      const take = () => {
        this.name = name;
        got(true);
        return new Promise((done) => (this.letGo = () => done(undefined)));
      };
      if (!navigator.locks) return void take(); // of plain http: the tabs of one person meet rarely
      const how = patience_ms ? { signal: AbortSignal.timeout(patience_ms) } : { ifAvailable: true };
      navigator.locks.request(name, how, (lock) => (lock ? take() : got(false))).catch(() => got(false));
    });
  }
}

/** @param {string} key @param {File} file */
export async function keepFile(key, file) {
  held.set(key, file);
  if (file.size > MOST_BYTES) return;
  await asked("readwrite", (store) => store.put(file, key)).catch(() => undefined);
}

/** @param {string} key @returns {Promise<File | null>} */
export async function keptFile(key) {
  const found = held.get(key) ?? (await asked("readonly", (store) => store.get(key)).catch(() => null));
  return found instanceof File ? found : null;
}

/** @param {string} key */
export function dropFile(key) {
  held.delete(key);
  return asked("readwrite", (store) => store.delete(key)).catch(() => undefined);
}

/** @returns {Promise<string[]>} */
const allKeys = () => asked("readonly", (store) => store.getAllKeys()).catch(() => []);

/**
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => IDBRequest} work
 * @returns {Promise<any>} rejects where the browser keeps nothing
 */
function asked(mode, work) {
  return new Promise((done, failed) => {
    const opening = indexedDB.open("channel-uploads", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("files");
    opening.onerror = () => failed(opening.error);
    opening.onsuccess = () => {
      const database = opening.result;
      const transaction = database.transaction("files", mode);
      const request = work(transaction.objectStore("files"));
      transaction.oncomplete = () => (database.close(), done(request.result));
      transaction.onabort = () => (database.close(), failed(transaction.error));
    };
  });
}

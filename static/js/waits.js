/**
 * What waits for the network, in this browser: the pages put it here, the service worker sends it (static/sw/outbox.js)
 * and tells every page how it went. Without a worker nothing is taken, and who asks says that it failed, as ever.
 *
 * @typedef {object} Waiting
 * @property {number} [n] its place in the order of writing
 * @property {string} key the same thing again takes the place of what waited before
 * @property {"post" | "comment" | "reaction" | "vote"} kind
 * @property {string} account in whose name; never sent for another
 * @property {string} address
 * @property {string} method
 * @property {Record<string, string>} headers
 * @property {string | null} body
 * @property {string} text for people
 * @property {string} place the page that it was written on
 * @property {any} [about] what the page needs to show it again
 * @property {number} at
 * @property {string} [failed] refused for good, and why; it waits for its author
 */

export const MOST_WAITING = 200;

/** Both sides open it: static/sw/outbox.js makes the same. @returns {Promise<IDBDatabase>} */
function database() {
  return new Promise((done, failed) => {
    const asked = indexedDB.open("channel", 1);
    asked.onupgradeneeded = () => {
      const waiting = asked.result.createObjectStore("waiting", { keyPath: "n", autoIncrement: true });
      waiting.createIndex("key", "key", { unique: true });
      asked.result.createObjectStore("shared", { keyPath: "id" });
    };
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
}

/**
 * @template T
 * @param {"waiting" | "shared"} name
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => IDBRequest<T> | void} work
 * @returns {Promise<T | undefined>}
 */
export async function within(name, mode, work) {
  const db = await database();
  try {
    return await new Promise((done, failed) => {
      const transaction = db.transaction(name, mode);
      const asked = work(transaction.objectStore(name));
      transaction.oncomplete = () => done(asked?.result);
      transaction.onerror = transaction.onabort = () => failed(transaction.error);
    });
  } finally {
    db.close();
  }
}

/** Oldest first. @returns {Promise<Waiting[]>} */
export async function all() {
  return (await within("waiting", "readonly", (store) => store.getAll()).catch(() => [])) ?? [];
}

/**
 * @param {Omit<Waiting, "at" | "place">} one
 * @returns {Promise<boolean>} false: nobody here would send it, or there is no room
 */
export async function wait(one) {
  if (!navigator.serviceWorker?.controller || !one.account) return false;
  try {
    if ((await all()).length >= MOST_WAITING) return false;
    await within("waiting", "readwrite", (store) => {
      store.index("key").getKey(one.key).onsuccess = (event) => {
        const before = /** @type {IDBRequest} */ (event.target).result;
        // What is written again keeps its place; what is chosen otherwise is a new wish.
        if (before !== undefined && one.kind !== "post" && one.kind !== "comment") store.delete(before);
        const kept = { ...one, at: Date.now(), place: location.pathname };
        if (before !== undefined && (one.kind === "post" || one.kind === "comment")) store.put({ ...kept, n: before });
        else store.add(kept);
      };
    });
  } catch {
    return false;
  }
  wake();
  changed();
  return true;
}

/** @param {string} key */
export async function drop(key) {
  await within("waiting", "readwrite", (store) => {
    store.index("key").getKey(key).onsuccess = (event) => {
      const there = /** @type {IDBRequest} */ (event.target).result;
      if (there !== undefined) store.delete(there);
    };
  }).catch(() => undefined);
  changed();
}

/** It was refused, and shall be tried once more. @param {Waiting} one */
export async function again(one) {
  const { failed, ...tried } = one;
  await within("waiting", "readwrite", (store) => store.put(tried));
  wake();
  changed();
}

/** The worker tries at once, and where the browser can, again when there is a network. */
export function wake() {
  navigator.serviceWorker?.controller?.postMessage({ do: "drain" });
  navigator.serviceWorker?.ready.then((registration) => /** @type {any} */ (registration).sync?.register("outbox")).catch(() => {});
}

const changed = () => document.dispatchEvent(new Event("channel:waits"));

/**
 * How it went, on every page. `text` is what the server answered.
 * @param {(told: {sent?: Waiting, refused?: Waiting, text?: string}) => void} listener
 * @param {AbortSignal} [signal]
 */
export function hear(listener, signal) {
  navigator.serviceWorker?.addEventListener(
    "message",
    ({ data }) => (data?.sent || data?.refused) && listener(data),
    { signal },
  );
}

/**
 * A call of the API that may be repeated.
 * @param {"reaction" | "vote"} kind @param {string} account @param {string} key @param {string} method
 * @param {string} address @param {any} value @param {string} text @param {any} about
 */
export function call(kind, account, key, method, address, value, text, about) {
  const random = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const headers = { "Content-Type": "application/json", "Idempotency-Key": random };
  const body = value === null ? null : JSON.stringify(value);
  return wait({ kind, account, key, method, address, headers: value === null ? { "Idempotency-Key": random } : headers, body, text, about });
}

/**
 * A form with a key, as net.js posts it.
 * @param {"post" | "comment"} kind @param {string} account @param {string} key @param {string} address
 * @param {URLSearchParams} fields @param {string} text @param {any} [about]
 */
export function form(kind, account, key, address, fields, text, about) {
  const headers = { "Content-Type": "application/x-www-form-urlencoded;charset=UTF-8", "Channel-Fragment": "1" };
  return wait({ kind, account, key, method: "POST", address, headers, body: String(fields), text, about });
}

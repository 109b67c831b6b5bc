/**
 * What was written, voted and reacted without a network: sent in the order of writing once there is one, by this worker
 * alone, so that no two windows send the same. Each request can be repeated: posts and comments carry the key of their
 * form, votes and reactions an Idempotency-Key, and all of them say in whose name they were written.
 *
 * The pages put it there (static/js/waits.js says what one looks like) and hear how it went.
 */
const { channel } = self;
const LATER = [408, 425, 429, 502, 503, 504];
const alone = channel.queue();

/** Both sides open it: static/js/waits.js makes the same. */
function database() {
  return new Promise((done, failed) => {
    const asked = indexedDB.open("channel", 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("waiting", { keyPath: "n", autoIncrement: true }).createIndex("key", "key", { unique: true });
      asked.result.createObjectStore("shared", { keyPath: "id" });
    };
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
}

/** One transaction: `work` gets the store and gives back a request, whose result is the answer. */
async function within(name, mode, work) {
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

const all = () => within("waiting", "readonly", (store) => store.getAll());
const put = (one) => within("waiting", "readwrite", (store) => store.put(one));
const remove = (one) => within("waiting", "readwrite", (store) => store.delete(one.n));

/** @returns {Promise<boolean>} whether nothing waits for the network any more */
async function drain() {
  for (;;) {
    const one = (await all()).find(({ failed }) => !failed);
    if (!one) return true;
    const went = await send(one);
    if (went === "later") return false;
    if (went === "stop") return true; // of somebody who is not signed in now: it waits for them
  }
}

async function send(one) {
  const headers = { ...one.headers, "Channel-Account": one.account, Accept: "application/json" };
  let answer;
  try {
    answer = await fetch(one.address, { method: one.method, headers, body: one.body, redirect: "manual" });
  } catch {
    return "later";
  }
  const text = await answer.text().catch(() => "");
  if (answer.ok || answer.type === "opaqueredirect") {
    // It may have been taken back or written over meanwhile: only what was sent is done.
    if (one.kind === "vote") await voted(one, text);
    await remove(one);
    await channel.tell({ sent: one, text });
    return "sent";
  }
  if (LATER.includes(answer.status) || answer.status >= 500) return "later";
  const why = reason(text);
  if (answer.status === 401 || why.code === "other_account") return "stop";
  const failed = { ...one, failed: why.said || String(answer.status) };
  await put(failed);
  await channel.tell({ refused: failed });
  return "refused";
}

/** The code of an anonymous vote is told once: it waits here for a page that keeps it (static/js/polls.js). */
async function voted(one, text) {
  const { options, receipt } = JSON.parse(text);
  if (!receipt) return;
  const ballot = { id: `ballot:${one.about.id}`, account: one.account, post: one.about.id, options, receipt };
  await within("shared", "readwrite", (store) => store.put(ballot));
}

function reason(text) {
  try {
    const told = JSON.parse(text);
    const first = Object.values(told.problems ?? {})[0] ?? told.errors?.[0]?.detail;
    return { code: told.code, said: String(first ?? told.detail ?? "") };
  } catch {
    return { code: "", said: "" };
  }
}

channel.drain = () => alone(() => self.navigator.locks.request("channel-outbox", drain));

/** Nothing is left of who was here. */
channel.forget = async () => {
  await within("waiting", "readwrite", (store) => store.clear());
  await within("shared", "readwrite", (store) => store.clear());
};

/** Somebody is signed in: what others left here goes. @param {string | null} account */
channel.belongs = async (account) => {
  if (!account) return;
  for (const one of await all()) if (one.account !== account) await remove(one);
};

// Where the browser has Background Sync it wakes the worker once there is a network, also without a page. Failing is how
// one says that it shall be asked again.
self.addEventListener("sync", (event) => {
  if (event.tag !== "outbox") return;
  event.waitUntil(channel.drain().then((done) => done || Promise.reject(new Error("later"))));
});

Object.assign(channel, { within });

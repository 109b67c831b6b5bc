/**
 * The service worker, `/sw.js`: the files of this folder one after another, each in a scope of its own; this one comes
 * first. It takes over at once: old pages load what they need from versioned addresses and do not depend on it.
 *
 * What one file offers to another it puts into `self.channel`.
 */
self.channel = {};

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(begin()));

async function begin() {
  // What a page waits for is asked for while the worker wakes up.
  await self.registration.navigationPreload?.enable().catch(() => {});
  await self.channel.ready?.();
  await self.clients.claim();
}

/** One thing at a time, in the order in which it was asked for. */
self.channel.queue = () => {
  let last = Promise.resolve();
  return (what) => {
    const now = last.then(what, what);
    last = now.catch(() => {});
    return now;
  };
};

self.channel.tell = async (message) => {
  for (const one of await self.clients.matchAll({ type: "window", includeUncontrolled: true })) one.postMessage(message);
};

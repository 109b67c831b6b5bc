/**
 * The service worker, `/sw.js`: the files of this folder one after another, each in a scope of its own; this one comes
 * first. It takes over at once: old pages load what they need from versioned addresses and do not depend on it.
 */
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

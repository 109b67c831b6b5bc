/**
 * Registers the service worker for who is signed in: once on any page with room for it, it works for rooms, too. It asks
 * then what it may keep, and counts on the icon of the app what is unread.
 */
if ("serviceWorker" in navigator && window.isSecureContext) {
  const isNew = !navigator.serviceWorker.controller;
  navigator.serviceWorker
    .register("/sw.js", { scope: "/", updateViaCache: "none" })
    .then(() => navigator.serviceWorker.ready)
    .then(({ active }) => active?.postMessage({ do: "check", force: isNew }))
    .catch(() => {
      // A browser that forbids it (private windows do) shows every page as well without.
    });
  // What was read meanwhile on another device needs no notice here, and counts no more.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") navigator.serviceWorker.controller?.postMessage({ do: "tidy" });
  });
}

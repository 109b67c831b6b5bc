/** Registers the service worker for who is signed in: once on any page with room for it, it works for rooms, too. */
if ("serviceWorker" in navigator && window.isSecureContext) {
  navigator.serviceWorker.register("/sw.js", { scope: "/", updateViaCache: "none" }).catch(() => {
    // A browser that forbids it (private windows do) shows every page as well without.
  });
  // The dot that a notice put on the icon of the app has done its work.
  navigator.clearAppBadge?.().catch(() => {});
}

/** What this browser can do about notices, and its subscription: for the account (devices.js) and without one (follow.js). */
import { isApp } from "./dom.js";
import "./zone.js";

const IOS = /iPhone|iPad/.test(navigator.userAgent) || (/Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1);
const possible = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window && window.isSecureContext;

/** @param {...string} states which parts of the page are shown */
export function say(...states) {
  for (const part of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-push-when]"))) {
    part.hidden = !states.includes(part.dataset.pushWhen ?? "");
  }
}

/** Why it cannot be switched on here; "" when it can. */
export function obstacle() {
  if (IOS && !isApp() && !possible) return "ios";
  if (!possible) return "unsupported";
  return Notification.permission === "denied" ? "denied" : "";
}

/** @returns {Promise<PushSubscription | null>} */
export async function held() {
  const registration = possible ? await navigator.serviceWorker.getRegistration() : null;
  return (await registration?.pushManager.getSubscription()) ?? null;
}

/** @param {string} key base64url */
function bytes(key) {
  const plain = atob(key.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (char) => char.charCodeAt(0));
}

/** @param {PushSubscription} one @param {Uint8Array<ArrayBuffer>} key */
function isOf(one, key) {
  const own = one.options?.applicationServerKey;
  return own ? new Uint8Array(own).join() === key.join() : false;
}

/**
 * Asks the person, where nobody has yet.
 * @param {string} key of the server
 * @returns {Promise<PushSubscriptionJSON | null>} null: they said no
 */
export async function subscribe(key) {
  if ((await Notification.requestPermission()) !== "granted") return null;
  await navigator.serviceWorker.register("/sw.js", { scope: "/", updateViaCache: "none" });
  const { pushManager } = await navigator.serviceWorker.ready;
  const own = bytes(key);
  const before = await pushManager.getSubscription();
  // The one that is there also serves what this browser follows without an account.
  if (before && isOf(before, own)) return before.toJSON();
  // One that was made with another key (the server's data were replaced) has to go first.
  await before?.unsubscribe();
  return (await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: own })).toJSON();
}

/** @param {HTMLFormElement} form @param {PushSubscriptionJSON} made */
export function fill(form, made) {
  for (const [name, value] of Object.entries({ endpoint: made.endpoint, ...made.keys })) {
    const field = form.elements.namedItem(name);
    if (field instanceof HTMLInputElement) field.value = value ?? "";
  }
}

/**
 * "On your devices" of the account: says what this browser can do, and switches it on. Only that page loads this.
 * The list itself, removing and trying work without.
 */
const section = /** @type {HTMLElement | null} */ (document.querySelector("[data-push]"));

const IOS = /iPhone|iPad/.test(navigator.userAgent) || (/Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1);
const standalone = matchMedia("(display-mode: standalone)").matches || "standalone" in navigator && navigator.standalone === true;
const possible = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window && window.isSecureContext;

/** @param {...string} states which parts of the section are shown */
function say(...states) {
  for (const part of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-push-when]"))) {
    part.hidden = !states.includes(part.dataset.pushWhen ?? "");
  }
}

/** @param {string} key base64url */
function bytes(key) {
  const plain = atob(key.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (char) => char.charCodeAt(0));
}

async function state() {
  if (IOS && !standalone && !possible) return say("ios");
  if (!possible) return say("unsupported");
  if (Notification.permission === "denied") return say("denied");
  const registration = await navigator.serviceWorker.getRegistration();
  const held = await registration?.pushManager.getSubscription();
  const on = section?.dataset.on !== undefined;
  if (on && held && Notification.permission === "granted") return say();
  say("ready", ...(on ? ["lost"] : []));
}

/** @param {HTMLFormElement} form @param {string} key */
async function switchOn(form, key) {
  if ((await Notification.requestPermission()) !== "granted") return state();
  await navigator.serviceWorker.register("/sw.js", { scope: "/", updateViaCache: "none" });
  const { pushManager } = await navigator.serviceWorker.ready;
  // One that was made with another key (the server's data were replaced) has to go first.
  await (await pushManager.getSubscription())?.unsubscribe();
  const made = (await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) })).toJSON();
  for (const [name, value] of Object.entries({ endpoint: made.endpoint, ...made.keys })) {
    const field = form.elements.namedItem(name);
    if (field instanceof HTMLInputElement) field.value = value ?? "";
  }
  form.requestSubmit();
}

function start() {
  const button = section?.querySelector("[data-push-on]");
  const form = button?.closest("form");
  if (!section || !form || !(button instanceof HTMLButtonElement)) return;
  state();
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await switchOn(form, section.dataset.key ?? "");
    } catch {
      say("ready", "failed");
    } finally {
      button.disabled = false;
    }
  });
}

start();

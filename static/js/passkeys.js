/**
 * Passkeys: [data-passkey="register"] and [data-passkey="sign-in"] buttons. The server makes the questions and checks
 * the answers; the key never leaves the device. Where the browser offers it, the mail field suggests the passkey.
 */
import { toast } from "./dom.js";
import { postJson } from "./net.js";
import { words } from "./words.js";

const ADDRESSES = {
  register: { options: "/account/passkeys/options", verify: "/account/passkeys", next: "/account" },
  "sign-in": { options: "/sign-in/passkey/options", verify: "/sign-in/passkey", next: "/" },
};

/** @param {string} text */
function bytes(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (char) => char.charCodeAt(0)).buffer;
}

/** @param {ArrayBuffer | null | undefined} buffer */
function base64url(buffer) {
  if (!buffer) return undefined;
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** @param {any} json */
function creation(json) {
  const native = /** @type {any} */ (PublicKeyCredential).parseCreationOptionsFromJSON;
  if (native) return native.call(PublicKeyCredential, json);
  const excludeCredentials = (json.excludeCredentials ?? []).map((/** @type {any} */ one) => ({
    ...one,
    id: bytes(one.id),
  }));
  return {
    ...json,
    challenge: bytes(json.challenge),
    user: { ...json.user, id: bytes(json.user.id) },
    excludeCredentials,
  };
}

/** @param {any} json */
function request(json) {
  const native = /** @type {any} */ (PublicKeyCredential).parseRequestOptionsFromJSON;
  if (native) return native.call(PublicKeyCredential, json);
  const allowCredentials = (json.allowCredentials ?? []).map((/** @type {any} */ one) => ({
    ...one,
    id: bytes(one.id),
  }));
  return { ...json, challenge: bytes(json.challenge), allowCredentials };
}

/** @param {any} credential */
function told(credential) {
  if (typeof credential.toJSON === "function") return credential.toJSON();
  const { response } = credential;
  return {
    id: credential.id,
    rawId: base64url(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: {
      clientDataJSON: base64url(response.clientDataJSON),
      attestationObject: base64url(response.attestationObject),
      authenticatorData: base64url(response.authenticatorData),
      signature: base64url(response.signature),
      userHandle: base64url(response.userHandle),
      transports: response.getTransports?.(),
    },
  };
}

/** @type {AbortController | null} */
let waiting = null;

/**
 * @param {"register" | "sign-in"} kind
 * @param {HTMLElement} button
 * @param {boolean} [quietly] only suggested by the mail field
 */
async function ceremony(kind, button, quietly = false) {
  waiting?.abort();
  waiting = new AbortController();
  const { signal } = waiting;
  const { options = ADDRESSES[kind].options, verify = ADDRESSES[kind].verify, next } = button.dataset;
  const answer = await (await postJson(options, {})).json();
  const { state } = answer;
  const asked = answer.options ?? answer;
  const publicKey = asked.publicKey ?? asked;
  const parsed = kind === "register" ? creation(publicKey) : request(publicKey);
  /** @type {any} */
  const how = { publicKey: parsed, signal, ...(quietly ? { mediation: "conditional" } : {}) };
  const credential = await (kind === "register" ? navigator.credentials.create(how) : navigator.credentials.get(how));
  if (!credential) return;
  const name =
    /** @type {HTMLInputElement | null} */ (button.closest("form")?.querySelector("[name=name]"))?.value ?? "";
  const after = /** @type {HTMLInputElement | null} */ (document.querySelector("input[name=next]"))?.value;
  const done = await postJson(verify, {
    state,
    credential: told(credential),
    ...(kind === "register" ? { name } : { next: after }),
  });
  const body = await done.json().catch(() => ({}));
  const to = (kind === "register" ? next : body.next) ?? body.next ?? next ?? after ?? ADDRESSES[kind].next;
  const place = new URL(/^\/(?![/\\])/.test(to) ? to : "/", location.href);
  const here = place.pathname === location.pathname && place.search === location.search;
  location.assign(place);
  if (here) location.reload(); // another fragment alone is no new page
}

/** @param {unknown} error */
function explain(error) {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "AbortError") return;
  if (name === "NotAllowedError") toast(words("passkey_cancelled"));
  else if (name === "InvalidStateError") toast(words("passkey_known"), { kind: "bad" });
  else toast(words("passkey_failed", { why: error instanceof Error ? error.message : "" }), { kind: "bad" });
}

async function suggest() {
  const button = /** @type {HTMLElement | null} */ (document.querySelector("[data-passkey='sign-in']"));
  const can = await /** @type {any} */ (PublicKeyCredential).isConditionalMediationAvailable?.();
  if (!button || !can || !document.querySelector("input[autocomplete~=webauthn]")) return;
  ceremony("sign-in", button, true).catch(
    (error) => error?.name !== "AbortError" && error?.name !== "NotAllowedError" && explain(error),
  );
}

export function passkeys() {
  const buttons = /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("[data-passkey]"));
  const can = "PublicKeyCredential" in window;
  for (const button of buttons) {
    const holder = /** @type {HTMLElement} */ (button.closest("[data-passkey-only]") ?? button);
    holder.hidden = !can;
    const kind = button.dataset.passkey === "register" ? "register" : "sign-in";
    button.addEventListener("click", async (event) => {
      event.preventDefault();
      button.disabled = true;
      await ceremony(kind, button).catch(explain);
      button.disabled = false;
    });
  }
  if (can) suggest();
}

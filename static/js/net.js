/** Asking our own server. Same origin only; the session cookie goes along by itself. */

export class Refused extends Error {
  /** @param {Response} response @param {any} body */
  constructor(response, body) {
    super(body?.detail || body?.message || response.statusText || String(response.status));
    this.status = response.status;
    /** @type {string} */
    this.code = body?.code ?? "";
    /** @type {Record<string, string>} */
    this.problems = body?.problems ?? {};
    this.retry_after_s = Number(response.headers.get("Retry-After")) || 0;
  }

  /** Asking again with the same words can only fail again. */
  get final() {
    return this.status >= 400 && this.status < 500 && this.status !== 408 && this.status !== 429;
  }
}

/** @param {Response} response */
async function checked(response) {
  if (response.ok || response.type === "opaqueredirect") return response;
  const isJson = response.headers.get("Content-Type")?.includes("json");
  throw new Refused(response, isJson ? await response.json().catch(() => null) : null);
}

/**
 * @param {string} address
 * @param {Record<string, any> | URLSearchParams} fields
 * @param {{signal?: AbortSignal, fragment?: boolean, keepalive?: boolean, accept?: string}} [how]
 *        fragment: the answer shall be the article, not a redirect
 */
export async function post(address, fields, { signal, fragment = false, keepalive = false, accept } = {}) {
  const body = fields instanceof URLSearchParams ? fields : new URLSearchParams(fields);
  const headers = { ...(fragment ? { "Channel-Fragment": "1" } : {}), ...(accept ? { Accept: accept } : {}) };
  return checked(await fetch(address, { method: "POST", body, headers, signal, keepalive, redirect: "manual" }));
}

/** @param {string} address @param {any} value */
export async function postJson(address, value) {
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  return checked(await fetch(address, { method: "POST", body: JSON.stringify(value), headers, redirect: "follow" }));
}

/** @param {string} address @param {{signal?: AbortSignal, fragment?: boolean}} [how] fragment: only what changes */
export async function get(address, { signal, fragment = false } = {}) {
  const headers = { Accept: "text/html", ...(fragment ? { "Channel-Fragment": "1" } : {}) };
  return checked(await fetch(address, { signal, headers }));
}

/**
 * The last word before a page goes away; no answer is waited for.
 * @param {string} address
 * @param {URLSearchParams} fields
 */
export function leaveBehind(address, fields) {
  try {
    return navigator.sendBeacon(address, fields);
  } catch {
    return false;
  }
}

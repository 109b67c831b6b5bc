/**
 * Sending a file by tus 1.0, in pieces. A network that is away is waited for, however long; a server in trouble is
 * asked again a few times; only a refusal ends it. Whoever has the address of an upload goes on where it stopped.
 */
import { words } from "./words.js";

export const API = "/api/v1/media";
const TUS = { "Tus-Resumable": "1.0.0" };
const TRIES = 6; // of a server that answers and is in trouble
const FIRST_BYTES = 256 * 1024; // what is too large for its kind is refused before much of it was sent
const PIECE_BYTES = 8 * 1024 * 1024;
const LONGEST_WAIT_MS = 30_000;
const PASSING = ["wrong_offset", "upload_busy"];

/** It is not taken as it is; the message says what helps. */
export class Refusal extends Error {}
/** The browser cannot read the file any more: changed, moved, on a card that was taken out. */
export class Unreadable extends Error {}
/** The server knows nothing of this upload (any more). */
class Gone extends Error {}

class Trouble extends Error {
  /** @param {string} message @param {number} wait_ms 0 where the server names none */
  constructor(message, wait_ms) {
    super(message);
    this.wait_ms = wait_ms;
  }
}

/**
 * @typedef {{
 *   signal: AbortSignal,
 *   alt?: string,
 *   address?: string,
 *   begun?: (address: string) => void,
 *   told?: (bytes: number) => void,
 *   waits?: (why: string | null) => void,
 * }} How  address: of what was begun before; begun: it has one now; told: how far it is; waits: null for going on, ""
 *   for the network, else what the server said
 */

/**
 * Send a file. Aborting the signal stops it and leaves on the server what has arrived.
 * @param {File} file
 * @param {string} community
 * @param {How} how
 * @returns {Promise<string>} the id of the medium; rejects with a Refusal, Unreadable, or the reason of the signal
 */
export async function upload(file, community, { signal, alt = "", address = "", begun, told, waits }) {
  let at = address ? -1 : 0; // -1: the server knows
  for (let tries = 0; ; ) {
    try {
      if (!address) {
        address = await begin(file, community, alt, signal);
        at = 0;
        begun?.(address);
      }
      if (at < 0) at = await reached(address, signal);
      waits?.(null);
      while (at < file.size) {
        told?.(at);
        at = await piece(address, file, at, signal, told);
        tries = 0;
      }
      return address.slice(address.lastIndexOf("/") + 1);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof Refusal) throw error;
      if (!(await readable(file))) throw new Unreadable();
      if (error instanceof Gone) address = "";
      at = -1;
      tries += 1;
      const isAnswer = error instanceof Trouble || error instanceof Gone;
      if (isAnswer && tries >= TRIES) throw new Refusal(error.message);
      waits?.(error instanceof Trouble ? error.message : "");
      await pause(error instanceof Trouble && error.wait_ms ? error.wait_ms : 400 * 2 ** Math.min(tries, 8), signal);
    }
  }
}

/** Give an upload up; what was finished meanwhile stays in the library. @param {string} address */
export function giveUp(address) {
  return fetch(address, { method: "DELETE", headers: TUS, keepalive: true }).catch(() => undefined);
}

/**
 * How many bytes are there. The last answer may have been lost: a whole file is finished by asking.
 * @param {string} address
 * @param {AbortSignal} [signal]
 */
export async function reached(address, signal) {
  const answer = await fetch(address, { method: "HEAD", headers: TUS, signal });
  if (!answer.ok) throw problem(answer.status, "", answer.headers.get("Retry-After"));
  return Number(answer.headers.get("Upload-Offset"));
}

/** @param {File} file @param {string} community @param {string} alt @param {AbortSignal} signal */
async function begin(file, community, alt, signal) {
  const told = Object.entries({ community, filename: file.name, alt }).filter(([, value]) => value);
  const metadata = told.map(([name, value]) => `${name} ${base64(value)}`).join(",");
  const headers = { ...TUS, "Upload-Length": String(file.size), "Upload-Metadata": metadata };
  const answer = await fetch(API, { method: "POST", headers, signal });
  const address = answer.headers.get("Location");
  if (answer.ok && address) return address;
  const wrong = problem(answer.status, await answer.text(), answer.headers.get("Retry-After"));
  throw wrong instanceof Gone ? new Refusal(wrong.message) : wrong; // the community is gone
}

/**
 * One piece; only XMLHttpRequest tells how much of a body has gone out.
 * @param {string} address
 * @param {File} file
 * @param {number} offset
 * @param {AbortSignal} signal
 * @param {((bytes: number) => void) | undefined} told
 * @returns {Promise<number>} where the next one begins
 */
function piece(address, file, offset, signal, told) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    request.open("PATCH", address);
    const about = { ...TUS, "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" };
    for (const [name, value] of Object.entries(about)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => told?.(offset + event.loaded);
    request.onerror = request.onabort = () => failed(new Error());
    request.onload = () => {
      if (request.status === 204) return done(Number(request.getResponseHeader("Upload-Offset")));
      return failed(problem(request.status, request.responseText, request.getResponseHeader("Retry-After")));
    };
    request.onloadend = () => signal.removeEventListener("abort", stop);
    signal.addEventListener("abort", stop);
    signal.throwIfAborted();
    request.send(file.slice(offset, offset + (offset ? PIECE_BYTES : FIRST_BYTES)));
  });
}

/** @param {number} status @param {string} text @param {string | null} wait in seconds */
function problem(status, text, wait) {
  let code = "";
  let detail = words("unreached");
  try {
    ({ code, detail } = JSON.parse(text));
  } catch {
    // not the server's own words: something before it answered
  }
  if (status === 404) return new Gone(detail);
  const isPassing = status >= 500 || [408, 425, 429, 460].includes(status) || (status === 409 && (!text || PASSING.includes(code)));
  return isPassing ? new Trouble(detail, (Number(wait) || 0) * 1000) : new Refusal(detail);
}

/** @param {File} file */
async function readable(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

/** As long, or until the network is back. @param {number} ms @param {AbortSignal} signal @returns {Promise<void>} */
function pause(ms, signal) {
  return new Promise((done, failed) => {
    const over = () => {
      clearTimeout(timer);
      removeEventListener("online", over);
      signal.removeEventListener("abort", over);
      return signal.aborted ? failed(signal.reason) : done();
    };
    const timer = setTimeout(over, Math.min(ms, LONGEST_WAIT_MS));
    addEventListener("online", over);
    signal.addEventListener("abort", over);
  });
}

/** @param {string} text */
function base64(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

/**
 * What a live connection has to decide, without a socket, a clock or a page. live.js carries it out.
 *
 * @typedef {{stream: string, after: number | null, epoch: string | null, mending: boolean, holes: number}} Place
 * @typedef {{do: string, stream?: string, [more: string]: any}} Step
 */

export const FIRST_WAIT_MS = 500;
export const MOST_WAIT_MS = 60_000;
/** A connection that lived this long was a good one: the next wait starts from the beginning. */
export const GOOD_LIFE_MS = 5_000;
const LATER_MS = 5_000;
const SLOWER_MS = 30_000;
const STREAMS_PER_FRAME = 50;
/** Refusals after which a stream is not asked for again. */
const CLOSED = new Set(["forbidden", "not_found", "room_locked", "post_locked"]);

/**
 * Full jitter: anywhere between nothing and a bound that doubles, so a restarted server is not met by all at once.
 * @param {number} attempt 0 for the first wait
 * @param {() => number} random
 * @param {number} [first_ms]
 */
export function jitter(attempt, random, first_ms = FIRST_WAIT_MS) {
  return Math.round(random() * Math.min(MOST_WAIT_MS, first_ms * 2 ** Math.min(attempt, 20)));
}

/**
 * The wait that a server asked for in its closing reason ("retry=1500", in ms), or null.
 * @param {string} reason
 */
export function hinted(reason) {
  const found = /\bretry=(\d{1,7})\b/.exec(reason || "");
  return found ? Math.min(Number(found[1]), 10 * MOST_WAIT_MS) : null;
}

/**
 * What to do about a closed connection.
 * @param {number} code
 * @param {{attempt: number, random: () => number, reason?: string}} known
 * @returns {{act: "retry" | "stop" | "signed-out", wait_ms: number}}
 */
export function afterClose(code, { attempt, random, reason = "" }) {
  if (code === 4001) return { act: "signed-out", wait_ms: 0 };
  if (code === 4004) return { act: "stop", wait_ms: 0 };
  const hint = hinted(reason);
  if (hint !== null) return { act: "retry", wait_ms: hint };
  if (code === 4003 && attempt === 0) return { act: "retry", wait_ms: jitter(0, random, 200) };
  if (code === 1013) return { act: "retry", wait_ms: LATER_MS / 2 + jitter(attempt, random, LATER_MS) };
  if (code === 4029 || code === 4009)
    return { act: "retry", wait_ms: SLOWER_MS / 2 + jitter(attempt, random, SLOWER_MS) };
  return { act: "retry", wait_ms: jitter(attempt, random) };
}

/** The cursors of all streams of a page, and what each frame means for them. */
export class Machine {
  /** @param {{format?: string, random?: () => number}} [options] */
  constructor({ format = "html", random = Math.random } = {}) {
    this.format = format;
    this.random = random;
    this.heartbeat_s = 25;
    this.attempt = 0;
    /** @type {Map<string, Place>} */
    this.places = new Map();
    /** @type {Map<number, string[]>} */
    this.asked = new Map();
    this.lastId = 0;
  }

  /**
   * @param {string} stream
   * @param {{after?: number | null, epoch?: string | null}} [from]
   */
  add(stream, { after = null, epoch = null } = {}) {
    this.places.set(stream, { stream, after, epoch, mending: false, holes: 0 });
  }

  /** @param {string} stream */
  drop(stream) {
    this.places.delete(stream);
  }

  /**
   * The frames that subscribe to these streams (all of them when none are named).
   * @param {string[]} [streams]
   */
  asking(streams = [...this.places.keys()]) {
    const frames = [];
    for (let from = 0; from < streams.length; from += STREAMS_PER_FRAME) {
      const some = streams.slice(from, from + STREAMS_PER_FRAME).filter((stream) => this.places.has(stream));
      this.asked.set(++this.lastId, some);
      frames.push({
        type: "subscribe",
        id: this.lastId,
        streams: some.map((s) => this.cursor(s)),
        format: this.format,
      });
    }
    return frames;
  }

  /** @param {string} stream */
  cursor(stream) {
    const { after, epoch } = /** @type {Place} */ (this.places.get(stream));
    return { stream, ...(after === null ? {} : { after }), ...(epoch === null ? {} : { epoch }) };
  }

  /** A new connection knows nothing of what was asked on the old one. */
  connected() {
    this.asked.clear();
    for (const place of this.places.values()) place.mending = false;
  }

  /**
   * @param {any} frame
   * @returns {Step[]}
   */
  take(frame) {
    switch (frame?.type) {
      case "welcome":
        this.heartbeat_s = frame.heartbeat || this.heartbeat_s;
        return [{ do: "welcome", account: frame.account ?? null }];
      case "subscribed":
        this.asked.delete(frame.id);
        return (frame.streams ?? []).flatMap((/** @type {any} */ one) => this.#subscribed(one));
      case "event":
        return this.#event(frame);
      case "counts":
        return this.places.has(frame.stream) ? [{ do: "counts", stream: frame.stream, posts: frame.posts }] : [];
      case "read":
        return this.places.has(frame.stream)
          ? [{ do: "read", stream: frame.stream, seq: frame.seq, topic: frame.topic ?? "" }]
          : [];
      case "typing":
        return this.places.has(frame.stream)
          ? [{ do: "typing", stream: frame.stream, who: frame.who, more: frame.more }]
          : [];
      case "access":
        return [{ do: "access", community: frame.community, rank: frame.rank, role: frame.role }];
      case "error":
        return this.#refused(frame);
      default:
        return [];
    }
  }

  /**
   * @param {{stream: string, head: number, epoch: string, gap: {from: number, to: number} | null, reset: boolean}} told
   */
  #subscribed(told) {
    const place = this.places.get(told.stream);
    if (!place) return [];
    place.epoch = told.epoch ?? place.epoch;
    place.mending = false;
    if (told.reset) {
      place.after = told.head;
      return [{ do: "reset", stream: told.stream, head: told.head, epoch: told.epoch }];
    }
    const steps = [{ do: "ready", stream: told.stream, head: told.head, epoch: place.epoch }];
    if (told.gap && told.gap.to > (place.after ?? 0)) {
      const from = Math.max(told.gap.from, (place.after ?? 0) + 1);
      place.after = told.gap.to;
      return [{ do: "gap", stream: told.stream, from, to: told.gap.to }, ...steps];
    }
    place.after ??= told.head;
    return steps;
  }

  /** @param {any} frame @returns {Step[]} */
  #event(frame) {
    const place = this.places.get(frame.stream);
    if (!place || place.mending) return [];
    if (place.after !== null && frame.seq <= place.after) return [];
    if (place.after !== null && frame.seq > place.after + 1) return this.#hole(place, frame);
    place.after = frame.seq;
    place.holes = 0;
    return [{ do: "event", stream: frame.stream, frame }];
  }

  /**
   * Something is missing: ask again from where we are. If asking did not help, let the page fetch the piece.
   * @param {Place} place
   * @param {any} frame
   * @returns {Step[]}
   */
  #hole(place, frame) {
    if (place.holes++ === 0) {
      place.mending = true;
      return [{ do: "again", stream: place.stream }];
    }
    const from = /** @type {number} */ (place.after) + 1;
    place.after = frame.seq;
    place.holes = 0;
    return [
      { do: "gap", stream: place.stream, from, to: frame.seq - 1 },
      { do: "event", stream: place.stream, frame },
    ];
  }

  /** @param {any} frame @returns {Step[]} */
  #refused(frame) {
    const streams = frame.stream ? [frame.stream] : (this.asked.get(frame.id) ?? []);
    this.asked.delete(frame.id);
    if (!CLOSED.has(frame.code)) return [{ do: "error", code: frame.code }];
    for (const stream of streams) this.drop(stream);
    return streams.map((/** @type {string} */ stream) => ({ do: "refused", stream, code: frame.code }));
  }

  /**
   * @param {number} code
   * @param {{reason?: string, lived_ms?: number}} [how]
   */
  closed(code, { reason = "", lived_ms = 0 } = {}) {
    if (lived_ms >= GOOD_LIFE_MS) this.attempt = 0;
    const next = afterClose(code, { attempt: this.attempt, random: this.random, reason });
    this.attempt += 1;
    return next;
  }
}

/**
 * Where a post belongs: pure rules about sequence numbers, days and authors. No page, no clock.
 *
 * @typedef {{rev: number, locked: boolean, gone: boolean}} Shape
 * @typedef {{author: string, at: number, day: string, gone: boolean}} Told
 */

export const SAME_BREATH_MS = 30 * 60 * 1000;

/**
 * The index at which `seq` belongs in an ascending list. Looks from the end: most of what comes is the newest.
 * @param {ArrayLike<{seq: number}>} list
 * @param {number} seq
 * @returns {{index: number, there: boolean}}
 */
export function place(list, seq) {
  const last = list.length - 1;
  if (last < 0 || list[last].seq < seq) return { index: list.length, there: false };
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle].seq < seq) low = middle + 1;
    else high = middle;
  }
  return { index: low, there: list[low].seq === seq };
}

/**
 * What to do with an article that arrives, given the one on the page.
 * The same revision comes again when the answer to the composer and the live frame race, and locked or open
 * when rights changed meanwhile.
 * @param {Shape | undefined} known
 * @param {Shape} incoming
 * @returns {"insert" | "swap" | "same" | "stale"}
 */
export function verdict(known, incoming) {
  if (!known) return "insert";
  if (known.gone && !incoming.gone) return "stale";
  if (incoming.rev < known.rev && !incoming.gone) return "stale";
  if (incoming.rev === known.rev && incoming.locked === known.locked && incoming.gone === known.gone) return "same";
  return "swap";
}

/**
 * The reader's own calendar day of a moment, as YYYY-MM-DD.
 * @param {number} at_ms
 * @param {string} [zone]
 */
export function dayOf(at_ms, zone) {
  const parts = formatter(zone).formatToParts(at_ms);
  /** @param {string} type */
  const part = (type) => parts.find((one) => one.type === type)?.value ?? "";
  return `${part("year")}-${part("month")}-${part("day")}`;
}

/** @type {Map<string | undefined, Intl.DateTimeFormat>} */
const formatters = new Map();

/** @param {string | undefined} zone */
function formatter(zone) {
  let found = formatters.get(zone);
  if (!found) {
    found = new Intl.DateTimeFormat("en-u-ca-gregory-nu-latn", {
      timeZone: zone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
    });
    formatters.set(zone, found);
  }
  return found;
}

/**
 * "Today", "Yesterday", "Thursday", "3 March", "3 March 2024".
 * @param {string} day YYYY-MM-DD
 * @param {string} today YYYY-MM-DD
 * @param {{lang: string, today: string, yesterday: string}} say
 */
export function dayName(day, today, say) {
  const date = Date.parse(`${day}T00:00:00Z`);
  const ago = Math.round((Date.parse(`${today}T00:00:00Z`) - date) / 86_400_000);
  if (ago === 0) return say.today;
  if (ago === 1) return say.yesterday;
  /** @type {Intl.DateTimeFormatOptions} */
  const sameYear = day.slice(0, 4) === today.slice(0, 4) ? {} : { year: "numeric" };
  /** @type {Intl.DateTimeFormatOptions} */
  const form = ago > 1 && ago < 7 ? { weekday: "long" } : { day: "numeric", month: "long", ...sameYear };
  return new Intl.DateTimeFormat(say.lang, { ...form, timeZone: "UTC" }).format(date);
}

/**
 * Whether a post goes on under the face of the one before it.
 * @param {Told | undefined} before
 * @param {Told} after
 */
export function goesOn(before, after) {
  if (!before || before.gone || after.gone) return false;
  return before.author === after.author && before.day === after.day && after.at - before.at <= SAME_BREATH_MS;
}

/**
 * How many posts a reader has not seen: those after the read position, without one's own and without traces.
 * @param {Iterable<{seq: number, author: string, gone: boolean}>} list
 * @param {number} read
 * @param {string} account
 */
export function unread(list, read, account) {
  let n = 0;
  for (const one of list) if (one.seq > read && !one.gone && !(account && one.author === account)) n += 1;
  return n;
}

/**
 * Whether enough of a post was on screen: most of it, or as much as the screen holds.
 * @param {{ratio: number, shown_px: number, screen_px: number}} seen
 */
export function isShown({ ratio, shown_px, screen_px }) {
  return ratio >= 0.6 || (screen_px > 0 && shown_px >= 0.6 * screen_px);
}

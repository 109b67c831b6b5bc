/**
 * Names in a text that is being written; pure.
 *
 * @typedef {{kind: string, write: string, name: string, handle: string | null, avatar: string, hue: number,
 *            people: number}} Name
 */

const ASKED = /(?:^|[\s([{"'„“‚‘«*_~|>—–])@([\p{L}\p{M}\p{N}_-]{0,30})$/u;
const WORD = /(?:^|[\s([{"'„“‚‘«*_~|>—–])(@[\p{L}\p{M}\p{N}_-]+)/gu;

/**
 * What is being looked for at the caret: from where the @ stands, and what was typed after it. Null: nothing.
 * @param {string} text @param {number} caret
 * @returns {{from: number, q: string} | null}
 */
export function asked(text, caret) {
  const found = ASKED.exec(text.slice(Math.max(0, caret - 40), caret));
  return found ? { from: caret - found[1].length - 1, q: found[1] } : null;
}

/**
 * The text with a name in place of what was typed.
 * @param {string} text @param {number} from @param {number} caret @param {string} write
 * @returns {import("./markdown-edit.js").Selected}
 */
export function named(text, from, caret, write) {
  const after = text.slice(caret);
  const gap = /^[\s.,;:!?)]/.test(after) ? "" : " ";
  const at = from + write.length + (gap || after.startsWith(" ") ? 1 : 0);
  return { text: text.slice(0, from) + write + gap + after, start: at, end: at };
}

/**
 * How many are told because the text calls groups: never more than everyone. Code is not looked at.
 * @param {string} text @param {Name[]} groups
 */
export function told(text, groups) {
  const bare = text.replace(/```[\s\S]*?(```|$)/g, " ").replace(/`[^`\n]*`/g, " ");
  const called = new Set([...bare.matchAll(WORD)].map(([, word]) => word.toLowerCase().normalize("NFC")));
  const meant = groups.filter(({ write }) => called.has(write));
  const most = groups.find(({ kind }) => kind === "everyone")?.people ?? Infinity;
  return Math.min(
    most,
    meant.reduce((sum, { people }) => sum + people, 0),
  );
}

/** Finding by a few letters; pure. */

/** Without accents and case: "Glasurkuche" finds "Glasurküche". @param {string} text */
export const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/**
 * How well `query` fits `text`: null when its letters do not all come in order; higher is better.
 * Beginnings of words and letters that stand together count most.
 * @param {string} query
 * @param {string} text
 */
export function fit(query, text) {
  const wanted = plain(query).replace(/\s+/g, "");
  const from = plain(text);
  if (wanted === "") return 0;
  const whole = from.indexOf(plain(query).trim());
  let score = whole === 0 ? 60 : whole > 0 ? 30 : 0;
  let at = -1;
  for (const letter of wanted) {
    const next = from.indexOf(letter, at + 1);
    if (next < 0) return null;
    const opens = next === 0 || /[\s@/·.\-–]/.test(from[next - 1]);
    score += (next === at + 1 ? 4 : 0) + (opens ? 6 : 0) - Math.min(3, next - at - 1);
    at = next;
  }
  return score - from.length / 100;
}

/**
 * @template T
 * @param {string} query
 * @param {T[]} items
 * @param {(item: T) => string} name
 * @param {number} most
 * @returns {T[]} the best first; without a query as they came
 */
export function best(query, items, name, most) {
  if (query.trim() === "") return items.slice(0, most);
  const fitting = items.map((item) => ({ item, score: fit(query, name(item)) })).filter(({ score }) => score !== null);
  fitting.sort((a, b) => /** @type {number} */ (b.score) - /** @type {number} */ (a.score));
  return fitting.slice(0, most).map(({ item }) => item);
}

/** The words that scripts show, in the language of the page: printed by the layout as a block of JSON. */

/** @type {Record<string, string>} */
const table = JSON.parse(document.getElementById("words")?.textContent || "{}");

export const lang = document.documentElement.lang || "en";
/** The same language as the reader's own country writes it, for days and times. */
export const region = navigator.languages?.find((one) => one.split("-")[0] === lang.split("-")[0]) ?? lang;
const plural = new Intl.PluralRules(lang);
const number = new Intl.NumberFormat(lang);

/**
 * @param {string} key
 * @param {Record<string, string | number>} [values] for the {holes} of the sentence
 */
export function words(key, values = {}) {
  return (table[key] ?? key).replace(/\{(\w+)\}/g, (hole, name) => {
    const value = values[name];
    return value === undefined ? hole : typeof value === "number" ? number.format(value) : value;
  });
}

/**
 * A sentence with a number in it: its key ends in _one or _other.
 * @param {string} key
 * @param {number} n
 * @param {Record<string, string | number>} [values]
 */
export function counted(key, n, values = {}) {
  const form = `${key}_${plural.select(n)}`;
  return words(form in table ? form : `${key}_other`, { n, ...values });
}

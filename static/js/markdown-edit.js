/**
 * What a Markdown button does to the text; pure.
 *
 * @typedef {{text: string, start: number, end: number}} Selected
 */

/** @type {Record<string, [before: string, after: string]>} */
const AROUND = {
  bold: ["**", "**"],
  italic: ["*", "*"],
  code: ["`", "`"],
  strike: ["~~", "~~"],
  spoiler: ["||", "||"],
};
/** @type {Record<string, string>} */
const LINES = { list: "- ", quote: "> ", heading: "## " };

/**
 * @param {string} kind
 * @param {Selected} selected
 * @param {string} [placeholder] stands where nothing was selected
 * @returns {Selected | null}
 */
export function applied(kind, selected, placeholder = "") {
  if (kind === "link") return linked(selected, placeholder);
  if (kind === "numbers") return perLine(selected, (index) => `${index + 1}. `);
  if (kind === "code" && selected.text.slice(selected.start, selected.end).includes("\n")) return fenced(selected);
  if (AROUND[kind]) return around(selected, AROUND[kind], placeholder);
  if (LINES[kind]) return perLine(selected, () => LINES[kind]);
  return null;
}

/** @param {Selected} selected @param {[string, string]} marks @param {string} placeholder @returns {Selected} */
function around({ text, start, end }, [before, after], placeholder) {
  const inside = text.slice(start, end);
  const isDone = text.slice(start - before.length, start) === before && text.slice(end, end + after.length) === after;
  if (inside && isDone) {
    const undone = text.slice(0, start - before.length) + inside + text.slice(end + after.length);
    return { text: undone, start: start - before.length, end: end - before.length };
  }
  const body = inside || placeholder;
  const from = start + before.length;
  return { text: text.slice(0, start) + before + body + after + text.slice(end), start: from, end: from + body.length };
}

/** @param {Selected} selected @param {(index: number) => string} mark @returns {Selected} */
function perLine({ text, start, end }, mark) {
  const from = text.lastIndexOf("\n", start - 1) + 1;
  const to = text.indexOf("\n", end) < 0 ? text.length : text.indexOf("\n", end);
  const lines = text.slice(from, to).split("\n");
  const isDone = lines.every((line, index) => line.startsWith(mark(index)));
  const changed = lines.map((line, index) => (isDone ? line.slice(mark(index).length) : mark(index) + line)).join("\n");
  const isCaret = start === end;
  const last = from + changed.length;
  return { text: text.slice(0, from) + changed + text.slice(to), start: isCaret ? last : from, end: last };
}

/** @param {Selected} selected @returns {Selected} */
function fenced({ text, start, end }) {
  const before = start > 0 && text[start - 1] !== "\n" ? "\n```\n" : "```\n";
  const body = `${before}${text.slice(start, end)}\n\`\`\`\n`;
  return {
    text: text.slice(0, start) + body + text.slice(end),
    start: start + before.length,
    end: start + before.length + end - start,
  };
}

/** @param {Selected} selected @param {string} placeholder @returns {Selected} */
function linked({ text, start, end }, placeholder) {
  const inside = text.slice(start, end);
  const isAddress = /^https?:\/\/\S+$/.test(inside);
  const label = isAddress ? placeholder : inside || placeholder;
  const address = isAddress ? inside : "https://";
  const body = `[${label}](${address})`;
  const from = isAddress ? start + 1 : start + label.length + 3;
  return {
    text: text.slice(0, start) + body + text.slice(end),
    start: from,
    end: from + (isAddress ? label : address).length,
  };
}

/**
 * Enter in a list goes on with the list; Enter in an empty item ends it. Null where Enter is just Enter.
 * @param {Selected} selected
 * @returns {Selected | null}
 */
export function continued({ text, start, end }) {
  if (start !== end) return null;
  const from = text.lastIndexOf("\n", start - 1) + 1;
  const found = /^(\s*)(?:([-*+])|(\d{1,4})([.)]))\s+(.*)$/.exec(text.slice(from, start));
  if (!found) return null;
  const [, indent, bullet, number, dot, rest] = found;
  if (rest === "") return { text: text.slice(0, from) + text.slice(start), start: from, end: from };
  const next = `\n${indent}${bullet ?? `${Number(number) + 1}${dot}`} `;
  return { text: text.slice(0, start) + next + text.slice(end), start: start + next.length, end: start + next.length };
}

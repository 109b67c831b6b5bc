/** Pieces of the page that the server prints anew: fetched from the page's own address and swapped where they stand. */
import { get } from "./net.js";
import { paint } from "./times.js";

/** @type {Set<string>} */
const asked = new Set();
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/**
 * Ask for some parts; what is asked for within a moment is one request.
 * @param {string[]} selectors
 * @param {number} [spread_ms] what all readers of a room hear at once is not asked for by all of them at once
 */
export function refreshParts(selectors, spread_ms = 0) {
  for (const selector of selectors) asked.add(selector);
  timer ??= setTimeout(swap, 150 + Math.random() * spread_ms);
}

async function swap() {
  timer = undefined;
  const selectors = [...asked];
  asked.clear();
  let page;
  try {
    const answer = await get(location.pathname + location.search);
    page = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    return; // What cannot be fetched now stays as it is; the next change asks again.
  }
  for (const selector of selectors) {
    const old = document.querySelector(selector);
    const fresh = page.querySelector(selector);
    if (old && fresh && !isInUse(old)) replace(old, document.importNode(fresh, true));
  }
}

/** @param {Element} old @param {Element} fresh */
function replace(old, fresh) {
  if (old.outerHTML === fresh.outerHTML) return;
  old.replaceWith(fresh);
  paint(fresh);
  fresh.dispatchEvent(new CustomEvent("channel:part", { bubbles: true }));
}

/** Nothing is taken from under somebody's hands. @param {Element} part */
function isInUse(part) {
  if (part.contains(document.activeElement) && document.activeElement !== document.body) return true;
  if (part.querySelector("details[open], dialog[open], [popover]:popover-open")) return true;
  return [...part.querySelectorAll("textarea")].some((area) => area.value.trim() !== "");
}

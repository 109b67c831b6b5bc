/**
 * The inbox by keyboard and without leaving the page: every form is sent as it is, and its line goes when the server
 * says that it is done. What others do meanwhile is seen when one comes back to the page, or once a minute.
 */
import { announce, isWriting, on, toast } from "./dom.js";
import { post } from "./net.js";
import { refreshParts } from "./parts.js";
import { words } from "./words.js";

const LOOK_AGAIN_MS = 60_000;
const PARTS = ["#inbox", "#inbox-heads", ".studio-nav"];

/** @returns {HTMLElement[]} */
const lines = () => [...document.querySelectorAll("[data-item]")].map((one) => /** @type {HTMLElement} */ (one));

/** The line that the keyboard is at, or the first one. */
function here() {
  const at = /** @type {HTMLElement | null} */ (document.activeElement?.closest("[data-item]"));
  return at ?? lines()[0] ?? null;
}

/** The line to which the keyboard returns once it is printed anew. */
let returning = "";

function comeBack() {
  if (!returning) return;
  document.getElementById(returning)?.focus({ preventScroll: true });
  returning = "";
}

/** @param {HTMLElement} line @param {boolean} stays @param {boolean} byHand the keyboard was in it */
function settle(line, stays, byHand) {
  if (stays) {
    // Printed anew, which nothing is that somebody is at.
    for (const open of line.querySelectorAll("details[open]")) /** @type {HTMLDetailsElement} */ (open).open = false;
    /** @type {HTMLElement | null} */ (document.activeElement)?.blur();
    if (byHand) returning = line.id;
  } else {
    const all = lines();
    const next = all[all.indexOf(line) + 1] ?? all[all.indexOf(line) - 1];
    line.remove();
    if (byHand) next?.focus();
  }
  refreshParts(stays || lines().length === 0 ? PARTS : PARTS.slice(1));
}

/** @param {HTMLFormElement} form @param {HTMLElement | null} button */
async function send(form, button) {
  const line = /** @type {HTMLElement | null} */ (form.closest("[data-item]"));
  if (!line || form.dataset.sending) return;
  form.dataset.sending = "1";
  const fields = new URLSearchParams(/** @type {any} */ (new FormData(form, button)));
  try {
    const answer = await post(form.action, fields, { fragment: true });
    const { said, stays } = await answer.json();
    toast(said, { kind: "good" });
    announce(said);
    settle(line, stays, line.contains(document.activeElement) || document.activeElement === document.body);
  } catch (error) {
    toast(words("failed", { why: /** @type {Error} */ (error).message }), { kind: "bad" });
  } finally {
    delete form.dataset.sending;
  }
}

/** The sender's clock, so that "tomorrow morning" is theirs. */
function clocks() {
  const offset = String(new Date().getTimezoneOffset());
  for (const field of document.querySelectorAll("[data-offset]"))
    /** @type {HTMLInputElement} */ (field).value = offset;
  for (const hint of document.querySelectorAll("[data-utc]")) /** @type {HTMLElement} */ (hint).hidden = true;
}

/** @param {string} selector @param {string} then what gets the focus inside */
function open(selector, then) {
  const drop = /** @type {HTMLDetailsElement | null | undefined} */ (here()?.querySelector(selector));
  if (!drop) return;
  if (drop instanceof HTMLAnchorElement) return drop.click();
  drop.open = true;
  /** @type {HTMLElement | null} */ (drop.querySelector(then))?.focus();
}

/** @type {Record<string, () => void>} */
const KEYS = {
  e: () => /** @type {HTMLFormElement | null | undefined} */ (here()?.querySelector("form[data-done]"))?.requestSubmit(),
  h: () => open("[data-later-drop]", ".menu button"),
  a: () => open("[data-assign-drop]", ".menu button"),
  r: () => open("[data-reply]", "textarea"),
  o: () => /** @type {HTMLElement | null | undefined} */ (here()?.querySelector("[data-open], a[data-reply]"))?.click(),
};

/** @param {KeyboardEvent} event */
function pressed(event) {
  const area = event.target instanceof HTMLTextAreaElement ? event.target : null;
  if (area && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    return area.form?.requestSubmit(area.form.querySelector("button[value=reply]"));
  }
  if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return undefined;
  if (document.querySelector("dialog[open], [popover]:popover-open") || !KEYS[event.key]) return undefined;
  event.preventDefault(); // Before the keys of every page, one of which is another answer.
  return KEYS[event.key]();
}

const again = () => {
  if (document.visibilityState === "visible") refreshParts(PARTS);
};

export function inbox() {
  clocks();
  document.addEventListener("channel:part", clocks);
  document.addEventListener("channel:part", comeBack);
  document.addEventListener("keydown", pressed, { capture: true });
  // Before the guard against sending twice, which takes the page to be left.
  const first = { capture: true };
  on(
    document,
    "submit",
    "form[data-act]",
    (event, form) => {
      if (event.submitter?.value === "insert" || !form.closest("[data-item]")) return;
      event.preventDefault();
      send(/** @type {HTMLFormElement} */ (form), event.submitter);
    },
    first,
  );
  document.addEventListener("visibilitychange", again);
  setInterval(again, LOOK_AGAIN_MS);
}

/** The keyboard. Single keys are off while somebody writes or a dialog is open; `?` lists them all. */
import { calm, isWriting, on, toast } from "./dom.js";
import { words } from "./words.js";

const SECOND_KEY_MS = 1500;

const showKeys = () => import("./keys-list.js").then((list) => list.showKeys());
const palette = () => import("./palette.js").then(({ openPalette }) => openPalette());

/** @returns {HTMLElement[]} what j and k walk through on this page */
function stops() {
  return [...document.querySelectorAll("channel-feed article.post[data-id], main .room-row, main [data-stop]")].map(
    (one) => /** @type {HTMLElement} */ (one),
  );
}

/** @param {number} by */
function walk(by) {
  const all = stops();
  if (all.length === 0) return;
  const now = all.findIndex((one) => one.contains(document.activeElement));
  const feed = document.querySelector("channel-feed");
  const seen =
    feed && now < 0
      ? all.findIndex((one) => one.getBoundingClientRect().bottom > innerHeight * 0.2) - (by > 0 ? 1 : 0)
      : now;
  const next = all[Math.max(0, Math.min(all.length - 1, seen + by))];
  if (!next.matches("a")) next.tabIndex = -1;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "center", behavior: calm() ? "instant" : "smooth" });
}

function nextUnread() {
  const line = /** @type {HTMLElement | null} */ (document.querySelector("channel-feed .unread-line"));
  const below = line && line.getBoundingClientRect().top > innerHeight;
  const button = /** @type {HTMLElement | null} */ (document.querySelector("[data-to-newest]:not([hidden])"));
  if (below || button) return button?.click();
  const onward = [
    "a.topic-row.unread:not([aria-current])",
    ".rooms a.room-row.unread:not([aria-current], .topic-row)",
    "a.room-row.unread:not([aria-current])",
  ];
  for (const kind of onward) {
    const row = /** @type {HTMLAnchorElement | null} */ (document.querySelector(kind));
    if (row) return row.click();
  }
  return toast(words("no_more_unread"));
}

function write() {
  const area = /** @type {HTMLElement | null} */ (document.querySelector("form[data-composer] textarea"));
  return area ? area.focus() : studio();
}

function studio() {
  const handle = /** @type {HTMLElement | null} */ (document.querySelector("[data-handle][data-can]"))?.dataset.handle;
  const link = /** @type {HTMLAnchorElement | null} */ (document.querySelector("a[href^='/studio/']"));
  if (link) location.assign(link.href.replace(/(\/studio\/[^/?#]+).*/, "$1"));
  else if (handle) location.assign(`/studio/${handle}`);
}

function react() {
  const article = /** @type {HTMLElement | null} */ (document.activeElement?.closest("article.post"));
  const summary = /** @type {HTMLElement | null} */ (article?.querySelector("details.react > summary"));
  summary?.click();
  /** @type {HTMLElement | null} */ (article?.querySelector("details.react[open] .offered button"))?.focus();
}

function search() {
  const field = /** @type {HTMLInputElement | null} */ (
    document.querySelector("main input[type=search], input[type=search]")
  );
  const way = /** @type {HTMLAnchorElement | null} */ (document.querySelector("a[data-search]"));
  if (!field && way) return location.assign(way.href);
  if (!field) return palette();
  field.focus();
  return field.select();
}

/** Open the answer of the question that j and k came to, or of the first one. */
function answer() {
  const all = /** @type {HTMLDetailsElement[]} */ ([...document.querySelectorAll("[data-answering]")]);
  const here = document.activeElement?.closest("[data-stop]");
  const one = all.find((each) => here?.contains(each)) ?? all[0];
  if (!one) return;
  one.open = true;
  one.querySelector("textarea")?.focus();
}

/** @type {Record<string, () => void>} */
const KEYS = {
  j: () => walk(1),
  k: () => walk(-1),
  n: nextUnread,
  c: write,
  r: react,
  a: answer,
  "/": search,
  "?": showKeys,
  "g h": () => location.assign("/"),
  "g s": studio,
  "g a": () => location.assign("/account"),
  End: () => /** @type {HTMLElement | null} */ (document.querySelector("[data-to-newest]"))?.click(),
};

let first = "";
let firstAt = 0;

/** @param {KeyboardEvent} event */
function pressed(event) {
  if (event.defaultPrevented || event.isComposing) return;
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    palette();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const isBusy = document.querySelector("dialog[open], [popover]:popover-open") !== null;
  if (event.key === "Escape" && isWriting(event.target) && !isBusy)
    return /** @type {HTMLElement} */ (event.target).blur();
  if (isWriting(event.target) || isBusy) return;
  const pair = event.timeStamp - firstAt < SECOND_KEY_MS ? `${first} ${event.key}` : "";
  const act = KEYS[pair] ?? KEYS[event.key];
  first = event.key;
  firstAt = event.timeStamp;
  if (!act || (event.key === "End" && !document.querySelector("[data-to-newest]"))) return;
  event.preventDefault();
  act();
}

export function keys() {
  document.addEventListener("keydown", pressed);
  on(document, "click", "[data-keys]", showKeys);
}

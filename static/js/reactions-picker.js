/** All emoji, to search and to choose from. Loaded when it is first asked for, with its words and its data. */
import Picker from "../vendor/emoji-picker-element/picker.js";
import { el, icon } from "./dom.js";
import { lang, words } from "./words.js";

const OWN_WITHIN_MS = 4_000; // then the picker opens without them
const DATA = new URL("../vendor/emoji-picker-element/data/", import.meta.url);
// Its data writes a mark for colour behind emoji that are coloured anyway; the server and the chips do not.
const PLAIN = /(\p{Emoji_Presentation})\uFE0F/gu;
// Skin tones are folded into one count, so none are offered, and the search has their place.
const FOLDED = ".skintone-button-wrapper, .skintone-list { display: none } .search-row { padding-inline: 12px }";

/** Its looks, once. */
function dress() {
  const href = new URL("../css/picker.css", import.meta.url).href;
  if (!document.querySelector(`link[href="${href}"]`)) document.head.append(el("link", { rel: "stylesheet", href }));
}

/** What the community has of its own; without it the picker is what it is elsewhere. @param {string} handle */
async function own(handle) {
  try {
    const answer = await fetch(`/api/v1/communities/${handle}/emoji`, { signal: AbortSignal.timeout(OWN_WITHIN_MS) });
    return answer.ok ? ((await answer.json()).items ?? []) : [];
  } catch {
    return [];
  }
}

/** @param {string} handle @param {string} title of the community @returns {Promise<HTMLElement>} */
async function made(handle, title) {
  const locale = lang.startsWith("de") ? "de" : "en";
  const i18n = locale === "de" ? { i18n: (await import("../vendor/emoji-picker-element/de.js")).default } : {};
  const picker = new Picker({ locale, dataSource: new URL(`${locale}.json`, DATA).href, ...i18n });
  const custom = (await own(handle)).map((/** @type {any} */ one) => ({ name: one.emoji, shortcodes: [one.name], url: one.url, category: title }));
  if (custom.length) picker.customEmoji = custom;
  picker.classList.add("picker");
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(FOLDED);
  picker.shadowRoot?.adoptedStyleSheets.push(sheet);
  return picker;
}

/**
 * Ask for one emoji, also of those that are the community's own.
 * @param {DOMStringMap} where what the page says of the room: `handle`, and `community`, which is its name
 * @returns {Promise<{emoji: string, picture?: string}>} "" when none was chosen
 */
export async function pick({ handle = "", community = "" }) {
  dress();
  /** @type {{emoji: string, picture?: string}} */
  let chosen = { emoji: "" };
  const picker = await made(handle, community);
  const close = el("button", { class: "round", "aria-label": words("close"), value: "" }, icon("close"));
  const head = el("form", { method: "dialog", class: "dialog-head" }, el("h2", { id: "picker-title" }, words("react")), close);
  const dialog = /** @type {HTMLDialogElement} */ (
    el("dialog", { class: "dialog picker-dialog", "aria-labelledby": "picker-title" }, head, picker)
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    picker.addEventListener("emoji-click", (event) => {
      const { emoji } = /** @type {CustomEvent} */ (event).detail; // without the skin tone, which the server folds
      chosen = emoji.url ? { emoji: emoji.name, picture: emoji.url } : { emoji: emoji.unicode.replace(PLAIN, "$1") };
      dialog.close();
    });
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(chosen);
    });
  });
}

/** All emoji, to search and to choose from. Loaded when it is first asked for, with its words and its data. */
import Picker from "../vendor/emoji-picker-element/picker.js";
import { el, icon } from "./dom.js";
import { lang, words } from "./words.js";

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

/** @returns {Promise<HTMLElement>} */
async function made() {
  const locale = lang.startsWith("de") ? "de" : "en";
  const i18n = locale === "de" ? { i18n: (await import("../vendor/emoji-picker-element/de.js")).default } : {};
  const picker = new Picker({ locale, dataSource: new URL(`${locale}.json`, DATA).href, ...i18n });
  picker.classList.add("picker");
  const own = new CSSStyleSheet();
  own.replaceSync(FOLDED);
  picker.shadowRoot?.adoptedStyleSheets.push(own);
  return picker;
}

/** Ask for one emoji. @returns {Promise<string>} "" when none was chosen */
export async function pick() {
  dress();
  const picker = await made();
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
      dialog.returnValue = emoji.unicode.replace(PLAIN, "$1");
      dialog.close(dialog.returnValue);
    });
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close(""));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue);
    });
  });
}

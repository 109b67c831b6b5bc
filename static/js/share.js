/** Sharing: [data-share="address"], by the device's own sheet where there is one, else by copying. */
import { copy } from "./copy.js";
import { on } from "./dom.js";

export function shares() {
  on(document, "click", "[data-share]", (event, button) => {
    event.preventDefault();
    const url = new URL(button.dataset.share || location.href, location.href).href;
    const title = button.dataset.shareTitle ?? document.title;
    if (!("share" in navigator)) return copy(url);
    return navigator.share({ url, title }).catch((/** @type {DOMException} */ error) => {
      if (error.name !== "AbortError") copy(url);
    });
  });
}

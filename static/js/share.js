/** Sharing: [data-share="address"], by the device's own sheet where there is one, else by the link or by copying. */
import { copy } from "./copy.js";
import { on } from "./dom.js";

export function shares() {
  on(document, "click", "[data-share]", (event, button) => {
    const able = "share" in navigator;
    if (!able && button.matches("a")) return; // to the page with every other way
    event.preventDefault();
    const url = new URL(button.dataset.share || location.href, location.href).href;
    const title = button.dataset.shareTitle ?? document.title;
    if (!able) return copy(url);
    return navigator.share({ url, title }).catch((/** @type {DOMException} */ error) => {
      if (error.name !== "AbortError") copy(url);
    });
  });
}

/** A picture of one's own is shown as it will be cut, before it is sent. Only the account and the settings load this. */
import { el } from "./dom.js";

/** @param {HTMLFormElement} form */
function previewed(form) {
  const windowed = /** @type {HTMLElement} */ (form.querySelector(".look-window"));
  const input = /** @type {HTMLInputElement} */ (form.querySelector("input[type=file]"));
  const cut = /** @type {HTMLDetailsElement} */ (form.querySelector("details"));
  const before = [...windowed.childNodes];
  /** @type {HTMLImageElement | null} */
  let image = null;

  const placed = () => {
    if (!image) return;
    const at = (/** @type {string} */ name) => Number(/** @type {HTMLInputElement} */ (form.elements.namedItem(name)).value);
    const place = `${at("x")}% ${at("y")}%`;
    Object.assign(image.style, { objectPosition: place, transformOrigin: place, scale: String(at("zoom") / 100) });
  };
  const chosen = () => {
    if (image) URL.revokeObjectURL(image.src);
    image = null;
    const [file] = input.files ?? [];
    windowed.replaceChildren(...before);
    if (!file) return;
    const fresh = /** @type {HTMLImageElement} */ (el("img", { alt: "", src: URL.createObjectURL(file) }));
    // A browser may not know the format that the server does: then the old picture stays, and the sliders count.
    fresh.addEventListener("load", () => {
      image = fresh;
      windowed.replaceChildren(fresh);
      cut.open = true;
      placed();
    });
  };
  input.addEventListener("change", chosen);
  form.addEventListener("input", placed);
}

for (const form of document.querySelectorAll("form[data-look]")) previewed(/** @type {HTMLFormElement} */ (form));

/** The picture on the locked card: sent as soon as it is chosen, and shown beside its switches. */
import { announce, el, icon } from "./dom.js";
import { medium } from "./media-made.js";
import { giveUp, upload } from "./upload.js";
import { words } from "./words.js";

/** @param {import("./composer.js").Composer} composer @param {import("./composer-media.js").Attaching} media */
export function teaser(composer, media) {
  const { form } = composer;
  const box = /** @type {HTMLElement} */ (form.querySelector("[data-teased]"));
  const file = /** @type {HTMLInputElement} */ (box.querySelector("[data-teaser-file]"));
  const off = /** @type {HTMLButtonElement} */ (box.querySelector("[data-unteaser]"));
  const held = /** @type {HTMLInputElement} */ (form.elements.namedItem("teaser_picture"));
  const thumb = /** @type {HTMLElement} */ (box.querySelector("[data-teaser-thumb]"));
  let life = new AbortController();
  let address = "";

  const clear = () => {
    life.abort();
    if (address && !held.value) giveUp(address);
    address = "";
    held.value = "";
    file.value = "";
    off.hidden = true;
    thumb.replaceChildren(icon("image"));
    for (const one of box.querySelectorAll("[type=checkbox]")) /** @type {HTMLInputElement} */ (one).checked = false;
    box.querySelector(".problem")?.remove();
  };
  /** What an earlier visit chose. @param {string} id */
  const show = async (id) => {
    off.hidden = false;
    const smallest = (await medium(id)).variants?.find((/** @type {any} */ one) => one.width && one.format === "webp");
    if (smallest && held.value === id) thumb.replaceChildren(el("img", { src: smallest.url, alt: "" }));
  };
  /** @param {File} chosen */
  const take = async (chosen) => {
    clear();
    life = new AbortController();
    const shown = /** @type {HTMLImageElement} */ (el("img", { src: URL.createObjectURL(chosen), alt: "" }));
    shown.addEventListener("load", () => URL.revokeObjectURL(shown.src));
    thumb.replaceChildren(shown);
    off.hidden = false;
    try {
      held.value = await upload(chosen, box.dataset.teased ?? "", {
        signal: life.signal,
        begun: (at) => {
          address = at;
        },
      });
      announce(words("attached", { name: chosen.name }));
      composer.typed();
    } catch (error) {
      if (life.signal.aborted) return;
      const why = error instanceof Error ? error.message : String(error);
      clear();
      box.append(el("span", { class: "problem", role: "alert" }, words("not_sent", { why })));
    }
  };
  file.removeAttribute("name"); // it is sent by itself
  file.addEventListener("change", () => {
    const chosen = file.files?.[0];
    if (!chosen) return;
    const work = take(chosen).finally(() => media.waiting.delete(work));
    media.waiting.add(work);
  });
  off.addEventListener("click", (event) => {
    event.preventDefault();
    clear();
    composer.typed();
  });
  media.teaser = { clear };
  media.ready.then(() => held.value && !thumb.querySelector("img") && show(held.value));
}

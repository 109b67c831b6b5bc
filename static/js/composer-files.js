/** Files are taken by the button, by paste and by drop; what does it is loaded with the first one. */
import { el, icon } from "./dom.js";
import { words } from "./words.js";

/** @param {import("./composer.js").Composer} composer */
export function files(composer) {
  const { form, signal } = composer;
  const input = /** @type {HTMLInputElement} */ (el("input", { type: "file", multiple: true, hidden: true }));
  form.after(input);
  signal.addEventListener("abort", () => input.remove());
  const known = form.querySelector("[data-choose]"); // where it would move what is there already
  const open = known ?? el("button", { type: "button", class: "round", "aria-label": words("attach") }, icon("image"));
  if (!known) form.prepend(open);
  open.addEventListener("click", () => input.click(), { signal });
  /** @param {File[]} chosen */
  const take = async (chosen) => {
    const { Attaching } = await import("./composer-media.js");
    composer.media ??= new Attaching(composer);
    composer.media.add(chosen);
  };
  /** @param {any} event */
  const held = (event) => {
    const dropped = [...((event.clipboardData ?? event.dataTransfer)?.files ?? [])];
    if (dropped.length) event.preventDefault(), take(dropped);
  };
  input.addEventListener("change", () => (take([...(input.files ?? [])]), (input.value = "")));
  composer.area.addEventListener("paste", held, { signal });
  form.addEventListener("dragover", (event) => event.preventDefault(), { signal });
  form.addEventListener("drop", held, { signal });
  if (form.querySelector("[data-attached] li")) take([]);
}

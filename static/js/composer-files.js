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
  const button = (/** @type {string} */ name, /** @type {string} */ sign, look = "") =>
    el("button", { type: "button", class: `round ${look}`, "aria-label": words(name) }, icon(sign));
  const open = known ?? button("attach", "image");
  const speak = form.querySelector("[data-record]") ?? button("record", "mic", "speak");
  if (!known) {
    form.prepend(open);
    form.querySelector(".send")?.before(speak);
  }
  open.addEventListener("click", () => input.click(), { signal });
  const account = composer.feed?.about.account || form.dataset.account || "me";
  const remembered = `channel.uploads.${account}.${form.dataset.room || form.getAttribute("action")}#`;
  /** @param {File[]} chosen */
  const take = async (chosen) => {
    const { Attaching } = await import("./composer-media.js");
    composer.media ??= new Attaching(composer, remembered);
    composer.media.add(chosen);
    return composer.media;
  };
  /** @param {any} event */
  const held = (event) => {
    const dropped = [...((event.clipboardData ?? event.dataTransfer)?.files ?? [])];
    if (dropped.length) event.preventDefault(), take(dropped);
  };
  composer.take = take;
  const speaks = () => import("./recorder.js").then(({ record }) => record(composer, take));
  speak.addEventListener("click", speaks, { signal });
  input.addEventListener("change", () => (take([...(input.files ?? [])]), (input.value = "")));
  composer.area.addEventListener("paste", held, { signal });
  form.addEventListener("dragover", (event) => event.preventDefault(), { signal });
  form.addEventListener("drop", held, { signal });
  const isBegun = form.querySelector("[data-attached] li, [data-teased]");
  form.toggleAttribute("data-takes", true);
  if (isBegun || Object.keys(localStorage).some((one) => one.startsWith(remembered))) take([]);
}

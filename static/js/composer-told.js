/** Who is told of what is being written: asked for the room that is chosen, when somebody wants to know. */
import { parse } from "./dom.js";
import { get } from "./net.js";

/** @param {HTMLFormElement} form */
export function told(form) {
  const part = /** @type {HTMLDetailsElement | null} */ (form.querySelector("[data-telling]"));
  const room = /** @type {HTMLSelectElement | null} */ (form.querySelector("select[name=room]"));
  if (!part) return;
  const ask = async () => {
    const lines = part.querySelector("[role=status]");
    const asked = room?.value ?? "";
    if (!part.open || !lines) return;
    try {
      const answer = await get(`${part.dataset.telling}?room=${encodeURIComponent(asked)}`, { fragment: true });
      if (asked === (room?.value ?? "")) lines.replaceChildren(parse(await answer.text()));
    } catch {
      // The link that stands there leads to the same.
    }
  };
  part.addEventListener("toggle", ask);
  room?.addEventListener("change", ask);
}

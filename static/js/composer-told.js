/** Who is told of what is being written: asked for the room and the readers that are chosen, when
 * somebody wants to know. */
import { parse } from "./dom.js";
import { get } from "./net.js";

/** @param {HTMLFormElement} form */
export function told(form) {
  const part = /** @type {HTMLDetailsElement | null} */ (form.querySelector("[data-telling]"));
  const room = /** @type {HTMLSelectElement | null} */ (form.querySelector("select[name=room]"));
  const rank = /** @type {HTMLSelectElement | null} */ (form.querySelector("select[name=min_rank]"));
  if (!part) return;
  const wanted = () => new URLSearchParams({ room: room?.value ?? "", min_rank: rank?.value ?? "" }).toString();
  const ask = async () => {
    const lines = part.querySelector("[role=status]");
    const asked = wanted();
    if (!part.open || !lines) return;
    try {
      const answer = await get(`${part.dataset.telling}?${asked}`, { fragment: true });
      if (asked === wanted()) lines.replaceChildren(parse(await answer.text()));
    } catch {
      // The link that stands there leads to the same.
    }
  };
  part.addEventListener("toggle", ask);
  room?.addEventListener("change", ask);
  rank?.addEventListener("change", ask);
}

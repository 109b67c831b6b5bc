/** The point of a picture that stays in sight: chosen by a click, shown as a ring; the fields beside it hold it. */

export function focal() {
  const box = /** @type {HTMLElement} */ (document.querySelector("[data-focal]")); // around the picture
  const [x, y] = ["x", "y"].map((name) => /** @type {HTMLInputElement | null} */ (document.getElementById(`f-${name}`)));
  const spot = /** @type {HTMLElement} */ (box.querySelector("[data-spot]"));
  if (!x || !y) return;
  const show = () => {
    spot.style.insetInlineStart = `${Number(x.value) || 0}%`;
    spot.style.insetBlockStart = `${Number(y.value) || 0}%`;
    spot.hidden = false;
  };
  box.addEventListener("click", (event) => {
    const place = box.getBoundingClientRect();
    const percent = (/** @type {number} */ at, /** @type {number} */ size) =>
      String(Math.max(0, Math.min(100, Math.round((at / size) * 100))));
    x.value = percent(event.clientX - place.left, place.width);
    y.value = percent(event.clientY - place.top, place.height);
    show();
  });
  for (const field of [x, y]) field.addEventListener("input", show);
  box.toggleAttribute("data-alive", true);
  show();
}

/** Lines that are dragged into another order, by mouse, pen or finger, on the part of them that is marked data-grip. */

const BEGINS_PX = 5;

/**
 * Neighbours step aside while one is dragged: the one that is held is never taken out of the page, or it would be let go.
 * @param {HTMLElement} list
 * @param {(line: HTMLElement) => void} moved when it is let go in another place
 */
export function reorder(list, moved) {
  list.addEventListener("pointerdown", (event) => {
    const grip = event.target instanceof Element ? event.target.closest("[data-grip]") : null;
    const line = /** @type {HTMLElement | null} */ (grip?.closest("li"));
    if (!grip || !line || event.button !== 0 || list.children.length < 2) return;
    event.preventDefault();
    drag(list, line, grip, event, moved);
  });
}

/**
 * @param {HTMLElement} list
 * @param {HTMLElement} line
 * @param {Element} grip
 * @param {PointerEvent} began
 * @param {(line: HTMLElement) => void} moved
 */
function drag(list, line, grip, began, moved) {
  const life = new AbortController();
  const before = [...list.children];
  let from = began.clientY; // where the line would lie untouched under the pointer
  grip.setPointerCapture(began.pointerId);

  const follow = (/** @type {PointerEvent} */ event) => {
    const by = event.clientY - from;
    if (!line.hasAttribute("data-dragged") && Math.abs(by) < BEGINS_PX) return;
    line.setAttribute("data-dragged", "");
    line.style.translate = `0 ${by}px`;
    const next = by > 0 ? line.nextElementSibling : line.previousElementSibling;
    if (!next || Math.abs(by) < next.getBoundingClientRect().height / 2) return;
    const lay = line.offsetTop;
    if (by > 0) line.before(next);
    else line.after(next);
    from += line.offsetTop - lay;
    line.style.translate = `0 ${event.clientY - from}px`;
  };
  const end = (/** @type {Event} */ event) => {
    life.abort();
    line.removeAttribute("data-dragged");
    line.style.translate = "";
    if (event.type !== "pointerup") list.append(...before.filter((one) => one.isConnected));
    else if (before.some((one, at) => list.children[at] !== one)) moved(line);
  };
  const { signal } = life;
  grip.addEventListener("pointermove", /** @type {EventListener} */ (follow), { signal });
  grip.addEventListener("pointerup", end, { signal });
  grip.addEventListener("pointercancel", end, { signal });
  addEventListener("keydown", (event) => event.key === "Escape" && end(event), { signal });
}

/** A handful of paper for a right answer. Who asked for less motion never loads this. */
import { el } from "./dom.js";

const PIECES = 28;
const LIFE_MS = 1400;

/** @param {HTMLElement} over */
export function confetti(over) {
  const { left, top, width } = over.getBoundingClientRect();
  const sheet = el("div", { class: "confetti", "aria-hidden": "true" });
  for (let n = 0; n < PIECES; n += 1) {
    const piece = el("i", {});
    piece.style.left = `${left + width / 2}px`;
    piece.style.top = `${top + 24}px`;
    piece.style.backgroundColor = `oklch(0.72 0.16 ${(n * 137) % 360})`;
    sheet.append(piece);
    fly(piece, width);
  }
  document.body.append(sheet);
  setTimeout(() => sheet.remove(), LIFE_MS + 100);
}

/** @param {HTMLElement} piece @param {number} width */
function fly(piece, width) {
  const side = (Math.random() - 0.5) * width;
  const up = -60 - Math.random() * 120;
  const turn = Math.random() * 720 - 360;
  piece.animate(
    [
      { transform: "none", opacity: 1 },
      { transform: `translate(${side * 0.7}px, ${up}px) rotate(${turn / 2}deg)`, opacity: 1, offset: 0.35 },
      { transform: `translate(${side}px, ${up + 260}px) rotate(${turn}deg)`, opacity: 0 },
    ],
    { duration: LIFE_MS, easing: "cubic-bezier(0.2, 0.7, 0.4, 1)", fill: "forwards" },
  );
}

/** Copying: [data-copy="text"], or the text of the element it names by [data-copy-from="#id"]. */
import { on, toast } from "./dom.js";
import { words } from "./words.js";

/** @param {string} text @param {string} said */
export async function copy(text, said = words("copied")) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    if (!byHand(text)) return toast(words("copy_failed"), { kind: "bad" });
  }
  return toast(said, { kind: "good" });
}

/** Plain http has no clipboard; a selected field has. @param {string} text */
function byHand(text) {
  const area = document.createElement("textarea");
  const had = /** @type {HTMLElement | null} */ (document.activeElement);
  area.value = text;
  area.className = "visually-hidden";
  document.body.append(area);
  area.select();
  const isDone = document.execCommand("copy");
  area.remove();
  had?.focus();
  return isDone;
}

export function copies() {
  on(document, "click", "[data-copy], [data-copy-from]", (event, button) => {
    event.preventDefault();
    const from = button.dataset.copyFrom ? document.querySelector(button.dataset.copyFrom) : null;
    const text = from
      ? "value" in from
        ? String(from.value)
        : (from.textContent ?? "").trim()
      : (button.dataset.copy ?? "");
    copy(text);
  });
}

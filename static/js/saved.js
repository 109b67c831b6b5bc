/** Saved answers: choosing one puts it behind what is written. Without it a button does. */
import { on } from "./dom.js";

/** @param {HTMLSelectElement} choice */
function insert(choice) {
  const area = /** @type {HTMLTextAreaElement | null} */ (choice.form?.querySelector("textarea"));
  const text = choice.selectedOptions[0]?.dataset.text ?? "";
  choice.selectedIndex = 0;
  if (!area || !text) return;
  const typed = area.value.trimEnd();
  area.value = typed ? `${typed}\n\n${text}` : text;
  area.dispatchEvent(new Event("input", { bubbles: true }));
  area.focus();
  area.setSelectionRange(area.value.length, area.value.length);
}

const hideButtons = () => {
  for (const button of document.querySelectorAll("[data-insert]")) /** @type {HTMLElement} */ (button).hidden = true;
};

export function saved() {
  hideButtons();
  document.addEventListener("channel:part", hideButtons);
  on(document, "change", "[data-saved]", (_, choice) => insert(/** @type {HTMLSelectElement} */ (choice)));
}

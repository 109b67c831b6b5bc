/**
 * Where this browser is, for forms about hours: hidden fields are filled; a list in which nothing was chosen yet proposes it
 * and says so, and only its button keeps it.
 */
const here = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";

/** @param {HTMLSelectElement} list */
function propose(list) {
  if (list.value === here || ![...list.options].some((option) => option.value === here)) return;
  list.value = here;
  const hint = list.closest(".field")?.querySelector(".hint");
  if (hint) hint.textContent = list.dataset.zone ?? "";
}

for (const field of document.querySelectorAll("[data-zone]")) {
  if (field instanceof HTMLSelectElement) propose(field);
  else if (field instanceof HTMLInputElement) field.value = here;
}

/** Small help for plain forms: no double sending, the focus on what is wrong, filters that apply themselves, selections. */
import { on } from "./dom.js";
import { counted } from "./words.js";

const UNLOCK_MS = 8000;

/** A second press while the first is on its way does nothing; the keys of the forms would catch it, this spares the wait. */
function once() {
  document.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (event.defaultPrevented || form.method !== "post" || form.target) return;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "1";
    form.setAttribute("aria-busy", "true");
    // An answer that is a file leaves the page where it is; so does a page that comes back from the cache.
    setTimeout(() => release(form), UNLOCK_MS);
    return undefined;
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) for (const form of document.forms) release(form);
  });
}

/** @param {HTMLFormElement} form */
function release(form) {
  delete form.dataset.sent;
  form.removeAttribute("aria-busy");
}

function showProblem() {
  const summary = /** @type {HTMLElement | null} */ (document.querySelector(".problems"));
  const wrong = /** @type {HTMLElement | null} */ (document.querySelector("[aria-invalid=true]"));
  if (!summary && !wrong) return;
  const first = wrong?.matches("fieldset") ? /** @type {HTMLElement | null} */ (wrong.querySelector("input")) : wrong;
  (first ?? summary)?.focus();
}

function autosubmit() {
  on(document, "change", "[data-autosubmit]", (_, field) =>
    /** @type {HTMLInputElement} */ (field).form?.requestSubmit(),
  );
  for (const button of document.querySelectorAll("[data-autosubmit-button]"))
    /** @type {HTMLElement} */ (button).hidden = true;
}

/** [data-bulk]: a form with checkboxes, a bar ([data-bulk-bar]) that shows while something is chosen, one box for all. */
function bulk() {
  for (const form of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-bulk]"))) {
    const boxes = () =>
      /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll("input[type=checkbox][name=ids]")]);
    const all = /** @type {HTMLInputElement | null} */ (form.querySelector("[data-bulk-all]"));
    const update = () => {
      const chosen = boxes().filter((box) => box.checked).length;
      for (const bar of form.querySelectorAll("[data-bulk-bar]"))
        /** @type {HTMLElement} */ (bar).hidden = chosen === 0;
      for (const count of form.querySelectorAll("[data-bulk-count]")) count.textContent = counted("chosen", chosen);
      if (!all) return;
      all.checked = chosen > 0 && chosen === boxes().length;
      all.indeterminate = chosen > 0 && !all.checked;
    };
    form.addEventListener("change", (event) => {
      if (event.target === all && all) for (const box of boxes()) box.checked = all.checked;
      update();
    });
    update();
  }
}

/** [data-typed-confirm="word"]: the button below works once the word stands there. */
function typedConfirm() {
  /** @param {HTMLInputElement} field */
  const update = (field) => {
    const isRight = field.value.trim().replace(/^@/, "") === (field.dataset.typedConfirm ?? "").replace(/^@/, "");
    for (const button of field.form?.querySelectorAll("button:not([type=button])") ?? []) {
      /** @type {HTMLButtonElement} */ (button).disabled = !isRight;
    }
  };
  on(document, "input", "[data-typed-confirm]", (_, field) => update(/** @type {HTMLInputElement} */ (field)));
  for (const field of document.querySelectorAll("[data-typed-confirm]"))
    update(/** @type {HTMLInputElement} */ (field));
}

/** [data-dialog="id"] opens a <dialog>; [data-close] inside closes it; so does a press beside it. */
function dialogs() {
  on(document, "click", "[data-dialog]", (event, button) => {
    const dialog = document.getElementById(button.dataset.dialog ?? "");
    if (!(dialog instanceof HTMLDialogElement)) return;
    event.preventDefault();
    dialog.showModal();
  });
  on(document, "click", "[data-close]", (_, button) => button.closest("dialog")?.close());
  on(document, "click", "dialog", (event, dialog) => {
    if (event.target === dialog) /** @type {HTMLDialogElement} */ (dialog).close();
  });
}

export function forms() {
  once();
  showProblem();
  autosubmit();
  bulk();
  typedConfirm();
  dialogs();
}

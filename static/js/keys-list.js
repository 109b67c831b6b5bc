/** All keys, in a dialog. Loaded when it is first asked for. */
import { el, icon } from "./dom.js";
import { words } from "./words.js";

/** Keys, what they do, and on which pages where not on all. @type {[string[], string, string?][]} */
const LIST = [
  [["Ctrl", "K"], "key_palette"],
  [["j"], "key_next"],
  [["k"], "key_previous"],
  [["n"], "key_unread"],
  [["c"], "key_write"],
  [["r"], "react"],
  [["a"], "key_answer", ":not(:has([data-inbox]))"],
  [["e"], "key_done", ":has([data-inbox])"],
  [["h"], "key_later", ":has([data-inbox])"],
  [["a"], "key_assign", ":has([data-inbox])"],
  [["Ctrl", "↵"], "key_send"],
  [["/"], "key_search"],
  [["End"], "key_end"],
  [["g", "h"], "key_home"],
  [["g", "s"], "key_studio"],
  [["g", "a"], "key_account"],
  [["Esc"], "key_close"],
  [["?"], "key_help"],
];

export function showKeys() {
  if (document.querySelector("dialog.keys-dialog")) return;
  const here = LIST.filter(([, , where]) => !where || document.body.matches(where));
  const rows = here.map(([keys, key]) =>
    el("div", {}, el("dt", {}, words(key)), el("dd", {}, ...keys.flatMap((name) => [el("kbd", {}, name), " "]))),
  );
  const close = el("button", { class: "round", "aria-label": words("close"), value: "" }, icon("close"));
  const head = el(
    "form",
    { method: "dialog", class: "dialog-head" },
    el("h2", { id: "keys-title" }, words("keys")),
    close,
  );
  const body = el("div", { class: "dialog-body" }, el("dl", { class: "keys" }, ...rows));
  const dialog = /** @type {HTMLDialogElement} */ (
    el("dialog", { class: "dialog keys-dialog", "aria-labelledby": "keys-title" }, head, body)
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

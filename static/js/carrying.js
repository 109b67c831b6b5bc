/** The media of a post that is there already, on its page in the studio. */
import { files } from "./composer-files.js";
import { toast } from "./dom.js";

/** What composers do with files, for forms that are none. */
export function carried() {
  for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("form[data-carrying]"))) {
    const area = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("text"));
    const problem = (/** @type {string} */ sentence) => sentence && toast(sentence, { kind: "bad" });
    const { signal } = new AbortController();
    files(/** @type {any} */ ({ form, area, signal, problem, typed() {} }));
  }
}

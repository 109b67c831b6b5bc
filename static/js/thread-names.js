/** The list of names in the form of a comment: it comes with the first @ and stays as long as the page. */

import { NameList } from "./composer-names.js";

/**
 * @param {HTMLFormElement} form
 * @param {HTMLTextAreaElement} area
 */
export function threadNames(form, area) {
  /** @type {NameList} */
  const names = new NameList({
    form,
    area,
    signal: new AbortController().signal,
    value: () => "",
    write: ({ text, start, end }) => {
      area.value = text;
      area.setSelectionRange(start, end);
      area.focus();
      names.tell();
    },
  });
  names.look();
  return names;
}

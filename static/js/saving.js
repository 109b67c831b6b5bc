/**
 * Several forms on one page: whichever is saved, what was changed in the others is saved along with it. Without scripts
 * each has a button of its own.
 */
import { post } from "./net.js";

/** @param {HTMLFormElement} form */
const said = (form) => new URLSearchParams(/** @type {any} */ (new FormData(form)));

/** Other than the server printed it; also where the browser put back what stood there before. @param {HTMLFormElement} form */
function isChanged(form) {
  const printed = /** @type {HTMLFormElement} */ (form.cloneNode(true));
  printed.reset();
  return String(said(printed)) !== String(said(form));
}

/** The others first; of one that is refused the page says why, so that one comes last. @param {HTMLFormElement} form @param {HTMLFormElement[]} others */
async function save(form, others) {
  const refused = [];
  for (const one of others) await post(one.action, said(one)).catch(() => refused.push(one));
  if (refused.length) await post(form.action, said(form)).catch(() => undefined);
  (refused[0] ?? form).submit();
}

/** @type {HTMLFormElement[]} */
const forms = [...document.querySelectorAll("form[data-together]")];
for (const form of forms) {
  form.addEventListener("submit", (event) => {
    const others = forms.filter((one) => one !== form && isChanged(one));
    if (!others.length) return;
    event.preventDefault();
    save(form, others);
  });
}

/** Light, dark or as the system: at once, and told to the server for the next page. */
import { on } from "./dom.js";
import { post } from "./net.js";

export function themes() {
  on(document, "submit", "form[action='/theme']", (event, form) => {
    const chosen = event.submitter?.value;
    if (!chosen) return;
    event.preventDefault();
    const root = document.documentElement;
    if (chosen === "system") delete root.dataset.theme;
    else root.dataset.theme = chosen;
    document
      .querySelector("meta[name=color-scheme]")
      ?.setAttribute("content", chosen === "system" ? "light dark" : chosen);
    for (const meta of /** @type {NodeListOf<HTMLMetaElement>} */ (document.querySelectorAll("meta[name=theme-color]"))) {
      const { scheme } = meta.dataset;
      meta.media = chosen === "system" ? `(prefers-color-scheme: ${scheme})` : scheme === chosen ? "all" : "not all";
    }
    for (const button of form.querySelectorAll("button[name=theme]")) {
      button.setAttribute("aria-pressed", String(/** @type {HTMLButtonElement} */ (button).value === chosen));
    }
    post("/theme", { theme: chosen, next: "/" }).catch(() => undefined);
  });
}

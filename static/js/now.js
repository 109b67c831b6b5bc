/** The operator's page: its figures, printed anew by the server every two seconds, until somebody wants to read them. */
import { parse } from "./dom.js";
import { get } from "./net.js";

const EVERY_MS = 2_000;

export function now() {
  const figures = /** @type {HTMLElement} */ (document.querySelector("[data-now]"));
  const pause = /** @type {HTMLElement} */ (document.querySelector("[data-now-pause]"));
  const lost = /** @type {HTMLElement} */ (document.querySelector("[data-now-lost]"));
  const held = () => pause.getAttribute("aria-pressed") === "true";

  async function refresh() {
    if (held() || document.visibilityState !== "visible" || isBeingRead(figures)) return;
    try {
      const answer = await get(location.pathname, { fragment: true });
      if (answer.redirected) throw new Error("signed out"); // what came is the page to sign in
      const fresh = parse(await answer.text());
      if (!held()) figures.replaceChildren(fresh);
      lost.hidden = true;
    } catch {
      lost.hidden = false;
    }
  }

  pause.addEventListener("click", () => {
    pause.setAttribute("aria-pressed", String(!held()));
    refresh();
  });
  document.addEventListener("visibilitychange", refresh);
  repeat(refresh);
}

/** The next one only when the last one is through. @param {() => Promise<void>} work */
function repeat(work) {
  setTimeout(() => work().finally(() => repeat(work)), EVERY_MS);
}

/** Nothing is taken from under somebody's hands. @param {HTMLElement} part */
function isBeingRead(part) {
  const chosen = getSelection();
  return chosen !== null && !chosen.isCollapsed && chosen.containsNode(part, true);
}

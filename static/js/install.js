/** The page /app: the button that installs, where a browser has one, and throwing away what is kept. */
import { isApp } from "./dom.js";
import { ask, lists } from "./offline-page.js";

/** @param {string} state @param {boolean} isOn */
function say(state, isOn) {
  const part = /** @type {HTMLElement | null} */ (document.querySelector(`[data-install-when=${state}]`));
  if (part) part.hidden = !isOn;
}

say("there", isApp());
addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  say("ready", true);
  const button = /** @type {HTMLButtonElement | null} */ (document.querySelector("[data-install]"));
  button?.addEventListener("click", () => /** @type {any} */ (event).prompt(), { once: true });
});
addEventListener("appinstalled", () => {
  say("ready", false);
  say("there", true);
});

async function kept() {
  await lists();
  const there = /** @type {HTMLElement | null} */ (document.querySelector("[data-kept-here]"));
  say("kept", there !== null && !there.hidden);
}

kept();
document.querySelector("[data-wipe]")?.addEventListener("click", async () => {
  await ask({ do: "wipe" });
  await kept();
  const said = /** @type {HTMLElement | null} */ (document.querySelector("[data-wiped]"));
  if (said) said.hidden = false;
});

/**
 * "On your devices" of the account, and the first step of a newcomer: says what this browser can do, and switches it on.
 * Only these pages load this. The list of devices, removing and trying work without.
 */
import { fill, held, obstacle, say, subscribe } from "./push-here.js";

const section = /** @type {HTMLElement | null} */ (document.querySelector("[data-push]"));

async function state() {
  const why = obstacle();
  if (why) return say(why);
  const on = section?.dataset.on !== undefined;
  if (on && (await held()) && Notification.permission === "granted") return say("on");
  return say("ready", ...(on ? ["lost"] : []));
}

/** @param {HTMLFormElement} form @param {string} key */
async function switchOn(form, key) {
  const made = await subscribe(key);
  if (!made) return state();
  fill(form, made);
  return form.requestSubmit();
}

function start() {
  const button = section?.querySelector("[data-push-on]");
  const form = button?.closest("form");
  if (!section || !form || !(button instanceof HTMLButtonElement)) return;
  state();
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await switchOn(form, section.dataset.key ?? "");
    } catch {
      say("ready", "failed");
    } finally {
      button.disabled = false;
    }
  });
}

start();

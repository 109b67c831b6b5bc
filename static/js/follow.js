/**
 * Following on this device without an account: switches it on, remembers the link to what was chosen (static/sw/acts.js
 * reads it, too), and hands the browser's keys over to who becomes a member. Loaded by the pages of following alone.
 */
import { fill, held, obstacle, say, subscribe } from "./push-here.js";

const FOLLOWS = "follows"; // by the page on which one follows, the address of what was chosen
const section = /** @type {HTMLElement | null} */ (document.querySelector("[data-push]"));
const chosen = /** @type {HTMLElement | null} */ (document.querySelector("[data-follows]"));

const kept = () => ("caches" in window ? caches.open(FOLLOWS).catch(() => null) : Promise.resolve(null));

/** @param {string} page @param {string} address */
async function remember(page, address) {
  await (await kept())?.put(page, new Response(address));
}

/** It was ended: nothing is left of it here, neither the subscription, when nothing else needs it. */
async function forget() {
  const all = await kept();
  if (!all) return;
  const ended = location.pathname.replace(/\/off$/, "");
  for (const request of await all.keys()) {
    if ((await (await all.match(request))?.text()) === ended) await all.delete(request);
  }
  if (chosen?.dataset.signed === undefined && (await all.keys()).length === 0) await (await held())?.unsubscribe();
}

async function state() {
  const why = obstacle();
  if (why) return say(why);
  const there = await (await (await kept())?.match(location.pathname))?.text();
  const link = section?.querySelector("[data-push-when=on] a");
  if (!there?.startsWith("/follow/on/") || !(link instanceof HTMLAnchorElement) || !(await held())) return say("ready");
  // It may have been ended from somewhere else since.
  if ((await fetch(there).catch(() => null))?.status === 404) {
    await (await kept())?.delete(location.pathname);
    return say("ready");
  }
  link.href = there;
  return say("on");
}

/** @param {HTMLElement} place @param {HTMLFormElement} form @param {HTMLButtonElement} button */
async function switchOn(place, form, button) {
  button.disabled = true;
  try {
    const made = await subscribe(place.dataset.key ?? "");
    if (!made) return await state();
    fill(form, made);
    return form.requestSubmit();
  } catch {
    return say("ready", "failed");
  } finally {
    button.disabled = false;
  }
}

function offer() {
  const button = section?.querySelector("[data-push-on]");
  const form = button?.closest("form");
  if (!section || !form || !(button instanceof HTMLButtonElement)) return;
  state();
  button.addEventListener("click", () => switchOn(section, form, button));
}

/** Whoever becomes a member takes along the browser that they hold. */
async function prove() {
  const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-push-proof]"));
  if (!form) return;
  const one = await held();
  say(one ? "ready" : "elsewhere");
  if (one) fill(form, one.toJSON());
}

offer();
prove();
if (chosen?.dataset.follows === "") forget();
else if (chosen?.dataset.follows) remember(chosen.dataset.follows, location.pathname);

/**
 * What was shared to the app (static/sw/taking.js): shown where the room is chosen, then put into the composer of that
 * room. It waits an hour at most.
 */
import { el, icon } from "./dom.js";
import { within } from "./waits.js";
import { words as say } from "./words.js";

const HOUR_MS = 3600 * 1000;
const TO = "channel.shared";

/** @typedef {{at: number, title: string, text: string, url: string, files: File[], lost: number}} Shared */

/** @returns {Promise<Shared | null>} */
async function held() {
  const found = /** @type {Shared | undefined} */ (await within("shared", "readonly", (store) => store.get("now")).catch(() => undefined));
  if (!found) return null;
  if (found.at > Date.now() - HOUR_MS) return found;
  await forget();
  return null;
}

/** Words that did not come by the worker. @param {string} text */
async function hold(text) {
  const now = { id: "now", at: Date.now(), title: "", text, url: "", files: [], lost: 0 };
  await within("shared", "readwrite", (store) => store.put(now)).catch(() => undefined);
}

async function forget() {
  localStorage.removeItem(TO);
  await within("shared", "readwrite", (store) => store.delete("now")).catch(() => undefined);
}

/** One text of it, as web/app/sharing.py makes it. @param {Shared} shared */
export function joined({ title, text, url }) {
  /** @type {string[]} */
  const said = [];
  for (const one of [title, text, url].map((part) => (part ?? "").trim())) {
    if (one && !said.some((other) => other.includes(one))) said.push(one);
  }
  return said.join("\n");
}

/** The page where the room is chosen. @param {HTMLElement} section */
async function choosing(section) {
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll("[data-share-to]"))) {
    link.addEventListener("click", () => localStorage.setItem(TO, link.dataset.shareTo ?? ""));
  }
  const words = section.querySelector("[data-shared-text]");
  const came = words?.textContent?.trim() ?? "";
  // What the server shows came just now: it takes the place of what waited, and waits for its room, or topic, as that did.
  if (came) await hold(came);
  const shared = await held();
  if (!shared) return;
  const text = joined(shared);
  if (words) words.textContent = text;
  const list = /** @type {HTMLElement | null} */ (section.querySelector("[data-shared-files]"));
  if (list) list.hidden = shared.files.length === 0;
  list?.replaceChildren(...shared.files.map((file) => el("li", {}, icon(/^image/.test(file.type) ? "image" : "file"), el("span", { class: "grow cut" }, file.name))));
  section.hidden = false;
  document.querySelector("[data-shared-none]")?.setAttribute("hidden", "");
  const drop = /** @type {HTMLButtonElement | null} */ (section.querySelector("[data-shared-drop]"));
  if (drop) drop.hidden = false;
  drop?.addEventListener("click", async () => {
    await forget();
    location.replace("/app/share");
  });
  // The words come along in the browser; they need not stand in an address.
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll("[data-share-to]"))) {
    link.href = link.dataset.shareTo ?? link.href;
  }
}

/**
 * The composer of the room that was chosen takes it, once.
 * @param {import("./composer.js").Composer} composer
 */
export async function take(composer) {
  const to = localStorage.getItem(TO);
  if (!to || (location.pathname !== to && !location.pathname.startsWith(`${to}/`))) return;
  const shared = await held();
  if (!shared) return;
  await forget();
  const text = joined(shared);
  if (text) composer.restore(text);
  if (!shared.files.length) return;
  if (composer.take) await composer.take(shared.files);
  else composer.problem(say("shared_no_files"));
}

/**
 * The form that starts a topic, in the group that was chosen: it shows the words; who opens a topic instead finds them there.
 * @param {HTMLFormElement} form
 */
export async function offer(form) {
  const area = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("text"));
  if (localStorage.getItem(TO) !== location.pathname || area.value.trim()) return;
  const shared = await held();
  if (!shared || shared.files.length) return; // it takes no files: a topic does
  area.value = joined(shared);
  form.addEventListener("submit", () => forget());
}

const section = /** @type {HTMLElement | null} */ (document.querySelector("[data-shared]"));
if (section) choosing(section);

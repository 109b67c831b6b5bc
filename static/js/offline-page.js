/** What is kept on this device and what waits to be sent: the lists of the pages /offline and /app. */
import { el, icon } from "./dom.js";
import { clock } from "./times.js";
import { again, all, drop, hear } from "./waits.js";
import { words } from "./words.js";

/** @param {any} message @returns {Promise<any>} */
export function ask(message) {
  const worker = navigator.serviceWorker?.controller;
  if (!worker) return Promise.resolve(null);
  return new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => done(data);
    worker.postMessage(message, [port2]);
  });
}

/** @param {string} name @param {HTMLElement[]} rows */
function fill(name, rows) {
  const section = /** @type {HTMLElement | null} */ (document.querySelector(`[data-${name}-here]`));
  if (!section) return;
  section.hidden = rows.length === 0;
  section.querySelector("[data-list]")?.replaceChildren(...rows);
}

/** @param {import("./waits.js").Waiting} one */
function waitingRow(one) {
  const button = (/** @type {string} */ key, /** @type {() => any} */ click) =>
    el("button", { type: "button", class: "button slim", click }, words(key));
  const state = one.failed ? words("not_sent", { why: one.failed }) : words("waits_network");
  const said = el("span", { class: "grow" }, el("b", { class: "two-line" }, one.text), el("span", { class: "small quiet" }, state));
  const acts = el("span", { class: "row" }, one.failed && button("retry", () => again(one)), button("discard", () => drop(one.key)));
  return el("li", {}, icon(one.failed ? "warn" : "clock"), said, acts);
}

/** What waits is shown to nobody but who wrote it: while they are signed in here. */
export async function lists() {
  const kept = (await ask({ do: "list" })) ?? [];
  const rows = kept.sort((/** @type {any} */ a, /** @type {any} */ b) => b.at - a.at).map((/** @type {any} */ { path, title, at }) =>
    el("li", {}, icon("cast"), el("a", { class: "grow", href: path }, el("b", { class: "cut" }, title), el("span", { class: "small quiet" }, words("kept_since", { time: new Date(at).toLocaleDateString(document.documentElement.lang) === new Date().toLocaleDateString(document.documentElement.lang) ? clock(at) : new Date(at).toLocaleDateString(document.documentElement.lang) })))));
  fill("kept", rows);
  fill("waiting", kept.length ? (await all()).map(waitingRow) : []);
}

if (document.querySelector("[data-waiting-here]")) {
  lists();
  document.addEventListener("channel:waits", lists);
  hear(() => lists());
  const link = /** @type {HTMLAnchorElement | null} */ (document.querySelector("[data-again]"));
  // Shown in the place of a page: that page is meant.
  if (link && location.pathname !== "/offline") link.href = location.href;
}

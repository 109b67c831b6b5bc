/** Building and reading the page: never a string of HTML, except fragments that our own server rendered. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} tag
 * @param {Record<string, any>} [attributes] `class`, `data-x`, … ; functions become listeners; false and null are left out
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {HTMLElement}
 */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value !== false && value !== null && value !== undefined)
      node.setAttribute(name, value === true ? "" : value);
  }
  node.append(.../** @type {(Node | string)[]} */ (children.filter((child) => child || child === "")));
  return node;
}

/**
 * An icon of the sprite, at the address the page's own icons use.
 * @param {string} name
 * @param {string} [size]
 */
export function icon(name, size = "") {
  const sprite = document.querySelector("use[href*='#i-']")?.getAttribute("href")?.split("#")[0];
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `icon ${size}`.trim());
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${sprite ?? "/static/icons/sprite.svg"}#i-${name}`);
  svg.append(use);
  return svg;
}

/**
 * A fragment that our server rendered. Scripts in it never run: it is parsed in a template.
 * @param {string} html
 */
export function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

/**
 * One listener for all elements of a kind, now and later.
 * @param {EventTarget} root
 * @param {string} type
 * @param {string} selector
 * @param {(event: any, target: HTMLElement) => void} then
 * @param {AddEventListenerOptions} [options]
 */
export function on(root, type, selector, then, options) {
  const listen = (/** @type {any} */ event) => {
    const target = event.target instanceof Element ? event.target.closest(selector) : null;
    if (target) then(event, /** @type {HTMLElement} */ (target));
  };
  root.addEventListener(type, listen, options);
}

/** Whether somebody is writing: single keys belong to the text then. @param {EventTarget | null} target */
export function isWriting(target) {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
}

/** Whether this is the window of the installed app, and not a tab. */
export const isApp = () =>
  matchMedia("(display-mode: standalone), (display-mode: window-controls-overlay)").matches ||
  ("standalone" in navigator && navigator.standalone === true);

/** How much of the page's top is the bar of an installed app's window (tokens.css), in pixels. */
export const barred = () => parseFloat(getComputedStyle(document.body).paddingTop) || 0;

export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** @param {string} name */
const slot = (name) => document.getElementById(name);

let spokenAt = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let spoken;

/**
 * Tell a screen reader, politely and at most every three seconds; the newest sentence wins.
 * @param {string} sentence
 */
export function announce(sentence) {
  const region = slot("announce");
  if (!region) return;
  clearTimeout(spoken);
  const wait_ms = Math.max(100, spokenAt + 3000 - Date.now());
  spoken = setTimeout(() => {
    spokenAt = Date.now();
    region.textContent = sentence;
  }, wait_ms);
}

/**
 * A short note at the bottom of the page.
 * @param {string} sentence
 * @param {{kind?: "" | "good" | "bad", href?: string, action?: string}} [more]
 */
export function toast(sentence, { kind = "", href = "", action = "" } = {}) {
  const region =
    slot("toasts") ?? document.body.appendChild(el("div", { class: "toasts", id: "toasts", role: "status" }));
  const link = href ? el("a", { class: "link", href }, action) : null;
  const note = el("div", { class: `toast ${kind}`.trim() }, el("span", {}, sentence), link);
  region.append(note);
  while (region.children.length > 3) region.firstElementChild?.remove();
  setTimeout(() => note.remove(), kind === "bad" || href ? 9000 : 4500);
}

/** Styles that come with a script. @param {string} path below static/css */
export function styles(path) {
  const { href } = new URL(`../css/${path}`, import.meta.url);
  if (document.querySelector(`link[href="${href}"]`)) return null;
  const link = el("link", { rel: "stylesheet", href });
  document.head.append(link);
  return new Promise((done) => {
    link.addEventListener("load", done);
    link.addEventListener("error", done);
  });
}

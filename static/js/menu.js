/**
 * Menus: a post's by its button, by right click and by a long press; and the page's own <details> menus, which open
 * without scripts: arrow keys, Escape, a press outside closes, the focus goes back to where it came from.
 */
import { on } from "./dom.js";

const BUTTON = "[data-post-menu], .post-menu > summary";
const PRESS_MS = 450;
const SLIP_PX = 10;

/**
 * @param {HTMLElement} article
 * @param {HTMLElement | null} from
 * @param {{x: number, y: number}} [at]
 */
const show = (article, from, at) => import("./post-menu.js").then((menu) => menu.show(article, from, at));

/** Arrow keys, Home and End walk through a menu. @param {KeyboardEvent} event @param {HTMLElement} menu */
function walk(event, menu) {
  const stops = /** @type {HTMLElement[]} */ ([...menu.querySelectorAll("a[href], button:not([disabled]), label")]);
  const now = stops.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const to = { ArrowDown: now + 1, ArrowUp: now < 0 ? stops.length - 1 : now - 1, Home: 0, End: stops.length - 1 }[
    event.key
  ];
  if (to === undefined || stops.length === 0) return;
  event.preventDefault();
  stops[(to + stops.length) % stops.length].focus();
}

function postMenus() {
  on(document, "click", BUTTON, (event, button) => {
    const article = /** @type {HTMLElement | null} */ (button.closest("article.post"));
    if (!article?.dataset.id) return;
    event.preventDefault();
    show(article, button);
  });
  on(document, "contextmenu", "article.post[data-id]", (event, article) => {
    // Links and selected words keep the browser's own menu.
    if (event.target.closest("a[href], img, menu, .menu") || String(getSelection()) !== "") return;
    event.preventDefault();
    show(article, article.querySelector(BUTTON), { x: event.clientX, y: event.clientY });
  });
}

function longPress() {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let from = { x: 0, y: 0 };
  const stop = () => clearTimeout(timer);
  on(document, "pointerdown", "article.post[data-id]", (event, article) => {
    if (event.pointerType !== "touch" || event.target.closest("a, button, summary, input, textarea, video, audio"))
      return;
    from = { x: event.clientX, y: event.clientY };
    timer = setTimeout(() => {
      navigator.vibrate?.(10);
      show(article, article.querySelector(BUTTON), from);
    }, PRESS_MS);
  });
  document.addEventListener("pointermove", (event) => {
    if (Math.hypot(event.clientX - from.x, event.clientY - from.y) > SLIP_PX) stop();
  });
  for (const end of ["pointerup", "pointercancel", "scroll"])
    document.addEventListener(end, stop, { capture: true, passive: true });
}

/** The page's own menus, which open without scripts. */
function drops() {
  on(document, "keydown", ".menu, details.drop", (event, inside) => {
    const menu = inside.matches(".menu") ? inside : /** @type {HTMLElement | null} */ (inside.querySelector(".menu"));
    const details = /** @type {HTMLDetailsElement | null} */ (inside.closest("details.drop"));
    if (event.key === "Escape" && details?.open) {
      details.open = false;
      details.querySelector("summary")?.focus();
    } else if (menu && (!details || details.open)) walk(event, menu);
  });
  document.addEventListener("click", (event) => {
    for (const details of /** @type {NodeListOf<HTMLDetailsElement>} */ (
      document.querySelectorAll("details.drop[open]")
    )) {
      if (!details.contains(/** @type {Node} */ (event.target))) details.open = false;
    }
  });
}

export function menus() {
  postMenus();
  longPress();
  drops();
}

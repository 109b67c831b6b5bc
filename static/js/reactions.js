/**
 * Reactions under posts. The server prints them for everybody alike; here the viewer's own are marked, a tap counts at
 * once, and what the server answers is what stays. Without scripts each chip is the button of a plain form.
 */
import { announce, calm, el, on, toast } from "./dom.js";
import { Refused, post } from "./net.js";
import { waiting, waits } from "./react-waits.js";
import { lang, words } from "./words.js";

const TWICE_MS = 320;
const NEAR_PX = 28;
const CHIP = "form.reactions button[name=emoji]";
const BUSY = "a, button, summary, details, input, textarea, video, audio, form, .menu, .quote";
const compact = new Intl.NumberFormat(lang, { notation: "compact", maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat(lang);

/** What the viewer reacted with, by post. @type {Map<string, Set<string>>} */
const own = new Map();
/** The last tap on its way, by post: the next one waits for it. @type {Map<string, Promise<any>>} */
const sending = new Map();

/** Where the pictures of emoji of the community's own lie, as far as they were told. @type {Record<string, string>} */
const pictures = {};

/** An emoji as the server prints it. @param {string} emoji @returns {Node | string} */
function drawn(emoji) {
  const there = document.querySelector(`button[value="${CSS.escape(emoji)}"] img.emoji`);
  if (there) return there.cloneNode();
  return pictures[emoji] ? el("img", { class: "emoji", src: pictures[emoji], alt: emoji, title: emoji }) : emoji;
}

/** @param {HTMLElement} article @returns {HTMLFormElement | null} none on a locked post, or where nobody reacts */
const formOf = (article) => article.querySelector("form.reactions");

/** @param {Element} inside what the page says of the room */
const hostOf = (inside) => /** @type {HTMLElement | null} */ (inside.closest("[data-own]"));

/** @param {number} n as the server prints it: whole up to 10,000 */
const short = (n) => (n < 10_000 ? whole : compact).format(n);

/** @param {HTMLElement} article @returns {Record<string, number>} */
function shown(article) {
  /** @type {Record<string, number>} */
  const counts = {};
  for (const chip of chips(article)) counts[chip.value] = Number(count(chip).dataset.value);
  return counts;
}

/** @param {HTMLElement} article */
const chips = (article) =>
  /** @type {HTMLButtonElement[]} */ ([...article.querySelectorAll("form.reactions > button.reaction")]);

/** @param {HTMLElement} chip */
const count = (chip) => /** @type {HTMLElement} */ (chip.querySelector(".count"));

/**
 * What the server says is the viewer's own among these articles; what it leaves out is none.
 * @param {string | undefined} json
 * @param {Iterable<HTMLElement>} articles
 */
export function learn(json, articles) {
  const told = JSON.parse(json || "{}");
  for (const { dataset } of articles) {
    const id = dataset.id ?? "";
    if (!sending.has(id)) own.set(id, new Set(told[id]?.reactions));
  }
}

/** Mark what is one's own on an article. @param {HTMLElement} article */
export function paintOwn(article) {
  const mine = own.get(article.dataset.id ?? "");
  for (const chip of chips(article)) {
    const isMine = mine?.has(chip.value) ?? false;
    chip.setAttribute("aria-pressed", String(isMine));
    const n = whole.format(Number(count(chip).dataset.value));
    chip.setAttribute("aria-label", words(isMine ? "reaction_yours" : "reaction_count", { emoji: chip.value, n }));
  }
}

/**
 * What is told live. While a tap is on its way its answer says it all.
 * @param {HTMLElement} article
 * @param {Record<string, number>} counts
 * @param {Record<string, string>} [emoji] the pictures in it
 */
export function tellReactions(article, counts, emoji) {
  Object.assign(pictures, emoji);
  if (!sending.has(article.dataset.id ?? "")) put(article, counts);
}

/** @param {HTMLElement} article @param {Record<string, number>} counts */
function put(article, counts) {
  const form = formOf(article);
  if (!form) return;
  for (const chip of chips(article)) if (!(chip.value in counts)) leave(chip, form);
  const there = new Map(chips(article).map((chip) => [chip.value, chip]));
  for (const [emoji, n] of Object.entries(counts)) {
    const chip = there.get(emoji) ?? added(form, emoji);
    roll(count(chip), n);
  }
  paintOwn(article);
}

/** Nobody reacts with it any more; the focus does not fall off the page. @param {HTMLElement} chip @param {HTMLElement} form */
function leave(chip, form) {
  const hadFocus = chip === document.activeElement;
  chip.remove();
  if (hadFocus) /** @type {HTMLElement | null} */ (form.querySelector("summary"))?.focus({ preventScroll: true });
}

/** @param {HTMLFormElement} form @param {string} emoji */
function added(form, emoji) {
  const chip = el(
    "button",
    { class: "reaction fresh", name: "emoji", value: emoji },
    el("span", { class: "e" }, drawn(emoji)),
    el("span", { class: "count", "data-value": "0" }),
  );
  form.insertBefore(chip, form.querySelector("details"));
  return chip;
}

/** The number rolls to the new one; it takes the place of the old one, so nothing moves. @param {HTMLElement} where @param {number} n */
function roll(where, n) {
  const before = Number(where.dataset.value);
  if (before === n && where.textContent) return;
  where.dataset.value = String(n);
  where.classList.toggle("rolls-up", n > before);
  where.classList.toggle("rolls-down", n < before);
  where.replaceChildren(el("span", {}, short(n)));
}

/**
 * Add one's reaction, or take it back.
 * @param {HTMLElement} article
 * @param {string} emoji
 */
export function toggle(article, emoji) {
  const host = hostOf(article);
  const id = article.dataset.id ?? "";
  if (!host || !formOf(article) || !id) return;
  const { handle = "", slug = "", member = "" } = host.dataset;
  if (member !== "1") return toast(words("join_to_react"), { href: `/@${handle}#join`, action: words("join") });
  const mine = own.get(id) ?? new Set();
  const isOn = !mine.has(emoji);
  own.set(id, mine);
  isOn ? mine.add(emoji) : mine.delete(emoji);
  const counts = shown(article);
  counts[emoji] = (counts[emoji] ?? 0) + (isOn ? 1 : -1);
  if (counts[emoji] <= 0) delete counts[emoji];
  put(article, counts);
  const address = `/@${handle}/${slug}/${article.dataset.seq}/react`;
  const turn = (sending.get(id) ?? Promise.resolve()).then(() => send(article, address, emoji, isOn));
  sending.set(id, turn);
  turn.then((told) => settle(turn, id, told));
}

/**
 * @param {HTMLElement} article
 * @param {string} address
 * @param {string} emoji
 * @param {boolean} isOn
 * @returns {Promise<any>} what the post has now; `waits`: that will be known once there is a network
 */
async function send(article, address, emoji, isOn) {
  try {
    const answer = await post(address, { emoji, on: isOn ? "1" : "0" }, { accept: "application/json" });
    const told = await answer.json();
    announce(words(isOn ? "reacted" : "unreacted", { emoji }));
    return told;
  } catch (error) {
    if (!(error instanceof Refused) && (await waits(hostOf(article)?.dataset.account ?? "", article.dataset.id ?? "", emoji, isOn))) return { waits: true };
    const why = error instanceof Refused ? error.message : words("unreached");
    toast(words("not_reacted", { why }), { kind: "bad" });
    return { undo: [emoji, isOn] };
  }
}

/** As if it were there, or gone. @param {string} id @param {string} emoji @param {boolean} isOn */
function seem(id, emoji, isOn) {
  const mine = own.get(id) ?? new Set();
  if (mine.has(emoji) === isOn) return;
  isOn ? mine.add(emoji) : mine.delete(emoji);
  own.set(id, mine);
  const articles = document.querySelectorAll(`article.post[data-id="${CSS.escape(id)}"]`);
  for (const article of /** @type {Iterable<HTMLElement>} */ (articles)) put(article, shifted(shown(article), emoji, isOn ? 1 : -1));
}

/**
 * The last answer decides. One that failed is taken back where it stands, unless a later tap has been answered.
 * @param {Promise<any>} turn @param {string} id @param {any} told
 */
function settle(turn, id, told) {
  const isLast = sending.get(id) === turn;
  if (isLast) sending.delete(id);
  const articles = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(`article.post[data-id="${CSS.escape(id)}"]`)]);
  if (told.waits) return;
  if (told.undo) {
    const [emoji, wasOn] = told.undo;
    const mine = own.get(id);
    wasOn ? mine?.delete(emoji) : mine?.add(emoji);
    for (const article of articles) put(article, shifted(shown(article), emoji, wasOn ? -1 : 1));
  } else if (isLast) {
    own.set(id, new Set(told.mine));
    Object.assign(pictures, told.emoji);
    for (const article of articles) put(article, told.reactions);
  }
}

/** @param {Record<string, number>} counts @param {string} emoji @param {number} by */
function shifted(counts, emoji, by) {
  counts[emoji] = (counts[emoji] ?? 0) + by;
  if (counts[emoji] <= 0) delete counts[emoji];
  return counts;
}

/** The whole choice, or what the room offers where it takes no more. @param {HTMLElement} article */
export async function choose(article) {
  const details = /** @type {HTMLDetailsElement | null} */ (article.querySelector("details.react"));
  const summary = details?.querySelector("summary");
  if (!details || !summary) return;
  if (hostOf(article)?.dataset.anyEmoji !== "1") {
    details.open = true;
    /** @type {HTMLElement | null} */ (details.querySelector(".offered button"))?.focus();
    return;
  }
  const { pick } = await import("./reactions-picker.js");
  const { emoji, picture } = await pick(hostOf(article)?.dataset ?? {});
  if (picture) pictures[emoji] = picture;
  details.open = false;
  summary.focus({ preventScroll: true });
  if (emoji) toggle(article, emoji);
}

/** @param {any} event */
function pressed(event, /** @type {HTMLElement} */ chip) {
  const article = /** @type {HTMLElement | null} */ (chip.closest("article.post"));
  if (!article || !hostOf(article)) return;
  event.preventDefault();
  const details = chip.closest("details");
  if (details) {
    details.open = false;
    details.querySelector("summary")?.focus({ preventScroll: true });
  }
  toggle(article, /** @type {HTMLButtonElement} */ (chip).value);
}

/** Two quick taps on a post, or a double click, mean the room's own emoji. */
function twice() {
  let last = { at: -TWICE_MS, x: 0, y: 0, kind: "" };
  on(document, "pointerup", "article.post > .bubble", (event, bubble) => {
    const near = Math.hypot(event.clientX - last.x, event.clientY - last.y) < NEAR_PX;
    const isTwice = near && event.timeStamp - last.at < TWICE_MS && last.kind === event.pointerType;
    last = { at: isTwice ? -TWICE_MS : event.timeStamp, x: event.clientX, y: event.clientY, kind: event.pointerType };
    const quickest = hostOf(bubble)?.dataset.quickest;
    const article = /** @type {HTMLElement} */ (bubble.closest("article.post"));
    if (!isTwice || event.button > 0 || !quickest || !formOf(article) || event.target.closest(BUSY)) return;
    getSelection()?.removeAllRanges();
    const isOn = !own.get(article.dataset.id ?? "")?.has(quickest);
    toggle(article, quickest);
    if (isOn && hostOf(article)?.dataset.member === "1" && !calm()) fly(quickest, event.clientX, event.clientY);
  });
}

/** @param {string} emoji @param {number} x @param {number} y */
function fly(emoji, x, y) {
  const flying = el("span", { class: "flying", "aria-hidden": "true" }, drawn(emoji));
  Object.assign(flying.style, { left: `${x}px`, top: `${y}px` });
  flying.addEventListener("animationend", () => flying.remove());
  document.body.append(flying);
}

let isStarted = false;

/** Mark what is printed, and listen. */
export function reactions() {
  for (const host of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-own]"))) {
    const articles = /** @type {HTMLElement[]} */ ([...host.querySelectorAll("article.post[data-id]")]);
    learn(host.dataset.own, articles);
    articles.forEach(paintOwn);
  }
  if (isStarted) return;
  isStarted = true;
  if (navigator.serviceWorker?.controller) waiting(seem);
  on(document, "click", CHIP, pressed);
  on(document, "click", ".offered > a.all", (event, link) => {
    event.preventDefault();
    choose(/** @type {HTMLElement} */ (link.closest("article.post")));
  });
  on(document, "keydown", "details.react", (event, details) => {
    if (event.key !== "Escape" || !(/** @type {HTMLDetailsElement} */ (details).open)) return;
    /** @type {HTMLDetailsElement} */ (details).open = false;
    details.querySelector("summary")?.focus();
  });
  twice();
}

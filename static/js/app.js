/** The entry of every page. Each page works without it; what a page does not use is not loaded. */
import { copies } from "./copy.js";
import { forms } from "./forms.js";
import { keys } from "./keys.js";
import { menus } from "./menu.js";
import { shares } from "./share.js";
import { themes } from "./theme.js";
import { keepTimes } from "./times.js";

/** @param {string} selector */
const has = (selector) => document.querySelector(selector) !== null;

async function liven() {
  const feed = has("channel-feed") && import("./feed.js");
  const thread = has("channel-thread") && import("./thread.js");
  const [{ live }, { netline }] = await Promise.all([import("./live.js"), import("./netline.js"), feed, thread]);
  netline(live);
}

/** After the feed: what is sent stands in it. */
async function composers() {
  const { compose } = await import("./composer.js");
  compose();
  document.addEventListener("channel:part", compose);
}

/** Of a room that asks nothing yet, when the first poll comes. */
function asking() {
  const wake = () => import("./polls.js").then(({ polls }) => polls());
  if (has("channel-poll")) return wake();
  const feed = document.querySelector("channel-feed");
  const watch = new MutationObserver(() => has("channel-poll") && (watch.disconnect(), wake()));
  if (feed) watch.observe(feed, { childList: true, subtree: true });
}

/** What the service worker needs of a page, and what it has to say. */
function unplugged() {
  if (navigator.serviceWorker?.controller) import("./offline.js").then(({ offline }) => offline());
}

async function start() {
  document.documentElement.classList.add("js");
  keepTimes();
  unplugged();
  // What a script answers itself comes before the guard against sending twice.
  themes();
  forms();
  copies();
  shares();
  menus();
  keys();
  if (has("[data-own]")) import("./reactions.js").then(({ reactions }) => reactions());
  if (has("channel-topics")) await import("./topics.js");
  if (has("channel-feed, channel-thread, channel-topics, [data-live-room]")) await liven();
  asking();
  if (has("form[data-composer]")) composers();
  if (has("[data-live-room]")) import("./home.js").then(({ home }) => home());
  if (has("[data-inbox]")) import("./inbox.js").then(({ inbox }) => inbox());
  if (has("[data-saved]")) import("./saved.js").then(({ saved }) => saved());
  if (has("[data-talk], [data-talk-desk]")) import("./messages.js").then(({ messages }) => messages());
  if (has("[data-asked]")) import("./question-desk.js").then(({ desk }) => desk());
  if (has("[data-prompt], form[data-vote]")) import("./questions.js").then(({ questions }) => questions());
  if (has("[data-passkey]")) import("./passkeys.js").then(({ passkeys }) => passkeys());
  document.addEventListener("click", (event) => {
    const touched = /** @type {Element} */ (event.target);
    const heard = touched.closest?.("[data-voice]");
    if (heard) import("./voice.js").then(({ voice }) => voice(/** @type {HTMLElement} */ (heard), touched));
    const chapter = touched.closest?.("a[data-chapter]");
    const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey;
    if (chapter && !elsewhere) {
      event.preventDefault();
      import("./chapters.js").then(({ jump }) => jump(/** @type {HTMLElement} */ (chapter)));
    }
    const shot = touched.closest?.("a[data-shot]");
    if (!shot || elsewhere) return;
    event.preventDefault();
    import("./viewer.js").then(({ view }) => view(/** @type {HTMLAnchorElement} */ (shot)));
  });
  const play = (/** @type {any} */ { target }) => {
    if (target.dataset.stream) import("./film.js").then(({ film }) => film(target));
    if (target.closest("figure")?.querySelector("[data-chapter]")) import("./chapters.js").then(({ follow }) => follow(target));
  };
  document.addEventListener("play", play, true); // it does not bubble
  if (has("form[data-carrying]")) import("./carrying.js").then(({ carried }) => carried());
  if (has("form[data-crop]")) import("./crop.js").then(({ croppedHere }) => croppedHere());
  if (has("[data-focal]")) import("./focal.js").then(({ focal }) => focal());
  if (has("[data-now]")) import("./now.js").then(({ now }) => now());
  const waits = /** @type {HTMLElement | null} */ (document.querySelector("[data-waiting]"));
  if (waits) import("./waiting.js").then(({ waiting }) => waiting(waits));
  if (has("[data-print]")) import("./poster.js").then(({ poster }) => poster());
}

start();

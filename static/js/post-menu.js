/** What one can do with a post. Loaded when it is first asked for; menu.js says by which press. */
import { copy } from "./copy.js";
import { barred, el, icon, toast } from "./dom.js";
import { post } from "./net.js";
import { pollItems } from "./poll-menu.js";
import { words } from "./words.js";

const WIDTH_PX = 292;

/** @typedef {{icon: string, text: string, href?: string, act?: () => void, bad?: boolean}} Item */

/** @param {HTMLElement} article @returns {Item[]} */
function items(article) {
  const feed = /** @type {HTMLElement} */ (
    article.closest("channel-feed") ?? article.closest("[data-handle]") ?? document.body
  );
  const { handle = "", slug = "", can = "", number = "" } = feed.dataset;
  const may = can.split(" ");
  const { id = "", seq = "", rev = "0", author = "" } = article.dataset;
  const isMine = author !== "" && author === feed.dataset.account && may.includes("edit-own");
  const link = `/@${handle}/${slug}/${seq}`;
  // A message of a group is changed by its author, who may have no studio.
  const studio = number ? `/@${handle}/${slug}/m/${id}` : `/studio/${handle}/posts/${id}`;
  const choose = `/@${handle}/${slug}/t/${number}/choose?from=${seq}&chosen=${id}`;
  const isGone = "gone" in article.dataset;
  const isOpen = !isGone && !("locked" in article.dataset);
  const isPinned = "pinned" in article.dataset;
  /** @type {(Item | false)[]} */
  const all = [
    {
      icon: "link",
      text: words("copy_link"),
      act: () => copy(new URL(link, location.href).href, words("link_copied")),
    },
    isOpen &&
      article.querySelector("form.reactions") && {
        icon: "smile",
        text: words("react"),
        act: () => import("./reactions.js").then(({ choose }) => choose(article)),
      },
    isOpen &&
      article.querySelector(".post-menu a[href$='/reactions']") && {
        icon: "users",
        text: words("who_reacted"),
        href: `${link}/reactions`,
      },
    isOpen && { icon: "copy", text: words("copy_text"), act: () => copy(textOf(article), words("text_copied")) },
    !isGone && "share" in navigator && { icon: "share", text: words("share"), act: () => share(link) },
    isOpen && may.includes("post") && { icon: "quote", text: words("quote"), act: () => quote(article, handle) },
    isOpen && Number(rev) > 1 && { icon: "history", text: words("history"), href: `${link}/history` },
    ...pollItems(article, isMine || may.includes("edit") ? studio : "", ask),
    !isGone && (isMine || may.includes("edit")) && { icon: "edit", text: words("edit"), href: studio },
    isOpen && may.includes("answer") && { icon: "check", text: words("mark_answer"), href: choose },
    isOpen && may.includes("move") && { icon: "next", text: words("move_messages"), href: choose },
    !isGone &&
      may.includes("pin") && {
        icon: isPinned ? "unpin" : "pin",
        text: words(isPinned ? "unpin" : "pin"),
        act: () => pin(studio, isPinned),
      },
    !isGone &&
      (isMine || may.includes("delete")) && {
        icon: "trash",
        text: words("delete"),
        act: () => remove(studio),
        bad: true,
      },
  ];
  return /** @type {Item[]} */ (all.filter(Boolean));
}

/** @param {HTMLElement} article */
const textOf = (article) => /** @type {HTMLElement | null} */ (article.querySelector(".text"))?.innerText.trim() ?? "";

/** @param {string} link */
function share(link) {
  navigator.share({ url: new URL(link, location.href).href, title: document.title }).catch(() => undefined);
}

/** @param {HTMLElement} article @param {string} handle */
function quote(article, handle) {
  const { id = "" } = article.dataset;
  const form = document.querySelector("form[data-composer]");
  const detail = { id, text: textOf(article).replace(/\s+/g, " ").slice(0, 120) };
  if (form) form.dispatchEvent(new CustomEvent("channel:quote", { detail }));
  else location.assign(`/studio/${handle}?quote=${encodeURIComponent(id)}`);
}

/** @param {string} studio @param {boolean} isPinned */
function pin(studio, isPinned) {
  post(`${studio}/pin`, { position: isPinned ? "" : "1" }, { accept: "application/json" })
    .then(() => toast(words(isPinned ? "unpinned" : "pinned"), { kind: "good" }))
    .catch((error) => toast(words("failed", { why: error.message }), { kind: "bad" }));
}

/** @param {string} studio */
function remove(studio) {
  ask({ question: words("delete_question"), more: words("delete_more"), answer: words("delete") }, () =>
    post(`${studio}/delete`, {}, { accept: "application/json" }).catch((error) =>
      toast(words("failed", { why: error.message }), { kind: "bad" }),
    ),
  );
}

/**
 * A question before something that cannot be taken back.
 * @param {{question: string, more: string, answer: string}} said
 * @param {() => void} then
 */
function ask({ question, more, answer }, then) {
  const yes = el("button", { class: "button danger", value: "yes" }, answer);
  const no = el("button", { class: "button", value: "", autofocus: true }, words("cancel"));
  const head = el(
    "div",
    { class: "dialog-head" },
    el("h2", {}, question),
    el("button", { class: "round", value: "", "aria-label": words("close") }, icon("close")),
  );
  const form = el(
    "form",
    { method: "dialog" },
    head,
    el("div", { class: "dialog-body" }, el("p", {}, more)),
    el("div", { class: "dialog-foot" }, no, yes),
  );
  const dialog = /** @type {HTMLDialogElement} */ (el("dialog", { class: "dialog", "aria-label": question }, form));
  dialog.addEventListener("close", () => {
    if (dialog.returnValue === "yes") then();
    dialog.remove();
  });
  document.body.append(dialog);
  dialog.showModal();
}

/** @type {HTMLElement | null} */
let open = null;

/**
 * @param {HTMLElement} article
 * @param {HTMLElement | null} from the button that gets the focus back
 * @param {{x: number, y: number}} [at] where it was pressed; else below the button
 */
export function show(article, from, at = below(from ?? article)) {
  close();
  const entries = items(article).map(({ icon: name, text, href, act, bad }) => {
    const inside = [icon(name, "s"), el("span", {}, text)];
    const attributes = { role: "menuitem", class: bad ? "bad" : null, tabindex: "-1" };
    if (href) return el("a", { ...attributes, href }, ...inside);
    const run = () => {
      close();
      act?.();
    };
    return el("button", { ...attributes, type: "button", click: run }, ...inside);
  });
  const menu = el(
    "div",
    { class: "menu post-actions", role: "menu", popover: "auto", tabindex: "-1", "aria-label": words("post_menu") },
    ...entries,
  );
  article.append(menu);
  menu.showPopover();
  place(menu, at);
  menu.addEventListener("toggle", (event) => /** @type {any} */ (event).newState === "closed" && gone(menu, from));
  from?.setAttribute("aria-expanded", "true");
  open = menu;
  // By keyboard the first thing is chosen; a finger or a mouse has its own place already.
  const first = from?.matches(":focus-visible") ? /** @type {HTMLElement} */ (menu.firstElementChild) : menu;
  if (first === menu) menu.style.outline = "none";
  first.focus({ preventScroll: true });
}

/** @param {HTMLElement} button */
function below(button) {
  const { right, bottom } = button.getBoundingClientRect();
  return { x: right - WIDTH_PX, y: bottom + 4 };
}

/** @param {HTMLElement} menu @param {{x: number, y: number}} at */
function place(menu, { x, y }) {
  const { width, height } = menu.getBoundingClientRect();
  const left = Math.max(8, Math.min(x, innerWidth - width - 8));
  const top = y + height + 8 > innerHeight ? Math.max(8 + barred(), y - height) : y;
  Object.assign(menu.style, {
    position: "fixed",
    inset: "auto",
    margin: "0",
    border: "0",
    left: `${left}px`,
    top: `${top}px`,
  });
}

function close() {
  open?.hidePopover();
}

/** @param {HTMLElement} menu @param {HTMLElement | null} from */
function gone(menu, from) {
  const hadFocus = menu.contains(document.activeElement) || document.activeElement === document.body;
  if (open === menu) open = null;
  menu.remove();
  from?.setAttribute("aria-expanded", "false");
  if (hadFocus) from?.focus({ preventScroll: true });
}

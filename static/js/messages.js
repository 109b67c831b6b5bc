/**
 * A conversation with the team. The follower's own stream says when something was written: the list is printed anew by
 * the server, and what is seen counts as read. The team's side looks again when one comes back to it.
 */
import { announce, on } from "./dom.js";
import { live } from "./live.js";
import { post } from "./net.js";
import { refreshParts } from "./parts.js";
import { words } from "./words.js";

const PARTS = ["#talk"];
const NEAR_END_PX = 160;

const atEnd = () => innerHeight + scrollY > document.documentElement.scrollHeight - NEAR_END_PX;

function toEnd() {
  scrollTo({ top: document.documentElement.scrollHeight });
}

/** What stands there has been seen. @param {HTMLElement} page */
async function read(page) {
  const form = /** @type {HTMLElement | null} */ (page.querySelector("form[data-unread]"));
  if (!form || document.visibilityState !== "visible") return;
  const seq = form.dataset.unread ?? "";
  form.remove();
  await post(page.dataset.read ?? "", { seq }, { fragment: true }).catch(() => {});
}

/** @param {HTMLElement} page @param {HTMLFormElement} form */
async function say(page, form) {
  const area = /** @type {HTMLTextAreaElement} */ (form.querySelector("textarea"));
  const problem = /** @type {HTMLElement | null} */ (page.querySelector("[data-problem]"));
  const send = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  if (send.disabled || !area.value.trim()) return;
  send.disabled = true;
  try {
    await post(form.action, new URLSearchParams(/** @type {any} */ (new FormData(form))), { fragment: true });
    area.value = "";
    /** @type {HTMLInputElement} */ (form.elements.namedItem("key")).value = crypto.randomUUID().replaceAll("-", "");
    if (problem) problem.hidden = true;
    announce(words("sent"));
    refreshParts(PARTS);
  } catch (error) {
    if (!problem) return;
    problem.textContent = words("not_sent", { why: /** @type {Error} */ (error).message });
    problem.hidden = false;
  } finally {
    send.disabled = false;
    area.focus();
  }
}

/** @param {HTMLElement} page */
function follower(page) {
  let stay = false;
  read(page);
  live.subscribe(`account:${page.dataset.talk}`, {
    on: (step) => {
      if (step.do !== "event" && step.do !== "reset" && step.do !== "gap") return;
      stay = !atEnd();
      refreshParts(PARTS);
    },
  });
  document.addEventListener("channel:part", () => {
    if (!stay) toEnd();
    read(page);
  });
  document.addEventListener("visibilitychange", () => read(page));
  const first = { capture: true };
  on(document, "submit", "form[data-say]", (event, form) => {
    event.preventDefault();
    say(page, /** @type {HTMLFormElement} */ (form));
  }, first);
}

/** Ctrl+Enter sends, as everywhere; on the follower's page Enter alone does, where there is a keyboard. */
function keys() {
  document.addEventListener("keydown", (event) => {
    const area = event.target instanceof HTMLTextAreaElement ? event.target : null;
    if (!area || event.key !== "Enter" || event.isComposing) return;
    const sends = event.ctrlKey || event.metaKey || (area.form?.matches("[data-say]") && finePointer() && !event.shiftKey);
    if (!sends) return;
    event.preventDefault();
    area.form?.requestSubmit();
  });
}

const finePointer = () => matchMedia("(pointer: fine)").matches;

export function messages() {
  const page = /** @type {HTMLElement | null} */ (document.querySelector("[data-talk]"));
  keys();
  const unread = document.getElementById("unread");
  if (unread && !location.hash) unread.scrollIntoView({ block: "center" });
  else if (!location.hash || location.hash === "#newest") toEnd();
  if (page) return follower(page);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") refreshParts([...PARTS, ".studio-nav"]);
  });
  return undefined;
}

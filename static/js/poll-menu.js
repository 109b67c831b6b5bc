/** What the menu of a post offers for its poll: taking one's vote back, and for its author the end. */
import { toast } from "./dom.js";
import { post } from "./net.js";
import { words } from "./words.js";

/**
 * @param {HTMLElement} article
 * @param {string} studio the address of the post there, "" for who may not end it
 * @param {(said: {question: string, more: string, answer: string}, then: () => void) => void} ask
 * @returns {(import("./post-menu.js").Item | false)[]}
 */
export function pollItems(article, studio, ask) {
  const poll = /** @type {any} */ (article.querySelector("channel-poll"));
  const form = /** @type {HTMLFormElement | null} */ (poll?.querySelector("form") ?? null);
  if (!form) return [];
  const question = { question: words("poll_end_question"), more: words("poll_end_more"), answer: words("poll_end") };
  return [
    poll.mayRetract && { icon: "close", text: words("poll_retract"), act: () => poll.retract() },
    studio !== "" &&
      !("closed" in form.dataset) && { icon: "stop", text: words("poll_end"), act: () => ask(question, () => end(studio)) },
  ];
}

/** @param {string} studio */
function end(studio) {
  post(`${studio}/poll/close`, {}).catch((error) =>
    toast(words("failed", { why: error.message }), { kind: "bad" }),
  );
}

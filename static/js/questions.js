/**
 * Questions in posts and on their own pages: votes without leaving the page, numbers that follow what others do.
 * Without it every button is a plain form.
 */
import { announce, on, toast } from "./dom.js";
import { post } from "./net.js";
import { counted, lang, words } from "./words.js";

const number = new Intl.NumberFormat(lang);

/** The viewer's own votes, which the page prints beside the posts that are the same for all. */
function known() {
  const holder = /** @type {HTMLElement | null} */ (document.querySelector("[data-voted]"));
  return new Set((holder?.dataset.voted ?? "").split(" ").filter(Boolean));
}

/** @type {Set<string>} */
let mine = new Set();

/** @param {ParentNode} root */
function paint(root) {
  for (const form of root.querySelectorAll("form[data-vote]"))
    if (mine.has(/** @type {HTMLElement} */ (form).dataset.vote ?? "")) press(/** @type {HTMLElement} */ (form), true);
}

/** @param {HTMLElement} form @param {boolean} voted @param {number} [votes] */
function press(form, voted, votes) {
  const button = form.querySelector("button");
  if (!button) return;
  button.setAttribute("aria-pressed", String(voted));
  button.value = voted ? "unvote" : "vote";
  const shown = form.querySelector("[data-votes]");
  if (shown && votes !== undefined) shown.textContent = number.format(votes);
}

/** @param {HTMLElement} form */
async function vote(form) {
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  if (button.disabled) return;
  const wanted = button.value !== "unvote";
  const id = form.dataset.vote ?? "";
  button.disabled = true;
  try {
    const answer = await post(form.getAttribute("action") ?? "", { do: button.value }, { fragment: true });
    const { votes, voted } = await answer.json();
    if (voted) mine.add(id);
    else mine.delete(id);
    for (const same of document.querySelectorAll(`form[data-vote="${CSS.escape(id)}"]`))
      press(/** @type {HTMLElement} */ (same), voted, votes);
    announce(words(wanted ? "voted" : "unvoted"));
  } catch (error) {
    toast(words("failed", { why: /** @type {Error} */ (error).message }), { kind: "bad" });
  } finally {
    button.disabled = false;
    button.focus({ preventScroll: true });
  }
}

/**
 * How many questions a post has now. Nobody's page is fetched anew for it: a hundred thousand would ask at once.
 * @param {{id: string, questions: number}} told
 */
function count({ id, questions: n }) {
  const shown = /** @type {HTMLElement | null} */ (
    document.querySelector(`[data-prompt="${CSS.escape(id)}"] [data-questions]`)
  );
  if (!shown || Number(shown.dataset.questions) === n) return;
  shown.dataset.questions = String(n);
  shown.textContent = counted("questions", n);
}

export function questions() {
  mine = known();
  paint(document);
  // Before the guard against sending twice, which takes the page to be left.
  const first = { capture: true };
  const send = (/** @type {Event} */ event, /** @type {HTMLElement} */ form) => {
    event.preventDefault();
    vote(form);
  };
  on(document, "submit", "form[data-vote]", send, first);
  document.addEventListener("channel:questions", (event) => count(/** @type {CustomEvent} */ (event).detail));
  // Posts that come later bring forms that know of nobody's votes.
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes)
      for (const node of addedNodes) if (node instanceof Element) paint(node);
  }).observe(document.querySelector("main") ?? document.body, { childList: true, subtree: true });
}

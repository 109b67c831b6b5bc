/** Votes that wait for the network: put aside, shown as cast, and what became of them. */
import { announce } from "./dom.js";
import { Ballots } from "./poll-ballots.js";
import { all, call, hear, within } from "./waits.js";
import { words } from "./words.js";

/** @typedef {import("./polls.js").Mine} Mine */
/** @typedef {import("./polls.js").Tally} Tally */

/** Sent when there is a network. A vote that only its code can change waits for its page to ask again. @param {any} poll */
export async function waits(poll) {
  const { form, id_: id = "", chosen: options, host } = poll;
  if (!form || (poll.voted && poll.receipt)) return false;
  const picked = options.map((/** @type {number} */ one) => form.querySelector(`[data-option="${one}"] .poll-words`)?.textContent?.trim() ?? "").filter(Boolean);
  const said = words("voted_for", { options: picked.join(", ") || String(options.length) });
  const address = `/api/v1/posts/${id}/vote`;
  if (!(await call("vote", host?.dataset.account ?? "", `vote:${id}`, "PUT", address, { options }, said, { id, options }))) return false;
  poll.seem(options);
  announce(words("waits_network"));
  return true;
}

/** The codes of anonymous votes that the worker sent: it has no place for them, and nobody else knows them. */
async function codes() {
  const account = /** @type {HTMLElement | null} */ (document.querySelector("channel-feed[data-account], [data-account]"))?.dataset.account ?? "";
  const ballots = new Ballots(localStorage, account);
  const left = (await within("shared", "readonly", (store) => store.getAll()).catch(() => [])) ?? [];
  for (const one of left) {
    if (!String(one.id).startsWith("ballot:") || one.account !== account) continue;
    ballots.keep(one.post, { options: one.options, receipt: one.receipt });
    await within("shared", "readwrite", (store) => store.delete(one.id));
  }
}

/** What the API says, as the live counts have it. @param {any} poll @returns {Tally} */
function tallied({ total, options }) {
  const open = options.filter((/** @type {any} */ one) => one.votes !== null);
  return { total, votes: Object.fromEntries(open.map((/** @type {any} */ { id, votes }) => [id, votes])) };
}

/** @param {string} id @returns {Iterable<any>} */
const pollsOf = (id) => document.querySelectorAll(`channel-poll[data-post="${CSS.escape(id)}"]`);

/** Votes that wait stand as cast; one that was refused does not. @param {Map<string, Mine>} known what the server said, by post */
export async function waiting(known) {
  await codes();
  hear(({ sent, refused, text }) => {
    const vote = sent ?? refused;
    if (vote?.kind !== "vote") return;
    codes();
    const { id } = vote.about;
    const { options, receipt = null, right = null, explanation = null, poll } = sent ? JSON.parse(text || "{}") : {};
    if (sent) known.set(id, { options, receipt, right, explanation });
    for (const one of pollsOf(id)) one.paint(known.get(id) ?? null), poll && one.count(tallied(poll));
  });
  for (const { kind, about, failed } of await all()) {
    if (kind === "vote" && !failed) for (const one of pollsOf(about.id)) one.seem(about.options);
  }
}

/** Comments that wait for the network: they stand in the thread, and become what the server makes of them. */
import { announce, icon, parse } from "./dom.js";
import { all, drop, form as queue, hear } from "./waits.js";
import { words } from "./words.js";

/**
 * It stands, and is sent when there is a network.
 * @param {import("./thread.js").ChannelThread} thread @param {HTMLElement} ghost @param {string} text @param {URLSearchParams} fields
 * @param {string} said
 */
export async function waits(thread, ghost, text, fields, said) {
  const key = fields.get("key") ?? "";
  const about = { fields: String(fields), said };
  if (!(await queue("comment", thread.account, key, thread.form?.action ?? "", fields, text, about))) return false;
  thread.inFlight -= 1;
  mark(ghost, key);
  announce(words("waits_network"));
  return true;
}

/** @param {HTMLElement} ghost @param {string} key */
function mark(ghost, key) {
  ghost.dataset.waits = key;
  ghost.querySelector("article")?.removeAttribute("aria-busy");
  ghost.querySelector(".meta")?.replaceChildren(icon("clock"), words("waits_network"));
}

/**
 * What waits at `address` stands in `thread`; what was sent becomes a comment, what was refused goes back to its author.
 * @param {import("./thread.js").ChannelThread} thread @param {string} address
 * @param {(text: string, to: string) => HTMLElement} stand
 * @param {(why: string, text: string, fields: URLSearchParams, said: string) => void} back
 */
export async function waiting(thread, address, stand, back) {
  const ghostOf = (/** @type {string} */ key) => /** @type {HTMLElement | null} */ (thread.querySelector(`li[data-waits="${CSS.escape(key)}"]`));
  hear(({ sent, refused, text }) => {
    const one = sent ?? refused;
    const ghost = one?.kind === "comment" ? ghostOf(one.key) : null;
    if (!one || !ghost) return;
    ghost.remove();
    const article = sent ? /** @type {HTMLElement | null} */ (parse(text ?? "").querySelector("article")) : null;
    if (article) thread.put(article, { isNew: true });
    if (!refused) return;
    drop(refused.key);
    back(refused.failed ?? "", refused.text, new URLSearchParams(refused.about.fields), refused.about.said);
  });
  for (const one of await all()) {
    if (one.kind !== "comment" || one.failed || one.address !== address || ghostOf(one.key)) continue;
    mark(stand(one.text, new URLSearchParams(one.about.fields).get("reply_to") ?? ""), one.key);
  }
}

/** Reactions that wait for the network: put aside, and shown as if they were there already. */
import { announce } from "./dom.js";
import { all, call, hear } from "./waits.js";
import { words } from "./words.js";

/**
 * It is sent when there is a network; the newest wish for an emoji is the one.
 * @param {string} account @param {string} id of the post @param {string} emoji @param {boolean} isOn
 */
export async function waits(account, id, emoji, isOn) {
  const address = `/api/v1/posts/${id}/reactions/${encodeURIComponent(emoji)}`;
  const said = words(isOn ? "reacted" : "unreacted", { emoji });
  const isKept = await call("reaction", account, `reaction:${id}:${emoji}`, isOn ? "PUT" : "DELETE", address, null, said, { id, emoji, isOn });
  if (isKept) announce(words("waits_network"));
  return isKept;
}

/**
 * What waits is shown, also after the page was loaded again, and taken back when it is refused.
 * @param {(id: string, emoji: string, isOn: boolean) => void} show
 */
export async function waiting(show) {
  hear(({ refused }) => refused?.kind === "reaction" && show(refused.about.id, refused.about.emoji, !refused.about.isOn));
  for (const { kind, about, failed } of await all()) if (kind === "reaction" && !failed) show(about.id, about.emoji, about.isOn);
}

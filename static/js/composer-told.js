/**
 * Who is told of what is being written: asked for the room and the readers that are chosen, when somebody wants to know. And
 * whether it becomes too much, which is said above the button that sends without being asked for: once for each post that
 * is begun, and for another room.
 */
import { parse } from "./dom.js";
import { get } from "./net.js";

/** @param {HTMLFormElement} form */
export function told(form) {
  const part = /** @type {HTMLDetailsElement | null} */ (form.querySelector("[data-telling]"));
  const room = /** @type {HTMLSelectElement | null} */ (form.querySelector("select[name=room]"));
  const rank = /** @type {HTMLSelectElement | null} */ (form.querySelector("select[name=min_rank]"));
  alarm(form, room);
  if (!part) return;
  const wanted = () =>
    new URLSearchParams({
      room: room?.value ?? "",
      min_rank: rank?.value ?? "",
      tags: tagsIn(form, "text"),
      teaser_tags: tagsIn(form, "teaser"),
    }).toString();
  const ask = async () => {
    const lines = part.querySelector("[role=status]");
    const asked = wanted();
    if (!part.open || !lines) return;
    try {
      const answer = await get(`${part.dataset.telling}?${asked}`, { fragment: true });
      if (asked === wanted()) lines.replaceChildren(parse(await answer.text()));
    } catch {
      // The link that stands there leads to the same.
    }
  };
  part.addEventListener("toggle", ask);
  room?.addEventListener("change", ask);
  rank?.addEventListener("change", ask);
  for (const name of ["text", "teaser"]) words(form, name)?.addEventListener("change", ask);
}

/** @param {HTMLFormElement} form @param {string} name */
function words(form, name) {
  const field = form.elements.namedItem(name);
  return field instanceof HTMLTextAreaElement || field instanceof HTMLInputElement ? field : null;
}

/**
 * The #tags of what is being written, with commas between them; the server says which of them are any.
 * @param {HTMLFormElement} form @param {string} name
 */
function tagsIn(form, name) {
  const typed = words(form, name)?.value ?? "";
  return [...new Set(typed.match(/(?<![\p{L}\p{N}_])#[\p{L}\p{N}\p{M}_]{1,40}/gu) ?? [])].slice(0, 10).join(",");
}

/** @param {HTMLFormElement} form @param {HTMLSelectElement | null} select */
function alarm(form, select) {
  const line = /** @type {HTMLElement | null} */ (form.querySelector("[data-alarm]"));
  const area = form.querySelector("textarea");
  if (!line || !area) return;
  let isKnown = false;
  const ask = async () => {
    const room = select?.value ?? form.dataset.room ?? "";
    isKnown = true;
    try {
      const asked = new URLSearchParams({ room, part: "alarm" });
      const answer = await get(`${line.dataset.alarm}?${asked}`, { fragment: true });
      if (room === (select?.value ?? form.dataset.room ?? "")) line.replaceChildren(parse(await answer.text()));
    } catch {
      isKnown = false; // without a network: at the next key
    }
  };
  area.addEventListener("input", () => isKnown || !area.value.trim() || ask());
  select?.addEventListener("change", ask);
  // What is sent makes the next one the one after it: see Composer.clear.
  form.addEventListener("cleared", () => {
    isKnown = false;
  });
}

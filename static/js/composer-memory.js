/** What the composer's files need to stand there again after a reload, and how they come back. */
import { KEPT } from "./composer-drafts.js";
import { Line, drawn } from "./composer-line.js";
import { el } from "./dom.js";
import { medium, watch } from "./media-made.js";
import { keptFile } from "./uploads-kept.js";

/**
 * @typedef {import("./composer-media.js").Attaching} Attaching
 * @typedef {import("./uploads-kept.js").Line} KeptLine
 */

/** @param {Attaching} media @returns {import("./uploads-kept.js").Kept} */
export function standing({ composer, ordered }) {
  const isDrafted = composer.drafts && composer.form.dataset.drafts !== ""; // a topic keeps its words itself
  const fields = isDrafted ? composer.fields().filter(([name, value]) => value && (name === "draft" || KEPT.test(name))) : [];
  const said = composer.form.querySelector("[data-quoting] .grow")?.textContent;
  if (said) fields.push(["said", said]);
  return { at: Date.now(), draft: composer.value?.("draft") ?? "", fields, lines: ordered.map(lineOf) };
}

/** @param {Line} line @returns {KeptLine} */
function lineOf({ item, id, name, described, box, chapters: divided }) {
  const alt = described?.value ?? "";
  const chapters = divided?.unsaved ?? "";
  if (!item) return { id, name, size: 0, type: box.dataset.kind ?? "", alt, chapters };
  const { key, size, type, modified, address } = item;
  return { key, id, name, size, type, modified, address, alt, chapters, paused: item.state === "paused" };
}

/** What an earlier visit left: all of it in an empty form, beside a text only what belongs to that. @param {Attaching} media */
export async function remember(media) {
  const { composer, area, list } = media;
  if (composer.signal.aborted) return;
  const draft = composer.value?.("draft") ?? "";
  const isBlank = () => !area.value.trim() && list.children.length === 0;
  const kept = await media.memory.claim(
    (one) => isBlank() || one.draft === draft || one.fields.some(([name, value]) => name === "text" && value === area.value),
  );
  if (!kept || composer.signal.aborted) return;
  if (isBlank() && kept.fields.length) fill(media, kept.fields);
  for (const line of kept.lines) await bring(media, line);
  media.placed();
  media.keep();
  composer.typed();
  media.memory.sweep();
}

/** @param {Attaching} media @param {[string, string][]} fields */
function fill({ composer }, fields) {
  const { quote, said, ...others } = Object.fromEntries(fields.filter(([name]) => name !== "media"));
  for (const [name, value] of Object.entries(others)) {
    const field = /** @type {any} */ (composer.form.elements.namedItem(name));
    if (field?.type === "checkbox") field.checked = true;
    else composer.set(name, value);
  }
  if (quote && said) composer.quote(quote, said, { focus: false });
}

/** @param {Attaching} media @param {KeptLine} kept */
async function bring(media, kept) {
  const printed = kept.id && media.list.querySelector(`[data-medium="${CSS.escape(kept.id)}"]`);
  if (printed) {
    media.list.append(printed); // the order is that of the memory
    const line = media.lines.get(printed);
    if (line?.described) line.described.value = kept.alt;
    if (kept.chapters) line?.chapters ? line.chapters.restore(kept.chapters) : printed.setAttribute("data-chapters", kept.chapters);
  } else if (kept.id) there(media, kept, kept.id);
  else if (kept.key) await unfinished(media, kept, kept.key);
}

/** It had arrived. @param {Attaching} media @param {KeptLine} kept @param {string} id */
function there(media, kept, id) {
  const box = drawn(kept, null);
  box.dataset.medium = id;
  if (kept.chapters) box.dataset.chapters = kept.chapters;
  box.querySelector(".acts")?.append(el("input", { type: "hidden", name: "media", value: id }));
  box.querySelector(".what > .input")?.setAttribute("name", `alt-${id}`);
  media.list.append(box);
  const line = new Line(media, box, null);
  media.stand(line);
  watch(line);
}

/** @param {Attaching} media @param {KeptLine} kept @param {string} key */
async function unfinished(media, { name, size, type, modified = 0, alt, address = "", paused }, key) {
  const file = await keptFile(key);
  const state = paused ? "paused" : "queued";
  const about = { key, name, size, type, modified, alt, address };
  const item = /** @type {import("./transfers.js").Item} */ ({ ...about, state, why: "", sent: 0, id: "", file });
  media.show(item, file);
  media.transfers.again(item); // what it asks the server for is not waited for
}

/** What a post carried that was refused stands here again. @param {Attaching} media @param {[string, string][]} fields */
export async function bringBack(media, fields) {
  const alts = Object.fromEntries(fields);
  for (const [, id] of fields.filter(([name]) => name === "media")) {
    const { name = "", kind = "" } = await medium(id);
    there(media, { name, type: kind, size: 0, alt: alts[`alt-${id}`] ?? "" }, id);
  }
  media.keep();
}

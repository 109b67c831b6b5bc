/** What the server makes of a file that has arrived, told in its line. A post may go out before. */
import { el } from "./dom.js";
import { API } from "./upload.js";
import { words } from "./words.js";

const ASK_EVERY_MS = 2_000;

/** What is known of a medium; a server that is away says nothing against it. @param {string} id @returns {Promise<any>} */
export function medium(id) {
  return fetch(`${API}/${id}`).then(
    (answer) => answer.json(),
    () => ({ state: "processing" }),
  );
}

/** @param {import("./composer-line.js").Line} line */
export async function watch(line) {
  const said = el("span", { class: "small quiet", role: "status" });
  line.described?.before(said);
  while (line.box.isConnected) {
    const one = await medium(line.id);
    if (one.status === 404) return line.media.remove(line); // taken away in the library
    const text = wordsOf(one);
    if (said.textContent !== text) said.textContent = text;
    if (one.state === "failed" || one.state === "refused") said.className = "small problem";
    if (one.state !== "processing") return seen(line, one);
    await new Promise((done) => setTimeout(done, ASK_EVERY_MS));
  }
  return undefined;
}

/** @param {any} one */
function wordsOf(one) {
  if (one.state === "failed") return words("not_made");
  if (one.state === "refused") return words("not_clean");
  if (one.state === "processing") return one.progress ? words("made_so_far", { n: one.progress }) : words("made");
  if (one.as_sent && one.kind !== "file") return words("made_as_sent");
  return (one.credentials?.ai ?? "none") === "none" ? "" : words("says_ai");
}

/** Where this device has no picture of it, the server's. @param {import("./composer-line.js").Line} line @param {any} one */
function seen(line, one) {
  const sign = line.box.querySelector("span.thumb");
  const smallest = one.variants?.find((/** @type {any} */ each) => each.width && each.format === "webp");
  if (!sign || !smallest) return;
  sign.replaceWith(el("img", { class: "thumb", src: smallest.url, alt: "", draggable: "false", "data-grip": true }));
}

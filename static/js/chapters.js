/** Chapters beside a player: it jumps to the one that is chosen, and the one that is played is marked. */

/** @type {WeakSet<Element>} */
const watched = new WeakSet();

/** @param {Element} inside something in the figure of a player */
function parts(inside) {
  const figure = inside.closest("figure");
  const media = /** @type {HTMLMediaElement | null | undefined} */ (figure?.querySelector("video, audio"));
  const links = /** @type {HTMLElement[]} */ ([...(figure?.querySelectorAll("[data-chapter]") ?? [])]);
  return { figure, media, links };
}

/** Mark what is played from now on. @param {Element} inside */
export function follow(inside) {
  const { media, links } = parts(inside);
  if (!media || !links.length || watched.has(media)) return;
  watched.add(media);
  const mark = () => {
    const now = links.findLast((link) => Number(link.dataset.chapter) <= media.currentTime + 0.05);
    for (const link of links) {
      if (link === now) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  };
  for (const told of ["timeupdate", "seeking", "play"]) media.addEventListener(told, mark);
}

/** @param {HTMLElement} link */
export async function jump(link) {
  const { figure, media } = parts(link);
  if (!media) return;
  follow(link);
  const drawn = /** @type {HTMLElement | null | undefined} */ (figure?.querySelector("[data-voice]"));
  if (drawn) (await import("./voice.js")).voice(drawn, drawn); // shows where it is
  for (const other of document.querySelectorAll("audio, video")) if (other !== media) /** @type {any} */ (other).pause();
  media.currentTime = Number(link.dataset.chapter); // before anything of it is loaded, it begins there
  await media.play().catch(() => {});
}

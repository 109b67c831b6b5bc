/**
 * Before anything of a room is painted: down to what it opens at, and the pictures in the order in which they are seen.
 * One in view comes before the others, which would share a phone's line with it, and those out of view come last.
 * feed-jump.js lands exactly, later. No module: those come after the first paint.
 */
(() => {
  const feed = /** @type {HTMLElement | null} */ (document.querySelector("channel-feed"));
  if (!feed || location.hash || history.state?.feed || feed.dataset.target || feed.dataset.newer === "1") return;
  const line = document.getElementById("unread");
  if (line) line.scrollIntoView();
  else for (const box of [feed.closest("main"), document.scrollingElement]) box?.scrollTo(0, box.scrollHeight);

  const pictures = /** @type {HTMLImageElement[]} */ ([...feed.querySelectorAll("picture > img")]);
  const near = pictures.filter((one) => {
    const { top, bottom } = one.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  });
  const [lead] = near.toSorted((one, other) => other.width - one.width);
  if (!lead) return;
  /** What is not shown is not fetched; its placeholder stands there. @param {HTMLImageElement[]} some @param {boolean} on */
  const show = (some, on) => some.forEach((one) => (one.style.display = on ? "" : "none"));
  /** @param {HTMLImageElement} one */
  const came = (one) => new Promise((then) => ["load", "error"].forEach((kind) => one.addEventListener(kind, then)));
  const all = () => show(pictures, true);
  show(pictures.filter((one) => one !== lead), false);
  lead.fetchPriority = "high";
  lead.loading = "eager";
  came(lead)
    .then(() => show(near, true))
    .then(() => Promise.all(near.map((one) => one.complete || came(one))))
    .then(all);
  for (const kind of ["wheel", "touchmove", "keydown"]) addEventListener(kind, all, { once: true, passive: true });
  setTimeout(all, 4000);
})();

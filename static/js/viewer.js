/** A picture on the whole screen: swiped, keyed, zoomed. Without it each picture is a link to its file. */
import { el, icon, styles } from "./dom.js";
import { words } from "./words.js";

const SWIPE_PX = 48;

/** @param {HTMLAnchorElement} chosen */
export async function view(chosen) {
  await styles("viewer.css");
  const album = chosen.closest("[data-album]");
  const links = /** @type {HTMLAnchorElement[]} */ ([...(album?.querySelectorAll("a[data-shot]") ?? [chosen])]);
  let at = Math.max(0, links.indexOf(chosen));
  const picture = el("img", { alt: "" });
  const said = el("p", { class: "said" });
  const count = el("span", { class: "count", "aria-live": "polite" });
  const close = el("button", { class: "round", "aria-label": words("close"), click: () => dialog.close() }, icon("close"));
  const before = el("button", { class: "round prev", "aria-label": words("picture_before"), click: () => go(-1) }, icon("prev"));
  const after = el("button", { class: "round next", "aria-label": words("picture_after"), click: () => go(1) }, icon("next"));
  const dialog = /** @type {HTMLDialogElement} */ (
    el("dialog", { class: "viewer", "aria-label": words("picture") }, picture, said, count, before, after, close)
  );

  /** @param {number} step */
  function go(step) {
    at = Math.min(links.length - 1, Math.max(0, at + step));
    const link = links[at];
    const small = /** @type {HTMLImageElement | null} */ (link.querySelector("picture img"));
    dialog.classList.remove("near");
    picture.setAttribute("src", link.href);
    picture.setAttribute("alt", small?.alt ?? "");
    said.textContent = small?.alt ?? "";
    said.hidden = !small?.alt;
    count.textContent = links.length > 1 ? `${at + 1} / ${links.length}` : "";
    before.toggleAttribute("disabled", at === 0);
    after.toggleAttribute("disabled", at === links.length - 1);
    before.hidden = after.hidden = links.length === 1;
  }

  /** @param {MouseEvent} event */
  function zoom(event) {
    const isNear = dialog.classList.toggle("near");
    if (!isNear) return;
    const x = event.offsetX / picture.clientWidth;
    const y = event.offsetY / picture.clientHeight;
    requestAnimationFrame(() =>
      dialog.scrollTo(
        (dialog.scrollWidth - dialog.clientWidth) * x,
        (dialog.scrollHeight - dialog.clientHeight) * y,
      ),
    );
  }

  let from = 0;
  picture.addEventListener("click", zoom);
  dialog.addEventListener("pointerdown", (event) => (from = event.clientX));
  dialog.addEventListener("pointerup", (event) => {
    const way = event.clientX - from;
    if (Math.abs(way) > SWIPE_PX && !dialog.classList.contains("near")) go(way < 0 ? 1 : -1);
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") go(-1);
    else if (event.key === "ArrowRight") go(1);
    else if (event.key === "Home") go(-links.length);
    else if (event.key === "End") go(links.length);
    else return;
    event.preventDefault();
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => {
    dialog.remove();
    links[at].focus();
  });
  document.body.append(dialog);
  go(0);
  dialog.showModal();
}

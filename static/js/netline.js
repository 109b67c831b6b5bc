/** The one quiet line about the connection. Whatever is mended within three seconds never shows. */
import { announce, el, icon } from "./dom.js";
import { words } from "./words.js";

const SILENT_MS = 3000;

/** @param {import("./live.js").Live} live */
export function netline(live) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {HTMLElement | null} */
  let line = null;
  let said = "";

  const slot = () =>
    /** @type {HTMLElement} */ (
      document.querySelector(".net-line") ?? document.body.appendChild(el("div", { class: "net-line", role: "status" }))
    );

  const say = () => {
    timer = undefined;
    const isOffline = live.state === "offline";
    const key = isOffline ? "offline" : "reconnecting";
    if (line && key === said) return;
    said = key;
    const mark = isOffline ? icon("offline", "s") : el("span", { class: "spin" }, icon("sync", "s"));
    const fresh = el("p", { class: "line glass quiet" }, mark, words(key));
    if (line) line.replaceWith(fresh);
    else slot().append(fresh);
    line = fresh;
  };

  live.watch((state) => {
    if (state === "connecting" && !line) return undefined;
    if (state === "waiting" || state === "offline" || state === "connecting") {
      if (line) return say();
      timer ??= setTimeout(say, SILENT_MS);
      return undefined;
    }
    clearTimeout(timer);
    timer = undefined;
    if (line) announce(state === "open" ? words("online") : "");
    line?.remove();
    line = null;
    return undefined;
  });
}

/** Both views of what is being written, as the server will print them: who has access, who sees the card. */
import { parse } from "./dom.js";
import { post } from "./net.js";
import { paint } from "./times.js";

const PAUSE_MS = 400;

export class Preview {
  /** @param {import("./composer.js").Composer} composer @param {HTMLElement} views */
  constructor(composer, views) {
    this.composer = composer;
    this.views = views;
    this.address = views.dataset.preview || composer.form.action.replace(/\/posts$/, "/preview");
    /** @type {AbortController | null} */
    this.running = null;
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#show(), PAUSE_MS);
  }

  async #show() {
    this.running?.abort();
    this.running = new AbortController();
    const { signal } = this.running;
    const { composer, views } = this;
    const fields = new URLSearchParams(composer.fields().filter(([name]) => !["key", "draft"].includes(name)));
    try {
      views.setAttribute("aria-busy", "true");
      const answer = await post(this.address, fields, { signal, accept: "text/html" });
      const page = parse(await answer.text());
      if (signal.aborted) return;
      const fresh = page.querySelector("#views") ?? page.firstElementChild;
      // The answer may be the views themselves or what stands in them.
      if (fresh && fresh.id && fresh.id === views.id) views.replaceChildren(...fresh.childNodes);
      else views.replaceChildren(page);
      paint(views);
    } catch {
      // The last good preview stays; the next key asks again.
    } finally {
      if (!signal.aborted) views.removeAttribute("aria-busy");
    }
  }
}

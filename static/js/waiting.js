/**
 * The page that waits for a payment: asks again, at once when the account is told of a change. What it asks is the
 * page itself; once that waits no more it is loaded, so that nothing here has to know what else it may say.
 */
import { live } from "./live.js";
import { get } from "./net.js";

const FIRST_MS = 2_000;
const LONGEST_MS = 20_000;

/** @param {HTMLElement} page */
export function waiting(page) {
  let wait_ms = FIRST_MS;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  async function look() {
    clearTimeout(timer);
    try {
      const answer = await get(location.pathname);
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!fresh.querySelector("[data-waiting]")) return location.reload();
    } catch {
      // Not reachable: the next look tells.
    }
    wait_ms = Math.min(wait_ms * 1.5, LONGEST_MS);
    timer = setTimeout(look, wait_ms);
    return undefined;
  }

  timer = setTimeout(look, wait_ms);
  live.subscribe(`account:${page.dataset.waiting}`, { on: (step) => step.do === "event" && look() });
}

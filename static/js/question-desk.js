/**
 * The desk for questions, live: when somebody asks or votes, the list is printed anew by the server, unless somebody
 * is choosing or writing in it. What is asked in the box comes when one looks at the page again: no stream tells of it.
 */
import { live } from "./live.js";
import { refreshParts } from "./parts.js";

const SPREAD_MS = 1500;
const PARTS = ["#asked", ".studio-nav"];

/** Ticked boxes are somebody's work, too. */
const isChosen = () => document.querySelector("#asked input[type=checkbox]:checked") !== null;

const again = () => {
  if (!isChosen()) refreshParts(PARTS, SPREAD_MS);
};

export function desk() {
  /** @type {Map<string, Set<string>>} */
  const rooms = new Map();
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-live-prompt]"))) {
    const { room = "", livePrompt = "" } = place.dataset;
    rooms.set(room, (rooms.get(room) ?? new Set()).add(livePrompt));
  }
  for (const [room, prompts] of rooms)
    live.subscribe(`room:${room}`, {
      on: (step) => {
        if (step.do !== "counts") return;
        for (const [id, { questions }] of Object.entries(/** @type {Record<string, any>} */ (step.posts)))
          if (questions !== undefined && prompts.has(id)) again();
      },
    });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") again();
  });
}

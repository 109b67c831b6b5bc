/**
 * On every page that the service worker rules: says that a page is a kept one and since when, and what waits for the
 * network; wakes the worker when there is one again. Loaded where there is a worker.
 */
import { announce, el, icon, toast } from "./dom.js";
import { clock } from "./times.js";
import { outboxes } from "./outbox.js";
import { all, form, hear, wake } from "./waits.js";
import { counted, lang, words } from "./words.js";

const HERE = "/offline";
const DAY_MS = 24 * 3600 * 1000;

/** @param {any} message */
const tell = (message) => navigator.serviceWorker.controller?.postMessage(message);

/** @type {HTMLElement | null} */
let line = null;

const slot = () => document.querySelector(".net-line") ?? document.body.appendChild(el("div", { class: "net-line", role: "status" }));

/** @param {number} at */
function moment(at) {
  if (Date.now() - at < DAY_MS) return clock(at);
  return new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "short" }).format(at);
}

/** One line for all of it; nothing to say is no line. */
async function show() {
  const { kept } = document.documentElement.dataset;
  const waiting = await all();
  const failed = waiting.filter((one) => one.failed).length;
  const parts = [];
  if (kept) parts.push(words("kept_since", { time: moment(Number(kept)) }));
  if (failed) parts.push(counted("not_sent_count", failed));
  else if (waiting.length) parts.push(counted("waits_count", waiting.length));
  const said = parts.join(" ");
  if (line?.isConnected && line.dataset.said === said) return;
  line?.remove();
  line = null;
  if (!said) return;
  const mark = icon(failed ? "warn" : kept ? "offline" : "clock", "s");
  line = waiting.length ? el("a", { class: "line glass", href: `${HERE}#waits` }, mark, said) : el("p", { class: "line glass quiet" }, mark, said);
  line.dataset.said = said;
  slot().append(line);
}

/**
 * Posts of a page that was left, or closed, before the worker had them (composer-send.js): it gets them now. What it sends
 * while no page of that room is open is taken out of its outbox here.
 */
async function handOver() {
  const account = /** @type {HTMLElement | null} */ (document.querySelector("[data-account]"))?.dataset.account;
  if (!account) return;
  const boxes = () => outboxes(localStorage, account);
  const done = (/** @type {string} */ sent) => boxes().find((box) => box.all().some(({ key }) => key === sent))?.remove(sent);
  hear(({ sent }) => sent?.kind === "post" && setTimeout(() => done(sent.key))); // after the composer, which needs it there
  const known = new Set((await all()).map(({ key }) => key));
  const left = boxes().flatMap((box) => box.all()).filter(({ key, failed }) => !failed && !known.has(key));
  for (const { key, action, fields, text } of left) await form("post", account, key, action, new URLSearchParams(fields), text || "…");
}

/** There is a network: what was written goes out, and what may be kept is asked. */
function back() {
  tell({ do: "check", force: true });
  wake();
}

export function offline() {
  show();
  handOver();
  addEventListener("online", back);
  addEventListener("pageshow", (event) => event.persisted && tell({ do: "check" }));
  document.addEventListener("channel:waits", show);
  // Rights changed, or the session is over: what is kept is perhaps not allowed any more.
  document.addEventListener("channel:access", () => tell({ do: "check", force: true }));
  hear(({ refused }) => {
    show();
    if (!refused) return all().then((left) => left.length === 0 && announce(words("all_sent")));
    return toast(words("not_sent", { why: refused.failed ?? "" }), { kind: "bad", href: `${HERE}#waits`, action: words("view_text") });
  });
  if (navigator.onLine !== false) all().then((waiting) => waiting.length > 0 && wake());
}

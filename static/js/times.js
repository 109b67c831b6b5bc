/** Times in the reader's own zone and language: relative and live where wanted, exact on hover. */
import { lang, region, words } from "./words.js";
import { left, spoken } from "./times-words.js";

const exact = new Intl.DateTimeFormat(region, { dateStyle: "full", timeStyle: "short", hourCycle: "h23" });
const form = {
  relative: new Intl.RelativeTimeFormat(region, { numeric: "auto", style: "short" }),
  clock: new Intl.DateTimeFormat(region, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
  weekday: new Intl.DateTimeFormat(region, { weekday: "long" }),
  day: new Intl.DateTimeFormat(region, { day: "numeric", month: "short" }),
  date: new Intl.DateTimeFormat(region, { day: "numeric", month: "short", year: "numeric" }),
};

const countdown = {
  ahead: new Intl.RelativeTimeFormat(lang),
  hours: new Intl.NumberFormat(lang, { style: "unit", unit: "hour", unitDisplay: "long" }),
  minutes: new Intl.NumberFormat(lang, { style: "unit", unit: "minute", unitDisplay: "long" }),
};

/** @param {Date | number} at */
export const clock = (at) => form.clock.format(at);

/**
 * Say all times below an element. The server's words stay where a time cannot be read.
 * @param {ParentNode} root
 */
export function paint(root) {
  const now = Date.now();
  for (const time of root.querySelectorAll("time[datetime]")) say(/** @type {HTMLTimeElement} */ (time), now);
}

/** @param {HTMLTimeElement} time @param {number} now */
function say(time, now) {
  const at = Date.parse(time.dateTime);
  if (Number.isNaN(at) || !/T/.test(time.dateTime)) return;
  const full = exact.format(at);
  if (time.title !== full) time.title = full;
  const text = wording(time, at, now);
  if (text && time.textContent !== text) time.textContent = text;
}

/** @param {HTMLTimeElement} time @param {number} at @param {number} now */
function wording(time, at, now) {
  if (time.dataset.relative === "clock" || "clock" in time.dataset) return clock(at);
  if ("relative" in time.dataset) return spoken(at, now, { ...form, now: words("now") });
  if ("countdown" in time.dataset) return left(at, now, { ...countdown, soon: words("any_moment") });
  if ("exact" in time.dataset) return exact.format(at);
  return "";
}

export function keepTimes() {
  paint(document);
  setInterval(() => document.visibilityState === "visible" && paint(document), 30_000);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && paint(document));
}

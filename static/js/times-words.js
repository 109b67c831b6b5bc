/**
 * How long ago, in words; pure.
 *
 * @typedef {{format: (value: any) => string}} Form
 * @typedef {{now: string, relative: Intl.RelativeTimeFormat, clock: Form, weekday: Form, day: Form, date: Form}} Forms
 */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Whole days between two moments on the reader's calendar. @param {number} at @param {number} now */
function daysBetween(at, now) {
  const start = (/** @type {number} */ ms) => new Date(ms).setHours(0, 0, 0, 0);
  return Math.round((start(now) - start(at)) / DAY_MS);
}

/**
 * How long it is until a moment, in days and hours, hours and minutes, or minutes.
 * @param {number} at
 * @param {number} now
 * @param {{ahead: Intl.RelativeTimeFormat, hours: Form, minutes: Form, soon: string}} forms
 */
export function left(at, now, forms) {
  const whole = Math.ceil((at - now) / MINUTE_MS);
  if (whole <= 0) return forms.soon;
  const [days, hours, minutes] = [Math.floor(whole / 1440), Math.floor(whole / 60) % 24, whole % 60];
  if (days) return forms.ahead.format(days, "day") + (hours ? ` ${forms.hours.format(hours)}` : "");
  if (hours) return forms.ahead.format(hours, "hour") + (minutes ? ` ${forms.minutes.format(minutes)}` : "");
  return forms.ahead.format(minutes, "minute");
}

/**
 * @param {number} at
 * @param {number} now
 * @param {Forms} forms
 */
export function spoken(at, now, forms) {
  const since = now - at;
  const size = Math.abs(since);
  if (size < 45_000) return forms.now;
  const sign = since > 0 ? -1 : 1;
  if (size < HOUR_MS) return forms.relative.format(sign * Math.max(1, Math.round(size / MINUTE_MS)), "minute");
  const days = daysBetween(at, now);
  if (days === 0) return forms.clock.format(at);
  if (Math.abs(days) === 1) return forms.relative.format(-days, "day");
  if (days > 1 && days < 7) return forms.weekday.format(at);
  return new Date(at).getFullYear() === new Date(now).getFullYear() ? forms.day.format(at) : forms.date.format(at);
}

import { dayName, dayOf, goesOn, isShown, place, unread, verdict } from "../../static/js/feed-order.js";
import { left, spoken } from "../../static/js/times-words.js";
import { equal, ok, test } from "./harness.mjs";

const list = (...seqs) => seqs.map((seq) => ({ seq }));
const post = (more) => ({ rev: 1, locked: false, gone: false, ...more });

test("a seq finds its place", () => {
  equal(place(list(), 5), { index: 0, there: false });
  equal(place(list(1, 3, 7), 9), { index: 3, there: false });
  equal(place(list(1, 3, 7), 0), { index: 0, there: false });
  equal(place(list(1, 3, 7), 4), { index: 2, there: false });
  equal(place(list(1, 3, 7), 7), { index: 2, there: true });
});

test("whatever the order of arrival, the page is in order", () => {
  const page = [];
  for (const seq of [5, 1, 9, 3, 2, 8, 4, 7, 6, 3, 9]) {
    const { index, there } = place(page, seq);
    if (!there) page.splice(index, 0, { seq });
  }
  equal(
    page.map(({ seq }) => seq),
    [1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
});

test("the same revision is nothing new, an older one is stale, a newer one swaps", () => {
  equal(verdict(undefined, post({})), "insert");
  equal(verdict(post({}), post({})), "same");
  equal(verdict(post({ rev: 3 }), post({ rev: 2 })), "stale");
  equal(verdict(post({}), post({ rev: 2 })), "swap");
});

test("locked and open swap under the same revision", () => {
  equal(verdict(post({ locked: true }), post({})), "swap");
  equal(verdict(post({}), post({ locked: true })), "swap");
});

test("a deleted post stays deleted", () => {
  equal(verdict(post({ rev: 2 }), post({ gone: true })), "swap");
  equal(verdict(post({ gone: true }), post({ rev: 9 })), "stale");
  equal(verdict(post({ gone: true }), post({ gone: true })), "same");
});

test("days are the reader's own", () => {
  const at = Date.parse("2026-11-22T23:30:00Z");
  equal(
    [dayOf(at, "UTC"), dayOf(at, "Europe/Berlin"), dayOf(at, "America/New_York")],
    ["2026-11-22", "2026-11-23", "2026-11-22"],
  );
});

test("days have names", () => {
  const say = { lang: "en", today: "Today", yesterday: "Yesterday" };
  const name = (day) => dayName(day, "2026-11-22", say);
  equal(["2026-11-22", "2026-11-21", "2026-11-19", "2026-03-03", "2024-12-24"].map(name), [
    "Today",
    "Yesterday",
    "Thursday",
    "March 3",
    "December 24, 2024",
  ]);
  equal(dayName("2026-03-03", "2026-11-22", { ...say, lang: "de" }), "3. März");
  equal(name("2026-11-23"), "November 23", "a clock that runs ahead is no weekday of the past");
});

test("one author within half an hour of one day goes on under one face", () => {
  const said = (more) => ({ author: "a", at: 0, day: "d", gone: false, ...more });
  ok(goesOn(said({}), said({ at: 29 * 60_000 })), "soon after");
  ok(!goesOn(said({}), said({ at: 31 * 60_000 })), "later");
  ok(!goesOn(said({}), said({ author: "b" })), "another author");
  ok(!goesOn(said({}), said({ day: "e" })), "another day");
  ok(!goesOn(said({ gone: true }), said({})), "after a trace");
  ok(!goesOn(undefined, said({})), "the first");
});

test("unread leaves out one's own posts and traces", () => {
  const all = [1, 2, 3, 4].map((seq) => ({ seq, author: seq === 3 ? "me" : "x", gone: seq === 4 }));
  equal([unread(all, 1, "me"), unread(all, 0, ""), unread(all, 4, "me")], [1, 3, 0]);
});

test("a post counts as shown when most of it is, or when it fills the screen", () => {
  ok(isShown({ ratio: 0.6, shown_px: 60, screen_px: 800 }), "most of it");
  ok(isShown({ ratio: 0.2, shown_px: 700, screen_px: 800 }), "a very long one");
  ok(!isShown({ ratio: 0.5, shown_px: 50, screen_px: 800 }), "half of it");
});

test("times are spoken shorter the nearer they are", () => {
  const said = (name) => ({ format: () => name });
  const forms = {
    now: "now",
    relative: new Intl.RelativeTimeFormat("en", { numeric: "auto" }),
    clock: said("09:41"),
    weekday: said("Thursday"),
    day: said("3 Mar"),
    date: said("3 Mar 2024"),
  };
  const now = new Date(2026, 10, 22, 15, 0).getTime();
  const ago = (ms) => spoken(now - ms, now, forms);
  const hour = 3_600_000;
  equal([ago(5_000), ago(-20_000), ago(60_000), ago(30 * 60_000)], ["now", "now", "1 minute ago", "30 minutes ago"]);
  equal(
    [ago(3 * hour), ago(20 * hour), ago(72 * hour), ago(30 * 24 * hour), ago(700 * 24 * hour)],
    ["09:41", "yesterday", "Thursday", "3 Mar", "3 Mar 2024"],
  );
});

test("what is left is said in days and hours, hours and minutes, or minutes, and never as nothing", () => {
  const forms = (lang) => ({
    ahead: new Intl.RelativeTimeFormat(lang),
    hours: new Intl.NumberFormat(lang, { style: "unit", unit: "hour", unitDisplay: "long" }),
    minutes: new Intl.NumberFormat(lang, { style: "unit", unit: "minute", unitDisplay: "long" }),
    soon: "any moment now",
  });
  const minute = 60_000;
  const hour = 60 * minute;
  const said = (ms, lang = "en") => left(1_000_000 + ms, 1_000_000, forms(lang));
  equal(
    [said(51 * hour), said(48 * hour), said(3 * hour + 12 * minute), said(hour), said(90_000), said(1)],
    ["in 2 days 3 hours", "in 2 days", "in 3 hours 12 minutes", "in 1 hour", "in 2 minutes", "in 1 minute"],
  );
  equal([said(0), said(-5 * hour)], ["any moment now", "any moment now"]);
  equal([said(51 * hour, "de"), said(61 * minute, "de")], ["in 2 Tagen 3 Stunden", "in 1 Stunde 1 Minute"]);
});

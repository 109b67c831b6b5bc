import { best, fit } from "../../static/js/fuzzy.js";
import { applied, continued } from "../../static/js/markdown-edit.js";
import { MOST_WAITING, Outbox, freshKey } from "../../static/js/outbox.js";
import { equal, ok, test } from "./harness.mjs";

function memory() {
  const kept = new Map();
  return {
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => kept.set(name, value),
    removeItem: (name) => kept.delete(name),
    kept,
  };
}

const waiting = (key) => ({
  key,
  action: "/studio/a/posts",
  fields: [
    ["text", key],
    ["key", key],
  ],
  text: key,
  at: 1,
});

test("posts wait in the order they were written, over a reload", () => {
  const storage = memory();
  const outbox = new Outbox(storage, "me", "room");
  for (const key of ["a", "b", "c"]) outbox.add(waiting(key));
  const again = new Outbox(storage, "me", "room");
  equal(
    again.all().map(({ key }) => key),
    ["a", "b", "c"],
  );
  equal(again.next(), waiting("a"));
});

test("a post waits once under its key", () => {
  const outbox = new Outbox(memory(), "me", "room");
  outbox.add(waiting("a"));
  outbox.add(waiting("a"));
  equal(outbox.all().length, 1);
});

test("a refused post keeps its text and its key and lets the next one go", () => {
  const outbox = new Outbox(memory(), "me", "room");
  outbox.add(waiting("a"));
  outbox.add(waiting("b"));
  outbox.fail("a", "Too long.");
  equal(outbox.next().key, "b");
  equal(outbox.all()[0], { ...waiting("a"), failed: "Too long." });
  outbox.retry("a");
  equal(outbox.next(), waiting("a"));
});

test("nobody sends another account's posts, and an empty box leaves no trace", () => {
  const storage = memory();
  new Outbox(storage, "me", "room").add(waiting("a"));
  equal(new Outbox(storage, "you", "room").all(), []);
  new Outbox(storage, "me", "room").remove("a");
  equal(storage.kept.size, 0);
});

test("what cannot be kept is said, never lost in silence", () => {
  const full = {
    ...memory(),
    setItem: () => {
      throw new Error("quota");
    },
  };
  equal(new Outbox(full, "me", "room").add(waiting("a")), false);
  const outbox = new Outbox(memory(), "me", "room");
  for (let n = 0; n < MOST_WAITING; n += 1) ok(outbox.add(waiting(`k${n}`)), "fits");
  equal(outbox.add(waiting("one more")), false);
});

test("a broken box is an empty box", () => {
  const storage = memory();
  storage.setItem("channel.outbox.me.room", "{not json");
  equal(new Outbox(storage, "me", "room").all(), []);
  storage.setItem("channel.outbox.me.room", '[{"key":"a"},7,null]');
  equal(new Outbox(storage, "me", "room").all(), []);
});

test("keys are random and fit the server's form", () => {
  const keys = new Set(Array.from({ length: 200 }, freshKey));
  equal(keys.size, 200);
  ok(
    [...keys].every((key) => /^[0-9a-f]{32}$/.test(key)),
    "32 hex digits",
  );
});

const on = (kind, text, start, end = start) => applied(kind, { text, start, end }, "text");

test("bold goes around the selection and off again", () => {
  const made = on("bold", "a word here", 2, 6);
  equal(made, { text: "a **word** here", start: 4, end: 8 });
  equal(applied("bold", made), { text: "a word here", start: 2, end: 6 });
  equal(on("bold", "", 0), { text: "**text**", start: 2, end: 6 });
});

test("lists and quotes take whole lines", () => {
  equal(on("list", "one\ntwo", 1, 6).text, "- one\n- two");
  equal(on("list", "- one\n- two", 0, 11).text, "one\ntwo");
  equal(on("numbers", "one\ntwo", 0, 7).text, "1. one\n2. two");
  equal(on("quote", "a\nb", 2).text, "a\n> b");
});

test("code of several lines is fenced, links keep what is known", () => {
  equal(on("code", "a\nb", 0, 3).text, "```\na\nb\n```\n");
  equal(on("link", "see here", 4, 8), { text: "see [here](https://)", start: 11, end: 19 });
  equal(on("link", "https://a.example/x", 0, 19), { text: "[text](https://a.example/x)", start: 1, end: 5 });
  equal(on("nothing", "a", 0), null);
});

test("Enter goes on with a list, and an empty item ends it", () => {
  const enter = (text) => continued({ text, start: text.length, end: text.length })?.text ?? null;
  equal(
    [enter("- one"), enter("3. three"), enter("  * in"), enter("plain")],
    ["- one\n- ", "3. three\n4. ", "  * in\n  * ", null],
  );
  equal(enter("- one\n- "), "- one\n");
});

test("a few letters find the room, accents or not", () => {
  const rooms = ["Late Coast Radio", "Glasurküche", "Werkstatt · Brandt Keramik", "Account"];
  const found = (query) => best(query, rooms, (name) => name, 3)[0];
  equal(
    [found("glasurk"), found("kuche"), found("wb"), found("lcr"), found("acc")],
    ["Glasurküche", "Glasurküche", "Werkstatt · Brandt Keramik", "Late Coast Radio", "Account"],
  );
  equal(
    best("zzz", rooms, (name) => name, 3),
    [],
  );
  equal(fit("xyz", "Account"), null);
});

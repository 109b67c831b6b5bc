import { Kept, MOST_KEPT } from "../../static/js/composer-kept.js";
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

const begun = (text, at = 1, quote = "") => ({ text, quote, said: "", at });

test("what was begun is kept for each place, and for one account", () => {
  const storage = memory();
  const mine = new Kept(storage, "me");
  mine.put("a", begun("In a"));
  mine.put("b", begun("In b", 2));
  equal(new Kept(storage, "me").get("a").text, "In a");
  equal(mine.get("b").text, "In b");
  equal(new Kept(storage, "you").get("a"), null);
  mine.put("a", begun("  "));
  equal(mine.get("a"), null);
  mine.put("b", begun("", 3));
  equal(storage.kept.size, 0);
});

test("the oldest goes when there are too many, and nothing breaks without a storage", () => {
  const kept = new Kept(memory(), "me");
  for (let n = 0; n <= MOST_KEPT; n += 1) kept.put(`p${n}`, begun("x", n));
  equal(kept.get("p0"), null);
  equal(kept.get("p1").text, "x");
  const broken = { getItem: () => "[1", setItem: () => { throw new Error("full"); }, removeItem: () => {} };
  const none = new Kept(broken, "me");
  none.put("a", begun("x"));
  equal(none.get("a"), null);
});

const { compose } = await import("../../static/js/composer.js");

/** The composer of a topic, as the page prints it. */
async function topic(id, text = "") {
  document.querySelector("form")?.remove();
  const form = document.createElement("form");
  form.method = "post";
  form.action = `/@h/talk/t/${id}`;
  form.dataset.composer = "";
  form.dataset.room = id;
  form.dataset.drafts = "";
  form.innerHTML = '<input type="hidden" name="key" value="k"><textarea name="text"></textarea><button data-send>Send</button>';
  const area = form.querySelector("textarea");
  area.value = text;
  document.body.append(form);
  await compose();
  const type = (more) => {
    area.value = more;
    area.dispatchEvent(new InputEvent("input"));
  };
  return { form, area, type };
}

const pause = (ms) => new Promise((then) => setTimeout(then, ms));

test("what one began to write in a topic stands there when one comes back, and nowhere else", async () => {
  localStorage.clear();
  const first = await topic("one");
  first.type("Half a thought");
  await pause(400);
  equal((await topic("two")).area.value, "");
  equal((await topic("one")).area.value, "Half a thought");
});

test("a form that is replaced at once loses no key, and what the server gives back comes first", async () => {
  localStorage.clear();
  (await topic("one")).type("Quick");
  equal((await topic("one")).area.value, "Quick");
  equal((await topic("one", "Given back")).area.value, "Given back");
});

test("what it answers is kept with it, without taking the focus", async () => {
  localStorage.clear();
  const first = await topic("one");
  first.form.dispatchEvent(new CustomEvent("channel:quote", { detail: { id: "q1", text: "Anna: Hello" } }));
  first.type("Yes");
  await pause(400);
  first.area.blur();
  const again = await topic("one");
  equal(again.form.elements.namedItem("quote").value, "q1");
  equal(again.form.querySelector("[data-quoting] .grow").textContent, "Anna: Hello");
  ok(document.activeElement !== again.area, "nobody asked for the keyboard");
});

test("what is sent is not kept", async () => {
  localStorage.clear();
  globalThis.fetch = async () => new Response('<article class="post" data-seq="1"></article>', { status: 201 });
  const first = await topic("one");
  first.type("Said");
  await pause(400);
  first.form.requestSubmit();
  equal(first.area.value, "");
  await pause(50);
  equal((await topic("one")).area.value, "");
  ok(!Object.keys(localStorage).some((name) => name.startsWith("channel.begun")));
});

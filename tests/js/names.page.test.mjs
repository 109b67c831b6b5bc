import { Named } from "../../static/js/feed-named.js";
import { NameList } from "../../static/js/composer-names.js";
import { asked, named, told } from "../../static/js/names-edit.js";
import { equal, ok, test } from "./harness.mjs";

const GROUPS = [
  { kind: "everyone", write: "@everyone", name: "everyone", people: 9 },
  { kind: "tier", write: "@crew-pass", name: "Crew Pass", people: 6 },
  { kind: "role", write: "@admins", name: "admins", people: 5 },
];
const PEOPLE = [
  { kind: "person", write: "@mara", name: "Mara", handle: "mara", people: 1 },
  { kind: "person", write: "@[Bo](0198d000-0000-7000-8000-000000000001)", name: "Bo", handle: null, people: 1 },
];

test("a name is asked for after an @ that begins a word", () => {
  equal(asked("Hi @ma", 6), { from: 3, q: "ma" });
  equal(asked("@", 1), { from: 0, q: "" });
  equal(asked("(@Größe", 7), { from: 1, q: "Größe" });
  equal(asked("anna@example", 12), null);
  equal(asked("@ma ", 4), null);
});

test("a name stands in place of what was typed, and one goes on writing after it", () => {
  equal(named("Hi @ma", 3, 6, "@mara"), { text: "Hi @mara ", start: 9, end: 9 });
  equal(named("Hi @ma!", 3, 6, "@mara"), { text: "Hi @mara!", start: 8, end: 8 });
  equal(named("Hi @ma you", 3, 6, "@mara"), { text: "Hi @mara you", start: 9, end: 9 });
});

test("those who are told are counted, in code nobody is, and never more than there are", () => {
  equal(told("Hello @Admins", GROUPS), 5);
  equal(told("`@everyone` and a@everyone", GROUPS), 0);
  equal(told("@admins @crew-pass", GROUPS), 9);
  equal(told("@everyone @admins", GROUPS), 9);
  equal(told("@crew-passes", GROUPS), 0);
});

function composer(items) {
  const form = document.createElement("form");
  form.dataset.room = "r";
  const area = form.appendChild(document.createElement("textarea"));
  document.body.append(form);
  const addresses = [];
  globalThis.fetch = async (address) => {
    addresses.push(String(address));
    return new Response(JSON.stringify({ items: [...items, ...GROUPS] }), {
      headers: { "Content-Type": "application/json" },
    });
  };
  const made = {
    form,
    area,
    addresses,
    signal: new AbortController().signal,
    value: () => "",
    write: ({ text, start, end }) => {
      area.value = text;
      area.setSelectionRange(start, end);
    },
  };
  made.names = new NameList(made);
  return made;
}

async function type(made, text) {
  made.area.focus();
  made.area.value = text;
  made.area.setSelectionRange(text.length, text.length);
  made.area.dispatchEvent(new InputEvent("input"));
  for (let n = 0; n < 200 && !made.form.querySelector("[role=option]"); n += 1)
    await new Promise((then) => setTimeout(then, 10));
}

const press = (made, key) =>
  made.area.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));

test("the list opens, is walked by keys and takes a name", async () => {
  const made = composer(PEOPLE);
  await type(made, "Hi @");
  const options = [...made.form.querySelectorAll("[role=option]")];
  equal(options.length, 5);
  equal(made.area.getAttribute("aria-activedescendant"), options[0].id);
  press(made, "ArrowDown");
  equal(options.map((one) => one.getAttribute("aria-selected")).join(" "), "false true false false false");
  ok(!press(made, "Enter"), "Enter is the list's, not the form's");
  equal(made.area.value, "Hi @[Bo](0198d000-0000-7000-8000-000000000001) ");
  ok(!made.form.querySelector("[role=listbox]"));
  ok(press(made, "Enter"), "Enter is Enter again");
  made.form.remove();
});

test("Escape closes the list and leaves the text alone", async () => {
  const made = composer(PEOPLE);
  await type(made, "@ma");
  press(made, "Escape");
  ok(!made.form.querySelector("[role=listbox]"));
  equal(made.area.value, "@ma");
  made.form.remove();
});

test("before it is sent, the form says how many a group is", async () => {
  const made = composer(PEOPLE);
  await type(made, "@");
  made.area.value = "@crew-pass ";
  made.names.tell();
  ok(made.form.querySelector("[data-told]"));
  made.area.value = "nobody";
  made.names.tell();
  ok(!made.form.querySelector("[data-told]"));
  made.form.remove();
});

test("the button leads from mention to mention, hears of new ones, and goes when they were read", async () => {
  const room = document.createElement("div");
  room.className = "room";
  const newest = room.appendChild(document.createElement("a"));
  newest.dataset.toNewest = "";
  const went = [];
  const host = room.appendChild(document.createElement("div"));
  document.body.append(room);
  const feed = {
    dataset: { named: "4 9" },
    about: { room: "r" },
    reader: { read: 2 },
    jumps: { to: async (seq) => went.push(seq) },
    closest: (selector) => host.closest(selector),
  };
  const button = () => room.querySelector("[data-to-named]");
  const list = new Named(feed);
  list.update();
  ok(button());
  document.dispatchEvent(new CustomEvent("channel:named", { detail: { room_id: "other", seq: 5 } }));
  document.dispatchEvent(new CustomEvent("channel:named", { detail: { room_id: "r", seq: 7 } }));
  button().click();
  await Promise.resolve();
  equal(went, [4]);
  equal(list.seqs, [7, 9]);
  feed.reader.read = 9;
  list.update();
  ok(!button());
  list.stop();
  room.remove();
});

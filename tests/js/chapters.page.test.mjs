import { Dividing, clock } from "../../static/js/chapters-edit.js";
import { equal, ok, test, until } from "./harness.mjs";

/** A line of the composer, and a server that reads lines with a colon. */
function composer(stored = [], printed = "") {
  const there = { chapters: stored, sent: [], typed: 0 };
  globalThis.fetch = async (_, { method = "GET", body = "" } = {}) => {
    if (method === "GET") return new Response(JSON.stringify({ chapters: there.chapters }));
    const { chapters } = JSON.parse(body);
    there.sent.push(chapters);
    const lines = chapters.split("\n").filter(Boolean);
    if (lines.some((line) => !line.includes(":"))) return new Response(JSON.stringify({ detail: "Line 2 has no time." }), { status: 422 });
    there.chapters = lines.map((line, at) => ({ at_ms: at * 90_000, title: line.split(" ").slice(1).join(" ") }));
    return new Response(JSON.stringify({ chapters: there.chapters }));
  };
  const box = document.createElement("li");
  box.innerHTML = `<span class="what">${printed}<input class="input"></span>`;
  document.body.append(box);
  const described = box.querySelector("input");
  const line = { box, id: "m1", name: "film.mp4", described, media: { keep() {}, composer: { typed: () => (there.typed += 1) } } };
  const made = new Dividing(line);
  const type = (text, event = "input") => {
    made.area.value = text;
    made.area.dispatchEvent(new Event(event));
  };
  return { made, there, type, box };
}

test("a moment is written as people do", () => {
  equal([0, 61_500, 3_723_000].map(clock), ["0:00", "1:01", "1:02:03"]);
});

test("what is stored stands there, and what is written is kept and shown", async () => {
  const { made, there, type } = composer([{ at_ms: 0, title: "Welcome" }]);
  await made.ready;
  equal([made.area.value, made.box.open, made.isUnsaved], ["0:00 Welcome", false, false]);
  type("0:00 Welcome\n1:30 At the kiln");
  ok(made.isUnsaved, "not kept yet");
  type(made.area.value, "change");
  ok(await made.save(), "kept");
  equal([made.isUnsaved, made.list.textContent, there.typed], [false, "0:00Welcome1:30At the kiln", 1]);
  equal(there.sent.length, 1, "once");
});

test("what cannot be read stays with the reason, which goes once it can", async () => {
  const { made, there, type } = composer();
  await made.ready;
  type("0:00 Welcome\nAt the");
  ok(!(await made.save({ isQuiet: true })) && made.wrong.hidden, "nothing is said while one writes");
  ok(!(await made.save()), "refused");
  equal([made.wrong.textContent, made.wrong.hidden, made.area.value], ["Line 2 has no time.", false, "0:00 Welcome\nAt the"]);
  equal(made.area.getAttribute("aria-invalid"), "true");
  type("0:00 Welcome\n1:30 At the kiln");
  await until(() => made.wrong.hidden, "it is kept by itself");
  equal([there.chapters.length, made.unsaved], [2, ""]);
});

test("what a page came back with is not lost, and the form sends it no more", async () => {
  const printed = '<details data-dividing data-fresh open><textarea name="chapters-m1">Nothing</textarea><span class="problem">Wrong</span></details>';
  const { made, box } = composer([{ at_ms: 0, title: "Welcome" }], printed);
  await made.ready;
  equal([made.area.value, made.box.open, made.area.name, made.unsaved], ["Nothing", true, "", "Nothing"]);
  equal(box.querySelectorAll("details, textarea").length, 2, "one of each");
});

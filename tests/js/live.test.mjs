import { Machine, afterClose, hinted, jitter } from "../../static/js/live-machine.js";
import { equal, ok, test } from "./harness.mjs";

const ROOM = "room:1";
const event = (seq, stream = ROOM) => ({ type: "event", stream, seq, kind: "post.published", data: {} });
const told = (more) => ({
  type: "subscribed",
  id: 1,
  streams: [{ stream: ROOM, head: 44, epoch: "e", gap: null, reset: false, ...more }],
});
const seqs = (steps) => steps.filter((step) => step.do === "event").map((step) => step.frame.seq);

function at(after) {
  const machine = new Machine({ random: () => 0.5 });
  machine.add(ROOM, { after, epoch: "e" });
  machine.asking();
  return machine;
}

test("events follow the cursor in order", () => {
  const machine = at(41);
  machine.take(told({}));
  equal(
    [42, 43, 44, 45].flatMap((seq) => seqs(machine.take(event(seq)))),
    [42, 43, 44, 45],
  );
});

test("a frame that comes twice is one event", () => {
  const machine = at(41);
  machine.take(told({}));
  equal(
    [42, 42, 41, 43, 42, 43].flatMap((seq) => seqs(machine.take(event(seq)))),
    [42, 43],
  );
});

test("a new connection resumes from the last event seen, with its epoch", () => {
  const machine = at(41);
  machine.take(told({}));
  machine.take(event(42));
  machine.closed(1006);
  machine.connected();
  equal(machine.asking()[0].streams, [{ stream: ROOM, after: 42, epoch: "e" }]);
});

test("without a cursor it begins at the head it was told", () => {
  const machine = at(null);
  equal(machine.asking()[0].streams, [{ stream: ROOM, epoch: "e" }]);
  machine.take(told({ head: 44 }));
  equal(
    [44, 45].flatMap((seq) => seqs(machine.take(event(seq)))),
    [45],
  );
});

test("a hole asks again from where we are and takes nothing until the answer", () => {
  const machine = at(41);
  machine.take(told({}));
  equal(machine.take(event(44)), [{ do: "again", stream: ROOM }]);
  equal(machine.take(event(45)), []);
  equal(machine.asking([ROOM])[0].streams[0].after, 41);
  machine.take(told({}));
  equal(
    [42, 43, 44, 45].flatMap((seq) => seqs(machine.take(event(seq)))),
    [42, 43, 44, 45],
  );
});

test("a hole that asking again does not close is left to the page, once", () => {
  const machine = at(41);
  machine.take(told({}));
  machine.take(event(44));
  machine.take(told({}));
  const steps = machine.take(event(44));
  equal(steps[0], { do: "gap", stream: ROOM, from: 42, to: 43 });
  equal(seqs(steps), [44]);
  equal(seqs(machine.take(event(45))), [45]);
});

test("a told gap is the page's to fill, and the rest follows", () => {
  const machine = at(41);
  const steps = machine.take(told({ head: 9100, gap: { from: 42, to: 9042 } }));
  equal(steps[0], { do: "gap", stream: ROOM, from: 42, to: 9042 });
  equal(
    [9042, 9043].flatMap((seq) => seqs(machine.take(event(seq)))),
    [9043],
  );
});

test("reset starts afresh at the head with the new epoch", () => {
  const machine = at(900);
  equal(machine.take(told({ head: 12, epoch: "f", reset: true })), [
    { do: "reset", stream: ROOM, head: 12, epoch: "f" },
  ]);
  equal(machine.asking()[0].streams, [{ stream: ROOM, after: 12, epoch: "f" }]);
  equal(seqs(machine.take(event(13))), [13]);
});

test("a refusal names its streams, by itself or by the question it answers", () => {
  const machine = at(1);
  machine.add("room:2");
  const [frame] = machine.asking(["room:2"]);
  equal(machine.take({ type: "error", id: frame.id, code: "forbidden" }), [
    { do: "refused", stream: "room:2", code: "forbidden" },
  ]);
  equal(machine.take({ type: "error", code: "forbidden", stream: ROOM }), [
    { do: "refused", stream: ROOM, code: "forbidden" },
  ]);
  equal(machine.places.size, 0);
});

test("other errors end nothing", () => {
  const machine = at(1);
  equal(machine.take({ type: "error", id: 1, code: "too_many" }), [{ do: "error", code: "too_many" }]);
  equal(machine.places.size, 1);
});

test("many streams go out in few frames", () => {
  const machine = new Machine();
  for (let n = 0; n < 120; n += 1) machine.add(`room:${n}`);
  equal(
    machine.asking().map((frame) => frame.streams.length),
    [50, 50, 20],
  );
});

test("frames of streams nobody asked for are ignored", () => {
  equal(at(1).take(event(2, "room:other")), []);
  equal(at(1).take({ type: "something new" }), []);
  equal(at(1).take(null), []);
});

test("close codes say what to do", () => {
  const act = (code) => afterClose(code, { attempt: 0, random: () => 1 }).act;
  equal([1012, 1013, 4003, 4008, 4009, 4029, 1006].map(act), Array(7).fill("retry"));
  equal([act(4001), act(4004)], ["signed-out", "stop"]);
});

test("too many connections waits longer than a restart", () => {
  const wait = (code, random) => afterClose(code, { attempt: 0, random: () => random }).wait_ms;
  ok(wait(4029, 0) >= 15_000, "4029 waits at least 15 s");
  ok(wait(1012, 1) <= 500, "1012 comes back within half a second");
  ok(wait(4003, 1) <= 200, "changed rights come back at once");
  ok(wait(1013, 0) >= 2_500, "1013 does not come back at once");
});

test("jitter lies between nothing and a bound that doubles up to a minute", () => {
  for (let attempt = 0; attempt < 40; attempt += 1) {
    const bound = Math.min(60_000, 500 * 2 ** attempt);
    equal(
      jitter(attempt, () => 0),
      0,
    );
    equal(
      jitter(attempt, () => 1),
      bound,
    );
    for (let n = 0; n < 20; n += 1) ok(jitter(attempt, Math.random) <= bound, `attempt ${attempt}`);
  }
});

test("the wait a server names wins", () => {
  equal(hinted("retry=1500"), 1500);
  equal(hinted("restart, retry=20"), 20);
  equal([hinted(""), hinted("retry=soon"), hinted(undefined)], [null, null, null]);
  equal(afterClose(1012, { attempt: 9, random: () => 1, reason: "retry=1500" }).wait_ms, 1500);
});

test("a connection that lived well starts the waits from the beginning", () => {
  const machine = new Machine({ random: () => 1 });
  const waits = [0, 0, 0].map(() => machine.closed(1006).wait_ms);
  equal(waits, [500, 1000, 2000]);
  equal(machine.closed(1006, { lived_ms: 60_000 }).wait_ms, 500);
});

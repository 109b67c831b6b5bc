import { sized, standing } from "../../static/js/composer-line.js";
import { reorder } from "../../static/js/reorder.js";
import { AT_ONCE, Transfers } from "../../static/js/transfers.js";
import { Memory } from "../../static/js/uploads-kept.js";
import { equal, ok, pause, test, until } from "./harness.mjs";

const file = (name, size = 300_000, lastModified = 7) => new File([new Uint8Array(size)], name, { lastModified });

/** A server that speaks tus, and a network that can be cut: pieces are held until `open`. */
function server() {
  const there = { sizes: [], received: [], pieces: [], given_up: [], open: true, cut: false, refusal: null };
  const answer = (status, headers = {}, body = null) => new Response(body, { status, headers });
  globalThis.fetch = async (address, { method = "GET", headers = {} } = {}) => {
    if (there.cut) throw new TypeError("cut");
    if (method === "POST" && there.refusal) return answer(409, {}, JSON.stringify(there.refusal));
    if (method === "POST") {
      there.received.push(0);
      there.sizes.push(Number(headers["Upload-Length"]));
      return answer(201, { Location: `/api/v1/media/uploads/${there.received.length - 1}` });
    }
    const id = Number(address.split("/").pop());
    if (method === "DELETE") there.given_up.push(id);
    if (method === "DELETE") return answer(204);
    return answer(200, { "Upload-Offset": String(there.received[id]) });
  };
  globalThis.XMLHttpRequest = class {
    upload = {};
    headers = {};
    open(_, address) {
      this.id = Number(address.split("/").pop());
    }
    setRequestHeader(name, value) {
      this.headers[name] = value;
    }
    getResponseHeader() {
      return String(there.received[this.id]);
    }
    abort() {
      this.aborted = true;
      this.onabort?.();
      this.onloadend?.();
    }
    async send(blob) {
      there.pieces.push([this.id, Number(this.headers["Upload-Offset"])]);
      while (!there.open && !there.cut && !this.aborted) await pause(5);
      if (this.aborted) return;
      await pause(5);
      if (there.cut) this.onerror();
      else {
        there.received[this.id] += blob.size;
        this.status = 204;
        this.onload();
      }
      this.onloadend();
    }
  };
  return there;
}

const states = (transfers) => transfers.items.map(({ state }) => state);

test("two are sent at once, each to its end, and what is idle is told", async () => {
  const there = server();
  there.open = false;
  const transfers = new Transfers("anna", () => {});
  const items = ["a", "b", "c"].map((name) => transfers.add(file(name)));
  await until(() => there.pieces.length === AT_ONCE, "two begin");
  await pause(50);
  equal(states(transfers), ["sending", "sending", "queued"]);
  equal(there.pieces.length, AT_ONCE);
  let isIdle = false;
  transfers.settled().then(() => (isIdle = true));
  await pause(20);
  ok(!isIdle, "it waits");
  there.open = true;
  await until(() => isIdle, "all are there");
  equal(states(transfers), ["done", "done", "done"]);
  equal(items.map(({ id }) => id), ["0", "1", "2"]);
  equal(there.received, [300_000, 300_000, 300_000]);
});

test("a paused one gives its place away and goes on where it stopped", async () => {
  const there = server();
  const transfers = new Transfers("anna", (item) => {
    if (item.sent && item.state === "sending" && !item.again) transfers.pause(item);
    item.again ||= item.state === "paused";
  });
  const item = transfers.add(file("a"));
  await until(() => item.state === "paused" && !item.life, "it is paused");
  const offset = there.received[0];
  ok(offset > 0 && offset < 300_000, "in the middle");
  await transfers.settled();
  equal(transfers.stuck, item);
  transfers.resume(item);
  await until(() => item.state === "done", "it arrives");
  equal(there.pieces.filter(([, at]) => at === 0).length, 1, "pieces from the start");
  equal(there.sizes.length, 1);
});

test("a network that is cut is waited for and goes on by itself when it is back", async () => {
  const there = server();
  const seen = [];
  const transfers = new Transfers("anna", ({ state }) => seen.at(-1) !== state && seen.push(state));
  there.cut = true;
  const item = transfers.add(file("a"));
  await until(() => item.state === "waiting", "it waits");
  ok(standing(item).includes("up_waiting"), "and says so");
  there.cut = false;
  dispatchEvent(new Event("online"));
  await until(() => item.state === "done", "it arrives");
  equal(there.received, [300_000]);
  ok(!seen.includes("failed"), "it never failed");
});

test("what is refused says why in the server's words, and may be tried again", async () => {
  const there = server();
  there.refusal = { code: "media_full", detail: "The 10 GiB are used up. Delete some." };
  const transfers = new Transfers("anna", () => {});
  const item = transfers.add(file("a"));
  await until(() => item.state === "failed", "it is refused");
  equal(item.why, "The 10 GiB are used up. Delete some.");
  there.refusal = null;
  transfers.resume(item);
  await until(() => item.state === "done", "it arrives");
});

test("one that is taken off is given up on the server, and the next takes its turn", async () => {
  const there = server();
  there.open = false;
  const transfers = new Transfers("anna", () => {});
  const [first] = ["a", "b", "c"].map((name) => transfers.add(file(name)));
  await until(() => there.pieces.length === 2, "two begin");
  transfers.remove(first);
  await until(() => there.pieces.length === 3, "the third begins");
  equal(there.given_up, [0]);
  there.open = true;
  await transfers.settled();
  equal(states(transfers), ["done", "done"]);
});

test("a lost file goes on only with the same one, and from its start with one of another date", async () => {
  const there = server();
  there.received = [100_000];
  const lost = { key: "k", name: "a", size: 300_000, type: "", modified: 7, alt: "", state: "queued", why: "", sent: 0, address: "/api/v1/media/uploads/0", id: "", file: null };
  const transfers = new Transfers("anna", () => {});
  await transfers.again(lost);
  equal(lost.state, "lost");
  equal(lost.sent, 100_000);
  ok(!transfers.give(lost, file("b")), "another name");
  ok(!transfers.give(lost, file("a", 5)), "another size");
  ok(transfers.give(lost, file("a")), "the same");
  await until(() => lost.state === "done", "it arrives");
  equal(there.pieces[0], [0, 100_000]);

  const older = { ...lost, state: "queued", id: "", sent: 0 };
  there.received[0] = 100_000;
  await transfers.again(older);
  transfers.give(older, file("a", 300_000, 8));
  await until(() => older.state === "done", "it arrives anew");
  equal(there.pieces.at(-2), [1, 0]);
});

test("one whose last answer was lost needs no file any more", async () => {
  const there = server();
  there.received = [300_000];
  const transfers = new Transfers("anna", () => {});
  const item = { key: "k", name: "a", size: 300_000, type: "", modified: 7, alt: "", state: "queued", why: "", sent: 0, address: "/api/v1/media/uploads/0", id: "", file: null };
  await transfers.again(item);
  equal([item.state, item.id], ["done", "0"]);
});

test("what was left is taken up once, by who left it, and old things go", async () => {
  localStorage.clear();
  const line = { key: "k", name: "a", size: 1, type: "", alt: "" };
  const kept = { at: Date.now(), draft: "", fields: [], lines: [line] };
  const first = new Memory(localStorage, "channel.uploads.me.room#");
  equal(await first.claim(() => true), null);
  first.keep(kept);
  const second = new Memory(localStorage, "channel.uploads.me.room#");
  equal(await second.claim(() => true), null, "another tab, while the first holds it");
  first.letGo();
  const third = new Memory(localStorage, "channel.uploads.me.room#");
  equal((await third.claim(() => true)).lines, [line]);
  equal(await new Memory(localStorage, "channel.uploads.you.room#").claim(() => true), null);
  third.keep({ ...kept, at: Date.now() - 8 * 24 * 3_600_000 });
  third.letGo();
  equal(await new Memory(localStorage, "channel.uploads.me.room#").claim(() => true), null, "after a week");
  ok(!Object.keys(localStorage).some((name) => name.includes("me.room")), "nothing is left of it");
});

test("sizes are told as people read them", () => {
  equal([sized(0), sized(999), sized(262_144), sized(2_500_000)], ["0 byte", "999 byte", "262 kB", "2.5 MB"]);
});

test("a line is dragged past another, and back by Escape", () => {
  const list = document.createElement("ul");
  list.innerHTML = "abc".replace(/./g, '<li id="$&" style="block-size: 50px"><span data-grip>$&</span></li>');
  document.body.append(list);
  Element.prototype.setPointerCapture = () => {};
  const told = [];
  reorder(list, (line) => told.push(line.id));
  const grip = list.querySelector("#a [data-grip]");
  const move = (type, clientY) => grip.dispatchEvent(new PointerEvent(type, { bubbles: true, button: 0, clientY, pointerId: 1 }));
  const order = () => [...list.children].map(({ id }) => id).join("");
  move("pointerdown", 10);
  move("pointermove", 12);
  equal(order(), "abc", "a tremble");
  for (let y = 20; y <= 110; y += 10) move("pointermove", y);
  equal(order(), "bca");
  move("pointerup", 110);
  equal(told, ["a"]);
  move("pointerdown", 110);
  for (let y = 100; y >= 10; y -= 10) move("pointermove", y);
  equal(order(), "abc");
  dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
  equal(order(), "bca");
  equal(told, ["a"]);
});

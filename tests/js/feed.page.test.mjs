/** <channel-feed> in a real browser with a made-up server: what moves, what stays, what comes once. */
import { equal, ok, pause, test, until } from "./harness.mjs";

const STEP_MS = 60_000;
const NOW = Date.now();
/** @type {FakeSocket[]} */
const sockets = [];
/** @type {{url: string, body: string}[]} */
const asked = [];
let answers = new Map();
let isBlocked = false;

class FakeSocket {
  static OPEN = 1;
  static CLOSING = 2;
  constructor() {
    this.readyState = 0;
    this.sent = [];
    sockets.push(this);
    setTimeout(() => {
      if (isBlocked) return this.onclose({ code: 1006, reason: "" });
      if (this.readyState !== 0) return;
      this.readyState = 1;
      this.onopen?.();
    });
  }
  send(text) {
    this.sent.push(JSON.parse(text));
  }
  close(code = 1000) {
    this.readyState = 3;
    setTimeout(() => this.onclose?.({ code, reason: "" }));
  }
  hear(frame) {
    this.onmessage({ data: JSON.stringify(frame) });
  }
}
FakeSocket.prototype.OPEN = 1;
window.WebSocket = FakeSocket;
window.fetch = async (address, how = {}) => {
  const url = String(address).replace(location.origin, "");
  asked.push({ url, body: String(how.body ?? "") });
  for (const [start, answer] of answers) if (url.startsWith(start)) return answer(url, how);
  return new Response("", { status: 404 });
};
navigator.sendBeacon = (url, body) => Boolean(asked.push({ url, body: String(body) }));

const words = {
  today: "Today",
  yesterday: "Yesterday",
  unread_line: "New posts",
  new_below_other: "{n} new",
  new_below_one: "{n} new",
  newest: "Newest",
  sent: "Sent",
  now: "now",
};
document.body.append(
  Object.assign(document.createElement("script"), {
    id: "words",
    type: "application/json",
    textContent: JSON.stringify(words),
  }),
);

const at = (seq) => NOW - (1000 - seq) * STEP_MS;
const article = (seq, { rev = 1, text = `Post ${seq}`, author = "anna", locked = false, gone = false } = {}) =>
  `<article class="post" id="p${seq}" data-id="i${seq}" data-seq="${seq}" data-rev="${rev}" data-author="${author}" data-at="${at(seq)}"
    ${locked ? "data-locked" : ""} ${gone ? "data-gone" : ""}><div class="by"><span>A</span><span>${author}</span></div>
    <div class="bubble"><div class="text"><p>${text}</p></div><div class="foot"><span class="meta"></span></div></div></article>`;

const style = document.createElement("style");
style.textContent =
  ".room{height:400px;overflow-y:auto;position:relative} .post{display:block;height:100px} .post.tall{height:300px} .day{height:20px;margin:0}";
document.head.append(style);

const { live } = await import("../../static/js/live.js");
await import("../../static/js/feed.js");

function room({ from = 1, to = 20, read = to, head = to, older = 0, newer = 0, composer = false, topic = "" } = {}) {
  document.querySelector(".room")?.remove();
  history.replaceState(null, "");
  answers = new Map();
  asked.length = 0;
  const posts = Array.from({ length: to - from + 1 }, (_, n) => article(from + n));
  if (read < to) posts.splice(read - from + 1, 0, '<p class="unread-line" id="unread">New posts</p>');
  const main = document.createElement("main");
  main.className = "room";
  main.innerHTML = `<channel-feed data-stream="room:r" data-room="r" data-topic="${topic}" data-head="${head}" data-epoch="e" data-read="${read}" data-account="me"
    data-handle="h" data-slug="news" data-older="${older}" data-newer="${newer}" data-member="1"><section class="feed">
    <div class="day-group" data-day="1999-01-01"><h2 class="day">x</h2>${posts.join("")}</div></section></channel-feed>
    <footer class="room-foot"><button data-to-newest hidden></button>${composer ? '<form data-composer method="post" action="/studio/h/posts"><input type="hidden" name="key" value="k1"><textarea name="text"></textarea><button data-send>Send</button></form>' : ""}</footer>
    <template data-ended><p class="ended">Closed to you</p></template>`;
  document.body.append(main);
  return { main, feed: main.querySelector("channel-feed"), socket: sockets.at(-1) };
}

const frame = (seq, post, kind = "post.published") => ({
  type: "event",
  stream: "room:r",
  seq,
  kind,
  at: "",
  data: { id: `i${post.seq ?? seq}`, rev: post.rev ?? 1, html: article(post.seq ?? seq, post) },
});
const shown = (feed) => [...feed.querySelectorAll("article[data-seq]")].map((one) => Number(one.dataset.seq));
const top = (node) => Math.round(node.getBoundingClientRect().top);
const fragments = (from, to, { older = 1, newer = 0, ...more } = {}) =>
  new Response(Array.from({ length: to - from + 1 }, (_, n) => article(from + n, more)).join(""), {
    headers: { "Channel-Older": String(older), "Channel-Newer": String(newer) },
  });

async function open(socket, head, after = head) {
  await until(() => socket()?.sent.some((one) => one.type === "subscribe"), "it subscribes");
  const ask = socket().sent.findLast((one) => one.type === "subscribe");
  socket().hear({
    type: "subscribed",
    id: ask.id,
    streams: [{ stream: "room:r", head, epoch: "e", gap: null, reset: false }],
  });
  return ask.streams[0].after ?? after;
}
/** Scroll down as a reader does, until something is there. */
async function readOn(main, isThere) {
  for (let n = 0; n < 60 && !isThere(); n += 1) {
    main.scrollTop = main.scrollHeight;
    await pause(30);
  }
  await pause(50);
}
const current = () => sockets.at(-1);

test("it subscribes after the head that was printed, in html", async () => {
  room({ to: 20, head: 23 });
  equal(await open(current, 23), 23);
  equal(current().sent[0].format, "html");
});

test("at the bottom the feed follows", async () => {
  const { main, feed } = room();
  await open(current, 20);
  ok(main.scrollHeight - main.scrollTop - main.clientHeight < 3, "it opens at the end");
  current().hear(frame(21, {}));
  await until(() => feed.querySelector("#p21"), "the post is there");
  await pause(50);
  ok(main.scrollHeight - main.scrollTop - main.clientHeight < 3, "it followed");
});

test("a reader scrolled up is never moved, and is told how much is new", async () => {
  const { main, feed } = room();
  await open(current, 20);
  main.scrollTop = 700;
  await pause(60);
  const seen = feed.querySelector("#p9");
  const before = top(seen);
  for (const seq of [21, 22, 23]) current().hear(frame(seq, {}));
  await until(() => feed.querySelector("#p23"), "the posts are there");
  await pause(60);
  equal(top(seen), before);
  equal(main.querySelector("[data-to-newest]").hidden, false);
  equal(main.querySelector("[data-to-newest]").textContent, "3 new");
  ok(
    feed.querySelector(".unread-line").compareDocumentPosition(feed.querySelector("#p21")) & 4,
    "a line stands above what is new",
  );
  const reads = () => current().sent.filter(({ type }) => type === "read");
  await until(() => reads().length, "it says that the room is looked at, so that no device is told", 2500);
  equal([reads()[0].stream, reads()[0].seq], ["room:r", 20], "which is where they were before");
});

test("a reader of a topic says that they look at it when something new waits there, and not in another one", async () => {
  const { main, feed } = room({ topic: "t" });
  await open(current, 20);
  main.scrollTop = 700;
  await pause(60);
  const said = (seq, topic) => {
    const one = frame(seq, {});
    return { ...one, data: { ...one.data, topic } };
  };
  const reads = () => current().sent.filter(({ type }) => type === "read");
  current().hear(said(21, "other"));
  await pause(1300);
  equal(reads().length, 0, "that is not before their eyes");
  current().hear(said(22, "t"));
  await until(() => feed.querySelector("#p22"), "the message is there");
  await until(() => reads().length, "it says that the topic is looked at, so that no device is told", 2500);
  equal([reads()[0].stream, reads()[0].seq, reads()[0].topic], ["room:r", 20, "t"]);
});

test("doubles, stale revisions and late frames change nothing; edits and deletions swap in place", async () => {
  const { feed } = room({ to: 5 });
  await open(current, 5);
  current().hear(frame(6, {}));
  current().hear(frame(6, {}));
  current().hear(frame(7, { seq: 3, rev: 2, text: "Edited" }, "post.edited"));
  current().hear(frame(8, { seq: 4, rev: 1, gone: true }, "post.deleted"));
  await until(() => feed.querySelector("#p4[data-gone]"), "the trace is there");
  equal(shown(feed), [1, 2, 3, 4, 5, 6]);
  equal(feed.querySelector("#p3 p").textContent, "Edited");
});

test("a locked post that opens by itself is swapped at its place, and what is read does not move", async () => {
  const { main, feed } = room();
  await open(current, 20);
  current().hear(frame(21, { seq: 5, rev: 2, locked: true, text: "Opens later" }, "post.edited"));
  await until(() => feed.querySelector("#p5[data-locked]"), "the card is there");
  main.scrollTop = 900;
  await pause(60);
  const seen = feed.querySelector("#p12");
  const before = top(seen);
  current().hear(frame(22, { seq: 5, rev: 3, text: "Early bird" }, "post.opened"));
  await until(() => feed.querySelector("#p5:not([data-locked])"), "it is open");
  equal(feed.querySelector("#p5 p").textContent, "Early bird");
  equal(shown(feed).length, 20);
  equal(top(seen), before);
});

test("something that grows above does not move what is read", async () => {
  const { main, feed } = room();
  await open(current, 20);
  main.scrollTop = 900;
  await pause(60);
  const seen = feed.querySelector("#p12");
  const before = top(seen);
  feed.querySelector("#p2").classList.add("tall");
  await pause(80);
  equal(top(seen), before);
});

test("older posts come above without a jump", async () => {
  const { main, feed } = room({ from: 41, to: 60, older: 1 });
  answers.set("/rooms/r/posts", () => fragments(21, 40, { older: 0 }));
  await open(current, 60);
  main.scrollTop = 400;
  await until(() => feed.querySelector("#p21"), "the older page is there");
  await pause(80);
  equal(
    shown(feed),
    Array.from({ length: 40 }, (_, n) => n + 21),
  );
  ok(
    asked.some(({ url }) => url.includes("before=41")),
    "it asked for what lies before",
  );
  ok(main.scrollTop > 1500, `it stayed where it was (${main.scrollTop})`);
});

test("opened in the middle, live posts wait until the pages between are loaded", async () => {
  const { main, feed } = room({ from: 1, to: 10, read: 10, head: 30, newer: 1 });
  let pages = 0;
  answers.set("/rooms/r/posts", (url) => {
    pages += 1;
    return url.includes("after=10") ? fragments(11, 20, { newer: 1 }) : fragments(21, 31, { newer: 0 });
  });
  await open(current, 30);
  current().hear(frame(31, {}));
  await pause(60);
  ok(!feed.querySelector("#p31"), "it waits");
  await readOn(main, () => feed.querySelector("#p31"));
  equal(
    shown(feed),
    Array.from({ length: 31 }, (_, n) => n + 1),
  );
  equal(pages, 2);
  ok(main.isConnected, "still there");
});

test("a gap is filled page by page, in order and once", async () => {
  const { main, feed } = room({ to: 10 });
  answers.set("/rooms/r/posts", (url) =>
    url.includes("limit=100")
      ? fragments(1, 10)
      : url.includes("after=10")
        ? fragments(11, 50, { newer: 1 })
        : fragments(51, 61),
  );
  await until(() => current()?.sent.length, "it subscribes");
  current().hear({
    type: "subscribed",
    id: 1,
    streams: [{ stream: "room:r", head: 61, epoch: "e", gap: { from: 11, to: 60 }, reset: false }],
  });
  current().hear(frame(61, {}));
  await readOn(main, () => feed.querySelector("#p61"));
  equal(
    shown(feed),
    Array.from({ length: 61 }, (_, n) => n + 1),
  );
});

test("locked opens in place when the rights change, without moving", async () => {
  const { main, feed } = room();
  await open(current, 20);
  feed.querySelectorAll("article").forEach((one) => one.setAttribute("data-locked", ""));
  feed.list.adopt();
  main.scrollTop = 700;
  await pause(60);
  const before = top(feed.querySelector("#p10"));
  answers.set("/rooms/r/posts", () => fragments(1, 20, { text: "Now open" }));
  current().hear({ type: "access", community: "h", rank: 10, role: "member" });
  await until(() => !feed.querySelector("[data-locked]"), "all is open");
  await pause(50);
  equal(feed.querySelector("#p10 p").textContent, "Now open");
  equal(top(feed.querySelector("#p10")), before);
  equal(shown(feed).length, 20);
});

test("who has paid for a post alone sees its new wording, which the others are told of as a card", async () => {
  const { feed } = room();
  await open(current, 20);
  answers.set("/rooms/r/posts", () => fragments(1, 20, { rev: 2, text: "Said anew" }));
  current().hear(frame(21, { seq: 5, rev: 2, locked: true, text: "A card" }, "post.edited"));
  await until(() => feed.querySelector("#p5[data-locked]"), "the card is there");
  await until(() => feed.querySelector("#p5:not([data-locked])"), "it is open to its buyer");
  equal(feed.querySelector("#p5 p").textContent, "Said anew");
});

test("a reset fetches afresh", async () => {
  const { feed } = room({ to: 20 });
  answers.set("/rooms/r/posts", () => fragments(1, 7, { older: 0 }));
  await until(() => current()?.sent.length, "it subscribes");
  current().hear({
    type: "subscribed",
    id: 1,
    streams: [{ stream: "room:r", head: 7, epoch: "f", gap: null, reset: true }],
  });
  await until(() => shown(feed).length === 7, "the room is another one");
  equal(live.machine.places.get("room:r").epoch, "f");
});

test("opening lands on the first unread; reading is told once it was seen, over the open connection", async () => {
  const { main, feed } = room({ to: 20, read: 5 });
  await open(current, 20);
  const line = top(feed.querySelector(".unread-line")) - top(main);
  ok(line >= 0 && line < 200, `the line is near the top (${line})`);
  const reads = () => current().sent.filter(({ type }) => type === "read");
  await until(() => reads().length, "it is told", 2500);
  await pause(100);
  equal(reads().length, 1);
  equal(reads()[0].stream, "room:r");
  ok([8, 9].includes(reads()[0].seq), `what was on the screen: ${reads()[0].seq}`);
  equal(asked.filter(({ url }) => url === "/rooms/r/read").length, 0);
});

test("without a connection reading is told by a request, in one word", async () => {
  isBlocked = true;
  room({ to: 20, read: 5 });
  answers.set("/rooms/r/read", () => new Response(null, { status: 204 }));
  await until(() => asked.some(({ url }) => url === "/rooms/r/read"), "it is told", 2500);
  await pause(100);
  const reads = asked.filter(({ url }) => url === "/rooms/r/read");
  equal(reads.length, 1);
  ok(/^seq=(8|9)$/.test(reads[0].body), `what was on the screen: ${reads[0].body}`);
  isBlocked = false;
});

test("a room that is closed to the viewer says so and asks no more", async () => {
  const { main, feed } = room();
  await open(current, 20);
  const count = sockets.length;
  current().hear({ type: "error", code: "forbidden", detail: "", stream: "room:r" });
  ok(feed.querySelector(".ended"), "the message stands there");
  equal(shown(feed), []);
  equal(main.querySelector(".room-foot").hidden, true);
  current().close(4004);
  await pause(700);
  equal(sockets.length, count);
  live.state = "idle";
});

test("a cut line comes back by itself, from the last event seen", async () => {
  const { feed } = room({ to: 3 });
  await open(current, 3);
  current().hear(frame(4, {}));
  const old = current();
  old.readyState = 3;
  old.onclose({ code: 1006, reason: "" });
  await until(() => current() !== old && current().sent.length, "a new socket");
  equal(current().sent[0].streams, [{ stream: "room:r", after: 4, epoch: "e" }]);
  await open(current, 6);
  for (const seq of [5, 6]) current().hear(frame(seq, {}));
  await until(() => feed.querySelector("#p6"), "what was missed");
  equal(shown(feed), [1, 2, 3, 4, 5, 6]);
});

test("where sockets do not get through, server-sent events bring the same, resumed by seq", async () => {
  const urls = [];
  let source;
  window.EventSource = class {
    constructor(url) {
      urls.push(url);
      source = this;
      setTimeout(() => this.onopen());
    }
    close() {}
  };
  live.machine.random = () => 0.02;
  isBlocked = true;
  const { feed } = room({ to: 3 });
  await until(() => urls.length, "it falls back");
  isBlocked = false;
  equal(sockets.length, 3);
  equal(urls[0], "/live/sse?stream=room%3Ar&format=html&after=3&epoch=e");
  await until(() => live.state === "open", "it is open");
  for (const seq of [4, 4, 5]) source.onmessage({ data: JSON.stringify(frame(seq, {})) });
  await until(() => feed.querySelector("#p5"), "the posts are there");
  equal(shown(feed), [1, 2, 3, 4, 5]);
  source.onmessage({ data: JSON.stringify({ type: "close", code: 4004, reason: "banned" }) });
  ok(feed.querySelector(".ended"), "it knows why it was closed");
});

async function composing() {
  localStorage.clear();
  const made = room({ to: 3, composer: true });
  const { compose } = await import("../../static/js/composer.js");
  await compose();
  await open(current, 3);
  const area = made.main.querySelector("textarea");
  const write = (text) => {
    area.value = text;
    area.form.requestSubmit();
  };
  return { ...made, area, write };
}

test("a sent post stands at once, and its answer and its live frame are one post", async () => {
  const { feed, area, write } = await composing();
  let release;
  answers.set(
    "/studio/h/posts",
    () =>
      new Promise((resolve) => {
        release = () => resolve(new Response(article(4, { author: "me", text: "Hello" }), { status: 201 }));
      }),
  );
  write("Hello\n\n<b>you</b>");
  ok(feed.querySelector("[data-ghost].sending"), "it stands at once");
  equal(
    [...feed.querySelectorAll("[data-ghost] p")].map((one) => one.textContent),
    ["Hello", "<b>you</b>"],
  );
  equal(area.value, "");
  current().hear(frame(4, { author: "me", text: "Hello" }));
  await pause(80);
  equal(feed.querySelectorAll("[data-ghost]").length + feed.querySelectorAll("#p4").length, 1, "never twice");
  release();
  await until(() => feed.querySelector("#p4 .done"), "the tick");
  await pause(50);
  equal(shown(feed), [1, 2, 3, 4]);
  ok(feed.querySelector("#p4").classList.contains("mine"), "it is mine");
});

test("a failure keeps the text and tries again under the same key", async () => {
  const { feed, write } = await composing();
  const keys = [];
  let isBroken = true;
  answers.set("/studio/h/posts", (_, how) => {
    keys.push(new URLSearchParams(how.body).get("key"));
    const problem = Response.json({ problems: { text: "Too loud." }, detail: "No" }, { status: 422 });
    return isBroken ? problem : new Response(article(4, { author: "me" }), { status: 201 });
  });
  write("Keep me");
  await until(() => feed.querySelector("[data-ghost].failed"), "it failed");
  ok(
    feed.querySelector(".retry").textContent.includes("Keep me") === false &&
      feed.querySelector("[data-ghost] p").textContent === "Keep me",
    "the text is kept",
  );
  isBroken = false;
  feed.querySelector(".retry .danger").click();
  await until(() => feed.querySelector("#p4"), "it is there");
  equal(keys.length, 2);
  equal(keys[0], keys[1]);
});

test("a server in trouble is asked again; what is written meanwhile keeps its order and its own key", async () => {
  const { feed, write } = await composing();
  const bodies = [];
  let trouble = 1;
  answers.set("/studio/h/posts", (_, how) => {
    const sent = new URLSearchParams(how.body);
    if (trouble-- > 0) return new Response("", { status: 503 });
    bodies.push(sent.get("text"));
    return new Response(article(3 + bodies.length, { author: "me", text: sent.get("text") }), { status: 201 });
  });
  write("one");
  write("two");
  await until(() => asked.some(({ url }) => url.includes("/studio/h/posts")), "it tried");
  await pause(50);
  equal(JSON.parse(localStorage.getItem("channel.outbox.me.r")).length, 2);
  dispatchEvent(new Event("online"));
  await until(() => feed.querySelector("#p5"), "both are there");
  equal(bodies, ["one", "two"]);
  equal(localStorage.getItem("channel.outbox.me.r"), null);
});

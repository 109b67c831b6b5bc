/** <channel-thread> in a real browser with a made-up server: once, in order, and nothing typed is lost. */
import { equal, ok, test, until } from "./harness.mjs";

const sockets = [];
let answer = () => new Response("", { status: 404 });

class FakeSocket {
  static OPEN = 1;
  constructor() {
    this.readyState = 0;
    this.sent = [];
    sockets.push(this);
    setTimeout(() => {
      this.readyState = 1;
      this.onopen?.();
    });
  }
  send(text) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.readyState = 3;
  }
  hear(frame) {
    this.onmessage({ data: JSON.stringify(frame) });
  }
}
FakeSocket.prototype.OPEN = 1;
window.WebSocket = FakeSocket;
window.fetch = async (address, how = {}) => answer(String(address), how);
document.body.append(
  Object.assign(document.createElement("script"), {
    id: "words",
    type: "application/json",
    textContent: JSON.stringify({ sent: "Sent", not_sent: "Not sent. {why}", answer_to: "To {name}", typing: "Writing: {names}", thread_ended: "Closed" }),
  }),
);

const article = (id, seq, text, { author = "bob", rev = 1, to = "", state = "" } = {}) =>
  `<article class="comment ${state}" id="c-${id}" data-id="${id}" data-seq="${seq}" data-rev="${rev}" data-author="${author}"` +
  `${to ? ` data-reply-to="${to}"` : ""}><header><b>${author}</b></header><div class="text"><p>${text}</p></div>` +
  `<p class="does"><a data-answer href="#write">Answer</a><a data-manage href="#manage-${id}">More</a></p></article>`;

async function page() {
  document.querySelector("channel-thread")?.remove();
  document.body.insertAdjacentHTML(
    "beforeend",
    `<channel-thread data-stream="thread:P" data-head="1" data-epoch="e" data-account="me" data-latest="1">
      <ol data-branches><li>${article("a", 1, "First")}<ol class="answers"></ol></li></ol>
      <form data-write method="post" action="/send"><input type="hidden" name="key" value="k0">
      <input type="hidden" name="reply_to" value=""><p data-answering hidden><span data-answered></span></p>
      <textarea name="text"></textarea><button>Send</button></form><p data-problem hidden></p></channel-thread>`,
  );
  await import("../../static/js/thread.js");
  const host = document.querySelector("channel-thread");
  await until(() => sockets.at(-1)?.readyState === 1 || sockets.length > 0);
  const socket = sockets.at(-1);
  await until(() => socket.sent.some((frame) => frame.type === "subscribe"));
  socket.hear({ type: "subscribed", id: socket.sent.at(-1).id, streams: [{ stream: "thread:P", head: 1, epoch: "e", gap: null, reset: false }] });
  const hear = (seq, kind, data) => socket.hear({ type: "event", stream: "thread:P", seq, kind, data });
  const texts = () => [...host.querySelectorAll(".text")].map((one) => one.textContent);
  return { host, socket, hear, texts };
}

const send = (host, text) => {
  host.querySelector("textarea").value = text;
  host.querySelector("form").requestSubmit();
};

test("comments and answers come in order, once, change in place and go", async () => {
  const { host, hear, texts } = await page();
  hear(2, "comment.published", { id: "b", rev: 1, html: article("b", 2, "Second") });
  hear(3, "comment.published", { id: "c", rev: 1, html: article("c", 3, "To the first", { to: "a" }) });
  await until(() => texts().length === 3);
  equal(texts(), ["First", "To the first", "Second"]);
  hear(4, "comment.edited", { id: "b", rev: 2, html: article("b", 2, "Second, mended", { rev: 2 }) });
  await until(() => texts().includes("Second, mended"));
  equal(texts().length, 3);
  hear(5, "comment.held", { id: "b", rev: 0, html: "" });
  await until(() => texts().length === 2);
  ok(!host.querySelector("#c-b"));
});

test("what one writes stands at once and never twice, whoever is first", async () => {
  const { host, hear, texts } = await page();
  let give;
  answer = () => new Promise((done) => (give = done));
  send(host, "Mine");
  await until(() => host.querySelector(".sending"));
  equal(texts(), ["First", "Mine"]);
  const made = article("m", 2, "Mine", { author: "me" });
  hear(2, "comment.published", { id: "m", rev: 1, html: made });
  await until(() => give);
  give(new Response(made, { status: 201 }));
  await until(() => !host.querySelector(".sending"));
  equal(texts(), ["First", "Mine"]);
  ok(host.querySelector("#c-m").classList.contains("mine"));
});

test("what is refused stands in the field again, with the reason and what it answers", async () => {
  const { host } = await page();
  answer = async () =>
    new Response(JSON.stringify({ detail: "You are muted here.", problems: {} }), { status: 403, headers: { "content-type": "application/json" } });
  host.querySelector("[data-answer]").click();
  equal(host.querySelector("[name=reply_to]").value, "a");
  send(host, "Kept");
  await until(() => host.querySelector("textarea").value === "Kept");
  equal(host.querySelector("[data-problem]").textContent, "Not sent. You are muted here.");
  equal(host.querySelector("[name=reply_to]").value, "a");
  ok(!host.querySelector(".sending"));
});

test("once the post is closed nothing of it stays", async () => {
  const { host, socket } = await page();
  socket.hear({ type: "error", id: null, code: "forbidden", detail: "", stream: "thread:P" });
  await until(() => host.textContent === "Closed");
});

/** Reactions on a page with a made-up server: a tap counts at once, the answer stays, and a failure says so. */
import { equal, ok, pause, test, until } from "./harness.mjs";

/** @type {{url: string, body: URLSearchParams}[]} */
const asked = [];
/** @type {(body: URLSearchParams) => Promise<Response> | Response} */
let answer;
window.fetch = async (address, how = {}) => {
  const body = new URLSearchParams(how.body);
  asked.push({ url: String(address), body });
  return answer(body);
};
const words = {
  reaction_count: "{emoji}, {n}",
  reaction_yours: "{emoji}, {n}, yours too",
  not_reacted: "Not saved. {why}",
  unreached: "No server.",
  join_to_react: "Join to react",
  join: "Join",
  react: "React",
  close: "Close",
};
document.body.append(
  Object.assign(document.createElement("script"), {
    id: "words",
    type: "application/json",
    textContent: JSON.stringify(words),
  }),
);

const chip = ([emoji, n]) =>
  `<button class="reaction" name="emoji" value="${emoji}"><span class="e">${emoji}</span><span class="count" data-value="${n}">${n}</span></button>`;
function page({ counts = { "❤️": 2, "🎉": 1 }, own = { i1: { reactions: ["🎉"] } }, member = 1, any = 1 } = {}) {
  document.querySelector("main")?.remove();
  document.querySelector("#toasts")?.remove();
  asked.length = 0;
  const main = document.createElement("main");
  Object.assign(main.dataset, { own: JSON.stringify(own), handle: "h", slug: "news", member, quickest: "❤️", anyEmoji: any, community: "Club" });
  main.innerHTML = `<article class="post" data-id="i1" data-seq="7"><div class="bubble"><div class="text"><p>Hello</p></div><div class="foot">
    <form class="reactions" method="post" action="/@h/news/7/react">${Object.entries(counts).map(chip).join("")}
    <details class="react"><summary class="reaction">+</summary><span class="offered"><button name="emoji" value="👍">👍</button><a class="all" href="#all">+</a></span></details></form>
    </div></div></article>`;
  document.body.append(main);
  start();
  return main;
}
const { reactions: start, tellReactions, toggle } = await import("../../static/js/reactions.js");
const told = (reactions, mine) => new Response(JSON.stringify({ reactions, mine }));
const shown = (main) =>
  Object.fromEntries([...main.querySelectorAll("form > .reaction")].map((one) => [one.value, one.querySelector(".count").textContent]));
const mine = (main) => [...main.querySelectorAll('form > .reaction[aria-pressed="true"]')].map((one) => one.value);
const button = (main, emoji) => main.querySelector(`button[value="${emoji}"]`);

test("what is one's own is marked, and said", () => {
  const main = page();
  equal(mine(main), ["🎉"]);
  equal(button(main, "🎉").getAttribute("aria-label"), "🎉, 1, yours too");
  equal(button(main, "❤️").getAttribute("aria-pressed"), "false");
});

test("a tap counts before the server has answered, and then its answer stays", async () => {
  const main = page();
  let finish;
  answer = () => new Promise((resolve) => (finish = resolve));
  button(main, "❤️").click();
  equal(shown(main), { "❤️": "3", "🎉": "1" });
  equal(mine(main), ["❤️", "🎉"]);
  tellReactions(main.querySelector("article"), { "❤️": 2, "🎉": 1 });
  equal(shown(main), { "❤️": "3", "🎉": "1" }, "what was counted before the tap does not take it away");
  await until(() => finish, "it asks");
  equal([asked[0].url, asked[0].body.get("emoji"), asked[0].body.get("on")], ["/@h/news/7/react", "❤️", "1"]);
  finish(told({ "❤️": 9, "🎉": 1 }, ["🎉", "❤️"]));
  await until(() => shown(main)["❤️"] === "9", "the answer is shown");
});

test("the last one of its kind takes its chip along, and the focus stays in the row", async () => {
  const main = page();
  answer = () => told({ "❤️": 2 }, []);
  button(main, "🎉").focus();
  button(main, "🎉").click();
  equal(shown(main), { "❤️": "2" });
  equal(document.activeElement, main.querySelector("summary"));
  await until(() => asked.length === 1, "it asks");
  equal(asked[0].body.get("on"), "0");
});

test("what fails is taken back and told", async () => {
  const main = page();
  answer = () =>
    new Response(JSON.stringify({ detail: "You are muted." }), { status: 403, headers: { "Content-Type": "application/json" } });
  button(main, "👍").click();
  equal(shown(main)["👍"], "1");
  await until(() => document.querySelector(".toast.bad"), "it says so");
  equal(document.querySelector(".toast.bad").textContent, "Not saved. You are muted.");
  equal(shown(main), { "❤️": "2", "🎉": "1" });
  equal(mine(main), ["🎉"]);
  answer = () => Promise.reject(new TypeError("offline"));
  button(main, "❤️").click();
  await until(() => document.querySelectorAll(".toast.bad").length === 2, "and again");
  equal(shown(main), { "❤️": "2", "🎉": "1" });
});

test("quick taps go in their order, and only the last answer counts", async () => {
  const main = page({ own: {} });
  const answers = [told({ "❤️": 3, "🎉": 1 }, ["❤️"]), told({ "❤️": 2, "🎉": 1 }, [])];
  answer = async () => {
    await pause(20);
    return answers.shift();
  };
  button(main, "❤️").click();
  button(main, "❤️").click();
  equal(shown(main)["❤️"], "2");
  await until(() => asked.length === 2, "both are asked");
  equal(asked.map((one) => one.body.get("on")), ["1", "0"]);
  await pause(60);
  equal([shown(main)["❤️"], mine(main)], ["2", []]);
});

test("numbers that are told live roll in where they stand", () => {
  const main = page();
  const before = button(main, "❤️");
  tellReactions(main.querySelector("article"), { "❤️": 12345, "🎉": 1, "🔥": 1 });
  equal(Object.keys(shown(main)), ["❤️", "🎉", "🔥"]);
  ok(before === button(main, "❤️"), "the chip is the same");
  ok(before.querySelector(".count").classList.contains("rolls-up"), "it rolls");
  equal(mine(main), ["🎉"]);
});

test("two quick taps on the post mean the room's emoji; on a link they mean the link", async () => {
  const main = page();
  answer = () => told({ "❤️": 3, "🎉": 1 }, ["🎉", "❤️"]);
  const up = (on, kind = "touch") =>
    on.dispatchEvent(new PointerEvent("pointerup", { bubbles: true, pointerType: kind, clientX: 50, clientY: 50 }));
  const text = main.querySelector("p");
  up(main.querySelector("summary"));
  up(main.querySelector("summary"));
  equal(asked.length, 0);
  up(text);
  up(text);
  await until(() => asked.length === 1, "it reacts");
  equal([asked[0].body.get("emoji"), asked[0].body.get("on")], ["❤️", "1"]);
  up(text);
  await pause(30);
  equal(asked.length, 1, "a third tap is a first one");
});

test("a guest is told to join, and nothing is sent", () => {
  const main = page({ member: 0, own: {} });
  button(main, "❤️").click();
  equal(asked.length, 0);
  equal(document.querySelector(".toast a").getAttribute("href"), "/@h#join");
  equal(shown(main), { "❤️": "2", "🎉": "1" });
});

test("on a locked post nothing happens", () => {
  const main = page();
  main.querySelector("form").remove();
  toggle(main.querySelector("article"), "❤️");
  tellReactions(main.querySelector("article"), { "❤️": 3 });
  equal(asked.length, 0);
});

test("the last button opens all emoji, which come from here, and the chosen one counts", async () => {
  const main = page();
  const real = performance.getEntriesByType("resource").length;
  answer = () => told({ "❤️": 2, "🎉": 1, "👍": 1 }, ["🎉", "👍"]);
  main.querySelector("details").open = true;
  main.querySelector(".offered .all").click();
  await until(() => document.querySelector("dialog emoji-picker"), "they are shown");
  const picker = document.querySelector("emoji-picker");
  picker.dispatchEvent(new CustomEvent("emoji-click", { detail: { unicode: "👍🏽", emoji: { unicode: "👍\uFE0F" } } }));
  await until(() => asked.some((one) => one.body.get("emoji") === "👍"), "it is sent without its tone");
  ok(!document.querySelector("dialog"), "they close");
  ok(!main.querySelector("details").open, "and so does the row");
  ok(performance.getEntriesByType("resource").slice(real).every((one) => one.name.startsWith(location.origin)), "from here alone");
});

/** @param {HTMLElement} main */
const drawn = (main) => [...main.querySelectorAll("form > .reaction[value=':party:'] .e img")].map((one) => [one.getAttribute("src"), one.alt, one.title]);

test("an emoji of the community's own is offered by the picker, sent by its name and drawn", async () => {
  const main = page();
  const items = [{ name: "party", emoji: ":party:", url: "/emoji/a.webp" }];
  answer = () =>
    asked.at(-1)?.url.endsWith("/communities/h/emoji") ? new Response(JSON.stringify({ items })) : told({ ":party:": 1 }, [":party:"]);
  main.querySelector(".offered .all").click();
  await until(() => document.querySelector("dialog emoji-picker"), "they are shown");
  const picker = document.querySelector("emoji-picker");
  equal(picker.customEmoji, [{ name: ":party:", shortcodes: ["party"], url: "/emoji/a.webp", category: "Club" }]);
  picker.dispatchEvent(new CustomEvent("emoji-click", { detail: { emoji: { name: ":party:", url: "/emoji/a.webp" } } }));
  await until(() => asked.some((one) => one.body.get("emoji") === ":party:"), "it is sent by its name");
  await until(() => shown(main)[":party:"] === "1", "it counts");
  equal(drawn(main), [["/emoji/a.webp", ":party:", ":party:"]]);
});

test("what is told live brings its pictures along; one without is shown by its name", () => {
  const main = page();
  const article = main.querySelector("article");
  tellReactions(article, { ":party:": 2, ":gone:": 1 }, { ":party:": "/emoji/b.webp" });
  equal(shown(main), { ":party:": "2", ":gone:": "1" });
  ok(drawn(main).length === 1, "drawn");
  equal(button(main, ":gone:").querySelector(".e").textContent, ":gone:");
  tellReactions(article, { ":party:": 3 });
  ok(drawn(main).length === 1, "still drawn");
});

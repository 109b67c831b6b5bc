/** <channel-poll> in a real browser with a made-up server: one's own vote, bars, and the code that only this browser has. */
import { equal, ok, test, until } from "./harness.mjs";

/** @type {{url: string, body: string}[]} */
const asked = [];
/** @type {Map<string, () => Response>} */
const answers = new Map();
window.fetch = async (address, how = {}) => {
  const url = String(address).replace(location.origin, "");
  asked.push({ url, body: String(how.body ?? "") });
  for (const [start, answer] of answers) if (url.startsWith(start)) return answer();
  return new Response("", { status: 404 });
};
document.body.append(
  Object.assign(document.createElement("script"), {
    id: "words",
    type: "application/json",
    textContent: JSON.stringify({ poll_share: "{n}%", poll_votes_other: "{n} votes", poll_votes_one: "{n} vote" }),
  }),
);
const { polls } = await import("../../static/js/polls.js");
polls();

const json = (value, status = 200) => () =>
  new Response(JSON.stringify(value), { status, headers: { "Content-Type": "application/json" } });

/** @param {string} id @param {{votes?: object, closed?: boolean, final?: boolean, shares?: boolean}} [how] */
function stand(id, { votes = { [id]: null }, closed = false, final = false, shares = true } = {}) {
  const rows = [1, 2]
    .map(
      (n) => `<div class="poll-option" data-option="${n}"><label>${closed ? "" : `<input type="radio" name="options" value="${n}">`}
        <span>Answer ${n}</span><span class="poll-mark"><span class="visually-hidden"></span></span></label>
        ${shares ? `<b class="poll-share">0%</b><progress value="0" max="100"></progress>` : ""}</div>`,
    )
    .join("");
  document.querySelector("main")?.remove();
  const main = document.createElement("main");
  main.dataset.account = "me";
  main.dataset.room = "r1";
  main.dataset.own = JSON.stringify(Object.fromEntries(Object.entries(votes).map(([one, vote]) => [one, { vote }])));
  main.innerHTML = `<channel-poll data-post="${id}"><form class="poll" method="post" action="/@a/news/1/vote" data-kind="poll"
    data-anonymous data-voted="no" ${closed ? "data-closed" : ""} ${final ? "" : "data-may-change"}>${rows}
    <p data-why hidden></p><p data-receipt hidden></p><button data-vote>Vote</button><span data-votes></span></form></channel-poll>`;
  document.body.append(main);
  return /** @type {any} */ (main.querySelector("channel-poll"));
}

const mine = (options, more = {}) => ({ options, receipt: "ABCD-EFGH-JKLM", right: null, explanation: null, ...more });
const form = (poll) => poll.querySelector("form");
const row = (poll, n) => poll.querySelector(`[data-option="${n}"]`);

async function choose(poll, n) {
  poll.querySelector(`input[value="${n}"]`).click();
  poll.querySelector("[data-vote]").click();
}

test("a vote is sent once, its code is shown, and the bars grow", async () => {
  localStorage.clear();
  asked.length = 0;
  const poll = stand("p1");
  await until(() => poll.querySelector("[data-vote]").disabled, "nothing is sent without a choice");
  answers.set("/@a/news/1/vote", json({ mine: mine([2]), poll: { total: 4, votes: { 1: 1, 2: 3 } } }));
  await choose(poll, 2);
  await until(() => row(poll, 2).querySelector("progress").value === 75, "the bar of the second answer");
  equal(asked.filter(({ url }) => url.endsWith("/vote")).map(({ body }) => body), ["options=2"]);
  equal(form(poll).dataset.voted, "yes");
  ok(row(poll, 2).classList.contains("mine") && !row(poll, 1).classList.contains("mine"), "one's own is marked");
  ok(poll.querySelector("[data-receipt]").textContent.includes("ABCD-EFGH-JKLM"), "the code is shown");
  equal(poll.querySelector("[data-votes]").textContent, "4 votes");
});

test("an anonymous vote is known again by this browser and changed with the code it kept", async () => {
  localStorage.setItem("votes:me", JSON.stringify({ p1: { options: [2], receipt: "ABCD-EFGH-JKLM" } }));
  const poll = stand("p1", { votes: { p1: { options: null, receipt: null, right: null, explanation: null } } });
  await until(() => form(poll).dataset.voted === "yes", "it is known to have voted");
  ok(row(poll, 2).classList.contains("mine"), "what was chosen is known here alone");
  asked.length = 0;
  answers.set("/@a/news/1/vote", json({ mine: mine([1]), poll: { total: 4, votes: { 1: 2, 2: 2 } } }));
  await choose(poll, 1);
  await until(() => row(poll, 1).classList.contains("mine"), "the other one");
  equal(asked[0].body, "options=1&receipt=ABCD-EFGH-JKLM");
  ok(poll.querySelector("[data-receipt]").hidden, "the code is shown once");
});

test("a vote that is taken back is forgotten here too", async () => {
  localStorage.setItem("votes:me", JSON.stringify({ p1: { options: [1], receipt: "ABCD-EFGH-JKLM" } }));
  const poll = stand("p1", { votes: { p1: mine([1]) } });
  await until(() => poll.mayRetract, "it may be taken back");
  answers.set("/@a/news/1/vote", json({ mine: null, poll: { total: 3, votes: { 1: 1, 2: 2 } } }));
  await poll.retract();
  await until(() => form(poll).dataset.voted === "no", "no vote");
  equal(localStorage.getItem("votes:me"), "{}");
});

test("what others vote moves the bars, and a sealed poll tells only how many", async () => {
  const poll = stand("p2");
  poll.count({ total: 8, votes: { 1: 2, 2: 6 } });
  equal([...poll.querySelectorAll(".poll-share")].map((node) => node.textContent), ["25%", "75%"]);
  const sealed = stand("p3", { shares: false });
  sealed.count({ total: 8 });
  equal(sealed.querySelector("[data-votes]").textContent, "8 votes");
  sealed.count({ total: null });
  equal(sealed.querySelector("[data-votes]").textContent, "8 votes", "nothing is said of fewer than five");
});

test("after the end this browser still knows its vote, which the server has forgotten", async () => {
  localStorage.setItem("votes:me", JSON.stringify({ p4: { options: [2], receipt: "ABCD-EFGH-JKLM" } }));
  const poll = stand("p4", { closed: true });
  await until(() => row(poll, 2).classList.contains("mine"), "one's own is marked");
  ok(!poll.mayRetract, "nothing can be taken back");
});

test("posts that came later ask for one's votes together", async () => {
  localStorage.clear();
  asked.length = 0;
  answers.set("/rooms/r1/votes", json({ p5: mine([1]) }));
  const poll = stand("p5", { votes: {} });
  await until(() => form(poll).dataset.voted === "yes", "the vote came");
  equal(asked.map(({ url }) => url), ["/rooms/r1/votes?posts=p5"]);
});

test("a refusal is told and the choice stays as it was", async () => {
  const poll = stand("p6");
  answers.set("/@a/news/1/vote", json({ detail: "This poll is closed.", code: "poll_closed", problems: {} }, 409));
  await choose(poll, 1);
  await until(() => document.querySelector(".toast"), "a word of it");
  equal(form(poll).dataset.voted, "no");
});

test("what is chosen while one's own vote is still asked for stays chosen", async () => {
  let answer = () => {};
  answers.set("/api/v1/rooms/r1/votes", () => new Promise((done) => (answer = () => done(json({})()))));
  answers.set("/rooms/r1/votes", answers.get("/api/v1/rooms/r1/votes"));
  const poll = stand("early", { votes: {} });
  await until(() => asked.some(({ url }) => url.includes("posts=early")));
  poll.querySelector('input[value="2"]').click();
  answer();
  await until(() => form(poll).dataset.voted === "no");
  await new Promise((done) => setTimeout(done, 50));
  ok(poll.querySelector('input[value="2"]').checked);
  ok(!poll.querySelector("[data-vote]").disabled);
});

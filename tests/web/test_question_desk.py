"""The desk for questions, by plain forms: what waits, put together, put aside, answered where it stands."""

import re

from channel.members import Role
from channel.posts import queries as post_queries
from channel.posts.model import Post
from channel.questions import queries
from tests.questions import asking
from tests.web.conftest import Browser, Site
from tests.web.test_questions import asked, prompting, stored

DESK = "/studio/anna/questions"


async def desk(site: Site) -> Browser:
    return await site.browser(site.anna.owner)


async def newest(site: Site) -> Post:
    async with site.db.read() as tx:
        return (await post_queries.page(tx, site.anna.news.id, limit=1))[0]


async def test_an_empty_desk_says_what_to_do(site: Site) -> None:
    page = await (await desk(site)).get(DESK)
    assert page.status == 200
    assert "Nothing waits for an answer" in page


async def test_the_composer_asks_for_questions(site: Site) -> None:
    browser = await desk(site)
    sent = {"room": site.anna.news.id, "text": "Ask me", "key": "k1", "prompt": "1", "prompt_until": "week",
            "prompt_rank": "0", "shown": "answered"}  # fmt: skip
    await browser.follow("/studio/anna/posts", sent)
    post = await newest(site)
    async with site.db.read() as tx:
        prompt = await queries.prompt(tx, post.id)
    assert (prompt.shown, prompt.votes) == ("answered", False)
    assert prompt.open_until is not None
    wrong = await browser.post("/studio/anna/posts", sent | {"key": "k2", "prompt_until_date": "2001-01-01"})
    assert (wrong.status, "Ask me" in wrong) == (422, True)
    assert re.search(r'name="prompt" value="1" checked', wrong.text)
    await browser.follow("/studio/anna/posts", sent | {"key": "k3", "prompt": ""})
    assert "data-prompt" not in await browser.get(f"/@anna/news/{(await newest(site)).seq}")


async def test_what_waits_stands_there_by_place_with_its_number(site: Site) -> None:
    one, other = await prompting(site, "About glazes"), await prompting(site, "About kilns")
    bob = await site.anna.member("bob")
    await asked(site, bob, one, "Which glaze?")
    await asked(site, bob, other, "How hot?", show_name=False)
    await asking.ask(site.anna, bob, await asking.box(site.anna), "When do you open?")
    browser = await desk(site)
    page = await browser.get(DESK)
    for words in (
        "About glazes",
        "About kilns",
        "The question box",
        "Which glaze?",
        "How hot?",
        "When do you open?",
    ):
        assert words in page, words
    assert "only the team sees the name" in page
    assert re.search(
        r'href="/studio/anna/questions" aria-current="page">.*?</svg>Questions\s*<span class="badge">\s*3',
        page.text,
        re.DOTALL,
    )
    alone = await browser.get(f"{DESK}?of={one.id}")
    assert "Which glaze?" in alone
    assert "How hot?" not in alone
    assert "3 questions wait" in await browser.get("/studio/anna")


async def test_alike_ones_stand_together_and_become_one(site: Site) -> None:
    post = await prompting(site)
    bob, eve, kim = [await site.anna.member(name) for name in ("bob", "eve", "kim")]
    first = await asked(site, bob, post, "When does the kiln open?")
    await asked(site, kim, post, "Which glaze is that?")
    second = await asked(site, eve, post, "Does the kiln open today?")
    browser = await desk(site)
    page = await browser.get(f"{DESK}?sort=new")
    places = [page.text.index(f'id="q-{one.id}"') for one in (second, first)]
    assert "Which glaze" not in page.text[min(places) : max(places)]
    nothing = await browser.post(DESK, {"do": "merge", "ids": first.id})
    assert (nothing.status, "Choose two questions" in nothing) == (422, True)
    sent = await browser.http.post(
        DESK, data={"do": "merge", "ids": [first.id, second.id]},
        headers={"origin": "http://channel.test", "sec-fetch-site": "same-origin"},
    )  # fmt: skip
    assert sent.status_code == 303, sent.text
    page = await browser.get(DESK)
    assert "1 more asked the same" in page
    assert {one.state for one in await stored(site)} == {"open", "merged"}


async def test_rubbish_is_put_aside_and_taken_back_in(site: Site) -> None:
    post = await prompting(site)
    made = await asked(site, await site.anna.member("bob"), post, "Buy my pots!")
    browser = await desk(site)
    page = await browser.follow(DESK, {"do": "spam", "ids": made.id})
    assert "Buy my pots!" not in page
    assert "Buy my pots!" in await browser.get(f"{DESK}?state=spam")
    await browser.follow(DESK, {"do": "unspam", "ids": made.id})
    assert "Buy my pots!" in await browser.get(DESK)


async def test_an_answer_is_written_where_the_question_stands(site: Site) -> None:
    post = await prompting(site)
    made = await asked(site, await site.anna.member("bob"), post, "Why blue?")
    browser = await desk(site)
    fields = {"room": site.anna.news.id, "text": "The *sea*.", "key": "k1"}
    for _ in range(2):
        page = await browser.follow(f"{DESK}/{made.id}/answer", fields)
    assert "Answered. Everybody who asked is told." in page
    answer = await newest(site)
    assert answer.text == "> Why blue?\n>\n> – bob\n\nThe *sea*."
    assert "Why blue?" not in await browser.get(DESK)
    assert f'href="/@anna/news/{answer.seq}"' in await browser.get(f"{DESK}?state=answered")
    late = await browser.post(f"{DESK}/{made.id}/answer", fields | {"key": "k2"})
    assert (late.status, "The *sea*." in late) == (409, True)


async def test_what_is_wrong_with_an_answer_loses_nothing_of_it(site: Site) -> None:
    await site.anna.tier("Gold", 10)
    post = await prompting(site)
    made = await asked(site, await site.anna.member("bob"), post, "Why blue?")
    browser = await desk(site)
    fields = {"room": site.anna.news.id, "text": "A golden answer", "key": "k1", "min_rank": "10"}
    page = await browser.post(f"{DESK}/{made.id}/answer", fields)
    assert (page.status, "A golden answer" in page, 'name="anyway"' in page) == (409, True, True)
    assert re.search(r'value="10" selected', page.text)
    empty = await browser.post(f"{DESK}/{made.id}/answer", {**fields, "text": " "})
    assert empty.status == 422
    nowhere = await browser.post(f"{DESK}/{made.id}/answer", {**fields, "room": "x"})
    assert (nowhere.status, "A golden answer" in nowhere) == (422, True)
    assert (await browser.post(f"{DESK}/{made.id}/answer", {**fields, "anyway": "1"})).status == 303
    assert (await newest(site)).min_rank == 10


async def test_any_post_can_be_made_to_ask_and_to_stop(site: Site) -> None:
    post = await site.post("Hello")
    browser = await desk(site)
    page = await browser.get(f"{DESK}?of={post.id}")
    assert (page.status, "Take questions" in page) == (200, True)
    assert "The post takes questions now" in await browser.follow(
        f"/studio/anna/posts/{post.id}/prompt", {"do": "ask", "prompt_votes": "1"}
    )
    assert "data-prompt" in await site.stranger().get("/@anna/news")
    wrong = await browser.post(f"/studio/anna/posts/{post.id}/prompt", {"do": "ask", "prompt_rank": "-4"})
    assert wrong.status == 422
    await browser.follow(f"/studio/anna/posts/{post.id}/prompt", {"do": "end"})
    assert "ask-card" not in await (await desk(site)).get("/@anna/news")


async def test_the_box_is_opened_and_closed(site: Site) -> None:
    browser = await desk(site)
    assert "Members can ask at any time now" in await browser.follow(
        f"{DESK}/box", {"on": "1", "box_rank": "0"}
    )
    bob = await site.browser(await site.anna.member("bob"))
    assert 'name="text"' in await bob.get("/@anna/questions")
    wrong = await browser.post(f"{DESK}/box", {"on": "1", "box_rank": "7"})
    assert (wrong.status, 'id="p-box_rank"' in wrong) == (422, True)
    await browser.follow(f"{DESK}/box", {})
    assert 'name="text"' not in await bob.get("/@anna/questions")


async def test_each_role_finds_what_it_may_do(site: Site) -> None:
    post = await prompting(site)
    made = await asked(site, await site.anna.member("bob"), post, "Why blue?")
    editor = await site.browser(await site.anna.member("ed", role=Role.EDITOR))
    mod = await site.browser(await site.anna.member("mod", role=Role.MODERATOR))
    page = await editor.get(DESK)
    assert ("data-answering" in page, 'name="ids"' in page) == (True, False)
    page = await mod.get(DESK)
    assert ("data-answering" in page, 'name="ids"' in page) == (False, True)
    assert (await mod.post(f"{DESK}/{made.id}/answer", {"text": "x"})).status == 403
    assert (await editor.post(DESK, {"do": "spam", "ids": made.id})).status == 403

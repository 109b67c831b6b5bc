"""Asking as a follower does, with plain forms: under a post, in the box, and what became of it."""

import re

from sqlalchemy import select, update

from channel.accounts import Account
from channel.members import actions as members
from channel.posts.model import Post
from channel.questions import Question, Terms, prompts, queries
from channel.rooms.tables import rooms as room_table
from channel.storage import Tx
from tests.questions import asking
from tests.web.conftest import Site


async def prompting(site: Site, text: str = "Ask me anything", **more: object) -> Post:
    """Anna asks for questions."""
    min_rank = more.pop("min_rank", None)
    post = await site.post(text, min_rank=min_rank)  # type: ignore[arg-type]
    async with site.db.write() as tx:
        by = await site.anna.by(tx, site.anna.owner)
        await prompts.ask_for(tx, by, post, Terms.parse(tx.now, **more), fresh=True)  # type: ignore[arg-type]
    return post


async def asked(site: Site, who: Account, post: Post, text: str, **more: object) -> Question:
    async with site.db.read() as tx:
        prompt = await queries.prompt(tx, post.id)
    return await asking.ask(site.anna, who, prompt, text, **more)  # type: ignore[arg-type]


async def stored(site: Site) -> list[Question]:
    async with site.db.read() as tx:
        return [await queries.one(tx, row.id) for row in await _ids(tx)]


async def _ids(tx: Tx):  # type: ignore[no-untyped-def]
    from channel.questions.tables import questions

    return await tx.all(select(questions.c.id).order_by(questions.c.id))


async def test_a_post_that_asks_has_a_card_to_type_in_its_bubble(site: Site) -> None:
    post = await prompting(site)
    bob = await site.anna.member("bob")
    browser = await site.browser(bob)
    room = await browser.get("/@anna/news")
    assert f'action="/posts/{post.id}/questions"' in room
    assert "No questions yet" in room
    page = await browser.follow(f"/posts/{post.id}/questions", {"text": "Why blue?"})
    assert page.status == 200
    assert "Asked. You are told here" in page
    assert "Why blue?" in page
    assert "Waits for an answer" in page
    assert "1 question" in await browser.get("/@anna/news")
    assert f'action="/posts/{post.id}/questions"' not in await site.stranger().get("/@anna/news")


async def test_the_same_form_sent_twice_is_one_question(site: Site) -> None:
    post = await prompting(site)
    browser = await site.browser(await site.anna.member("bob"))
    for _ in range(2):
        await browser.follow(f"/posts/{post.id}/questions", {"text": "Why?"})
    for _ in range(2):
        await browser.follow(f"/posts/{post.id}/questions", {"text": "How?", "key": "k1"})
    assert sorted(one.text for one in await stored(site)) == ["How?", "Why?"]


async def test_what_was_typed_is_kept_whatever_is_wrong_with_it(site: Site) -> None:
    post = await prompting(site)
    bob = await site.anna.member("bob")
    browser = await site.browser(bob)
    long = "Why " * 300
    page = await browser.post(f"/posts/{post.id}/questions", {"text": long, "hide_name": "1"})
    assert (page.status, long.strip() in page, "at most 1,000" in page) == (422, True, True)
    assert re.search(r'name="hide_name" value="1" checked', page.text)
    async with site.db.write() as tx:
        owner = await site.anna.by(tx, site.anna.owner)
        await members.mute(tx, owner, site.anna.community, bob.id, until=tx.now + 3_600_000)
    page = await browser.post(f"/posts/{post.id}/questions", {"text": "Why me?"})
    assert page.status == 403
    assert "You are muted here until 2026-01-01" in page
    async with site.db.write() as tx:
        await members.unmute(tx, await site.anna.by(tx, site.anna.owner), site.anna.community, bob.id)
        await prompts.end(tx, await site.anna.by(tx, site.anna.owner), post)
    page = await browser.post(f"/posts/{post.id}/questions", {"text": "Too late?"})
    assert (page.status, "no more questions" in page) == (409, True)


async def test_votes_are_buttons_that_know_their_viewer(site: Site) -> None:
    post = await prompting(site)
    bob, eve = await site.anna.member("bob"), await site.anna.member("eve")
    made = await asked(site, bob, post, "Why blue?")
    browser = await site.browser(eve)
    here = f"/@anna/news/{post.seq}/questions"
    assert re.search(r'name="do" value="vote" aria-pressed="false"', (await browser.get(here)).text)
    page = await browser.follow(f"/questions/{made.id}/vote", {"do": "vote"})
    assert re.search(r'name="do" value="unvote" aria-pressed="true"', page.text)
    assert f'data-voted="{made.id}"' in await browser.get("/@anna/news")
    told = await browser.post(f"/questions/{made.id}/vote", {"do": "unvote"}, **{"channel-fragment": "1"})
    assert told.answer.json() == {"votes": 0, "voted": False}
    own = await (await site.browser(bob)).post(
        f"/questions/{made.id}/vote", {"do": "vote"}, **{"channel-fragment": "1"}
    )
    assert (own.status, own.answer.json()["code"]) == (409, "own_question")


async def test_a_locked_prompt_shows_nothing_of_what_is_asked(site: Site) -> None:
    gold = await site.anna.tier("Gold", 10)
    post = await prompting(site, "For gold only", min_rank=10)
    rich, free = await site.anna.member("rich", tier=gold), await site.anna.member("free")
    await asked(site, rich, post, "A golden question")
    assert "A golden question" in await (await site.browser(rich)).get("/@anna/news"), "the premise"
    for browser in (await site.browser(free), site.stranger()):
        here = f"/@anna/news/{post.seq}"
        for address in ("/@anna/news", here, f"/rooms/{site.anna.news.id}/posts", f"{here}/questions"):
            page = await browser.get(address)
            assert "golden" not in page, address
            assert "data-prompt" not in page, address
        assert (await browser.get(f"{here}/questions")).location == here
    sent = await (await site.browser(free)).post(f"/posts/{post.id}/questions", {"text": "Let me"})
    assert sent.status == 403


async def test_who_asked_without_their_name_is_nowhere_but_for_the_team(site: Site) -> None:
    post = await prompting(site)
    bob, eve = await site.anna.member("Bobby Tables"), await site.anna.member("eve")
    made = await asked(site, bob, post, "Why blue?", show_name=False)
    here = f"/@anna/news/{post.seq}/questions"
    for step in ("open", "answered"):
        if step == "answered":
            await asking.answer(site.anna, made)
        for browser in (await site.browser(eve), site.stranger()):
            for address in ("/@anna/news", here, f"/rooms/{site.anna.news.id}/posts"):
                page = await browser.get(address)
                assert "Why blue?" in page, (step, address)
                assert "Bobby" not in page, (step, address)
                assert bob.id not in page, (step, address)
    assert "Bobby Tables" in await (await site.browser(site.anna.owner)).get(here)


async def test_one_s_own_is_changed_once_or_taken_back(site: Site) -> None:
    post = await prompting(site)
    bob = await site.anna.member("bob")
    made = await asked(site, bob, post, "Why blue?")
    browser = await site.browser(bob)
    wrong = await browser.post(f"/questions/{made.id}", {"do": "reword", "text": " "})
    assert (wrong.status, "Write your question first" in wrong) == (422, True)
    here = f"/@anna/news/{post.seq}/questions"
    page = await browser.follow(f"/questions/{made.id}", {"do": "reword", "text": "Why red?", "next": here})
    assert "Why red?" in page
    assert (await browser.post(f"/questions/{made.id}", {"do": "reword", "text": "Why?"})).status == 409
    page = await browser.follow(f"/questions/{made.id}", {"do": "withdraw"})
    assert "Why red?" not in page
    assert (await stored(site))[0].state == "withdrawn"
    other = await (await site.browser(await site.anna.member("eve"))).post(
        f"/questions/{made.id}", {"do": "withdraw"}
    )
    assert other.status == 404


async def test_the_box_tells_what_became_of_ones_questions(site: Site) -> None:
    bob, eve = await site.anna.member("bob"), await site.anna.member("eve")
    browser, others = await site.browser(bob), await site.browser(eve)
    closed = await browser.get("/@anna/questions")
    assert "No more questions are taken here" in closed
    await asking.box(site.anna)
    page = await browser.follow("/@anna/questions", {"text": "When do you open?"})
    assert "When do you open?" in page
    assert "When do you open?" not in await others.get("/@anna/questions")
    [made] = await stored(site)
    answer = await asking.answer(site.anna, made, "At nine.")
    for one in (browser, others):
        page = await one.get("/@anna/questions")
        assert "When do you open?" in page
        assert f'href="/@anna/news/{answer.seq}"' in page
    assert "Answered" in await browser.get("/@anna/questions")
    wrong = await browser.post("/@anna/questions", {"text": "x" * 1001})
    assert (wrong.status, "x" * 1001 in wrong) == (422, True)


async def test_a_room_that_had_the_address_before_keeps_it(site: Site) -> None:
    room = await site.anna.room("older", name="Questions and more")
    async with site.db.write() as tx:
        await tx.run(update(room_table).where(room_table.c.id == room.id).values(slug="questions"))
    await asking.box(site.anna)
    browser = await site.browser(await site.anna.member("bob"))
    there = await browser.get("/@anna/questions")
    assert (there.status, "Questions and more" in there) == (200, True)
    assert "/@anna/questions/box" in there
    assert 'action="/@anna/questions"' in await browser.get("/@anna/questions/box")
    owner = await site.browser(site.anna.owner)
    saved = await owner.post(
        "/studio/anna/rooms/questions", {"name": "Renamed", "slug": "questions", "about": ""}
    )
    assert saved.status == 303, "its address may stay what it was"
    made = await owner.post("/studio/anna/rooms", {"name": "More", "slug": "questions"})
    assert made.status == 422

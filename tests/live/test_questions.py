"""What live readers hear of questions: numbers beside the log, word of an answer to who asked, and no name."""

import pytest

from channel.live import asked, pulse
from channel.questions import Terms, prompts, queries
from tests.cast import Scene
from tests.live.site import Site
from tests.questions import asking


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "EVERY_S", 0.05)


def scene(site: Site) -> Scene:
    """The site's community, as the helpers for questions know it."""
    return Scene(site.db, site.creator, site.community, site.room, site.gold)


async def test_a_new_question_is_told_as_a_number(site: Site) -> None:
    bob, eve = await site.member("Bobby"), await site.member("Eve")
    post = await site.post("Ask me")
    other = await site.post("Hello")
    async with site.db.write() as tx:
        by = await scene(site).by(tx, site.creator)
        where = await prompts.ask_for(tx, by, post, Terms.parse(tx.now), fresh=True)
    bus = site.app.state.services.bus
    async with site.follow(eve) as live:
        await live.subscribe(site.stream)
        await asking.ask(scene(site), bob, where, "A question that is told to nobody")
        asked.tell(bus, where)
        frame = await live.next("counts")
        assert frame["posts"][post.id]["questions"] == 1
        assert "question that" not in str(frame)
        bus.note("counts", {"room_id": post.room_id, "post_ids": [other.id]})
        assert "questions" not in (await live.next("counts"))["posts"][other.id]


async def test_who_asked_hears_of_the_answer_and_nobody_else(site: Site) -> None:
    bob, eve = await site.member("Bobby"), await site.member("Eve")
    post = await site.post("Ask me")
    async with site.db.write() as tx:
        by = await scene(site).by(tx, site.creator)
        where = await prompts.ask_for(tx, by, post, Terms.parse(tx.now), fresh=True)
    made = await asking.ask(scene(site), bob, where, "Why?", show_name=False)
    async with site.follow(bob) as his, site.follow(eve) as hers:
        await his.subscribe(f"account:{bob.id}")
        await hers.subscribe(site.stream)
        answer = await asking.answer(scene(site), made)
        event = await his.next("event")
        assert event["kind"] == "question.answered"
        assert event["data"] == {"community": "anna", "question_id": made.id, "post_id": answer.id}
        told = await hers.next("event")
        assert told["kind"] == "post.published"
        assert "Bobby" not in str(told)
        assert bob.id not in str(told)


async def test_the_end_of_a_prompt_is_told_as_a_change_of_its_post(site: Site) -> None:
    post = await site.post("Ask me")
    async with site.db.write() as tx:
        await prompts.ask_for(
            tx, await scene(site).by(tx, site.creator), post, Terms.parse(tx.now), fresh=True
        )
    async with site.follow() as live:
        await live.subscribe(site.stream)
        async with site.db.write() as tx:
            await prompts.end(tx, await scene(site).by(tx, site.creator), post)
        event = await live.next("event")
        assert event["kind"] == "post.edited"
        assert event["data"]["post"]["prompt"]["open"] is False
    async with site.db.read() as tx:
        assert (await queries.prompt(tx, post.id)).closed_at is not None

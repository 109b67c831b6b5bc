"""A waterfall live: whoever was sent a locked card is sent the post when it opens, without asking."""

import asyncio
import json
from dataclasses import replace

import pytest

from channel.app import build, drain
from channel.posts import queries
from channel.posts.steps import HOUR_MS, Step
from channel.settings import Settings
from tests.cast import creator
from tests.conftest import Clock
from tests.live.site import Site, serving_ours
from tests.posts.writing import post


@pytest.mark.parametrize("form", ["json", "html"])
async def test_a_locked_post_opens_in_place_when_its_time_has_come(
    settings: Settings, clock: Clock, form: str
) -> None:
    """Its followers were sent a card; the open post comes to them by itself, under a newer revision."""
    app = build(replace(settings, url="http://127.0.0.1:8000"), clock=clock)
    async with serving_ours(app) as port:
        site = Site(app, port)
        await site.open()
        bob, eve = await site.member("Bob"), await site.member("Eve", gold=True)
        async with site.follow(bob) as free, site.follow(eve) as gold:
            for live in (free, gold):
                await live.subscribe(site.stream, form=form)
            opens = [Step(clock.now_ms + HOUR_MS, 0)]
            planned = await site.post("Early bird", min_rank=10, opens=opens)
            card, seen = [(await live.next("event"))["data"] for live in (free, gold)]
            assert "Early bird" not in json.dumps(card)
            assert "Early bird" in json.dumps(seen)
            assert ("data-countdown" in card["html"]) if form == "html" else card["post"]["opens_at"]
            clock.forward(HOUR_MS)
            app.state.worker.wake()
            for live in (free, gold):
                told = await live.next("event")
                assert (told["kind"], told["seq"]) == ("post.opened", planned.seq + 1)
                assert "Early bird" in json.dumps(told["data"])
                if form == "html":
                    assert told["data"]["rev"] == planned.rev + 1
            async with site.follow(bob) as back:
                await back.subscribe(site.stream, after=0, form=form)
                first = await back.next("event")
                assert first["kind"] == "post.published"
                assert "Early bird" in json.dumps(first), "the card is not told again"
        async with site.follow() as guest:
            await guest.subscribe(site.stream, after=0)
            kinds = [await guest.next("event") for _ in range(2)]
            assert [one["kind"] for one in kinds] == ["post.published", "post.opened"]
            assert "Early bird" not in json.dumps(kinds), "members only, and that it stays"
        await drain(app)


async def test_what_was_missed_while_the_server_was_down_opens_at_its_start(
    settings: Settings, clock: Clock
) -> None:
    app = build(settings, clock=clock)
    async with app.router.lifespan_context(app):
        anna = await creator(app.state.services.db)
        await anna.tier("Gold", 10)
        early = await post(anna, "Early bird", min_rank=10, opens=[Step(clock.now_ms + HOUR_MS, None)])
    clock.forward(50 * HOUR_MS)
    app = build(settings, clock=clock)
    async with app.router.lifespan_context(app), asyncio.timeout(10):
        db = app.state.services.db
        while True:
            async with db.read() as tx:
                if (await queries.one(tx, early.id)).min_rank is None:
                    break
            await asyncio.sleep(0.02)

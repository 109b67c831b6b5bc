"""A waterfall live: whoever was sent a locked card is sent the post when it opens, without asking."""

import json
from dataclasses import replace

import pytest

from channel.app import build, drain
from channel.posts.steps import HOUR_MS, Step
from channel.settings import Settings
from tests.conftest import Clock
from tests.live.site import Site, serving_ours


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
            post = await site.post("Early bird", min_rank=10, opens=opens)
            card, seen = [(await live.next("event"))["data"] for live in (free, gold)]
            assert "Early bird" not in json.dumps(card)
            assert "Early bird" in json.dumps(seen)
            assert ("data-countdown" in card["html"]) if form == "html" else card["post"]["opens_at"]
            clock.forward(HOUR_MS)
            app.state.worker.wake()
            for live in (free, gold):
                told = await live.next("event")
                assert (told["kind"], told["seq"]) == ("post.opened", post.seq + 1)
                assert "Early bird" in json.dumps(told["data"])
                if form == "html":
                    assert told["data"]["rev"] == post.rev + 1
        async with site.follow() as guest:
            await guest.subscribe(site.stream, after=0)
            kinds = [await guest.next("event") for _ in range(2)]
            assert [one["kind"] for one in kinds] == ["post.published", "post.opened"]
            assert "Early bird" not in json.dumps(kinds), "members only, and that it stays"
        await drain(app)

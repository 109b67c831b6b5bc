"""Polls live: bars that grow for those who may read them, one frame a second, and a sealed one that says nothing."""

import secrets
from typing import Any

import pytest

from channel import members, polls, posts
from channel.accounts import Account
from channel.live import pulse
from channel.polls import PollDraft
from channel.posts.model import Draft, Post
from tests.live.site import Follower, Site

OPTIONS = ("Celadon", "Cobalt")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "EVERY_S", 0.05)


async def asked(site: Site, *, min_rank: int | None = None, **more: Any) -> Post:
    rendered = await posts.prepare(Draft.parse("Which?", min_rank=min_rank), rooms={})
    poll = PollDraft.parse(OPTIONS, **more)
    async with site.db.write() as tx:
        by = await members.entitlement(tx, site.community, site.creator.id)
        key = secrets.token_hex(8)
        made, _ = await polls.publish(tx, by, site.creator, site.room, rendered, poll=poll, key=key)
    return made


async def voted(site: Site, who: Account, post: Post, option: int) -> None:
    """As the pages do it: the vote, and the note that tells of it."""
    async with site.db.write() as tx:
        by = await members.entitlement(tx, site.community, who.id)
        await polls.vote(tx, by, post, site.room, [option])
    site.app.state.services.bus.note("counts", {"room_id": site.room.id, "post_ids": [post.id]})


async def ended(site: Site, post: Post) -> None:
    async with site.db.write() as tx:
        by = await members.entitlement(tx, site.community, site.creator.id)
        await polls.close(tx, by, post)


async def told(live: Follower, post: Post, total: int | None) -> dict[str, Any]:
    """The tally of the frame of counts that says so many have voted."""
    while True:
        counts: dict[str, Any] = (await live.next("counts"))["posts"][post.id]
        if counts["poll"]["total"] == total:
            return dict(counts["poll"])


async def test_votes_are_told_as_they_come_and_the_end_with_its_results(site: Site) -> None:
    people = [await site.member(f"M{number}") for number in range(3)]
    post = await asked(site)
    async with site.follow(people[0]) as live, site.follow(people[1]) as page:
        await live.subscribe(site.stream)
        await page.subscribe(site.stream, form="html")
        for number, one in enumerate(people):
            await voted(site, one, post, number % 2 + 1)
        assert await told(live, post, 3) == {"total": 3, "votes": {"1": 2, "2": 1}}
        await ended(site, post)
        event = await live.next("event")
        assert (event["kind"], event["data"]["post"]["poll"]["closed"]) == ("poll.closed", True)
        shown = (await page.next("event"))["data"]
        assert (shown["id"], shown["rev"]) == (post.id, post.rev)
        assert "data-closed" in shown["html"]


async def test_a_sealed_poll_tells_how_many_and_nothing_of_what(site: Site) -> None:
    people = [await site.member(f"M{number}") for number in range(5)]
    post = await asked(site, sealed=True)
    async with site.follow(site.creator) as live:
        await live.subscribe(site.stream, after=0)
        published = (await live.next("event"))["data"]["post"]["poll"]
        assert [option["votes"] for option in published["options"]] == [None, None]
        await voted(site, people[0], post, 1)
        assert await told(live, post, None) == {"total": None}, "one vote is nearly a name"
        for one in people[1:]:
            await voted(site, one, post, 1)
        assert await told(live, post, 5) == {"total": 5}
        await ended(site, post)
        closed = (await live.next("event"))["data"]["post"]["poll"]
        assert [option["votes"] for option in closed["options"]] == [5, 0]


async def test_how_a_poll_stands_is_told_to_those_who_may_read_it(site: Site) -> None:
    plain, rich = await site.member("Plain"), await site.member("Rich", gold=True)
    post, other = await asked(site, min_rank=10), await asked(site)
    async with site.follow(plain) as below, site.follow(rich) as above:
        await below.subscribe(site.stream)
        await above.subscribe(site.stream)
        await voted(site, rich, post, 2)
        assert await told(above, post, 1) == {"total": 1, "votes": {"1": 0, "2": 1}}
        frame = await below.next("counts")
        assert "poll" not in frame["posts"][post.id], (
            "its views are numbers of nothing; its answers are content"
        )
        await voted(site, plain, other, 1)
        assert (await told(below, other, 1))["votes"] == {"1": 1, "2": 0}


async def test_who_comes_back_after_the_end_is_told_the_results(site: Site) -> None:
    bob = await site.member("Bob")
    post = await asked(site, sealed=True)
    await voted(site, bob, post, 2)
    await ended(site, post)
    async with site.follow(bob) as live:
        await live.subscribe(site.stream, after=0)
        kinds = [(await live.next("event"))["kind"] for _ in range(2)]
        assert kinds == ["post.published", "poll.closed"]

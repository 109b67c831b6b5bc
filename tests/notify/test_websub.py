"""The hub hears which public feeds have changed, soon after the commit, and of nothing else; on both databases."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from sqlalchemy import select, update

from channel import outbox, rooms
from channel.communities.tables import communities
from channel.events import Event
from channel.hearers import HUB
from channel.members import governing
from channel.notify.websub import hub_handler
from channel.posts import carrying, opening, queries
from channel.posts.model import TeaserPicture
from channel.posts.steps import Step
from channel.rooms.announcing import GATHER_MS
from channel.storage import Database
from channel.tasks import FeedsChanged
from channel.worker import Worker
from tests.cast import creator
from tests.media.sending import desk, photo, prepared, send
from tests.notify.hub import BASE, HOUR_MS, HUB_URL, NEWS, Hubbed, feeds_of
from tests.posts import writing
from tests.topics import talking


async def test_the_hub_hears_of_a_post_its_edit_and_its_end(hubbed: Hubbed) -> None:
    post = await writing.post(hubbed.scene, "Hello")
    assert await hubbed.told() == NEWS
    post = await writing.change(hubbed.scene, post, "Hello again")
    assert await hubbed.told() == NEWS
    await writing.remove(hubbed.scene, post)
    assert await hubbed.told() == NEWS
    assert await hubbed.told() == set() and not await hubbed.jobs(), "and then no more"


async def test_what_changed_nothing_is_not_told(hubbed: Hubbed) -> None:
    post = await writing.post(hubbed.scene, "Hello")
    assert await hubbed.told()
    await writing.change(hubbed.scene, post, "Hello")
    assert not await hubbed.jobs()


async def test_many_posts_at_once_are_one_ping(hubbed: Hubbed) -> None:
    kept = [await writing.post(hubbed.scene, f"Number {number}") for number in range(20)]
    await writing.remove(hubbed.scene, kept[0])
    assert await hubbed.told() == NEWS
    assert not await hubbed.jobs()


async def test_each_room_is_told_of_by_itself(hubbed: Hubbed) -> None:
    side = await hubbed.scene.room("side")
    await writing.post(hubbed.scene, "Here")
    await writing.post(hubbed.scene, "There", room=side)
    await hubbed.work()
    told = [parse_qs(one.body.decode())["hub.url"][0] for one in hubbed.there.got]
    assert set(told) == feeds_of("anna/news", "anna/side", "anna")
    assert len(told) == 2 * len(NEWS)


async def test_a_post_is_told_after_it_could_be_read(hubbed: Hubbed) -> None:
    """What was queued while the hub is being asked is told again: the hub may have fetched before it was there."""
    hubbed.there.answers = ["hang"]
    await writing.post(hubbed.scene, "First")
    hubbed.clock.forward(GATHER_MS)
    handler = hub_handler(hubbed.db, hubbed.there.outside(), HUB_URL, BASE)
    working = asyncio.create_task(Worker(hubbed.db, {HUB: handler}).work_off())
    await asyncio.wait_for(hubbed.there.heard.wait(), 10)
    await writing.post(hubbed.scene, "Meanwhile")
    hubbed.there.answers, hubbed.there.got = ["204 No Content"], []
    assert await hubbed.told() == NEWS, "the one in hand does not stand for it"
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)


async def test_nobody_is_told_of_what_strangers_may_not_read(hubbed: Hubbed) -> None:
    """Rooms for members and tiers, groups, communities that are private or unlisted, and what is gone by then."""
    gold = await hubbed.scene.tier("Gold", 10)
    for room in (
        await hubbed.scene.room("inside", min_rank=0),
        await hubbed.scene.room("gold", min_rank=gold.rank),
    ):
        await writing.post(hubbed.scene, "For some", room=room)
        assert await hubbed.jobs() and await hubbed.told() == set(), room.slug
    for visibility in ("unlisted", "private"):
        other = await creator(hubbed.db, f"{visibility[:4]}a", visibility=visibility)
        await writing.post(other, "Hello")
        assert await hubbed.jobs() and await hubbed.told() == set(), visibility
    assert not await hubbed.jobs()


async def test_groups_queue_nothing(hubbed: Hubbed) -> None:
    group = await talking.group(hubbed.scene)
    message = await talking.say(hubbed.scene, group)
    await writing.change(hubbed.scene, message, "Changed")
    async with hubbed.db.write() as tx:
        await carrying.tell(tx, [message.id])
    await writing.remove(hubbed.scene, message)
    assert not await hubbed.jobs()


async def test_a_group_is_not_told_of_however_it_came_into_the_queue(hubbed: Hubbed) -> None:
    group = await talking.group(hubbed.scene)
    async with hubbed.db.write() as tx:
        await outbox.schedule(tx, FeedsChanged(room_id=group.id))
        await outbox.schedule(tx, FeedsChanged(room_id="gone"))
    assert await hubbed.told() == set() and not await hubbed.jobs()


@pytest.mark.parametrize("change", ["room", "private", "unlisted", "deleted"])
async def test_what_was_closed_meanwhile_is_not_told(hubbed: Hubbed, change: str) -> None:
    await writing.post(hubbed.scene, "Hello")
    async with hubbed.db.write() as tx:
        by = await hubbed.scene.by(tx, hubbed.scene.owner)
        if change == "room":
            await governing.edit_room(tx, by, hubbed.scene.community, hubbed.scene.news, min_rank=0)
        else:
            fresh = {"deleted_at": tx.now} if change == "deleted" else {"visibility": change}
            await tx.run(update(communities).where(communities.c.id == by.community_id).values(**fresh))
    assert await hubbed.jobs() and await hubbed.told() == set()


async def test_of_a_locked_post_only_its_card_is_news(hubbed: Hubbed) -> None:
    gold = await hubbed.scene.tier("Gold", 10)
    locked = {"min_rank": gold.rank, "teaser": "Soon"}
    post = await writing.post(hubbed.scene, "Secret", **locked)
    assert await hubbed.told() == NEWS, "its teaser stands in the feed"
    post = await writing.change(hubbed.scene, post, "More secrets", **locked)
    async with hubbed.db.write() as tx:
        await carrying.tell(tx, [post.id])
    assert not await hubbed.jobs(), "no stranger sees a difference"
    post = await hubbed.now(post)
    post = await writing.change(hubbed.scene, post, "More secrets", **locked | {"teaser": "Sooner"})
    assert await hubbed.told() == NEWS
    post = await writing.change(hubbed.scene, post, "More secrets")
    assert await hubbed.told() == NEWS, "it is open now"
    async with hubbed.db.write() as tx:
        await carrying.tell(tx, [post.id])
    assert await hubbed.told() == NEWS, "and its pictures are seen"


async def test_a_picture_on_the_card_is_seen(hubbed: Hubbed, tmp_path: Path) -> None:
    """Also once it is ready; one that is blurred there is not in the feed."""
    here = desk(hubbed.db, tmp_path)
    gold = await hubbed.scene.tier("Gold", 10)
    card = await send(here, hubbed.scene, photo())
    chosen = TeaserPicture(card.id)
    post = await writing.post(hubbed.scene, "Secret", min_rank=gold.rank, teaser_picture=chosen)
    assert await hubbed.told() == NEWS
    await prepared(hubbed.db, here, tmp_path, card)
    assert await hubbed.told() == NEWS
    hidden = {"min_rank": gold.rank, "teaser_picture": TeaserPicture(card.id, blurred=True)}
    await writing.change(hubbed.scene, await hubbed.now(post), "Secret", **hidden)
    assert await hubbed.told() == NEWS, "it went from the feed"
    async with hubbed.db.write() as tx:
        await carrying.tell_all(tx, [card.id])
    assert not await hubbed.jobs()


async def test_the_waterfall_is_told(hubbed: Hubbed) -> None:
    gold = await hubbed.scene.tier("Gold", 10)
    step = Step(hubbed.clock.now_ms + HOUR_MS, None)
    later = Step(hubbed.clock.now_ms + 2 * HOUR_MS, None)
    first = await writing.post(hubbed.scene, "Secret", min_rank=gold.rank, opens=(step,))
    second = await writing.post(hubbed.scene, "Secret", min_rank=gold.rank, opens=(later,))
    assert await hubbed.told() == NEWS
    hubbed.clock.forward(HOUR_MS)
    await writing.open_by_itself(hubbed.scene, first)
    assert await hubbed.told() == NEWS
    async with hubbed.db.write() as tx:
        await opening.call_off(tx, await hubbed.scene.by(tx, hubbed.scene.owner), second)
    assert await hubbed.told() == NEWS


async def test_without_a_hub_nothing_is_queued_and_nothing_asked(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither when something is written nor by the worker. With one, each costs the one statement that queues it."""
    scene, asked = await creator(db), Counter[str]()
    async with db.write() as tx:
        kind = type(tx)
    for name in ("all", "one", "run"):
        monkeypatch.setattr(kind, name, _counted(getattr(kind, name), asked, name))

    async def life() -> int:
        asked.clear()
        post = await writing.post(scene, "Hello")
        async with db.write() as tx:
            await carrying.tell(tx, [post.id])
        async with db.read() as tx:
            post = await queries.one(tx, post.id)
        await writing.remove(scene, await writing.change(scene, post, "Hello again"))
        return asked.total()

    without = await life()
    async with db.read() as tx:
        assert HUB not in [row.consumer for row in await tx.all(select(outbox.jobs.c.consumer))]
    db.extras = frozenset({HUB})
    assert await life() == without + 5, "four of them queue, and one looks at what pictures are seen"
    async with db.read() as tx:
        assert len(await outbox.queue_of(tx, HUB)) == 4
    assert not [lane for lane in Worker(db, {"mail": _nothing})._lanes if lane.consumers == (HUB,)]


def _counted(inner: Any, asked: Counter[str], name: str) -> Any:
    async def count(*given: Any, **values: Any) -> Any:
        asked[name] += 1
        return await inner(*given, **values)

    return count


async def _nothing(event: Event) -> None:
    pass


@pytest.mark.parametrize(
    "change", [{"name": "Fresh"}, {"about": "Words"}, {"podcast_category": "Arts"}, {"slug": "fresh"}]
)
async def test_what_a_feed_says_of_its_room_is_news(hubbed: Hubbed, change: dict[str, str]) -> None:
    async with hubbed.db.write() as tx:
        by = await hubbed.scene.by(tx, hubbed.scene.owner)
        await governing.edit_room(tx, by, hubbed.scene.community, hubbed.scene.news, **change)
    there = feeds_of(f"anna/{change['slug']}", "anna") if "slug" in change else NEWS
    assert await hubbed.told() == there
    async with hubbed.db.write() as tx:
        room = await rooms.one(tx, hubbed.scene.news.id)
        await governing.edit_room(tx, by, hubbed.scene.community, room, comments=False, **change)
    assert not await hubbed.jobs(), "no feed reads otherwise"


async def test_what_a_feed_says_of_its_community_is_news_in_all_of_its_channels(hubbed: Hubbed) -> None:
    await hubbed.scene.room("side")
    await hubbed.scene.room("gold", min_rank=0)
    await talking.group(hubbed.scene)
    async with hubbed.db.write() as tx:
        by = await hubbed.scene.by(tx, hubbed.scene.owner)
        changed = await governing.edit_community(tx, by, hubbed.scene.community, name="Fresh")
    await hubbed.work()
    told = {parse_qs(one.body.decode())["hub.url"][0] for one in hubbed.there.got}
    assert told == feeds_of("anna/news", "anna/side", "anna"), "nothing of what strangers may not read"
    async with hubbed.db.write() as tx:
        await governing.edit_community(tx, by, changed, approval=True)
    assert not await hubbed.jobs()


async def test_a_group_is_renamed_without_a_word(hubbed: Hubbed) -> None:
    group = await talking.group(hubbed.scene)
    async with hubbed.db.write() as tx:
        by = await hubbed.scene.by(tx, hubbed.scene.owner)
        await governing.edit_room(tx, by, hubbed.scene.community, group, name="Fresh")
    assert not await hubbed.jobs()

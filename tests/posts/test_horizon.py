"""A group that does not show its past: what somebody who came later sees of it. On both databases."""

import pytest

from channel import posts
from channel.accounts import Account
from channel.errors import Invalid
from channel.live.frames import tell
from channel.members import Entitlement
from channel.outbox import events_since
from channel.posts import horizon, queries
from channel.posts.model import Draft, Post
from channel.render import html, views
from channel.rooms import Room
from channel.storage import Database
from tests.cast import Scene, creator, person
from tests.conftest import Clock
from tests.topics.talking import group, new_to, say


async def seen_by(scene: Scene, room: Room, account: Account | None) -> list[str]:
    """The texts that this viewer is shown of the room, the oldest first."""
    async with scene.db.read() as tx:
        by = await scene.by(tx, account)
        part = queries.Part(room.id, since=await horizon.first_seq(tx, by, room))
        found = await posts.page(tx, part, limit=100)
        shown = await views.post_views(tx, found, room, scene.community, by)
    return [view.text for view in shown[::-1] if isinstance(view, views.PostView)]


async def past_and_present(scene: Scene, room: Room, clock: Clock) -> tuple[Account, list[Post]]:
    """Four messages, then somebody joins, then two more."""
    said = [await say(scene, room, f"old {number}") for number in range(4)]
    clock.forward(1000)
    bob = await scene.member("bob")
    clock.forward(1000)
    return bob, said + [await say(scene, room, f"new {number}") for number in range(2)]


@pytest.mark.parametrize(("history", "hidden"), [(None, 0), (0, 4), (1, 3), (3, 1), (4, 0), (100, 0)])
async def test_a_newcomer_sees_what_the_group_shows(
    db: Database, clock: Clock, history: int | None, hidden: int
) -> None:
    scene = await creator(db)
    room = await group(scene, history=history)
    bob, said = await past_and_present(scene, room, clock)
    assert await seen_by(scene, room, bob) == [post.text for post in said[hidden:]]
    assert await seen_by(scene, room, scene.owner) == [post.text for post in said]
    assert (await new_to(scene, room, bob)).total == len(said) - hidden


async def test_a_guest_is_one_who_comes_now(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    room = await group(scene, history=1)
    _, said = await past_and_present(scene, room, clock)
    clock.forward(1)
    guest = await person(db)
    assert await seen_by(scene, room, guest) == await seen_by(scene, room, None) == [said[-1].text]


async def test_a_post_that_is_asked_for_all_the_same_shows_nothing(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    room = await group(scene, history=0)
    bob, said = await past_and_present(scene, room, clock)
    async with db.read() as tx:
        by = await scene.by(tx, bob)
        (view,) = await views.post_views(tx, [said[0]], room, scene.community, by)
    assert view.shape == "locked"
    assert said[0].text not in html.fragment(view, "en")


async def test_a_quote_opens_nothing_of_the_past(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    room = await group(scene, history=0)
    bob, said = await past_and_present(scene, room, clock)
    await say(scene, room, "see above", quote=said[0])
    async with db.read() as tx:
        by = await scene.by(tx, bob)
        (newest,) = await posts.page(tx, room.id, limit=1)
        (view,) = await views.post_views(tx, [newest], room, scene.community, by)
        (full,) = await views.post_views(tx, [newest], room, scene.community, await scene.by(tx, scene.owner))
    assert isinstance(view, views.PostView) and view.quote is not None and view.quote.shape == "locked"
    assert isinstance(full, views.PostView) and full.quote is not None and full.quote.shape == "open"
    with pytest.raises(Invalid):
        await say(scene, room, "me too", author=bob, quote=said[0])


async def test_no_frame_and_no_page_of_the_log_tells_the_past(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    room = await group(scene, history=0)
    bob, said = await past_and_present(scene, room, clock)
    rendered = await posts.prepare(Draft.parse("changed old words"), rooms={})
    async with db.write() as tx:
        await posts.edit(tx, await scene.by(tx, scene.owner), said[0], rendered)
    await say(scene, room, "quoting", quote=said[1])
    async with db.read() as tx:
        by = await scene.by(tx, bob)
        since = await horizon.first_seq(tx, by, room)
        logged = await events_since(tx, f"room:{room.id}", 0)
        told = await tell(tx, f"room:{room.id}", logged)
    assert [row.seq for row in logged] == list(range(1, len(said) + 3))
    for since_told in (since, None):
        live = [one for one in told if since_told is not None or one.logged.seq >= since]
        frames = [str(one.event_json(by.rank, since_told)) for one in live]
        assert not [frame for frame in frames if "old" in frame]
        assert [frame for frame in frames if "new 1" in frame]
    staff = views.sight(await owner_of(scene), room)
    assert "changed old words" in str([one.event_json(staff) for one in told])


async def owner_of(scene: Scene) -> Entitlement:
    async with scene.db.read() as tx:
        return await scene.by(tx, scene.owner)

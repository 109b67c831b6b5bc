"""Who may write in a group, when, and what a message carries. On both databases."""

from typing import Any

import pytest

from channel import posts, rooms, topics
from channel.errors import ChannelError, Forbidden, Invalid, NotFound, TooMany
from channel.members import Role, actions, governing
from channel.outbox import events_since
from channel.posts.model import Draft
from channel.rooms.rules import quiet_until
from channel.storage import Database
from channel.topics import marks
from channel.topics.model import state_of
from tests.cast import creator, person
from tests.conftest import Clock
from tests.topics.talking import group, merge, new_to, now, read_topic, say, start

DAY_MS = 24 * 3_600_000


async def refused(error: type[ChannelError], doing: Any) -> ChannelError:
    with pytest.raises(error) as caught:
        await doing
    return caught.value


async def test_every_member_writes_and_each_message_is_of_a_topic(db: Database) -> None:
    scene = await creator(db)
    room, bob = await group(scene), await scene.member("bob")
    first = await say(scene, room, "hello", author=bob)
    tour = await start(scene, room, "The tour", by=bob)
    second = await say(scene, room, "when?", author=bob, topic=tour)
    async with db.read() as tx:
        general = await topics.by_number(tx, room.id, 1)
    assert (general.name, first.topic_id) == ("General", general.id)
    assert second.topic_id == tour.id
    assert [post.text for post in await read_topic(scene, tour)] == ["when?"]
    assert ((await now(scene, tour)).posts, (await now(scene, tour)).last_seq) == (1, second.seq)


async def test_the_seqs_of_a_group_have_no_gap(db: Database) -> None:
    scene = await creator(db)
    room = await group(scene)
    tour = await start(scene, room, "The tour")
    for text in ("one", "two"):
        await say(scene, room, text, topic=tour)
    async with db.read() as tx:
        logged = await events_since(tx, f"room:{room.id}", 0)
    assert [row.seq for row in logged] == [1, 2, 3]


async def test_who_does_not_belong_or_is_muted_is_told_so(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    room, bob, stranger = await group(scene), await scene.member("bob"), await person(db)
    assert (await refused(Forbidden, say(scene, room, author=stranger))).code == "not_in"
    async with db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        await actions.mute(tx, owner, scene.community, bob.id, until=tx.now + DAY_MS, reason="Shouting.")
    error = await refused(Forbidden, say(scene, room, author=bob))
    assert error.code == "muted"
    assert "Shouting." in error.detail and "UTC" in error.detail
    clock.forward(DAY_MS + 1)
    assert await say(scene, room, author=bob)


async def test_slow_mode_makes_members_wait_and_nobody_of_the_team(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    gold = await scene.tier("Gold", 10)
    room = await group(scene, slow_s=60, slow_free_rank=10)
    bob, eve = await scene.member("bob"), await scene.member("eve", tier=gold)
    await say(scene, room, author=bob)
    clock.forward(20_000)
    error = await refused(TooMany, say(scene, room, author=bob))
    assert (error.code, error.retry_after_s) == ("slow_mode", 40)
    for free in (eve, scene.owner):
        await say(scene, room, author=free)
        await say(scene, room, author=free)
    clock.forward(40_000)
    await say(scene, room, author=bob)


async def test_a_second_try_under_the_same_key_is_no_second_message_and_waits_for_nothing(
    db: Database,
) -> None:
    scene = await creator(db)
    room, bob = await group(scene, slow_s=60), await scene.member("bob")
    first = await say(scene, room, author=bob, key="k")
    assert (await say(scene, room, author=bob, key="k")).id == first.id


async def test_ranks_decide_who_writes_and_who_starts(db: Database) -> None:
    scene = await creator(db)
    gold = await scene.tier("Gold", 10)
    room = await group(scene, write_rank=10, topic_rank=rooms.model.TEAM_ONLY)
    bob, eve = await scene.member("bob"), await scene.member("eve", tier=gold)
    ed = await scene.member("ed", role=Role.EDITOR)
    assert (await refused(Forbidden, say(scene, room, author=bob))).code == "rank_too_low"
    await say(scene, room, author=eve)
    assert (await refused(Forbidden, start(scene, room, "Mine", by=eve))).code == "rank_too_low"
    assert await start(scene, room, "Ours", by=ed)


async def test_nobody_but_the_team_writes_in_quiet_hours(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    minute = clock() // 60_000 % 1440
    room = await group(scene, quiet_from=(minute - 5) % 1440, quiet_to=(minute + 5) % 1440)
    bob = await scene.member("bob")
    assert quiet_until(room, clock()) == (clock() // 60_000 + 5) * 60_000
    assert (await refused(Forbidden, say(scene, room, author=bob))).code == "quiet_hours"
    await say(scene, room)
    clock.forward(5 * 60_000)
    await say(scene, room, author=bob)


async def test_nobody_writes_in_a_closed_topic_until_it_is_opened(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    room, bob, eve = await group(scene, close_days=3), await scene.member("bob"), await scene.member("eve")
    tour = await start(scene, room, "The tour", by=bob)
    async with db.write() as tx:
        await topics.set_state(tx, await scene.by(tx, bob), room, tour, "closed")
    for author in (eve, scene.owner):
        assert (await refused(Forbidden, say(scene, room, author=author, topic=tour))).code == "topic_closed"
    async with db.write() as tx:
        with pytest.raises(Forbidden):
            await topics.set_state(tx, await scene.by(tx, eve), room, tour, "open")
        await topics.set_state(tx, await scene.by(tx, bob), room, tour, "open")
    await say(scene, room, author=eve, topic=tour)
    clock.forward(3 * DAY_MS)
    assert state_of(await now(scene, tour), room, clock()) == "closed"
    assert (await refused(Forbidden, say(scene, room, author=eve, topic=tour))).code == "topic_closed"
    async with db.write() as tx:
        await topics.set_state(tx, await scene.by(tx, bob), room, await topics.one(tx, tour.id), "open")
    await say(scene, room, author=eve, topic=tour)
    await say(scene, room, author=eve)  # General never closes by itself


async def test_a_closed_community_takes_no_messages(db: Database) -> None:
    scene = await creator(db)
    room, bob = await group(scene), await scene.member("bob")
    async with db.write() as tx:
        await governing.close(tx, await scene.by(tx, scene.owner), scene.community)
    assert (await refused(Forbidden, say(scene, room, author=bob))).code == "community_closed"


async def test_a_message_asks_for_no_tier_of_its_own(db: Database) -> None:
    scene = await creator(db)
    await scene.tier("Gold", 10)
    room, bob = await group(scene), await scene.member("bob")
    rendered = await posts.prepare(Draft.parse("x", min_rank=10), rooms={})
    async with db.write() as tx:
        with pytest.raises(Invalid):
            await posts.publish(tx, await scene.by(tx, bob), bob, room, rendered)


async def test_authors_change_their_own_messages_and_moderators_take_any_away(db: Database) -> None:
    scene = await creator(db)
    room, bob, eve = await group(scene), await scene.member("bob"), await scene.member("eve")
    mod = await scene.member("mod", role=Role.MODERATOR)
    mine, other = await say(scene, room, "mine", author=bob), await say(scene, room, "too", author=bob)
    rendered = await posts.prepare(Draft.parse("changed"), rooms={})
    async with db.write() as tx:
        for by in (eve, mod):
            with pytest.raises(Forbidden):
                await posts.edit(tx, await scene.by(tx, by), mine, rendered)
        with pytest.raises(Forbidden):
            await posts.delete(tx, await scene.by(tx, eve), mine)
        assert (await posts.edit(tx, await scene.by(tx, bob), mine, rendered)).text == "changed"
        await posts.delete(tx, await scene.by(tx, mod), other)
        await posts.delete(tx, await scene.by(tx, bob), mine)
        general = await topics.by_number(tx, room.id, 1)
    assert (general.posts, general.last_seq) == (0, 0)


async def test_names_are_told_apart_and_numbers_are_addresses(db: Database) -> None:
    scene = await creator(db)
    room = await group(scene)
    tour = await start(scene, room, "The tour")
    for name in ("the TOUR", "  The tour ", "General", "", "x" * 81):
        assert "name" in (await refused(Invalid, start(scene, room, name))).fields  # type: ignore[attr-defined]
    async with db.write() as tx:
        renamed = await topics.rename(tx, await scene.by(tx, scene.owner), room, tour, "On the road")
    assert (renamed.number, renamed.name) == (tour.number, "On the road") == (2, "On the road")
    assert (await start(scene, room, "The tour")).number == 3


async def test_a_message_to_a_merged_topic_goes_where_it_went(db: Database) -> None:
    scene = await creator(db)
    room = await group(scene)
    tour, road = await start(scene, room, "The tour"), await start(scene, room, "The road")
    await merge(scene, room, tour, road)
    assert (await say(scene, room, topic=tour)).topic_id == road.id


async def test_a_topic_of_another_group_is_not_found(db: Database) -> None:
    scene = await creator(db)
    room, other = await group(scene), await group(scene, "other")
    tour = await start(scene, other, "The tour")
    await refused(NotFound, say(scene, room, topic=tour))


async def test_what_is_muted_or_read_is_not_new(db: Database) -> None:
    scene = await creator(db)
    room, bob = await group(scene), await scene.member("bob")
    tour = await start(scene, room, "The tour")
    first = await say(scene, room, topic=tour)
    await say(scene, room, topic=tour)
    await say(scene, room)
    await say(scene, room, author=bob)
    assert (await new_to(scene, room, bob)).total == 3
    async with db.write() as tx:
        await marks.mark_read(tx, tour, {bob.id: first.seq})
        assert await marks.mark_read(tx, tour, {bob.id: first.seq - 1}) == {}
    assert (await new_to(scene, room, bob)).by_topic[tour.id] == 1
    async with db.write() as tx:
        await marks.follow(tx, bob.id, tour, level="mute")
    new = await new_to(scene, room, bob)
    assert (new.total, new.by_topic[tour.id]) == (1, 1)
    async with db.read() as tx:
        assert await posts.unread(tx, bob.id, [room.id]) == {room.id: 1}


async def test_rules_are_for_groups_and_quiet_hours_have_two_ends(db: Database) -> None:
    scene = await creator(db)
    room = await group(scene)
    async with db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        for where, wrong in (
            (scene.news, {"slow_s": 5}),
            (room, {"quiet_from": 60}),
            (room, {"quiet_from": 60, "quiet_to": 60}),
            (room, {"slow_s": 21_601}),
        ):
            with pytest.raises(Invalid):
                await governing.edit_room(tx, owner, scene.community, where, **wrong)
        changed = await governing.edit_room(tx, owner, scene.community, room, slow_s=21_600, history=0)
    assert (changed.slow_s, changed.history) == (21_600, 0)

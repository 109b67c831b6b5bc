"""Read positions that come over live connections: gathered, written together, and right all the same."""

import asyncio
import contextlib
from typing import Any

import pytest

from channel import rooms
from channel.live.reading import Reads
from channel.members import actions
from tests.live.site import Site
from tests.live.test_topics import group_of, say, start

MANY = 12


async def positions(site: Site, *account_ids: str) -> list[int]:
    async with site.db.read() as tx:
        found = [await rooms.read_positions(tx, account_id, [site.room.id]) for account_id in account_ids]
    return [one[site.room.id] for one in found]


async def test_what_many_read_at_once_is_written_together(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [await site.member(f"Reader {number}") for number in range(MANY)]
    post = await site.post("for everybody")
    async with contextlib.AsyncExitStack() as stack:
        followers = [await stack.enter_async_context(site.follow(one)) for one in people]
        for follower in followers:
            await follower.subscribe(site.stream)
        writes = 0
        write = site.db.write

        def counted(**how: Any) -> Any:
            nonlocal writes
            writes += 1
            return write(**how)

        monkeypatch.setattr(site.db, "write", counted)
        await asyncio.gather(*(one.say(type="read", stream=site.stream, seq=post.seq) for one in followers))
        seen = 0
        while seen < MANY:
            seen = (await followers[0].next("counts"))["posts"][post.id]["views"]
    assert seen == MANY
    assert writes < MANY
    assert await positions(site, *(one.id for one in people)) == [post.seq] * MANY


async def test_a_position_of_a_room_that_is_not_followed_is_written_at_once_or_refused(site: Site) -> None:
    bob = await site.member("Bob")
    post = await site.post("read me")
    async with site.follow(bob) as phone:
        await phone.say(type="read", stream=site.stream, seq=post.seq)
        assert (await phone.next("read"))["seq"] == post.seq
        await phone.say(type="read", stream="room:00000000-0000-7000-8000-000000000000", seq=1, id=7)
        assert (await phone.next("error"))["code"] == "not_found"
    assert await positions(site, bob.id) == [post.seq]


async def test_who_lost_the_room_meanwhile_moves_nothing(site: Site) -> None:
    bob, eve = await site.member("Bob"), await site.member("Eve")
    post = await site.post("read me")
    reads = site.app.state.live.reads
    await site.act(actions.ban, bob.id)
    reads.note(bob.id, site.room.id, post.seq)
    reads.note(eve.id, site.room.id, post.seq)
    await reads.flush()
    assert await positions(site, bob.id, eve.id) == [0, post.seq]


async def test_a_room_that_went_takes_its_positions_with_it(site: Site) -> None:
    bob = await site.member("Bob")
    reads = site.app.state.live.reads
    reads.note(bob.id, "00000000-0000-7000-8000-000000000000", 3)
    reads.note(bob.id, site.room.id, (await site.post("here")).seq)
    await reads.flush()
    assert await positions(site, bob.id) == [1]


async def test_what_is_gathered_is_written_at_the_end(site: Site) -> None:
    bob = await site.member("Bob")
    post = await site.post("read me")
    reads = Reads(site.db, site.app.state.services.bus)
    reads.note(bob.id, site.room.id, post.seq)
    reads.note(bob.id, site.room.id, post.seq - 1)
    running = asyncio.get_running_loop().create_task(reads.run())
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await positions(site, bob.id) == [post.seq]


class Heard:
    """A bus that keeps what it is told."""

    def __init__(self) -> None:
        self.notes: list[tuple[str, dict[str, Any]]] = []

    def note(self, topic: str, data: dict[str, Any]) -> None:
        self.notes.append((topic, data))


async def test_who_says_again_where_they_are_looks_at_the_room_and_who_reads_on_does_not(site: Site) -> None:
    bob, eve = await site.member("Bob"), await site.member("Eve")
    first, second = await site.post("one"), await site.post("two")
    heard: Any = Heard()
    reads = Reads(site.db, heard)
    for one in (bob, eve):
        reads.note(one.id, site.room.id, first.seq)
    await reads.flush()
    assert [data for topic, data in heard.notes if topic == "looking"] == []
    reads.note(bob.id, site.room.id, first.seq)
    reads.note(eve.id, site.room.id, second.seq)
    await reads.flush()
    looks = [data for topic, data in heard.notes if topic == "looking"]
    assert looks == [{"room_id": site.room.id, "account_ids": [bob.id]}]
    assert await positions(site, bob.id, eve.id) == [first.seq, second.seq]


async def test_who_says_again_where_they_are_in_a_topic_looks_at_it(site: Site) -> None:
    bob, room = await site.member("Bob"), await group_of(site)
    tour = await start(site, room, "The tour")
    said = await say(site, room, "one", tour)
    heard: Any = Heard()
    reads = Reads(site.db, heard)
    place = {"room_id": room.id, "topic_id": tour.id}
    for _ in range(2):
        reads.note(bob.id, room.id, said.seq, tour.id)
        await reads.flush()
    told = [(topic, data) for topic, data in heard.notes if topic != "counts"]
    assert told == [
        ("read", place | {"seqs": {bob.id: said.seq}}),
        ("looking", place | {"account_ids": [bob.id]}),
    ]

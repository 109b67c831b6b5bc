"""Important posts in quiet hours, where whoever is told allows it: by letter and on devices. On both databases."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from channel import notices, push
from channel.notices.actions import inherit_times, keep_zone
from channel.notices.limits import limit
from channel.notices.model import Limit, Times
from channel.worker import Worker
from tests.conftest import Clock
from tests.notices.mailroom import Mailroom
from tests.posts.writing import post
from tests.push.depot import Depot, open_depot

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
NIGHT = {"quiet_from": 23 * 60, "quiet_to": 8 * 60}  # it is midnight, UTC
BOB, CAROL = "bob@example.net", "carol@example.net"


@pytest.fixture
async def depot(room: Mailroom, clock: Clock, tmp_path: Path) -> AsyncIterator[Depot]:
    """Devices of the same people."""
    async with open_depot(room.db, clock, tmp_path, room.scene) as opened:
        yield opened


async def planned(room: Mailroom) -> None:
    """For all ways, as one worker does."""
    plan = {"notices": notices.planner(room.db, mail=True), "push": push.planner(room.db)}
    await Worker(room.db, plan).work_off()


async def test_what_is_important_comes_by_letter_at_once_and_all_else_when_the_night_is_over(
    room: Mailroom,
) -> None:
    bob, carol, dan = (
        await room.reader("Bob"),
        await room.reader("Carol", "important"),
        await room.reader("Dan"),
    )
    for one, passes in ((bob, True), (carol, True), (dan, False)):
        await room.times(one, **NIGHT, important_passes=passes)
    await post(room.scene, "Plain words")
    assert await room.to() == []
    await post(room.scene, "Urgent words", important=True)
    came = await room.brought()
    assert sorted(one.to for one in came) == [BOB, CAROL]
    assert all("Urgent words" in one.text and "Plain words" not in one.text for one in came)
    room.clock.forward(8 * HOUR_MS - 1)
    assert await room.to() == []
    room.clock.forward(1)
    late = {one.to: one.text for one in await room.brought()}
    assert late.keys() == {BOB, "dan@example.net"}
    assert "Urgent words" not in late[BOB]


async def test_on_devices_too(depot: Depot) -> None:
    bob, carol = await depot.reader("Bob"), await depot.reader("Carol")
    await depot.times(bob, *NIGHT.values(), important_passes=True)
    await depot.times(carol, *NIGHT.values())
    await post(depot.scene)
    assert await depot.to() == []
    await post(depot.scene, important=True)
    assert await depot.to() == ["bob"]
    depot.clock.forward(8 * HOUR_MS)
    assert await depot.to() == ["bob", "carol", "carol"]


async def test_what_is_due_together_is_parted_where_quiet_hours_were_chosen_since(room: Mailroom) -> None:
    bob = await room.reader("Bob")
    for words, important in (("Plain words", False), ("Urgent words", True), ("More words", False)):
        await post(room.scene, words, important=important)
    await room.planned()
    await room.times(bob, **NIGHT, important_passes=True)
    [first] = await room.brought()
    assert "Urgent words" in first.text
    assert "Plain words" not in first.text
    assert "More words" not in first.text
    assert await room.to() == []
    room.clock.forward(8 * HOUR_MS)
    [rest] = await room.brought()
    assert "Plain words" in rest.text
    assert "More words" in rest.text
    assert "Urgent words" not in rest.text


async def test_on_devices_too_quiet_hours_that_were_chosen_since_hold_for_all_else(depot: Depot) -> None:
    bob = await depot.reader("Bob")
    for words, important in (("Plain words", False), ("Urgent words", True)):
        await post(depot.scene, words, important=important)
    await depot.planned()
    await depot.times(bob, *NIGHT.values(), important_passes=True)
    [one] = await depot.pushed()
    assert "Urgent words" in one.said["body"]
    depot.clock.forward(8 * HOUR_MS)
    [one] = await depot.pushed()
    assert "Plain words" in one.said["body"]


@pytest.mark.parametrize("way", ["letter", "device"])
async def test_a_choice_that_is_taken_back_holds_for_what_is_on_its_way(
    room: Mailroom, depot: Depot, way: str
) -> None:
    here = room if way == "letter" else depot
    bob = await here.reader("Bob")
    await room.times(bob, **NIGHT, important_passes=True)
    await post(room.scene, important=True)
    await here.planned()
    await room.times(bob, **NIGHT)
    assert await here.to() == []
    room.clock.forward(8 * HOUR_MS)
    assert len(await here.to()) == 1


@pytest.mark.parametrize("way", ["letter", "device"])
async def test_what_waits_for_the_morning_when_it_is_allowed_goes_on_waiting(
    room: Mailroom, depot: Depot, way: str
) -> None:
    here = room if way == "letter" else depot
    bob = await here.reader("Bob")
    await room.times(bob, **NIGHT)
    await post(room.scene, important=True)
    assert await here.to() == []
    await room.times(bob, **NIGHT, important_passes=True)
    assert await here.to() == []
    await post(room.scene, "The next one", important=True)
    assert len(await here.to()) == 1
    room.clock.forward(8 * HOUR_MS)
    assert len(await here.to()) == 1


@pytest.mark.parametrize("since", [False, True])
async def test_a_digest_waits_though_it_holds_something_important(room: Mailroom, since: bool) -> None:
    """Also where quiet hours were chosen since it was planned."""
    bob = await room.reader("Bob", "daily")
    await room.times(bob, **({} if since else NIGHT), hour=2, important_passes=True)
    await post(room.scene, important=True)
    await room.planned()
    await room.times(bob, **NIGHT, hour=2, important_passes=True)
    room.clock.forward(3 * HOUR_MS)
    assert await room.to() == []
    room.clock.forward(5 * HOUR_MS)
    assert await room.to() == [BOB]


async def test_a_post_for_the_morning_keeps_its_morning(room: Mailroom, depot: Depot) -> None:
    """Nine is nine, also where the night ends at ten; what is not important waits for that."""
    late = {"quiet_from": 22 * 60, "quiet_to": 10 * 60}
    bob = await room.reader("Bob")
    carol = await depot.reader("Carol")
    for one in (bob, carol):
        await room.times(one, **late, important_passes=True)
    await post(room.scene, "Urgent words", important=True, morning=True)
    await post(room.scene, "Plain words", morning=True)
    await planned(room)
    came: dict[int, list[str]] = {}
    for hour in range(11):
        came[hour] = [*await room.to(), *await depot.to()]
        room.clock.now_ms += HOUR_MS - room.clock.now_ms % HOUR_MS
    assert {hour: who for hour, who in came.items() if who} == {9: [BOB, "carol"], 10: [BOB, "carol"]}


@pytest.mark.parametrize("held_by", ["mute", "limit", "none"])
async def test_everything_else_that_holds_it_back_goes_on_doing_so(
    room: Mailroom, depot: Depot, held_by: str
) -> None:
    bob = await room.reader("Bob")
    carol = await depot.reader("Carol")
    await post(room.scene, "Before")
    await planned(room)
    assert (await room.to(), await depot.to()) == ([BOB], ["carol"])
    for one in (bob, carol):
        await room.times(one, **NIGHT, important_passes=True)
        async with room.db.write() as tx:
            if held_by == "mute":
                await limit(tx, one.id, room.scene.community.id, Limit(None, tx.now + DAY_MS))
            elif held_by == "limit":
                await limit(tx, one.id, room.scene.community.id, Limit(1))
    if held_by == "none":
        await room.choose(bob, "none")
        await depot.choose(carol, "none")
    await post(room.scene, important=True)
    await planned(room)
    assert (await room.to(), await depot.to()) == ([], [])
    room.clock.forward(10 * HOUR_MS)
    assert (await room.to(), await depot.to()) == ([], [])


async def test_nobody_has_allowed_it_before_they_say_so(room: Mailroom) -> None:
    bob = await room.reader("Bob")
    async with room.db.write() as tx:
        assert not (await notices.times(tx, bob.id)).important_passes
        await keep_zone(tx, bob.id, "Europe/Berlin")
        assert not (await notices.times(tx, bob.id)).important_passes


async def test_it_is_a_choice_of_hours_that_nothing_else_takes_back(room: Mailroom) -> None:
    bob = await room.reader("Bob")
    chosen, followed = Times(important_passes=True), Times("Europe/Berlin", 7, 1320, 360)
    await room.times(bob, important_passes=True)
    async with room.db.write() as tx:
        await notices.actions.pause(tx, bob.id, BOB)
        await keep_zone(tx, bob.id, "Europe/Berlin")
        assert await notices.times(tx, bob.id) == chosen
        await inherit_times(tx, bob.id, followed)
        assert await notices.times(tx, bob.id) == chosen

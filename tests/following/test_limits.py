"""Who follows without an account says how many posts a week come at once; the rest comes once a week, or waits in the room."""

import pytest
from sqlalchemy import select

from channel import notices, push
from channel.errors import Invalid
from channel.following import actions, devices, one
from channel.following.sight import device, some_devices
from channel.following.tables import follow_letters, follow_pushes
from channel.notices.limits import limits
from channel.notices.model import Limit
from channel.notify import Courier
from channel.push.planning import GLANCE_MS
from tests.following.conftest import Followroom
from tests.following.test_one_person import Service
from tests.posts.writing import post
from tests.push.browsers import Browser

DAY_MS = 24 * 3_600_000
ZOE = "zoe@example.net"


async def limited(room: Followroom, per_week: int | None = 1, name: str = "zoe") -> str:
    zoe = await room.follower(name)
    async with room.db.write() as tx:
        await actions.limit(tx, zoe.id, per_week)
    return zoe.id


async def letters(room: Followroom) -> list[str]:
    async with room.db.read() as tx:
        found = await tx.all(select(follow_letters).order_by(follow_letters.c.seq))
    return [f"{row.state} {row.how}" for row in found]


async def on_device(room: Followroom, per_week: int | None) -> str:
    async with room.db.write() as tx:
        made = await devices.switch_on(
            tx, room.scene.community, Browser().subscription, language="en", zone="UTC", network="192.0.2.1"
        )
        await devices.limit_to(tx, made.id, per_week)
    return made.id


async def pushed(room: Followroom) -> list[str]:
    """Push what is due; what stands of every notice then."""
    await room.planned()
    room.clock.forward(GLANCE_MS)
    while await Courier(room.db, Service(), b"p" * 32).round():
        pass
    async with room.db.read() as tx:
        found = await tx.all(select(follow_pushes).order_by(follow_pushes.c.created_at, follow_pushes.c.id))
    return [f"{row.state} {row.problem}".strip() for row in found]


async def test_the_second_post_of_a_week_comes_in_the_letter_of_the_week(room: Followroom) -> None:
    await limited(room)
    await post(room.scene, "First")
    assert await room.to() == [ZOE]
    await post(room.scene, "Second")
    assert await room.to() == []
    assert await letters(room) == ["sent instant", "waiting weekly"]
    room.clock.forward(7 * DAY_MS)
    [letter] = await room.brought()
    assert "Second" in letter.text
    assert "First" not in letter.text
    await post(room.scene, "Third")
    assert await room.to() == [ZOE], "what came together does not count"


async def test_two_that_wait_at_once_are_counted_one_by_one(room: Followroom) -> None:
    await limited(room)
    await post(room.scene, "First")
    await post(room.scene, "Second")
    [letter] = await room.brought()
    assert "First" in letter.text
    assert "Second" not in letter.text
    assert await letters(room) == ["sent instant", "waiting weekly"]


async def test_without_a_limit_everything_comes(room: Followroom) -> None:
    await limited(room, None)
    for text in ("First", "Second"):
        await post(room.scene, text)
        assert await room.to() == [ZOE]


async def test_a_device_is_told_of_so_many_a_week(room: Followroom) -> None:
    await on_device(room, 2)
    for number in range(3):
        await post(room.scene, f"P{number}")
    assert await pushed(room) == ["sent", "sent", "cancelled limit"]
    room.clock.forward(7 * DAY_MS)
    await post(room.scene, "Later")
    assert (await pushed(room))[-1] == "sent"


async def test_it_comes_along_into_an_account_that_has_none_of_its_own(room: Followroom) -> None:
    zoe, mine = await limited(room, 3), await on_device(room, 5)
    account = await room.scene.member("Zoe")
    async with room.db.write() as tx:
        by = await room.scene.by(tx, account)
        await actions.hand_over(tx, await one(tx, zoe), by, room.scene.community, [])
        owner = push.Owner(account.id, None)
        await devices.hand_over(tx, await device(tx, mine), by, room.scene.community, [], owner)
        assert await limits(tx, account.id) == {room.scene.community.id: Limit(3)}
        assert await some_devices(tx, room.scene.community.id, "", 9) == []
        assert await notices.rules(tx, account.id)


@pytest.mark.parametrize("many", [0, 21, -1])
async def test_what_is_no_limit_is_refused(room: Followroom, many: int) -> None:
    zoe = await limited(room, 2)
    with pytest.raises(Invalid) as refused:
        async with room.db.write() as tx:
            await actions.limit(tx, zoe, many)
    assert set(refused.value.fields) == {"per_week"}
    async with room.db.read() as tx:
        assert (await one(tx, zoe)).per_week == 2

"""A ban ends what comes to the banned person without the account, too, and nothing of it comes back by itself."""

import pytest
from sqlalchemy import select

from channel import members
from channel.accounts import Account
from channel.errors import Forbidden
from channel.following import Wish, actions, banning
from channel.following.tables import follow_ends
from channel.members import actions as staff
from tests.following.conftest import Followroom
from tests.posts.writing import post

DAY_MS = 24 * 3_600_000


async def ban(room: Followroom, account: Account, *, until: int | None = None) -> None:
    async with room.db.write() as tx:
        await staff.ban(
            tx, await room.scene.by(tx, room.scene.owner), room.scene.community, account.id, until=until
        )


async def zoe_and_others(room: Followroom) -> Account:
    """Zoe follows by mail and has an account that is in; so do two others, of whom one has none."""
    for name in ("zoe", "bob", "cara"):
        await room.follower(name)
    await room.reader("Bob", None)
    return await room.reader("Zoe", None)


async def test_who_is_banned_follows_no_more_and_nobody_else_is_touched(room: Followroom) -> None:
    zoe = await zoe_and_others(room)
    await post(room.scene, "Before")
    await ban(room, zoe)
    await room.planned()
    assert await room.kept() == ["bob@example.net", "cara@example.net"]
    assert await room.to() == ["bob@example.net", "cara@example.net"], "what was planned is over, too"
    async with room.db.read() as tx:
        assert not await tx.all(select(follow_ends)), "nobody grew weary"


@pytest.mark.parametrize("ends", ["by itself", "by hand"])
async def test_the_end_of_a_ban_brings_nothing_back(room: Followroom, ends: str) -> None:
    zoe = await zoe_and_others(room)
    await ban(room, zoe, until=room.clock() + DAY_MS if ends == "by itself" else None)
    await room.planned()
    room.clock.forward(2 * DAY_MS)
    if ends == "by hand":
        async with room.db.write() as tx:
            await staff.unban(tx, await room.scene.by(tx, room.scene.owner), room.scene.community, zoe.id)
    await post(room.scene, "After")
    assert "zoe@example.net" not in await room.to()


async def test_what_leaves_at_the_moment_of_the_ban_asks_for_it(room: Followroom) -> None:
    """The worker has not come to end it yet; or the address was proven after the ban."""
    zoe = await room.reader("Zoe", None)
    await ban(room, zoe)
    await room.planned()
    async with room.db.write() as tx:  # with a link of before, when there was no account with that address
        secret = await actions.confirmation(
            tx, Wish(room.scene.community.id, "zoe@example.net", "instant", "en")
        )
    await room.address(zoe, "other@example.net")
    async with room.db.write() as tx:
        await actions.confirm(tx, secret)
    await room.address(zoe, "zoe@example.net")
    await post(room.scene)
    assert await room.to() == []
    assert await room.fates() == {"zoe@example.net": "cancelled banned"}


async def test_no_link_of_before_lets_the_banned_follow_by_that_address(room: Followroom) -> None:
    zoe = await room.reader("Zoe", None)
    async with room.db.write() as tx:
        secret = await actions.confirmation(
            tx, Wish(room.scene.community.id, "zoe@example.net", "instant", "en")
        )
    await ban(room, zoe)
    async with room.db.write() as tx:
        with pytest.raises(Forbidden, match="banned"):
            await actions.confirm(tx, secret)
    assert await room.kept() == []


async def test_it_ends_in_that_community_alone_and_twice_is_as_once(room: Followroom) -> None:
    zoe = await zoe_and_others(room)
    async with room.db.write() as tx:
        for _ in range(2):
            await banning.put_out(tx, zoe.id, "00000000-0000-7000-8000-000000000000")
    assert "zoe@example.net" in await room.kept()
    nobody = await room.scene.member("Nameless")  # without an address
    async with room.db.write() as tx:
        for _ in range(2):
            await banning.put_out(tx, nobody.id, room.scene.community.id)
            await banning.put_out(tx, zoe.id, room.scene.community.id)
    assert await room.kept() == ["bob@example.net", "cara@example.net"]
    async with room.db.read() as tx:
        assert (await members.entitlement(tx, room.scene.community, zoe.id)).belongs

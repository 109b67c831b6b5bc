"""Who follows by mail and is a member with that address is one person: what they have seen, muted or were told of in
another way comes by no letter."""

import pytest
from sqlalchemy import select, update

from channel import push
from channel.accounts import Account, sessions
from channel.accounts.tables import accounts
from channel.following.tables import follow_letters
from channel.members.tables import memberships
from channel.notices.actions import choose, set_times
from channel.notices.limits import limit
from channel.notices.model import Limit, Times
from channel.notify import Courier
from channel.notify.posted.strangers import Followers
from channel.notify.pusher import Outcome, Parcel
from channel.push import actions as devices
from channel.push.queue import PUSHES
from channel.push.tables import pushes
from channel.rooms.actions import mark_read
from tests.following.conftest import Followroom
from tests.posts.writing import post
from tests.push.browsers import Browser

HOUR_MS = 3_600_000
ZOE = "zoe@example.net"


async def member(room: Followroom) -> Account:
    """Zoe follows by mail; she is a member, too, and chose no letters there."""
    await room.follower("zoe")
    return await room.reader("Zoe", None)


async def with_device(room: Followroom, zoe: Account) -> None:
    async with room.db.write() as tx:
        session_id, _ = await sessions.open_session(tx, zoe.id, device="x", how="link")
        await push.switch_on(tx, push.Owner(zoe.id, session_id), Browser().subscription)
        await push.choose(tx, await room.scene.by(tx, zoe), room.scene.community, "instant")


class Service:
    """A push service that takes all."""

    def __init__(self) -> None:
        self.taken: list[Parcel] = []

    async def send(self, parcel: Parcel) -> Outcome:
        self.taken.append(parcel)
        return Outcome("taken")

    async def rest(self) -> None:
        pass


async def pushed(room: Followroom) -> int:
    """Push what is due; how many were."""
    service = Service()
    while await Courier(room.db, service, b"p" * 32).round():
        pass
    return len(service.taken)


async def test_a_member_without_letters_still_gets_those_that_they_follow_by(room: Followroom) -> None:
    await member(room)
    await post(room.scene)
    assert await room.to() == [ZOE]


async def test_what_the_member_has_read_comes_by_no_letter(room: Followroom) -> None:
    zoe = await member(room)
    made = await post(room.scene)
    await room.planned()
    async with room.db.write() as tx:
        await mark_read(tx, room.scene.news.id, {zoe.id: made.seq})
    assert await room.to() == []
    assert await room.fates() == {ZOE: "cancelled seen"}
    await post(room.scene)
    assert await room.to() == [ZOE]


async def test_quiet_for_a_while_holds_for_both(room: Followroom) -> None:
    zoe = await member(room)
    async with room.db.write() as tx:
        await limit(tx, zoe.id, room.scene.community.id, Limit(muted_until=tx.now + HOUR_MS))
    await post(room.scene)
    assert await room.to() == []
    assert await room.fates() == {ZOE: "cancelled muted"}
    room.clock.forward(HOUR_MS)
    await post(room.scene)
    assert await room.to() == [ZOE]


async def test_as_many_a_week_as_the_member_lets_through(room: Followroom) -> None:
    zoe = await member(room)
    async with room.db.write() as tx:
        await limit(tx, zoe.id, room.scene.community.id, Limit(per_week=1))
    for _ in range(2):
        await post(room.scene)
        came = await room.to()
    assert came == [], "the second waits for a weekly letter"
    room.clock.forward(8 * 24 * HOUR_MS)
    assert await room.to() == [ZOE]


async def test_the_member_sleeps_where_the_follower_does_not(room: Followroom) -> None:
    zoe = await member(room)
    minute = room.clock() // 60_000 % (24 * 60)
    async with room.db.write() as tx:
        await set_times(tx, zoe.id, Times(quiet_from=minute, quiet_to=(minute + 60) % (24 * 60)))
    await post(room.scene)
    assert await room.to() == []
    room.clock.forward(HOUR_MS)
    assert await room.to() == [ZOE]


@pytest.mark.parametrize(("follower", "own"), [(True, True), (True, False), (False, True)])
async def test_in_quiet_hours_of_both_what_is_important_comes_where_both_allow_it(
    room: Followroom, follower: bool, own: bool
) -> None:
    minute = room.clock() // 60_000 % (24 * 60)
    quiet = {"quiet_from": minute, "quiet_to": (minute + 60) % (24 * 60)}
    zoe = await member(room)
    one = await room.follower("zoe")
    await room.change(one, **quiet, important_passes=follower)
    await room.times(zoe, **quiet, important_passes=own)
    await post(room.scene, important=True)
    assert await room.to() == ([ZOE] if follower and own else [])
    room.clock.forward(HOUR_MS)
    assert await room.to() == ([] if follower and own else [ZOE])


async def test_what_they_wrote_themselves_is_no_news(room: Followroom) -> None:
    await room.follower("anna")
    await room.address(room.scene.owner, "anna@example.net")
    await post(room.scene)
    assert await room.to() == []
    assert await room.fates() == {"anna@example.net": "cancelled own"}


async def test_what_a_device_has_shown_comes_by_no_letter(room: Followroom) -> None:
    zoe = await member(room)
    await with_device(room, zoe)
    await post(room.scene)
    assert await room.to() == [], "it waits until what is pushed is written down"
    room.clock.forward(10_000)
    assert await pushed(room) == 1
    assert await room.to() == [], "a device may show it yet"
    async with room.db.write() as tx:
        await devices.told(tx, zoe.id, await tx.value(select(pushes.c.id)))
    room.clock.forward(25 * HOUR_MS)
    assert await room.to() == []
    assert await room.fates() == {ZOE: "cancelled shown"}


async def test_what_no_device_showed_comes_by_letter_after_all(room: Followroom) -> None:
    await with_device(room, await member(room))
    await post(room.scene)
    await room.planned()
    room.clock.forward(10_000)
    assert await pushed(room) == 1
    assert await room.to() == []
    room.clock.forward(4 * HOUR_MS - 2 * 60_000)
    assert await room.to() == []
    room.clock.forward(3 * 60_000)
    assert await room.to() == [ZOE]


async def test_what_a_letter_has_told_is_pushed_no_more(room: Followroom) -> None:
    await with_device(room, await member(room))
    await post(room.scene)
    await room.planned()
    room.clock.forward(5 * HOUR_MS)  # whoever pushes is away
    assert await room.to() == [ZOE]
    assert await pushed(room) == 0
    async with room.db.read() as tx:
        assert await tx.value(select(pushes.c.problem)) == "mailed"


async def test_a_notice_in_hand_and_a_letter_in_hand_do_not_both_leave(room: Followroom) -> None:
    """The letter looks once more in the transaction that marks it."""
    zoe = await member(room)
    await with_device(room, zoe)
    made = await post(room.scene)
    await room.planned()
    room.clock.forward(10_000)
    async with room.db.write() as tx:
        [letter] = await tx.all(select(follow_letters))
        assert await Followers().still(tx, letter.follower_id, [made.id]), "only planned"
        await PUSHES.claim(tx)
        assert not await Followers().still(tx, letter.follower_id, [made.id]), "in hand"


@pytest.mark.parametrize("what", ["left", "closed", "another address"])
async def test_who_is_no_member_with_that_address_gets_all_that_they_follow(
    room: Followroom, what: str
) -> None:
    zoe = await member(room)
    made = await post(room.scene)
    await room.planned()
    async with room.db.write() as tx:
        await mark_read(tx, room.scene.news.id, {zoe.id: made.seq})
        if what == "left":
            await tx.run(update(memberships).where(memberships.c.account_id == zoe.id).values(state="left"))
        elif what == "closed":
            await tx.run(update(accounts).where(accounts.c.id == zoe.id).values(state="suspended"))
    if what == "another address":
        await room.address(zoe, "new@example.net")
    assert await room.to() == [ZOE]


async def test_what_a_member_chose_by_tag_alone_ends_nothing_else(room: Followroom) -> None:
    zoe = await member(room)
    async with room.db.write() as tx:
        by = await room.scene.by(tx, zoe)
        await choose(tx, by, room.scene.community, None, tags={"tour": "instant", "merch": "none"})
    await post(room.scene, "Words")
    assert await room.to() == [ZOE], "as a follower"
    room.clock.forward(1000)
    await post(room.scene, "The #tour")
    assert await room.to() == [ZOE], "as a member, once"
    assert await room.fates() == {ZOE: "cancelled told as a member"}
    await post(room.scene, "Some #merch")
    assert await room.to() == []

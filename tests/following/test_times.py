"""When those who follow without an account are told: in their own hours, and not while they want quiet."""

import json

import pytest

from channel.accounts import one_time as expired
from channel.errors import Invalid, NotFound
from channel.following import actions, queries
from channel.following.model import CONFIRM_MS, DAY_MS, Wish
from channel.notices.limits import limits
from channel.notices.model import Times
from channel.notices.queries import times
from tests.following.conftest import Followroom, secret_in
from tests.posts.writing import post

HOUR_MS = 3_600_000


async def test_who_is_quiet_for_a_while_gets_nothing_until_then_and_what_was_due_never(
    room: Followroom,
) -> None:
    zoe = await room.follower("zoe")
    await post(room.scene, "Planned")
    await room.planned()
    async with room.db.write() as tx:
        await actions.be_quiet(tx, zoe.id, tx.now + DAY_MS)
    assert await room.to() == []
    assert await room.fates() == {"zoe@example.net": "cancelled muted"}
    await post(room.scene, "Meanwhile")
    await room.planned()
    room.clock.forward(DAY_MS)
    assert await room.to() == []
    await post(room.scene, "After")
    assert await room.to() == ["zoe@example.net"]
    async with room.db.write() as tx:
        with pytest.raises(Invalid):
            await actions.be_quiet(tx, zoe.id, tx.now + 91 * DAY_MS)
        with pytest.raises(NotFound):
            await actions.be_quiet(tx, room.scene.owner.id, None)


async def test_a_digest_that_is_due_after_the_quiet_holds_what_came_in_it(room: Followroom) -> None:
    zoe = await room.follower("zoe", "weekly")
    async with room.db.write() as tx:
        await actions.be_quiet(tx, zoe.id, tx.now + DAY_MS)
    await post(room.scene, "Meanwhile")
    assert await room.to() == []
    room.clock.forward(7 * DAY_MS)
    assert await room.to() == ["zoe@example.net"]


async def test_fewer_letters_switch_on_nothing_that_was_off(room: Followroom) -> None:
    zoe = await room.follower("zoe")
    tips = await room.scene.room("tips")
    for how, rooms in (("instant", {tips.id: "none"}), ("none", {tips.id: "instant"})):
        await room.change(zoe, how, rooms=rooms)  # type: ignore[arg-type]
        async with room.db.write() as tx:
            await actions.soften(tx, zoe.id, "important")
            now = await queries.one(tx, zoe.id)
        on = {"none": "none"}
        assert (now.how, now.chosen) == (
            on.get(how, "important"),
            {i: on.get(h, "important") for i, h in rooms.items()},
        )


async def test_a_quiet_that_holds_comes_along_into_the_account(room: Followroom) -> None:
    zoe = await room.follower("zoe")
    account = await room.scene.member("Zoe")
    async with room.db.write() as tx:
        await actions.be_quiet(tx, zoe.id, tx.now + DAY_MS)
        by = await room.scene.by(tx, account)
        await actions.hand_over(
            tx, await queries.one(tx, zoe.id), by, room.scene.community, [room.scene.news]
        )
        assert (await limits(tx, account.id))[room.scene.community.id].muted_until == tx.now + DAY_MS


async def test_important_ones_only_and_in_ones_own_morning(room: Followroom) -> None:
    zoe = await room.follower("zoe", "important")
    await room.change(zoe, "important", zone="Europe/Berlin")
    await room.follower("yan")
    await post(room.scene, "As every day")
    assert await room.to() == ["yan@example.net"]
    await post(room.scene, "The fair", important=True)
    assert await room.to() == ["yan@example.net", "zoe@example.net"]
    await post(room.scene, "In the morning", important=True, morning=True)
    assert await room.to() == []
    room.clock.forward(10 * HOUR_MS)  # it was midnight, UTC
    assert await room.to() == ["yan@example.net", "zoe@example.net"]


async def test_in_quiet_hours_what_is_important_comes_to_who_allows_it_and_nothing_else(
    room: Followroom,
) -> None:
    zoe, yan = await room.follower("zoe"), await room.follower("yan")
    night = {"quiet_from": 23 * 60, "quiet_to": 8 * 60}  # it is midnight, UTC
    await room.change(zoe, **night, important_passes=True)
    await room.change(yan, **night)
    await post(room.scene, "As every day")
    assert await room.to() == []
    await post(room.scene, "The fair", important=True)
    assert await room.to() == ["zoe@example.net"]
    await post(room.scene, "On its way", important=True)
    await room.planned()
    await room.change(zoe, **night)
    assert await room.to() == [], "taken back meanwhile"
    room.clock.forward(8 * HOUR_MS)
    late = {one.to: one.subject for one in await room.brought()}
    assert "On its way and 1 more" in late["zoe@example.net"]
    assert "The fair and 2 more" in late["yan@example.net"]


async def test_what_may_come_at_any_hour_comes_along_into_the_account(room: Followroom) -> None:
    zoe = await room.follower("zoe")
    assert not zoe.times.important_passes, "nobody has allowed it before they say so"
    await room.change(zoe, quiet_from=60, quiet_to=120, important_passes=True)
    account = await room.scene.member("Zoe")
    async with room.db.write() as tx:
        by = await room.scene.by(tx, account)
        await actions.hand_over(
            tx, await queries.one(tx, zoe.id), by, room.scene.community, [room.scene.news]
        )
        assert (await times(tx, account.id)) == Times("UTC", 18, 60, 120, important_passes=True)


@pytest.mark.parametrize(("zone", "kept"), [("America/Los_Angeles", "America/Los_Angeles"), ("", "UTC")])
async def test_hours_are_those_of_where_whoever_asked_was(room: Followroom, zone: str, kept: str) -> None:
    async with room.db.write() as tx:
        wish = Wish.parse(room.scene.community.id, "zoe@example.net", "daily", "en", zone)
        await actions.ask(tx, room.scene.community, wish, network="192.0.2.1")
    [letter] = await room.brought()
    async with room.db.write() as tx:
        follower = await actions.confirm(tx, secret_in(letter.text, "yes"))
    assert follower.times == Times(kept)


def test_a_zone_that_there_is_none_of_is_named() -> None:
    with pytest.raises(Invalid) as wrong:
        Wish.parse("c", "zoe@example.net", "daily", "en", "Mars/Olympus")
    assert set(wrong.value.fields) == {"zone"}


async def test_what_was_asked_before_zones_were_kept_is_still_confirmed(room: Followroom) -> None:
    async with room.db.write() as tx:
        old = {
            "community_id": room.scene.community.id,
            "email": "zoe@example.net",
            "how": "daily",
            "language": "en",
        }
        secret = await expired.issue(tx, "follow", lasts_ms=CONFIRM_MS, data=json.dumps(old))
        assert (await actions.confirm(tx, secret)).times == Times()

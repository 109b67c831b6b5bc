"""Coming, going, coming back, and who stays out."""

import asyncio

import pytest

from channel import accounts, communities, members, outbox
from channel.accounts import Account
from channel.errors import Conflict, Forbidden, Invalid, NotFound
from channel.events import MembershipChanged, account_stream
from channel.members import Role, State, actions, governing, joining
from channel.members.model import STAFF_RANK, Membership
from channel.storage import Database
from tests.cast import Scene, creator, person
from tests.conftest import Clock

HOUR_MS = 3_600_000


async def join(scene: Scene, account: Account, **how: object) -> Membership:
    async with scene.db.write() as tx:
        community = await communities.one(tx, scene.community.id)
        return await joining.join(tx, account, community, **how)  # type: ignore[arg-type]


async def leave(scene: Scene, account: Account) -> None:
    async with scene.db.write() as tx:
        await joining.leave(tx, account.id, scene.community)


async def test_a_founded_community_has_a_free_tier_a_room_and_its_owner(db: Database) -> None:
    scene = await creator(db)
    assert (scene.free.rank, scene.news.slug, scene.news.min_rank) == (0, "news", None)
    assert scene.community.member_count == 1
    async with db.read() as tx:
        owner = await scene.by(tx, scene.owner)
        assert (owner.role, owner.rank, owner.state) == (Role.OWNER, STAFF_RANK, State.ACTIVE)
        (own,) = await members.entitlements(tx, scene.owner.id)
    assert (own.community, own.entitlement, own.tier_name) == (scene.community, owner, "Free")


async def test_joining_counts_tells_the_account_and_gives_the_free_tier(db: Database) -> None:
    scene, bob = await creator(db), await person(db, "Bob")
    came = await join(scene, bob)
    assert (came.joined, came.role, came.state, came.tier) == (True, Role.MEMBER, State.ACTIVE, scene.free)
    assert (await scene.refresh()).member_count == 2
    async with db.read() as tx:
        (told,) = await outbox.events_since(tx, account_stream(bob.id), 0)
    assert told.event == MembershipChanged(account_id=bob.id, community_id=scene.community.id)


async def test_joining_twice_changes_nothing(db: Database) -> None:
    scene, bob = await creator(db), await person(db)
    first = await join(scene, bob)
    again = await join(scene, bob)
    assert not again.joined
    assert again.joined_at == first.joined_at
    assert (await scene.refresh()).member_count == 2


async def test_the_count_is_right_after_thirty_joins_at_once(db: Database) -> None:
    scene = await creator(db)
    crowd = [await person(db, f"P{n}") for n in range(30)]
    await asyncio.gather(*(join(scene, someone) for someone in crowd for _ in range(2)))
    assert (await scene.refresh()).member_count == 31


async def test_the_count_is_right_when_people_come_and_go_at_once(db: Database) -> None:
    scene = await creator(db)
    goers = [await scene.member(f"G{n}") for n in range(10)]
    comers = [await person(db, f"C{n}") for n in range(10)]
    await asyncio.gather(*(leave(scene, who) for who in goers), *(join(scene, who) for who in comers))
    assert (await scene.refresh()).member_count == 11


async def test_where_approval_is_on_one_asks_first(db: Database) -> None:
    scene, bob = await creator(db), await person(db)
    async with db.write() as tx:
        await governing.edit_community(tx, await scene.by(tx, scene.owner), scene.community, approval=True)
    asked = await join(scene, bob, note="I make pots too")
    assert (asked.state, asked.joined) == (State.REQUESTED, True)
    assert not (await join(scene, bob)).joined
    async with db.read() as tx:
        assert not (await scene.by(tx, bob)).belongs
        assert await members.entitlements(tx, bob.id) == []
    assert (await scene.refresh()).member_count == 1
    async with db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        assert await actions.approve(tx, owner, scene.community, [bob.id, scene.owner.id]) == 1
        assert await actions.approve(tx, owner, scene.community, [bob.id]) == 0
    assert (await scene.standing(bob)).state is State.ACTIVE
    assert (await scene.refresh()).member_count == 2


async def test_a_refused_person_may_ask_again(db: Database) -> None:
    scene, bob = await creator(db), await person(db)
    await join(scene, bob, approve=True)
    async with db.write() as tx:
        assert await actions.refuse(tx, await scene.by(tx, scene.owner), scene.community, [bob.id]) == 1
    assert (await scene.standing(bob)).state is State.LEFT
    assert (await join(scene, bob, approve=True)).joined
    assert (await scene.refresh()).member_count == 1


async def test_who_comes_back_starts_as_a_free_member(db: Database) -> None:
    scene = await creator(db)
    gold = await scene.tier("Gold", 10)
    bob = await scene.member("Bob", tier=gold, role=Role.ADMIN)
    await leave(scene, bob)
    assert (await scene.refresh()).member_count == 1
    back = await join(scene, bob)
    assert (back.joined, back.role, back.tier.rank) == (True, Role.MEMBER, 0)
    with pytest.raises(NotFound):
        await leave(scene, await person(db))


async def test_leaving_twice_is_refused_and_counted_once(db: Database) -> None:
    scene = await creator(db)
    bob = await scene.member("Bob")
    await leave(scene, bob)
    with pytest.raises(NotFound):
        await leave(scene, bob)
    assert (await scene.refresh()).member_count == 1


async def test_the_owner_cannot_leave(db: Database) -> None:
    scene = await creator(db)
    with pytest.raises(Conflict):
        await leave(scene, scene.owner)


async def test_a_banned_person_stays_out_by_every_way(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    bob = await scene.member("Bob")
    async with db.write() as tx:
        await actions.ban(tx, await scene.by(tx, scene.owner), scene.community, bob.id, reason="Spam")
    assert (await scene.refresh()).member_count == 1
    for how in ({}, {"approve": True}, {"invite_id": scene.news.id}, {"tier_id": scene.free.id}):
        with pytest.raises(Forbidden) as refused:
            await join(scene, bob, **how)
        assert refused.value.code == "banned"
    with pytest.raises(NotFound):
        await leave(scene, bob)
    async with db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        assert await actions.approve(tx, owner, scene.community, [bob.id]) == 0
        for act in (actions.mute, actions.unmute):
            with pytest.raises(Conflict):
                await act(tx, owner, scene.community, bob.id)
        with pytest.raises(Conflict):
            await actions.give_role(tx, owner, scene.community, bob.id, Role.ADMIN)
        with pytest.raises(Conflict):
            await actions.give_tier(tx, owner, scene.community, [bob.id], scene.free.id)
        with pytest.raises(Conflict):
            await actions.transfer(tx, owner, scene.community, bob.id, typed_handle="anna")
    async with db.read() as tx:
        banned = await scene.by(tx, bob)
        assert (banned.visible, banned.reads(None), banned.role) == (False, False, None)
    assert (await scene.refresh()).member_count == 1


async def test_a_ban_ends_by_itself_to_the_millisecond(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    bob = await scene.member("Bob")
    async with db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        await actions.ban(tx, owner, scene.community, bob.id, until=tx.now + HOUR_MS)
    clock.forward(HOUR_MS - 1)
    with pytest.raises(Forbidden):
        await join(scene, bob)
    clock.forward(1)
    async with db.read() as tx:
        assert (await scene.by(tx, bob)).visible
    assert (await join(scene, bob)).state is State.ACTIVE
    assert (await scene.refresh()).member_count == 2


async def test_an_unbanned_person_is_out_until_they_join(db: Database) -> None:
    scene = await creator(db)
    bob = await scene.member("Bob")
    async with db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        await actions.ban(tx, owner, scene.community, bob.id)
        await actions.unban(tx, owner, scene.community, bob.id)
    async with db.read() as tx:
        assert not (await scene.by(tx, bob)).belongs
    assert (await join(scene, bob)).joined
    assert (await scene.refresh()).member_count == 2


@pytest.mark.parametrize("until_ms", [None, 2 * HOUR_MS])
async def test_leaving_and_coming_back_does_not_end_a_mute(
    db: Database, clock: Clock, until_ms: int | None
) -> None:
    scene = await creator(db)
    bob = await scene.member("Bob")
    async with db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        until = None if until_ms is None else tx.now + until_ms
        await actions.mute(tx, owner, scene.community, bob.id, until=until, reason="Shouting")
    await leave(scene, bob)
    await join(scene, bob, approve=True)
    back = await join(scene, bob, invite_id=scene.news.id)
    assert back.state is State.MUTED
    stored = await scene.standing(bob)
    assert (stored.until, stored.reason) == (until, "Shouting")
    clock.forward(3 * HOUR_MS)
    async with db.read() as tx:
        assert (await scene.by(tx, bob)).state is (State.MUTED if until_ms is None else State.ACTIVE)


async def test_a_closed_private_or_deleted_community_takes_nobody(db: Database) -> None:
    closed, private, deleted = await creator(db), await creator(db, "bert"), await creator(db, "carl")
    bob = await person(db)
    async with db.write() as tx:
        await joining.join(tx, bob, closed.community, approve=True)
        owner = await closed.by(tx, closed.owner)
        await governing.close(tx, owner, closed.community)
    await closed.refresh()
    with pytest.raises(Conflict):
        await join(closed, await person(db))
    async with db.write() as tx:
        with pytest.raises(Conflict):
            await actions.approve(tx, await closed.by(tx, closed.owner), closed.community, [bob.id])
        owner = await private.by(tx, private.owner)
        await governing.edit_community(tx, owner, private.community, visibility="private")
        owner = await deleted.by(tx, deleted.owner)
        await governing.delete_community(tx, owner, deleted.community, typed_handle="carl")
    for scene in (private, deleted):
        with pytest.raises(NotFound):
            await join(scene, bob)


async def test_a_suspended_account_joins_nothing_and_founds_nothing(db: Database) -> None:
    scene, bob = await creator(db), await person(db)
    async with db.write() as tx:
        await accounts.suspend(tx, bob.id)
        bob = await accounts.one(tx, bob.id)
    with pytest.raises(Forbidden):
        await join(scene, bob)
    with pytest.raises(Forbidden):
        async with db.write() as tx:
            await members.found(tx, bob, handle="bobs", name="Bobs")


async def test_a_tier_of_another_community_cannot_be_joined_with(db: Database) -> None:
    scene, other, bob = await creator(db), await creator(db, "bert"), await person(db)
    with pytest.raises(NotFound):
        await join(scene, bob, tier_id=other.free.id)


async def test_a_note_that_is_too_long_is_named(db: Database) -> None:
    scene, bob = await creator(db), await person(db)
    with pytest.raises(Invalid) as refused:
        await join(scene, bob, note="x" * 501)
    assert set(refused.value.fields) == {"note"}

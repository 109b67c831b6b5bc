"""What staff do to people."""

import pytest

from channel import communities
from channel.errors import Conflict, Invalid, NotFound
from channel.members import Role, State, actions
from channel.storage import Database
from tests.cast import Scene, creator, person


async def role_of(scene: Scene, name: str) -> Role:
    return (await scene.standing(scene.people[name])).role


async def test_a_tier_given_by_hand_opens_what_it_opens_at_once(db: Database) -> None:
    scene = await creator(db)
    gold = await scene.tier("Gold", 10)
    bob, eve = await scene.member("Bob"), await scene.member("Eve")
    async with db.write() as tx:
        assert not (await scene.by(tx, bob)).reads(10)
        owner = await scene.by(tx, scene.owner)
        assert await actions.give_tier(tx, owner, scene.community, [bob.id, eve.id], gold.id) == 2
        assert await actions.give_tier(tx, owner, scene.community, [bob.id, eve.id, bob.id], gold.id) == 0
        assert (await scene.by(tx, bob)).reads(10)
        assert not (await scene.by(tx, bob)).reads(11)


async def test_a_bulk_action_with_a_stranger_in_it_changes_nobody(db: Database) -> None:
    scene, stranger = await creator(db), await person(db)
    gold, bob = await scene.tier("Gold", 10), await scene.member("Bob")
    async with db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        with pytest.raises(NotFound):
            await actions.give_tier(tx, owner, scene.community, [bob.id, stranger.id], gold.id)
    assert (await scene.standing(bob)).rank == 0


@pytest.mark.parametrize("ids", [[], [f"{n}" for n in range(101)]])
async def test_a_bulk_action_takes_one_to_a_hundred_people(db: Database, ids: list[str]) -> None:
    scene = await creator(db)
    async with db.write() as tx:
        with pytest.raises(Invalid):
            await actions.approve(tx, await scene.by(tx, scene.owner), scene.community, ids)


async def test_a_role_lets_somebody_work_and_its_loss_stops_them(db: Database) -> None:
    scene = await creator(db)
    bob = await scene.member("Bob", role=Role.ADMIN)
    assert await role_of(scene, "Bob") is Role.ADMIN
    async with db.write() as tx:
        await actions.give_role(tx, await scene.by(tx, scene.owner), scene.community, bob.id, Role.MEMBER)
        assert (await scene.by(tx, bob)).rank == 0


async def test_a_ban_takes_the_role_for_good(db: Database) -> None:
    scene = await creator(db)
    bob = await scene.member("Bob", role=Role.ADMIN)
    async with db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        await actions.ban(tx, owner, scene.community, bob.id)
        await actions.unban(tx, owner, scene.community, bob.id)
    stored = await scene.standing(bob)
    assert (stored.role, stored.state) == (Role.MEMBER, State.LEFT)


async def test_an_end_that_is_past_or_senseless_is_refused(db: Database) -> None:
    scene = await creator(db)
    bob = await scene.member("Bob")
    async with db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        for until in (tx.now, tx.now - 1, 10**18):
            for act in (actions.ban, actions.mute):
                with pytest.raises(Invalid) as refused:
                    await act(tx, owner, scene.community, bob.id, until=until)
                assert set(refused.value.fields) == {"until"}


async def test_ownership_goes_to_an_active_member_and_the_owner_stays_as_admin(db: Database) -> None:
    scene = await creator(db)
    bob = await scene.member("Bob")
    async with db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        with pytest.raises(Invalid):
            await actions.transfer(tx, owner, scene.community, bob.id, typed_handle="ana")
        await actions.transfer(tx, owner, scene.community, bob.id, typed_handle="@Anna")
    assert await role_of(scene, "Bob") is Role.OWNER
    assert await role_of(scene, "anna") is Role.ADMIN
    with pytest.raises(Conflict):  # with the rights of a moment ago
        async with db.write() as tx:
            await actions.transfer(tx, owner, scene.community, bob.id, typed_handle="anna")


async def test_ownership_cannot_go_to_a_stranger_oneself_or_somebody_muted(db: Database) -> None:
    scene, stranger = await creator(db), await person(db)
    muted = await scene.member("Muted")
    async with db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        await actions.mute(tx, owner, scene.community, muted.id)
        for heir in (stranger, scene.owner, muted):
            with pytest.raises(Conflict):
                await actions.transfer(tx, owner, scene.community, heir.id, typed_handle="anna")


async def test_what_cannot_be_an_id_finds_nobody(db: Database) -> None:
    scene = await creator(db)
    async with db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        for text in ("", "1", "\x00", "\ud800", "' OR 1=1", scene.owner.id.upper()):
            with pytest.raises(NotFound):
                await actions.ban(tx, owner, scene.community, text)
            with pytest.raises(NotFound):
                await communities.one(tx, text)

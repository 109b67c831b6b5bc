"""Accepting an invite: what it gives, once, and to whom it gives nothing."""

from typing import Any

import pytest

from channel import accounts, invites
from channel.errors import Conflict, Forbidden, Gone, NotFound
from channel.members import Role, State, actions, governing, joining
from channel.storage import Database
from tests.cast import creator, person
from tests.conftest import Clock
from tests.invites.inviting import accept, invite, seen, switch, why_gone


async def test_who_accepts_is_in_with_what_it_grants_and_listed(db: Database) -> None:
    scene, bob = await creator(db, visibility="private"), await person(db, "Bob")
    gold = await scene.tier("Gold", 10)
    made = await invite(scene, tier_id=gold.id)
    came, created = await accept(scene, made, bob)
    assert created
    assert (came.role, came.tier, came.state, came.invite_id) == (Role.MEMBER, gold, State.ACTIVE, made.id)
    assert (await scene.refresh()).member_count == 2
    async with db.read() as tx:
        page = await invites.joins(tx, await scene.by(tx, scene.owner), scene.community, made)
    (join,) = page.items
    assert (join.account, join.tier_name, join.state) == (bob, "Gold", State.ACTIVE)


async def test_twice_by_the_same_account_counts_once(db: Database) -> None:
    scene, bob = await creator(db), await person(db)
    made = await invite(scene, max_uses=1)
    assert (await accept(scene, made, bob))[1]
    came, created = await accept(scene, made, bob)
    assert not created
    assert came.state is State.ACTIVE
    assert ((await seen(scene, made)).uses, (await seen(scene, made)).status) == (1, "used_up")
    assert (await scene.refresh()).member_count == 2


async def test_who_is_in_already_uses_nothing_up(db: Database) -> None:
    scene = await creator(db)
    bob, made = await scene.member("Bob"), await invite(scene, max_uses=1)
    assert not (await accept(scene, made, bob))[1]
    assert not (await accept(scene, made, scene.owner))[1]
    assert (await seen(scene, made)).uses == 0


async def test_a_banned_person_stays_out_by_the_link_they_came_by_and_by_any_other(db: Database) -> None:
    scene, bob = await creator(db), await person(db)
    gold = await scene.tier("Gold", 10)
    made, other = await invite(scene), await invite(scene, tier_id=gold.id, requires_approval=True)
    await accept(scene, made, bob)
    async with db.write() as tx:
        await actions.ban(tx, await scene.by(tx, scene.owner), scene.community, bob.id)
    for link in (made, other):
        with pytest.raises(Forbidden) as refused:
            await accept(scene, link, bob)
        assert refused.value.code == "banned"
    assert ((await seen(scene, made)).uses, (await seen(scene, other)).uses) == (1, 0)


async def test_a_suspended_account_uses_nothing_up(db: Database) -> None:
    scene, bob = await creator(db), await person(db)
    made = await invite(scene, max_uses=1)
    async with db.write() as tx:
        await accounts.suspend(tx, bob.id)
        bob = await accounts.one(tx, bob.id)
    with pytest.raises(Forbidden):
        await accept(scene, made, bob)
    assert (await seen(scene, made)).uses == 0


async def test_leaving_frees_nothing_and_coming_back_by_the_same_link_costs_nothing(db: Database) -> None:
    scene, bob = await creator(db), await person(db)
    gold = await scene.tier("Gold", 10)
    made = await invite(scene, max_uses=1, tier_id=gold.id)
    await accept(scene, made, bob)
    async with db.write() as tx:
        await joining.leave(tx, bob.id, scene.community)
    assert await why_gone(scene, made) == "invite_used_up"
    back, created = await accept(scene, made, bob)
    assert created
    assert back.tier.rank == 0, "a link gives its tier once, else leaving would undo what the creator took"
    assert (await seen(scene, made)).uses == 1
    async with db.write() as tx:
        await joining.leave(tx, bob.id, scene.community)
    await switch(scene, made, "revoked")
    with pytest.raises(Gone):
        await accept(scene, made, bob)


async def test_a_member_gets_a_higher_tier_by_a_link_once_and_that_counts(db: Database) -> None:
    scene = await creator(db)
    gold, silver = await scene.tier("Gold", 20), await scene.tier("Silver", 10)
    bob, eve = await scene.member("Bob"), await scene.member("Eve", tier=gold)
    made = await invite(scene, tier_id=silver.id, max_uses=1)
    assert (await accept(scene, made, eve))[0].tier == gold
    assert (await seen(scene, made)).uses == 0
    came, created = await accept(scene, made, bob)
    assert (came.tier, created) == (silver, False)
    assert (await seen(scene, made)).uses == 1
    async with db.write() as tx:
        await actions.give_tier(tx, await scene.by(tx, scene.owner), scene.community, [bob.id], scene.free.id)
    assert (await accept(scene, made, bob))[0].tier == scene.free
    late = await scene.member("Late")
    assert (await accept(scene, made, late))[0].tier == scene.free, "used up"


@pytest.mark.parametrize("terms", [{"requires_approval": True}, {"expires_at": 1_767_225_600_001}])
async def test_no_tier_is_raised_by_a_link_that_asks_for_approval_or_is_over(
    db: Database, clock: Clock, terms: dict[str, Any]
) -> None:
    scene = await creator(db)
    gold, bob = await scene.tier("Gold", 20), await scene.member("Bob")
    made = await invite(scene, tier_id=gold.id, **terms)
    clock.forward(1)
    assert (await accept(scene, made, bob))[0].tier == scene.free
    assert (await seen(scene, made)).uses == 0


async def test_a_link_that_asks_for_approval_makes_a_request_counted_once(db: Database) -> None:
    scene, bob = await creator(db), await person(db)
    gold = await scene.tier("Gold", 20)
    made = await invite(scene, requires_approval=True, tier_id=gold.id, max_uses=1)
    came, created = await accept(scene, made, bob, note="We met at the fair")
    assert (came.state, created) == (State.REQUESTED, True)
    assert not (await accept(scene, made, bob))[1]
    assert (await seen(scene, made)).uses == 1
    async with db.write() as tx:
        assert not (await scene.by(tx, bob)).reads(0)
        await actions.approve(tx, await scene.by(tx, scene.owner), scene.community, [bob.id])
        assert (await scene.by(tx, bob)).reads(20)


async def test_an_open_link_lets_in_who_had_asked(db: Database) -> None:
    scene, bob = await creator(db), await person(db)
    await accept(scene, await invite(scene, requires_approval=True), bob)
    came, created = await accept(scene, await invite(scene), bob)
    assert (came.state, created) == (State.ACTIVE, True)
    assert (await scene.refresh()).member_count == 2


async def test_it_never_makes_more_than_a_member(db: Database) -> None:
    scene = await creator(db)
    bob = await scene.member("Bob", role=Role.ADMIN)
    made = await invite(scene)
    async with db.write() as tx:
        await joining.leave(tx, bob.id, scene.community)
    assert (await accept(scene, made, bob))[0].role is Role.MEMBER


async def test_a_closed_community_takes_nobody_in_but_its_links_can_be_revoked(db: Database) -> None:
    scene, bob = await creator(db), await person(db)
    made = await invite(scene)
    async with db.write() as tx:
        await governing.close(tx, await scene.by(tx, scene.owner), scene.community)
    with pytest.raises(Conflict) as refused:
        await accept(scene, made, bob)
    assert refused.value.code == "community_closed"
    assert (await seen(scene, made)).uses == 0
    with pytest.raises(Forbidden):
        await invite(scene)
    assert (await switch(scene, made, "revoked")).status == "revoked"


async def test_a_link_into_a_deleted_community_leads_nowhere(db: Database) -> None:
    scene, bob = await creator(db), await person(db)
    made = await invite(scene)
    async with db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        await governing.delete_community(tx, owner, scene.community, typed_handle="anna")
    async with db.write() as tx:
        with pytest.raises(NotFound):
            await invites.preview(tx, made.code or "")
        with pytest.raises(NotFound):
            await invites.accept(tx, made.code or "", bob)


async def test_it_leads_to_its_first_room_that_one_may_read(db: Database) -> None:
    scene, bob = await creator(db), await person(db)
    inside, hall = await scene.room("inside", min_rank=10), await scene.room("hall", min_rank=0)
    made = await invite(scene, rooms=[inside.id, hall.id, inside.id])
    assert made.rooms == (inside.id, hall.id)
    await accept(scene, made, bob)
    async with db.write() as tx:
        judged = await scene.by(tx, bob)
        assert await invites.landing(tx, made, judged) == hall
        owner = await scene.by(tx, scene.owner)
        await governing.delete_room(tx, owner, scene.community, hall, typed_slug="hall")
        assert await invites.landing(tx, made, judged) == scene.news
        await governing.edit_room(tx, owner, scene.community, scene.news, min_rank=10)
        assert await invites.landing(tx, made, judged) is None

"""Tiers: ranks decide, the free one stays, one that somebody has is not taken from under them."""

import asyncio

import pytest

from channel import invites, outbox, tiers
from channel.errors import Conflict, Invalid, NotFound
from channel.events import room_stream
from channel.invites import Seal
from channel.members import actions, governing, joining
from channel.storage import Database
from channel.tiers import Tier, opening
from tests.cast import Scene, creator


async def edit(scene: Scene, tier: Tier, **changes: object) -> Tier:
    async with scene.db.write() as tx:
        return await governing.edit_tier(
            tx, await scene.by(tx, scene.owner), scene.community, tier, **changes
        )


async def delete(scene: Scene, tier: Tier) -> None:
    async with scene.db.write() as tx:
        await governing.delete_tier(tx, await scene.by(tx, scene.owner), scene.community, tier)


def a_tier(rank: int) -> Tier:
    return Tier(f"t{rank}", "c", "T", rank, "", (), None, "listed", 0, "", 0, None, 0)


@pytest.mark.parametrize(("min_rank", "rank"), [(None, None), (0, 0), (1, 5), (5, 5), (6, 10), (11, None)])
def test_the_lowest_tier_that_opens_it(min_rank: int | None, rank: int | None) -> None:
    found = opening([a_tier(10), a_tier(0), a_tier(5)], min_rank)
    assert (found and found.rank) == rank


async def test_tiers_come_by_rank_with_what_they_say(db: Database) -> None:
    scene = await creator(db)
    async with db.write() as tx:
        gold = await governing.create_tier(
            tx, await scene.by(tx, scene.owner), scene.community, name=" Gold ", rank=20, about="All of it",
            benefits=("First look", " ", "A card"), colour=40,
        )  # fmt: skip
    silver = await scene.tier("Silver", 10)
    assert (gold.name, gold.benefits, gold.colour) == ("Gold", ("First look", "A card"), 40)
    async with db.read() as tx:
        assert await tiers.of_community(tx, scene.community.id) == [scene.free, silver, gold]
        for text in ("", "x", "\x00", scene.community.id):
            with pytest.raises(NotFound):
                await tiers.one(tx, scene.community.id, text)


@pytest.mark.parametrize("rank", [0, -1, 1_000_001, True, 2**70])
async def test_a_rank_has_bounds(db: Database, rank: int) -> None:
    scene = await creator(db)
    with pytest.raises(Invalid) as refused:
        await scene.tier("Gold", rank)
    assert set(refused.value.fields) == {"rank"}


async def test_a_rank_belongs_to_one_tier(db: Database) -> None:
    scene, other = await creator(db), await creator(db, "bert")
    gold, silver = await scene.tier("Gold", 20), await scene.tier("Silver", 10)
    await other.tier("Gold", 20)
    with pytest.raises(Invalid):
        await scene.tier("Platinum", 20)
    with pytest.raises(Invalid) as refused:
        await edit(scene, silver, rank=20)
    assert set(refused.value.fields) == {"rank"}
    assert (await edit(scene, gold, rank=20, name="Or")).name == "Or"


async def test_every_wrong_field_is_named_at_once(db: Database) -> None:
    scene = await creator(db)
    gold = await scene.tier("Gold", 20)
    wrong = {
        "name": "x" * 61, "about": "x" * 501, "rank": 0, "benefits": ["x" * 121], "colour": 360, "community_id": "x",
    }  # fmt: skip
    with pytest.raises(Invalid) as refused:
        await edit(scene, gold, **wrong)
    assert set(refused.value.fields) == set(wrong)
    with pytest.raises(Invalid):
        await edit(scene, gold, benefits=["x"] * 21)


async def test_a_new_rank_changes_what_its_members_read_and_tells_the_rooms(db: Database) -> None:
    scene = await creator(db)
    gold = await scene.tier("Gold", 20)
    bob = await scene.member("Bob", tier=gold)
    await edit(scene, gold, name="Or", colour=3)
    async with db.read() as tx:
        assert await outbox.head(tx, room_stream(scene.news.id)) == 0
        assert (await scene.by(tx, bob)).reads(20)
    await edit(scene, gold, rank=5)
    async with db.read() as tx:
        assert await outbox.head(tx, room_stream(scene.news.id)) == 1
        assert not (await scene.by(tx, bob)).reads(20)


async def test_the_free_tier_keeps_its_rank_and_stays(db: Database) -> None:
    scene = await creator(db)
    assert (await edit(scene, scene.free, name="Friends", rank=0)).name == "Friends"
    with pytest.raises(Invalid):
        await edit(scene, scene.free, rank=3)
    with pytest.raises(Conflict):
        await delete(scene, scene.free)


async def test_a_tier_that_members_have_stays(db: Database) -> None:
    scene = await creator(db)
    gold = await scene.tier("Gold", 20)
    bob = await scene.member("Bob", tier=gold)
    with pytest.raises(Conflict) as refused:
        await delete(scene, gold)
    assert refused.value.facts == {"members": 1}
    async with db.write() as tx:
        await actions.give_tier(tx, await scene.by(tx, scene.owner), scene.community, [bob.id], scene.free.id)
    await delete(scene, gold)
    assert (await scene.standing(bob)).tier_id == scene.free.id


async def test_deleting_a_tier_does_not_forget_who_is_banned(db: Database) -> None:
    scene = await creator(db)
    gold = await scene.tier("Gold", 20)
    bob = await scene.member("Bob", tier=gold)
    async with db.write() as tx:
        await actions.ban(tx, await scene.by(tx, scene.owner), scene.community, bob.id, reason="Spam")
    await delete(scene, gold)
    stored = await scene.standing(bob)
    assert (stored.state, stored.reason, stored.tier_id) == ("banned", "Spam", scene.free.id)


async def test_deleting_a_tier_while_it_is_given_loses_no_member(db: Database) -> None:
    scene = await creator(db)
    for attempt in range(5):
        gold = await scene.tier("Gold", 20 + attempt)
        bob = await scene.member(f"Bob{attempt}")

        async def give(tier: Tier = gold, account_id: str = bob.id) -> None:
            async with db.write() as tx:
                owner = await scene.by(tx, scene.owner)
                await actions.give_tier(tx, owner, scene.community, [account_id], tier.id)

        outcome = await asyncio.gather(give(), delete(scene, gold), return_exceptions=True)
        assert (await scene.standing(bob)).tier_id in (scene.free.id, gold.id)
        assert any(one is None for one in outcome)
        assert all(one is None or isinstance(one, Conflict | NotFound) for one in outcome)


async def test_an_invite_goes_with_the_tier_it_grants(db: Database) -> None:
    scene, seal = await creator(db), Seal(bytes(32))
    gold = await scene.tier("Gold", 20)
    async with db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        invite = await invites.create(tx, owner, scene.community, seal, tier_id=gold.id)
    await delete(scene, gold)
    async with db.read() as tx:
        with pytest.raises(NotFound):
            await invites.preview(tx, invite.code or "")


async def test_a_community_has_at_most_its_number_of_tiers(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = await creator(db)
    monkeypatch.setattr("channel.tiers.actions.MAX_TIERS", 3)
    made = await asyncio.gather(*(scene.tier(f"T{n}", n) for n in range(1, 9)), return_exceptions=True)
    assert sum(isinstance(one, Tier) for one in made) == 2
    assert all(isinstance(one, Tier | Conflict) for one in made)


async def test_who_left_a_tier_does_not_hold_it(db: Database) -> None:
    scene = await creator(db)
    gold = await scene.tier("Gold", 20)
    bob = await scene.member("Bob", tier=gold)
    async with db.write() as tx:
        await joining.leave(tx, bob.id, scene.community)
    await delete(scene, gold)

"""Emoji of a community's own: added, renamed, removed, reacted with, and what becomes of counts and pictures."""

import asyncio
import json
from pathlib import Path

import pytest
from sqlalchemy import select, update

from channel import communities, emotes, reactions, rooms
from channel.communities.tables import communities as community_table
from channel.emotes import Emote, model, queries
from channel.emotes.tables import custom_emoji
from channel.errors import Conflict, Forbidden, Invalid, NotFound
from channel.media.minting import Made
from channel.media.sweeping import Sweeper
from channel.members import governing
from channel.storage import Database
from tests import cast
from tests.cast import Scene
from tests.media.sending import desk, photo, pieces
from tests.posts.writing import post
from tests.reactions.reacting import assert_exact, react, take_back, told

MADE = (Made(128, 128, "a" * 64, 10),)
OTHER = (Made(128, 128, "b" * 64, 20),)
PICKER = Path(__file__).parent.parent.parent / "static/vendor/emoji-picker-element/data/en.json"


async def add(scene: Scene, name: str = "party", made: tuple[Made, ...] = MADE, **more: bool) -> Emote:
    async with scene.db.write() as tx:
        return await emotes.add(tx, await scene.by(tx, scene.owner), scene.community, name, made, **more)


async def rename(scene: Scene, name: str, wanted: str) -> Emote:
    async with scene.db.write() as tx:
        return await emotes.rename(tx, await scene.by(tx, scene.owner), scene.community, name, wanted)


async def remove(scene: Scene, name: str = "party") -> None:
    async with scene.db.write() as tx:
        await emotes.remove(tx, await scene.by(tx, scene.owner), scene.community, name)


async def offer(scene: Scene, **changes: object) -> rooms.Room:
    async with scene.db.write() as tx:
        room = (await rooms.of_community(tx, scene.community.id))[0]
        return await governing.edit_room(
            tx, await scene.by(tx, scene.owner), scene.community, room, **changes
        )


@pytest.mark.parametrize(("typed", "meant"), [("party", "party"), (" :Party: ", "party"), ("a1_", "a1_")])
def test_a_name_is_read_as_people_write_it(typed: str, meant: str) -> None:
    assert model.parse_name(typed) == meant


@pytest.mark.parametrize(
    "typed", ["", "a", "a" * 33, "par ty", "pärty", "par-ty", "a:b", "\0\0", "٣٣", "rocket", "grinning_face"]
)
def test_nothing_else_is_a_name(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        model.parse_name(typed, "new_name")
    assert set(refused.value.fields) == {"new_name"}


def test_the_names_that_everybody_has_are_those_of_the_picker() -> None:
    there = {name for one in json.loads(PICKER.read_text("utf-8")) for name in one.get("shortcodes", ())}
    assert model._standard() == {name for name in there if model._NAME.fullmatch(name)}


async def test_staff_add_and_members_do_not(db: Database) -> None:
    scene, other = await cast.creator(db), await cast.creator(db, "zoe")
    bob = await scene.member("Bob")
    party = await add(scene)
    assert (party.shown, party.gone, party.used) == (":party:", False, False)
    async with db.write() as tx:
        with pytest.raises(Forbidden):
            await emotes.add(tx, await scene.by(tx, bob), scene.community, "bobs", MADE)
        with pytest.raises(NotFound):
            await emotes.add(tx, await other.by(tx, other.owner), scene.community, "zoes", MADE)
        for verb in (
            emotes.rename(tx, await scene.by(tx, bob), scene.community, "party", "fete"),
            emotes.remove(tx, await scene.by(tx, bob), scene.community, "party"),
        ):
            with pytest.raises(Forbidden):
                await verb
    async with db.read() as tx:
        assert await emotes.of_community(tx, scene.community.id) == [party]
        assert await emotes.of_community(tx, other.community.id) == []


async def test_a_name_is_taken_once_unless_it_is_meant_anew(db: Database) -> None:
    scene, other = await cast.creator(db), await cast.creator(db, "zoe")
    first = await add(scene)
    await add(other)  # another community's names are its own
    with pytest.raises(Invalid) as refused:
        await add(scene, ":PARTY:", OTHER)
    assert set(refused.value.fields) == {"name"}
    second = await add(scene, "party", OTHER, anew=True)
    assert second.id == first.id and second.key != first.key
    async with db.read() as tx:
        assert (await queries.file(tx, second.key, None)).sha256 == "b" * 64
        for wrong in (first.key, "", "x", "A" * 32, "\ud800" * 32):
            with pytest.raises(NotFound):
                await queries.file(tx, wrong, None)


async def test_there_are_not_more_than_fit(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("channel.emotes.actions.MAX_EMOTES", 2)
    scene = await cast.creator(db)
    await add(scene, "one_one")
    await add(scene, "two_two")
    with pytest.raises(Conflict) as refused:
        await add(scene, "three_three")
    assert refused.value.code == "too_many_emoji"
    await add(scene, "two_two", OTHER, anew=True)
    await remove(scene, "one_one")
    await add(scene, "three_three")


async def test_members_react_with_it_and_counts_stay_exact(db: Database) -> None:
    scene = await cast.creator(db)
    bob, said = await scene.member("Bob"), await post(scene)
    party = await add(scene)
    assert await react(scene, bob, said, ":party:")
    assert not await react(scene, bob, said, ":party:")
    assert await react(scene, scene.owner, said, ":party:")
    assert await react(scene, scene.owner, said, "❤️")
    assert await told(db, said) == {":party:": 2, "❤️": 1}
    async with db.read() as tx:
        assert await reactions.mine(tx, bob.id, [said.id]) == {said.id: (":party:",)}
        kind = await reactions.kind(tx, scene.community.id, ":party:")
        assert {one.account.id for one in (await reactions.who(tx, said.id, kind)).items} == {
            bob.id,
            scene.owner.id,
        }
        where = await emotes.pictures(tx, scene.community.id, [":party:", "❤️", ":other:"])
        assert where == {":party:": emotes.address(party.key)}
    assert await take_back(scene, bob, said, ":party:")
    assert not await take_back(scene, bob, said, ":party:")
    await assert_exact(db)
    for wrong in (":nothing:", ":party", "party", f":{party.id}:"):
        with pytest.raises(Invalid) as refused:
            await react(scene, bob, said, wrong)
        assert set(refused.value.fields) == {"emoji"}


async def test_another_communitys_emoji_is_none_here(db: Database) -> None:
    scene, other = await cast.creator(db), await cast.creator(db, "zoe")
    await add(other)
    said = await post(scene)
    with pytest.raises(Invalid):
        await react(scene, scene.owner, said, ":party:")


async def test_a_new_name_costs_no_reaction_its_count(db: Database) -> None:
    scene = await cast.creator(db)
    bob, said = await scene.member("Bob"), await post(scene)
    await add(scene)
    await add(scene, "other_one")
    await offer(scene, reaction_set="👍 :party: ❤️", reaction_default=":party:")
    await react(scene, bob, said, ":party:")
    with pytest.raises(Invalid):
        await rename(scene, "party", "other_one")
    with pytest.raises(NotFound):
        await rename(scene, "nothing", "fete")
    renamed = await rename(scene, "party", "fete")
    assert await told(db, said) == {":fete:": 1}
    async with db.read() as tx:
        room = (await rooms.of_community(tx, scene.community.id))[0]
        assert (room.reaction_set, room.reaction_default) == ("👍 :fete: ❤️", ":fete:")
        assert (await queries.file(tx, renamed.key, None)).sha256 == "a" * 64, "the picture stays where it is"
    assert (await rename(scene, "fete", "fete")) == renamed
    assert await take_back(scene, bob, said, ":fete:")
    await assert_exact(db)


async def test_one_that_is_removed_is_seen_no_more_and_its_count_stays(db: Database) -> None:
    scene = await cast.creator(db)
    bob, said = await scene.member("Bob"), await post(scene)
    party = await add(scene)
    await offer(scene, reaction_set="👍 :party:", reaction_default=":party:")
    await react(scene, bob, said, ":party:")
    await remove(scene)
    assert await told(db, said) == {":party:": 1}
    async with db.read() as tx:
        assert await emotes.of_community(tx, scene.community.id) == []
        assert await emotes.pictures(tx, scene.community.id, [":party:"]) == {}
        assert await emotes.wanted(tx, ["a" * 64]) == set()
        with pytest.raises(NotFound):
            await queries.file(tx, party.key, scene.owner.id)
        room = (await rooms.of_community(tx, scene.community.id))[0]
        assert (room.reaction_set, room.reaction_default) == ("👍", "❤️")
    with pytest.raises(Invalid) as refused:
        await react(scene, scene.owner, said, ":party:")
    assert set(refused.value.fields) == {"emoji"}
    with pytest.raises(NotFound):
        await remove(scene)
    await add(scene, "fete")
    with pytest.raises(Invalid):
        await rename(scene, "fete", "party")  # it would take over what others meant
    again = await add(scene, "party", OTHER)
    assert again.id == party.id and await told(db, said) == {":party:": 1}
    assert await react(scene, scene.owner, said, ":party:")
    assert await take_back(scene, bob, said, ":party:")
    await remove(scene)
    assert await take_back(scene, scene.owner, said, ":party:"), "one's own can be taken back when it is gone"
    assert await told(db, said) == {}
    await assert_exact(db)


async def test_one_that_nobody_used_leaves_nothing(db: Database) -> None:
    scene = await cast.creator(db)
    await add(scene)
    await offer(scene, reactions="set", reaction_set=":party:")
    await remove(scene)
    async with db.read() as tx:
        assert not await tx.all(select(custom_emoji.c.id))
        room = (await rooms.of_community(tx, scene.community.id))[0]
        assert room.reaction_set == rooms.model.FIRST_OFFERED, "a room that offered nothing else"


async def test_a_room_takes_them_by_its_rule(db: Database) -> None:
    scene = await cast.creator(db)
    said = await post(scene)
    await add(scene)
    await add(scene, "other_one")
    await offer(scene, reactions="set", reaction_set="👍, :party:👏")
    assert await react(scene, scene.owner, said, ":party:")
    for rule, wrong in (("set", ":other_one:"), ("off", ":party:")):
        await offer(scene, reactions=rule)
        with pytest.raises(Forbidden) as refused:
            await react(scene, scene.owner, said, wrong)
        assert refused.value.code == "reactions_off"


async def test_a_room_offers_only_what_there_is(db: Database) -> None:
    scene = await cast.creator(db)
    await add(scene)
    async with db.read() as tx:
        here = scene.community.id
        await emotes.require_known(tx, here, {"reaction_set": "👍 :party:", "reaction_default": ":party:"})
        await emotes.require_known(tx, here, {"reaction_set": ["👍", ":party:"], "name": "x"})
        for wrong in ("👍 :nothing:", [":nothing:"], "👍,:nothing:", ":party::nothing:"):
            with pytest.raises(Invalid) as refused:
                await emotes.require_known(tx, here, {"reaction_set": wrong, "reaction_default": ":no_no:"})
            assert set(refused.value.fields) == {"reaction_set", "reaction_default"}


async def test_a_deleted_community_shows_them_to_those_who_see_it(db: Database) -> None:
    scene = await cast.creator(db)
    party = await add(scene)
    async with db.write() as tx:
        here = community_table.c.id == scene.community.id
        await tx.run(update(community_table).where(here).values(deleted_at=tx.now, purge_at=tx.now))
        with pytest.raises(NotFound):
            await queries.file(tx, party.key, None)
        assert await queries.file(tx, party.key, scene.owner.id)
        await communities.purge(tx, scene.community.id)
        assert not await tx.all(select(custom_emoji.c.id))


async def test_the_store_keeps_their_pictures_and_no_others(db: Database, tmp_path: Path) -> None:
    scene, here = await cast.creator(db), desk(db, tmp_path)
    async with here.mint.sheet() as sheet:
        await sheet.take(pieces(photo(300, 200)), 1_000_000)
        made = await sheet.cut(model.CUT)
    assert [(one.width, one.height) for one in made] == [(128, 128)]
    sweeper = Sweeper(
        db, here.blobs, here.staging, tmp_path / "scratch", (emotes.wanted,), clock=lambda: 10**14
    )
    await add(scene, "party", made)
    await add(scene, "fete", made)  # the same picture, kept once
    await remove(scene, "party")
    await sweeper.sweep()
    assert await here.blobs.size(made[0].sha256) == made[0].size
    await remove(scene, "fete")
    await sweeper.sweep()
    with pytest.raises(NotFound):
        await here.blobs.size(made[0].sha256)


async def test_removing_one_while_it_is_used_for_the_first_time(db: Database) -> None:
    """Whichever comes first: no count is left that nobody can name."""
    scene = await cast.creator(db)
    bob = await scene.member("Bob")
    for n in range(8):
        said = await post(scene)
        await add(scene, f"party_{n}")
        used, removed = await asyncio.gather(
            react(scene, bob, said, f":party_{n}:"), remove(scene, f"party_{n}"), return_exceptions=True
        )
        assert removed is None and (used is True or isinstance(used, Invalid))
        assert await told(db, said) == ({f":party_{n}:": 1} if used is True else {})
    async with db.read() as tx:
        assert await emotes.of_community(tx, scene.community.id) == []
    await assert_exact(db)

"""Reacting: who may, with what, how often, and who is told."""

import asyncio
import random

import pytest
from sqlalchemy import func, select

from channel import reactions, rooms
from channel.chores import janitor
from channel.communities import actions as community_actions
from channel.errors import ChannelError, Conflict, Forbidden, Invalid, NotFound
from channel.members import Role, actions, governing, joining
from channel.reactions import kind
from channel.reactions.model import MAX_KINDS, MAX_MINE
from channel.reactions.tables import reaction_counts
from channel.storage import Database
from channel.worker import Worker
from tests.cast import Scene, creator, person
from tests.conftest import Clock
from tests.posts.writing import post, remove
from tests.reactions.reacting import assert_exact, react, take_back, told

SEVERAL = [
    "👍",
    "❤️",
    "😂",
    "🎉",
    "😮",
    "😢",
    "🔥",
    "👏",
    "🙏",
    "🤔",
    "🥳",
    "😍",
    "💯",
    "👀",
    "🚀",
    "🌈",
    "🍕",
    "🐙",
    "🎸",
    "🦊",
    "🐝",
    "🍀",
]


async def code_of(scene: Scene, who: object, about: object, emoji: str = "❤️") -> str:
    """Why it was refused."""
    with pytest.raises(ChannelError) as refused:
        await react(scene, who, about, emoji)  # type: ignore[arg-type]
    return refused.value.code


async def test_a_reaction_is_counted_once_and_taken_back_once(db: Database) -> None:
    scene = await creator(db)
    bob, said = await scene.member("Bob"), await post(scene)
    assert await react(scene, bob, said)
    assert not await react(scene, bob, said, "❤")  # the same one in another spelling
    assert await react(scene, scene.owner, said)
    assert await told(db, said) == {"❤️": 2}
    async with db.read() as tx:
        assert await reactions.mine(tx, bob.id, [said.id]) == {said.id: ("❤️",)}
        assert await reactions.mine(tx, None, [said.id]) == {}
    assert await take_back(scene, bob, said)
    assert not await take_back(scene, bob, said)
    assert await told(db, said) == {"❤️": 1}
    await take_back(scene, scene.owner, said)
    assert await told(db, said) == {}
    await assert_exact(db)


async def test_the_first_kind_stays_first_however_many_the_others_become(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    said = await post(scene)
    for n, emoji in enumerate(["🎉", "❤️", "❤️"]):
        clock.forward(1000)
        await react(scene, await scene.member(f"M{n}"), said, emoji)
    assert list(await told(db, said)) == ["🎉", "❤️"]


async def test_one_account_reacts_with_three_and_all_together_with_twenty(db: Database) -> None:
    scene = await creator(db)
    said = await post(scene)
    people = [await scene.member(f"M{n}") for n in range(8)]
    for n, emoji in enumerate(SEVERAL[:MAX_KINDS]):
        await react(scene, people[n // MAX_MINE], said, emoji)
    with pytest.raises(Conflict) as fourth:
        await react(scene, people[0], said, SEVERAL[5])
    with pytest.raises(Conflict) as new_kind:
        await react(scene, people[7], said, SEVERAL[MAX_KINDS])
    assert {fourth.value.code, new_kind.value.code} == {"too_many_reactions"}
    assert await react(scene, people[7], said, SEVERAL[0])  # one that is there already
    await take_back(scene, people[0], said, SEVERAL[1])
    assert await react(scene, people[7], said, SEVERAL[MAX_KINDS])
    await assert_exact(db)


async def test_who_may_not_read_it_may_not_react(db: Database) -> None:
    scene = await creator(db)
    gold = await scene.tier("Gold", 10)
    bob, rich = await scene.member("Bob"), await scene.member("Rich", tier=gold)
    vault = await scene.room("vault", min_rank=10)
    locked, inside = await post(scene, min_rank=10), await post(scene, room=vault)
    assert await code_of(scene, bob, locked) == "post_locked"
    assert await code_of(scene, bob, inside) == "room_locked"
    assert await react(scene, rich, locked)
    assert await react(scene, rich, inside)
    elsewhere = await creator(db, "zoe", visibility="private")
    theirs = await post(elsewhere)
    async with db.write() as tx:
        with pytest.raises(NotFound):
            await reactions.react(tx, await scene.by(tx, bob), theirs, elsewhere.news, "❤️")


async def test_only_members_who_may_speak_react(db: Database) -> None:
    scene = await creator(db)
    said, gone = await post(scene), await post(scene)
    await remove(scene, gone)
    bob, eve, tom, stranger = [await scene.member(name) for name in ("Bob", "Eve", "Tom")] + [
        await person(db)
    ]
    assert await react(scene, bob, said)
    assert await code_of(scene, stranger, said) == "join_first"
    assert await code_of(scene, None, said) == "join_first"
    assert await code_of(scene, bob, gone) == "not_found"
    async with db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        await actions.mute(tx, owner, scene.community, bob.id, until=tx.now + 3_600_000, reason="Loud")
        await actions.ban(tx, owner, scene.community, eve.id)
        await joining.leave(tx, tom.id, scene.community)
    with pytest.raises(Forbidden) as muted:
        await react(scene, bob, said, "🎉")
    assert muted.value.code == "muted"
    assert "until 2026-01-01 01:00 UTC" in muted.value.detail and "Loud" in muted.value.detail
    assert await code_of(scene, eve, said) == "not_found"
    assert await code_of(scene, tom, said) == "join_first"
    assert await take_back(scene, bob, said)  # what is one's own may always go


async def test_in_a_closed_community_nobody_reacts(db: Database) -> None:
    scene = await creator(db)
    said = await post(scene)
    async with db.write() as tx:
        await community_actions.set_state(tx, scene.community.id, "closed")
    assert await code_of(scene, scene.owner, said) == "community_closed"


@pytest.mark.parametrize("emoji", ["", "x", "❤️❤️", "\0", "🏽", "x" * 5000])
async def test_what_is_no_emoji_is_refused(db: Database, emoji: str) -> None:
    scene = await creator(db)
    said = await post(scene)
    with pytest.raises(Invalid):
        await react(scene, scene.owner, said, emoji)
    with pytest.raises(Invalid):
        await take_back(scene, scene.owner, said, emoji)


async def test_the_creator_says_which_emoji_a_room_takes(db: Database) -> None:
    scene = await creator(db)
    said = await post(scene)
    await react(scene, scene.owner, said, "🎉")

    async def rule(**changes: object) -> None:
        async with db.write() as tx:
            owner = await scene.by(tx, scene.owner)
            scene.news = await governing.edit_room(tx, owner, scene.community, scene.news, **changes)

    await rule(reactions="set", reaction_set=["👍", "❤"])
    assert await react(scene, scene.owner, said, "👍")
    assert await code_of(scene, scene.owner, said, "🔥") == "reactions_off"
    assert not await react(scene, scene.owner, said, "🎉")  # it was there before the rule
    assert scene.news.offered == ("👍", "❤️")
    assert scene.news.quickest == "❤️"
    await rule(reaction_default="🔥")
    assert scene.news.quickest == "👍"
    await rule(reactions="off")
    assert await code_of(scene, scene.owner, said, "👍") == "reactions_off"
    assert (scene.news.offered, scene.news.quickest) == ((), None)
    await rule(reactions="any")
    assert await told(db, said) == {"🎉": 1, "👍": 1}
    for wrong in ({"reaction_set": []}, {"reaction_set": "x"}, {"reaction_set": SEVERAL[:13]},
                  {"reaction_default": "❤️❤️"}, {"reactions": "some"}, {"reactors_shown": "yes"}):  # fmt: skip
        with pytest.raises(Invalid) as refused:
            await rule(**wrong)
        assert set(refused.value.fields) == set(wrong)


async def test_who_reacted_comes_in_pages_the_last_first(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    said = await post(scene)
    people = [await scene.member(f"M{n}") for n in range(5)]
    for one in people:
        clock.forward(1 if one is people[3] else 0)
        await react(scene, one, said)
    seen: list[str] = []
    cursor = None
    async with db.read() as tx:
        heart = await kind(tx, scene.community.id, "❤️")
        while True:
            page = await reactions.who(tx, said.id, heart, cursor=cursor, limit=2)
            seen += [one.account.id for one in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert (await reactions.who(tx, said.id, await kind(tx, scene.community.id, "🎉"))).items == []
    assert sorted(seen) == sorted(one.id for one in people)
    assert set(seen[:2]) == {people[3].id, people[4].id}


async def test_nothing_is_left_of_a_deleted_post_an_erased_account_or_a_room(db: Database) -> None:
    scene = await creator(db)
    bob, eve = await scene.member("Bob"), await scene.member("Eve")
    hall = await scene.room("hall")
    first, second, third = await post(scene), await post(scene), await post(scene, room=hall)
    for said in (first, second, third):
        await react(scene, bob, said)
        await react(scene, eve, said)
        await react(scene, bob, said, "🎉")
    async with db.write() as tx:
        await reactions.clear(tx, first.id)
        await reactions.clear(tx, first.id)
    assert (await told(db, first), await told(db, second)) == ({}, {"❤️": 2, "🎉": 1})
    async with db.write() as tx:
        await joining.erase_account(tx, bob.id)
        await reactions.forget(tx, bob.id)
    assert await told(db, second) == {"❤️": 1}
    await assert_exact(db)
    async with db.write() as tx:
        await rooms.delete(tx, hall)
    await assert_exact(db)
    async with db.read() as tx:
        assert await tx.value(select(func.count()).select_from(reaction_counts)) == 1


async def test_a_moderator_does_not_react_for_others(db: Database) -> None:
    scene = await creator(db)
    bob, said = await scene.member("Bob"), await post(scene)
    staff = await scene.member("Mod", role=Role.MODERATOR)
    await react(scene, bob, said)
    assert not await take_back(scene, staff, said)
    assert await told(db, said) == {"❤️": 1}


async def test_ten_taps_at_once_are_one_reaction(db: Database) -> None:
    scene = await creator(db)
    bob, said = await scene.member("Bob"), await post(scene)
    assert (await asyncio.gather(*(react(scene, bob, said) for _ in range(10)))).count(True) == 1
    assert await told(db, said) == {"❤️": 1}
    assert (await asyncio.gather(*(take_back(scene, bob, said) for _ in range(10)))).count(True) == 1
    await assert_exact(db)


async def test_many_devices_of_one_account_do_not_get_past_three(db: Database) -> None:
    scene = await creator(db)
    bob, said = await scene.member("Bob"), await post(scene)
    tried = (react(scene, bob, said, emoji) for emoji in SEVERAL[:10])
    came = await asyncio.gather(*tried, return_exceptions=True)
    assert came.count(True) == MAX_MINE
    assert sum(isinstance(one, Conflict) for one in came) == 10 - MAX_MINE
    await assert_exact(db)


async def test_a_crowd_with_new_emoji_does_not_get_past_twenty(db: Database) -> None:
    scene = await creator(db)
    said = await post(scene)
    crowd = [await scene.member(f"M{n}") for n in range(len(SEVERAL))]
    tried = (react(scene, one, said, emoji) for one, emoji in zip(crowd, SEVERAL, strict=True))
    came = await asyncio.gather(*tried, return_exceptions=True)
    assert came.count(True) == MAX_KINDS
    assert len(await told(db, said)) == MAX_KINDS
    await assert_exact(db)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_the_counts_are_the_rows_after_any_interleaving(db: Database, seed: int) -> None:
    scene = await creator(db)
    crowd = [await scene.member(f"M{n}") for n in range(6)]
    written = [await post(scene), await post(scene)]
    dice = random.Random(seed)
    refusals: set[str] = set()

    async def one_tap() -> None:
        who, about, emoji = dice.choice(crowd), dice.choice(written), dice.choice(SEVERAL[:4])
        act = dice.choice([react, take_back, take_back])
        try:
            await act(scene, who, about, emoji)
        except Conflict as full:
            refusals.add(full.code)

    for _ in range(4):
        await asyncio.gather(*(one_tap() for _ in range(40)))
        await assert_exact(db)
    assert refusals <= {"too_many_reactions"}


async def test_with_a_deleted_post_go_its_reactions(db: Database) -> None:
    scene = await creator(db)
    said, other = await post(scene), await post(scene)
    for one in (said, other):
        await react(scene, scene.owner, one)
    await remove(scene, said)
    await Worker(db, {"janitor": janitor(db)}).work_off()
    assert (await told(db, said), await told(db, other)) == ({}, {"❤️": 1})
    await assert_exact(db)

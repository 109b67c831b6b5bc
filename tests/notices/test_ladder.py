"""One post comes to one person by one way, whatever they chose, wherever they live, whatever becomes of them and whatever
breaks. Chance plays the people, the mail server, the push service and the deaths of servers; what was shown is counted
here, from outside."""

import random

import pytest
from sqlalchemy import select, update

from channel import notices, push
from channel.accounts import sessions
from channel.accounts.tables import accounts
from channel.errors import NotFound
from channel.members import joining
from channel.notices.model import Times
from channel.notify.ladder import LAST_WORD_MS
from channel.posts.model import Post
from channel.push import actions as devices
from channel.push.planning import GLANCE_MS
from channel.push.tables import pushes
from channel.rooms.actions import mark_read
from channel.storage import Database
from tests.cast import creator
from tests.conftest import Clock
from tests.notices.people import GOLD_RANK, HOUR_MS, ZONES, Person, befall, follow, somebody
from tests.notices.world import World
from tests.push.browsers import Browser

CLOCKS_CHANGE = (1_774_602_000_000, 1_792_864_800_000)  # two days before, in Europe: 2026-03-27, 2026-10-24


async def look_around(world: World, post: Post, number: int, people: list[Person]) -> None:
    """Some open the room."""
    for person in people:
        may = world.places[number] != "vault" or person.rank >= GOLD_RANK
        if world.chance.random() < 0.15 and may and not person.over:
            async with world.db.write() as tx:
                await mark_read(tx, post.room_id, {person.account.id: post.seq})
            here = {n for n in range(number + 1) if world.posts[n].room_id == post.room_id}
            world.read[person.account.id] = world.read.get(person.account.id, set()) | here


async def crowd(world: World, many: int) -> list[Person]:
    gold = await world.scene.tier("Gold", GOLD_RANK)
    world.vault = await world.scene.room("vault", min_rank=GOLD_RANK)
    people = []
    for number, zone in enumerate(world.chance.sample(ZONES, many)):
        person = await somebody(world.scene, world.chance, number, zone, gold)
        world.people |= dict.fromkeys([person.address, *person.on_at], person)
        people.append(person)
    return people


async def four_posts(world: World, people: list[Person]) -> None:
    """With what befalls people in between, and some posts taken back."""
    chance = world.chance
    for number in range(4):
        flags = {"important": chance.random() < 0.4, "morning": chance.random() < 0.3}
        made = await world.publish(chance.choice(["open", "open", "open", "locked", "vault"]), **flags)
        await world.planned()
        await befall(world.scene, chance, people, 0.05)
        if chance.random() < 0.3:
            await world.delete(chance.randrange(number + 1))
        await world.settle()
        await look_around(world, made, number, people)
        await world.live_until(world.clock() + chance.randrange(1, 4) * HOUR_MS)
        await befall(world.scene, chance, people, 0.05)
        await world.live_until(world.clock() + chance.randrange(1, 17) * HOUR_MS)
        await look_around(world, made, number, people)


@pytest.mark.parametrize("seed", range(4))
async def test_every_post_comes_by_one_way_and_by_one_at_least_where_one_works(
    db: Database, clock: Clock, seed: int
) -> None:
    chance = random.Random(seed)
    clock.now_ms = CLOCKS_CHANGE[seed % 2] + chance.randrange(24) * HOUR_MS
    world = World(await creator(db), clock, chance)
    people = await crowd(world, 40)
    await four_posts(world, people)
    world.steady = True
    await world.live_until(clock() + 9 * 24 * HOUR_MS)
    assert not world.wrong, "\n".join(world.wrong)
    for (_, number), ways in world.shown.items():
        assert len(ways) == 1, (number, ways)
    assert set(world.letters.values()) <= {1}, "and in one letter"
    for person in people:
        for number, post in enumerate(world.posts):
            not_missed(world, person, post, number)
        assert not person.had_too_many(), person


def not_missed(world: World, person: Person, post: Post, number: int) -> None:
    by_mail, by_push = person.wants(post, world.places[number])
    came = world.shown.get((person.account.id, str(number)), set())
    assert not (came - {way for way, wanted in (("mail", by_mail), ("push", by_push)) if wanted})
    # More than somebody wants in a week comes by letter, or not at all.
    by_device = by_push and person.sound_push and not person.per_week
    works = (by_mail and person.sound_mail) or by_device
    unknown = (person.account.id, str(number)) in world.unknown
    kept = number in world.deleted or person.was_kept_from(post, world.places[number])
    seen = number in world.read.get(person.account.id, set())
    if works and not unknown and not kept and not seen:
        assert came, f"{person} was not told of {number} ({post.important=} {post.morning=})"


@pytest.mark.parametrize("follows", [False, True])
async def test_a_post_that_was_shown_on_a_device_comes_by_no_letter_and_one_that_was_not_does(
    db: Database, clock: Clock, follows: bool
) -> None:
    world = World(await creator(db), clock, random.Random(1), steady=True)
    on = await told_by_both(world, 1, off_ms=0, follows=follows)
    off = await told_by_both(world, 2, off_ms=100 * HOUR_MS, follows=follows)
    await world.publish()
    await world.live_until(clock() + 3 * HOUR_MS)
    assert dict(world.shown) == {(on.account.id, "0"): {"push"}}, (
        "the letter to the other one waits four hours"
    )
    await world.live_until(clock() + 2 * HOUR_MS)
    assert world.shown[off.account.id, "0"] == {"mail"}
    await world.live_until(clock() + 200 * HOUR_MS)
    assert world.shown == {(on.account.id, "0"): {"push"}, (off.account.id, "0"): {"mail"}}


@pytest.mark.parametrize("follows", [False, True])
async def test_a_letter_waits_for_the_last_word_of_a_device(
    db: Database, clock: Clock, follows: bool
) -> None:
    """Of one that is on again in the last moment in which its push service hands the notice over."""
    world = World(await creator(db), clock, random.Random(1), steady=True)
    late = await told_by_both(world, 1, off_ms=GLANCE_MS + 4 * HOUR_MS - LAST_WORD_MS, follows=follows)
    await world.publish()
    await world.live_until(clock() + 6 * HOUR_MS)
    assert dict(world.shown) == {(late.account.id, "0"): {"push"}}


async def test_who_leaves_is_not_told_by_letter_of_what_a_device_has_shown(
    db: Database, clock: Clock
) -> None:
    """They go on following by mail, with the address of the account."""
    world = World(await creator(db), clock, random.Random(1), steady=True)
    one = await told_by_both(world, 1, off_ms=HOUR_MS, follows=True)
    await world.publish()
    await world.live_until(clock() + 2 * HOUR_MS)  # the letter waits for four
    async with db.write() as tx:
        await joining.leave(tx, one.account.id, world.scene.community)
    one.over = "left"
    await world.live_until(clock() + 24 * HOUR_MS)
    await world.publish()
    await world.live_until(clock() + 24 * HOUR_MS)
    assert dict(world.shown) == {(one.account.id, "0"): {"push"}, (one.account.id, "1"): {"mail"}}


async def told_by_both(world: World, number: int, *, off_ms: int, follows: bool = False) -> Person:
    scene, address = world.scene, f"p{number}@example.net"
    account = await scene.member(f"p{number}")
    person = Person(account, address, Times(), "instant", "instant", sound_mail=True, sound_push=True)
    wanted = Browser(f"{number}").subscription
    async with scene.db.write() as tx:
        await tx.run(update(accounts).where(accounts.c.id == account.id).values(email=address))
        if follows:
            await follow(tx, scene, address, "instant")
        else:
            await notices.choose(tx, await scene.by(tx, account), scene.community, "instant")
        session_id, _ = await sessions.open_session(tx, account.id, device="x", how="link")
        await push.switch_on(tx, push.Owner(account.id, session_id), wanted)
    person.on_at[wanted.endpoint] = world.clock() + off_ms
    world.people |= {address: person, wanted.endpoint: person}
    return person


async def test_only_its_own_account_says_that_a_notice_was_shown(db: Database, clock: Clock) -> None:
    world = World(await creator(db), clock, random.Random(1), steady=True)
    mine, other = await told_by_both(world, 1, off_ms=HOUR_MS), await told_by_both(world, 2, off_ms=HOUR_MS)
    await world.publish()
    await world.live_until(clock() + 60_000)
    async with db.read() as tx:
        of_mine = select(pushes.c.id).where(pushes.c.account_id == mine.account.id)
        push_id = await tx.value(of_mine)
    for account, named in ((other.account, push_id), (mine.account, "x"), (mine.account, mine.account.id)):
        with pytest.raises(NotFound):
            async with db.write() as tx:
                await devices.told(tx, account.id, named)
    async with db.write() as tx:
        await devices.told(tx, mine.account.id, push_id, opened=True)
        assert await tx.value(select(pushes.c.opened_at).where(pushes.c.id == push_id)) == clock()

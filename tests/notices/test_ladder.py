"""One post comes to one person by one way, whatever they chose, wherever they live and whatever breaks. Chance plays the
people, the mail server, the push service and the deaths of servers; what was shown is counted here, from outside."""

import json
import random
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import available_timezones

import pytest
from sqlalchemy import func, select, update

from channel import notices, push
from channel.accounts import Account, sessions
from channel.accounts.tables import accounts
from channel.errors import NotFound
from channel.following import Wish
from channel.following import actions as following
from channel.following.tables import follow_letters
from channel.notices.actions import set_times
from channel.notices.model import WAITS, How, Times, after_quiet
from channel.notices.tables import notices as letters
from channel.notify import Courier, Desk, Postman
from channel.notify.following import following_handler
from channel.notify.ladder import LAST_WORD_MS
from channel.notify.pusher import Outcome, Parcel
from channel.notify.sender import Mail, Undeliverable, Unreachable, Unsure
from channel.posts.model import Post
from channel.push import actions as devices
from channel.push.planning import GLANCE_MS
from channel.push.tables import pushes
from channel.rooms.actions import mark_read
from channel.storage import Database, Tx
from channel.worker import Worker
from tests.cast import Scene, creator
from tests.conftest import Clock
from tests.notices.mailroom import SECRET, SITE
from tests.posts.writing import post as publish
from tests.push.browsers import Browser

HOUR_MS = 3_600_000
ZONES = sorted(
    zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc", "posix", "right"))
)
TIMES = Times()
NOBODY: Any = None  # no letter of confirmation is sent here
CLOCKS_CHANGE = (1_774_602_000_000, 1_792_864_800_000)  # two days before, in Europe: 2026-03-27, 2026-10-24


class Dies(BaseException):
    """The server is gone: nothing after this line runs."""


@dataclass
class Person:
    """`sound_mail`, `sound_push`: that way breaks never, and all devices are on. `on_at`: when each device is on again.
    `mail`: what they chose as a member, or, without a rule there (`follows`), as one who follows by mail without an account."""

    account: Account
    times: Times
    mail: How
    push: str
    sound_mail: bool
    sound_push: bool
    follows: bool = False
    on_at: dict[str, int] = field(default_factory=dict)


@dataclass
class World:
    """What happens outside the server, and what people have seen of it."""

    scene: Scene
    clock: Clock
    chance: random.Random
    people: dict[str, Person] = field(default_factory=dict)  # by address, and by the address of each device
    held: list[tuple[int, int, str, dict[str, Any]]] = field(
        default_factory=list
    )  # by push services: from, until, to
    shown: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    on_screen: set[tuple[str, str]] = field(default_factory=set)
    read: dict[str, int] = field(default_factory=dict)
    unknown: set[tuple[str, str]] = field(
        default_factory=set
    )  # handed to the mail server, and never heard of again
    steady: bool = False

    @property
    def db(self) -> Database:
        return self.scene.db

    def perhaps(self, odds: float) -> bool:
        return not self.steady and self.chance.random() < odds

    def see(self, person: Person, post_id: str, way: str) -> None:
        self.shown[person.account.id, post_id].add(way)

    def awake(self, person: Person) -> None:
        assert after_quiet(person.times, self.clock()) == self.clock(), (
            f"{person.times} is quiet at {self.clock()}"
        )

    async def rest(self) -> None:
        pass

    async def send(self, parcel: Parcel) -> Outcome:
        """As the push services do."""
        person, said = self.people[parcel.to.endpoint], json.loads(parcel.content)
        self.awake(person)
        if self.perhaps(0.03):
            raise Dies
        luck = 1.0 if person.sound_push else self.chance.random()
        if luck < 0.15:
            return Outcome("later", "Busy", 60)
        if luck < 0.25:
            return Outcome("refused", "Too big")
        taken = luck >= 0.4 or self.chance.random() < 0.5
        if taken:
            comes = max(self.clock(), person.on_at[parcel.to.endpoint])
            if comes <= self.clock() + parcel.ttl_s * 1000:
                self.held.append((comes, self.clock(), parcel.to.endpoint, said))
        if self.perhaps(0.03):
            raise Dies
        return Outcome("taken") if luck >= 0.4 else Outcome("later", "Nothing was heard", silent=True)

    async def deliver(self, to: str, write: Callable[[], Awaitable[Mail | None]], sender: str = "") -> bool:
        """As the mail server does."""
        person = self.people[to]
        luck = 1.0 if person.sound_mail else self.chance.random()
        if luck < 0.1:
            raise Unreachable("away")
        mail = await write()
        if mail is None:
            return False
        self.awake(person)
        told_of = {(person.account.id, number) for number in re.findall(r"Post <?(\d+)x", mail.text)}
        if not person.sound_mail and self.perhaps(0.06):
            self.unknown |= told_of
            raise Dies
        if luck < 0.2:
            raise Undeliverable("451 later", permanent=False)
        if luck < 0.3:
            raise Undeliverable("552 too big", permanent=True)
        if luck > 0.4 or self.chance.random() < 0.5:
            for _, number in told_of:
                self.see(person, number, "mail")
        if 0.3 <= luck < 0.4:
            self.unknown |= told_of
            raise Unsure("cut")
        return True

    async def close(self) -> None:
        pass

    async def devices_show(self) -> None:
        """What devices hold that are on now, they show once, and say so."""
        due = [one for one in self.held if one[0] <= self.clock()]
        self.held = [one for one in self.held if one[0] > self.clock()]
        for _, _, endpoint, said in due:
            if (endpoint, said["id"]) in self.on_screen:
                continue
            self.on_screen.add((endpoint, said["id"]))
            person = self.people[endpoint]
            [number] = re.findall(r"Post (\d+)x", said["body"])
            self.see(person, number, "push")
            async with self.db.write() as tx:
                await devices.told(tx, person.account.id, said["push"])

    async def settle(self) -> None:
        """All that can happen at this moment."""
        follow = following_handler(self.db, NOBODY, replace(SITE, smtp="smtp+plain://127.0.0.1:9"), SECRET)
        plan = {
            "notices": notices.planner(self.db, mail=True), "push": push.planner(self.db), "following": follow,
        }  # fmt: skip
        await Worker(self.db, plan).work_off()
        for _ in range(60):
            postman = Postman(self.db, lambda: self, Desk(SITE, SECRET), rate=100_000)
            done = 0
            for work in self.chance.sample([postman.round, Courier(self.db, self, b"p" * 32).round], 2):
                try:
                    done += await work()
                except Dies:
                    done += 1
                except BaseExceptionGroup as group:
                    if group.split(Dies)[1]:
                        raise
                    done += 1
            await self.devices_show()
            if not done:
                return
        raise AssertionError("it never comes to rest")

    async def next_moment(self, until: int) -> int:
        """When something is due again, at most `until`."""
        found = [until, *(comes for comes, *_ in self.held)]
        async with self.db.read() as tx:
            for table in (letters, pushes, follow_letters):
                waits = (table.c.state == "waiting", table.c.due_at > self.clock())
                found.append(await tx.value(select(func.min(table.c.due_at)).where(*waits)) or until)
        return max(self.clock() + 1, min(found))

    async def live_until(self, until: int) -> None:
        while self.clock() < until:
            await self.settle()
            self.clock.now_ms = await self.next_moment(until)
        await self.settle()


async def somebody(world: World, number: int, zone: str) -> Person:
    chance, scene = world.chance, world.scene
    account = await scene.member(f"p{number}")
    quiet = (
        (None, None)
        if chance.random() < 0.4
        else (chance.randrange(20, 24) * 60, chance.randrange(1, 10) * 60)
    )
    times = Times(zone, chance.randrange(24), *quiet, chance.choice(WAITS))
    how: How = chance.choice(["instant", "instant", "instant", "important", "daily", "weekly", "none"])
    on_devices = chance.choice(["instant", "instant", "important", "none"])
    sound = (chance.random() < 0.5, chance.random() < 0.4)
    person = Person(account, times, how, on_devices, *sound, follows=chance.random() < 0.5)
    address = f"p{number}@example.net"
    world.people[address] = person
    async with scene.db.write() as tx:
        await tx.run(update(accounts).where(accounts.c.id == account.id).values(email=address, language="en"))
        await set_times(tx, account.id, times)
        by = await scene.by(tx, account)
        if person.follows:
            await follow(tx, scene, address, how, times)
        if (
            not person.follows or chance.random() < 0.2
        ):  # what they chose as a member holds before what they follow by
            await notices.choose(tx, by, scene.community, how)
        await push.choose(tx, by, scene.community, on_devices)  # type: ignore[arg-type]
        for device in range(chance.randrange(3)):
            wanted = Browser(f"{number}-{device}").subscription
            session_id, _ = await sessions.open_session(tx, account.id, device="x", how="link")
            await push.switch_on(tx, push.Owner(account.id, session_id), wanted)
            off_ms = 0 if person.sound_push or chance.random() < 0.5 else chance.randrange(72) * HOUR_MS
            person.on_at[wanted.endpoint] = world.clock() + off_ms
            world.people[wanted.endpoint] = person
    return person


async def follow(tx: Tx, scene: Scene, address: str, how: How, times: Times = TIMES) -> None:
    """By mail without an account, with the address of one."""
    wish = Wish(scene.community.id, address, how, "en")
    follower = await following.confirm(tx, await following.confirmation(tx, wish))
    await following.change(tx, follower.id, how, times, {})


def wants(person: Person, post: Post) -> tuple[bool, bool]:
    """By letter, and on devices."""
    heard = ("instant", "important") if post.important else ("instant",)
    return person.mail in (*heard, "daily", "weekly"), bool(person.on_at) and person.push in heard


async def look_around(world: World, post: Post, number: int, people: list[Person]) -> None:
    """Some open the room."""
    for person in people:
        if world.chance.random() < 0.15:
            async with world.db.write() as tx:
                await mark_read(tx, world.scene.news.id, {person.account.id: post.seq})
            world.read[person.account.id] = number


@pytest.mark.parametrize("seed", range(4))
async def test_every_post_comes_by_one_way_and_by_one_at_least_where_one_works(
    db: Database, clock: Clock, seed: int
) -> None:
    chance = random.Random(seed)
    clock.now_ms = CLOCKS_CHANGE[seed % 2] + chance.randrange(24) * HOUR_MS
    world = World(await creator(db), clock, chance)
    people = [await somebody(world, n, zone) for n, zone in enumerate(chance.sample(ZONES, 40))]
    sent: list[Post] = []
    for number in range(4):
        flags = {"important": chance.random() < 0.4, "morning": chance.random() < 0.3}
        sent.append(await publish(world.scene, f"Post {number}x", **flags))
        await world.settle()
        await look_around(world, sent[-1], number, people)
        await world.live_until(clock() + chance.randrange(1, 20) * HOUR_MS)
        await look_around(world, sent[-1], number, people)
    world.steady = True
    await world.live_until(clock() + 9 * 24 * HOUR_MS)
    for ways in world.shown.values():
        assert len(ways) == 1, ways
    for person in people:
        for number, post in enumerate(sent):
            by_mail, by_push = wants(person, post)
            came = world.shown.get((person.account.id, str(number)), set())
            assert not (came - {way for way, wanted in (("mail", by_mail), ("push", by_push)) if wanted})
            works = (by_mail and person.sound_mail) or (by_push and person.sound_push)
            unknown = (person.account.id, str(number)) in world.unknown
            if works and not unknown and world.read.get(person.account.id, -1) < number:
                assert came, f"{person} was not told of {number} ({post.important=} {post.morning=})"


@pytest.mark.parametrize("follows", [False, True])
async def test_a_post_that_was_shown_on_a_device_comes_by_no_letter_and_one_that_was_not_does(
    db: Database, clock: Clock, follows: bool
) -> None:
    world = World(await creator(db), clock, random.Random(1), steady=True)
    on = await told_by_both(world, 1, off_ms=0, follows=follows)
    off = await told_by_both(world, 2, off_ms=100 * HOUR_MS, follows=follows)
    await publish(world.scene, "Post 0x")
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
    await publish(world.scene, "Post 0x")
    await world.live_until(clock() + 6 * HOUR_MS)
    assert dict(world.shown) == {(late.account.id, "0"): {"push"}}


async def told_by_both(world: World, number: int, *, off_ms: int, follows: bool = False) -> Person:
    scene, address = world.scene, f"p{number}@example.net"
    account = await scene.member(f"p{number}")
    person = Person(account, Times(), "instant", "instant", sound_mail=True, sound_push=True)
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
    await publish(world.scene, "Post 0x")
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

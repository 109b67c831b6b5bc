"""What happens outside the server, at random: a mail server, a push service, devices that are off, and servers that die."""

import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import func, select

from channel import notices, push
from channel.errors import NotFound
from channel.following.tables import follow_letters
from channel.notices.model import after_quiet
from channel.notices.tables import notices as letters
from channel.notify import Courier, Desk, Postman
from channel.notify.following import following_handler
from channel.notify.ladder import AT_ONCE
from channel.notify.pusher import Outcome, Parcel
from channel.notify.sender import Mail, Undeliverable, Unreachable, Unsure
from channel.posts.model import Post
from channel.push import actions as devices
from channel.push.tables import pushes
from channel.rooms import Room
from channel.storage import Database
from channel.worker import Worker
from tests.cast import Scene
from tests.conftest import Clock
from tests.notices.mailroom import SECRET, SITE
from tests.notices.people import GOLD_RANK, Person, Place
from tests.posts.writing import post, remove

NOBODY: Any = None  # no letter of confirmation is sent here
CANARY = "goldword"  # what only those with the tier may read


class Dies(BaseException):
    """The server is gone: nothing after this line runs."""


@dataclass
class World:
    """`people` by their address, and by the address of each device. Posts are known by their number, which they say."""

    scene: Scene
    clock: Clock
    chance: random.Random
    people: dict[str, Person] = field(default_factory=dict)
    posts: list[Post] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    deleted: set[int] = field(default_factory=set)
    held: list[tuple[int, str, dict[str, Any]]] = field(
        default_factory=list
    )  # by push services: until when, to
    shown: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    letters: Counter[tuple[str, str]] = field(default_factory=Counter)
    on_screen: set[tuple[str, str]] = field(default_factory=set)
    read: dict[str, set[int]] = field(default_factory=dict)  # by account
    unknown: set[tuple[str, str]] = field(
        default_factory=set
    )  # handed to the mail server, and never heard of again
    wrong: list[str] = field(default_factory=list)
    steady: bool = False
    vault: Room | None = None

    @property
    def db(self) -> Database:
        return self.scene.db

    def perhaps(self, odds: float) -> bool:
        return not self.steady and self.chance.random() < odds

    async def publish(self, place: Place = "open", **flags: Any) -> Post:
        """The next one, by the owner. One that is locked has a teaser that names it, too."""
        words = f"Post {len(self.posts)}x"
        if place == "locked":
            flags |= {"min_rank": GOLD_RANK, "teaser": words}
        elif place == "vault":
            flags["room"] = self.vault
        made = await post(self.scene, words if place == "open" else f"{words} {CANARY}", **flags)
        self.posts.append(made)
        self.places.append(place)
        return made

    async def delete(self, number: int) -> None:
        """Take a post back."""
        if number not in self.deleted:
            self.deleted.add(number)
            await remove(self.scene, self.posts[number])

    def see(self, person: Person, post_id: str, way: str) -> None:
        self.shown[person.account.id, post_id].add(way)

    def is_quiet(self, person: Person, told_of: set[str], *, digest: bool) -> bool:
        """Whether quiet hours hold for this: for all but what is important and told at once, where that is allowed."""
        now = self.clock()
        if after_quiet(replace(person.times, important_passes=False), now) == now:
            return False
        important = all(self.posts[int(number)].important for number in told_of)
        return digest or not important or not person.times.important_passes

    def check(
        self, person: Person, told_of: set[str], said: str, *, by_follow: bool = False, digest: bool = False
    ) -> None:
        """Note what must not leave now. Not raised: whoever brings letters goes on after a fault in one. `digest`: something
        in it was not meant to be told at once."""
        now = self.clock()
        gone = by_follow and person.over == "left"  # who follows without an account reads what all may
        mutes = (person.follow_mutes if by_follow else []) + ([] if gone else person.mutes)
        places = {self.places[int(number)] for number in told_of}
        for holds, what in (
            (self.is_quiet(person, told_of, digest=digest), "it is quiet there"),
            (person.over and not gone, f"they are {person.over}"),
            (any(since <= now < until for since, until in mutes), "they are quiet for a while"),
            (person.rank < GOLD_RANK and (CANARY in said or "vault" in places), "it is not theirs to read"),
            (by_follow and places != {"open"}, "it is not for everybody"),
            ({int(number) for number in told_of} & self.deleted, "it is deleted"),
        ):
            if holds:
                self.wrong.append(f"{person.address} is told of {told_of} at {now}: {what}")

    async def rest(self) -> None:
        pass

    async def send(self, parcel: Parcel) -> Outcome:
        """As the push services do."""
        person, said = self.people[parcel.to.endpoint], json.loads(parcel.content)
        told_of = set(re.findall(r"Post (\d+)x", said["body"]))
        self.check(person, told_of, said["body"])
        person.at_once += [(self.clock(), number) for number in told_of]
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
                self.held.append((comes, parcel.to.endpoint, said))
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
        by_follow, found = "/follow/by/" in mail.text, set(re.findall(r"Post <?(\d+)x", mail.text))
        digest = not await self.all_at_once(person, found, by_follow=by_follow)
        self.check(person, found, mail.text + mail.html, by_follow=by_follow, digest=digest)
        told_of = {(person.account.id, number) for number in found}
        if not person.sound_mail and self.perhaps(0.06):
            self.unknown |= told_of
            raise Dies
        if luck < 0.2:
            raise Undeliverable("451 later", permanent=False)
        if luck < 0.3:
            raise Undeliverable("552 too big", permanent=True)
        if luck > 0.4 or self.chance.random() < 0.5:
            await self.arrives(person, found, by_follow=by_follow)
        if 0.3 <= luck < 0.4:
            self.unknown |= told_of
            raise Unsure("cut")
        return True

    async def arrives(self, person: Person, found: set[str], *, by_follow: bool) -> None:
        for number in found:
            self.see(person, number, "mail")
            self.letters[person.account.id, number] += 1
            if await self.all_at_once(person, {number}, by_follow=by_follow):
                person.at_once.append((self.clock(), number))
                if by_follow:
                    person.followed_at_once.append((self.clock(), number))

    async def all_at_once(self, person: Person, numbers: set[str], *, by_follow: bool) -> bool:
        """Whether letters were to tell of these at once, each of them."""
        of = follow_letters.c if by_follow else letters.c
        reader = of.follower_id == person.follower_id if by_follow else of.account_id == person.account.id
        ids = [self.posts[int(number)].id for number in numbers]
        async with self.db.read() as tx:
            rows = await tx.all(select(of.how).where(reader, of.post_id.in_(ids)))
        return all(row.how in AT_ONCE for row in rows)

    async def close(self) -> None:
        pass

    async def devices_show(self) -> None:
        """What devices hold that are on now, they show once, and say so."""
        due = [one for one in self.held if one[0] <= self.clock()]
        self.held = [one for one in self.held if one[0] > self.clock()]
        for _, endpoint, said in due:
            if (endpoint, said["id"]) in self.on_screen:
                continue
            self.on_screen.add((endpoint, said["id"]))
            person = self.people[endpoint]
            [number] = re.findall(r"Post (\d+)x", said["body"])
            self.see(person, number, "push")
            try:
                async with self.db.write() as tx:
                    await devices.told(tx, person.account.id, said["push"])
            except NotFound:
                assert person.over == "erased"

    async def planned(self) -> None:
        """Who is told of what has come is written down."""
        follow = following_handler(self.db, NOBODY, replace(SITE, smtp="smtp+plain://127.0.0.1:9"), SECRET)
        plan = {
            "notices": notices.planner(self.db, mail=True), "push": push.planner(self.db), "following": follow,
        }  # fmt: skip
        await Worker(self.db, plan).work_off()

    async def settle(self) -> None:
        """All that can happen at this moment."""
        await self.planned()
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

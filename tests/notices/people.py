"""People who are told of posts, what each of them chose, and what befalls them meanwhile."""

import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal
from zoneinfo import available_timezones

from sqlalchemy import update

from channel import notices, push
from channel.accounts import Account, sessions
from channel.accounts.tables import accounts
from channel.following import Wish
from channel.following import actions as following
from channel.members import actions, joining
from channel.members.tables import memberships
from channel.notices.actions import set_times, stop
from channel.notices.limits import limit
from channel.notices.model import WAITS, How, Limit, Times
from channel.posts.model import Post
from channel.push import actions as devices
from channel.storage import Tx
from channel.tiers import Tier
from tests.cast import Scene
from tests.push.browsers import Browser

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
ZONES = sorted(
    zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc", "posix", "right"))
)
GOLD_RANK: Final = 10
TIMES = Times()

Over = Literal["", "left", "banned", "erased", "ended"]
Place = Literal["open", "locked", "vault"]


@dataclass
class Person:
    """`sound_mail`, `sound_push`: that way breaks never, and all devices are on. `on_at`: when each device is on again.
    `mail`: what they chose as a member, or, without a rule there (`follows` and not `rules`), as one who follows by mail
    without an account. `over`: why nothing more may come; `mutes`: from when to when they wanted nothing."""

    account: Account
    address: str
    times: Times
    mail: How
    push: str
    sound_mail: bool
    sound_push: bool
    follows: bool = False
    rules: bool = True
    on_at: dict[str, int] = field(default_factory=dict)
    follower_id: str = ""
    per_week: int | None = None
    follow_per_week: int | None = None  # of letters without the account
    rank: int = 0
    lapsed: bool = False
    over: Over = ""
    mutes: list[tuple[int, int]] = field(default_factory=list)
    follow_mutes: list[tuple[int, int]] = field(default_factory=list)
    at_once: list[tuple[int, str]] = field(default_factory=list)  # of which posts they were told so, and when
    followed_at_once: list[tuple[int, str]] = field(default_factory=list)  # by letters without the account

    @property
    def by_follow_alone(self) -> bool:
        """Letters come to them as to somebody without an account."""
        return self.follows and not self.rules

    def wants(self, post: Post, place: Place) -> tuple[bool, bool]:
        """By letter, and on devices."""
        heard = ("instant", "important") if post.important else ("instant",)
        told_by_mail = place == "open" or not self.by_follow_alone
        return (
            told_by_mail and self.mail in (*heard, "daily", "weekly"),
            bool(self.on_at) and self.push in heard,
        )

    def was_kept_from(self, post: Post, place: Place) -> bool:
        """Whether they may have been told nothing of it for a reason of their own."""
        hushed = any(until > post.created_at for _, until in (*self.mutes, *self.follow_mutes))
        shut = place == "vault" and (self.rank < GOLD_RANK or self.lapsed)
        return bool(self.over) or hushed or shut

    def had_too_many(self) -> bool:
        """At once, in some seven days. A limit is that of a member, or of who follows without the account."""
        if not (self.sound_mail and self.sound_push):
            return False
        member = self.per_week if self.over != "left" else None
        return any(
            limit is not None and most_in_week(told) > limit
            for limit, told in ((member, self.at_once), (self.follow_per_week, self.followed_at_once))
        )


def most_in_week(told: list[tuple[int, str]]) -> int:
    """How many posts, of those that were told at these moments."""
    weeks = [{post for at, post in told if since <= at < since + 7 * DAY_MS} for since, _ in told]
    return max(map(len, weeks), default=0)


@dataclass
class Meets:
    """Somebody, and the moment at which something befalls them."""

    scene: Scene
    tx: Tx
    person: Person
    chance: random.Random

    async def mutes(self) -> None:
        until = self.tx.now + self.chance.choice((1, 7)) * DAY_MS
        here = self.scene.community.id
        await limit(self.tx, self.person.account.id, here, Limit(self.person.per_week, until))
        self.person.mutes.append((self.tx.now, until))

    async def mutes_letters(self) -> None:
        if self.person.follower_id:
            until = self.tx.now + self.chance.choice((1, 7)) * DAY_MS
            await following.be_quiet(self.tx, self.person.follower_id, until)
            self.person.follow_mutes.append((self.tx.now, until))

    async def leaves(self) -> None:
        await joining.leave(self.tx, self.person.account.id, self.scene.community)
        self.person.over = "left"

    async def is_banned(self) -> None:
        owner = await self.scene.by(self.tx, self.scene.owner)
        await actions.ban(self.tx, owner, self.scene.community, self.person.account.id)
        self.person.over = "banned"

    async def is_erased(self) -> None:
        await joining.erase_account(self.tx, self.person.account.id)
        for noun in (notices, push):
            await noun.forget(self.tx, self.person.account.id)  # type: ignore[attr-defined]
        await following.forget(self.tx, self.person.address)
        self.person.over = "erased"

    async def lapses(self) -> None:
        if self.person.rank:
            mine = memberships.c.account_id == self.person.account.id
            await self.tx.run(update(memberships).where(mine).values(tier_until=self.tx.now))
            self.person.rank, self.person.lapsed = 0, True

    async def changes_their_mind(self) -> None:
        """About important posts in quiet hours."""
        now = self.person.times.important_passes
        self.person.times = replace(self.person.times, important_passes=not now)
        await set_times(self.tx, self.person.account.id, self.person.times)
        if self.person.follower_id:
            await following.change(self.tx, self.person.follower_id, self.person.mail, self.person.times, {})

    async def ends(self) -> None:
        """By the link in the letter that comes to them, and on devices."""
        me, here = self.person.account.id, self.scene.community.id
        await devices.change(self.tx, me, here, "none")
        if self.person.by_follow_alone:
            await following.end(self.tx, self.person.follower_id)
        else:
            await stop(self.tx, me, community_id=here)
            await following.end_with(self.tx, self.person.address, here)
        self.person.over = "ended"


FATES: Final[tuple[Callable[[Meets], Coroutine[Any, Any, None]], ...]] = (
    Meets.mutes, Meets.mutes, Meets.mutes_letters, Meets.leaves, Meets.is_banned, Meets.is_erased, Meets.lapses,
    Meets.lapses, Meets.ends, Meets.ends, Meets.changes_their_mind, Meets.changes_their_mind,
)  # fmt: skip


async def befall(scene: Scene, chance: random.Random, people: list[Person], odds: float) -> None:
    """Something happens to some of them who are there yet, and are not quiet already."""
    for person in people:
        if person.over or chance.random() >= odds:
            continue
        async with scene.db.write() as tx:
            if all(until <= tx.now for _, until in (*person.mutes, *person.follow_mutes)):
                await chance.choice(FATES)(Meets(scene, tx, person, chance))


def chosen(chance: random.Random, account: Account, address: str, zone: str) -> Person:
    """What somebody may have chosen."""
    quiet = (
        (None, None)
        if chance.random() < 0.4
        else (chance.randrange(20, 24) * 60, chance.randrange(1, 10) * 60)
    )
    passes = chance.random() < 0.5
    times = Times(zone, chance.randrange(24), *quiet, chance.choice(WAITS), passes)
    how: How = chance.choice(["instant", "instant", "instant", "important", "daily", "weekly", "none"])
    on_devices = chance.choice(["instant", "instant", "important", "none"])
    sound = (chance.random() < 0.5, chance.random() < 0.4)
    follows = chance.random() < 0.5
    # What they chose as a member holds before what they follow by.
    rules = not follows or chance.random() < 0.2
    per_week = chance.choice((1, 2, 3)) if chance.random() < 0.3 else None
    given = (account, address, times, how, on_devices, *sound)
    return Person(*given, follows=follows, rules=rules, per_week=per_week)


async def somebody(scene: Scene, chance: random.Random, number: int, zone: str, gold: Tier) -> Person:
    """A member."""
    golden = chance.random() < 0.5
    account = await scene.member(f"p{number}", tier=gold if golden else None)
    address = f"p{number}@example.net"
    person = chosen(chance, account, address, zone)
    person.rank = GOLD_RANK if golden else 0
    async with scene.db.write() as tx:
        await tx.run(update(accounts).where(accounts.c.id == account.id).values(email=address, language="en"))
        await set_times(tx, account.id, person.times)
        by = await scene.by(tx, account)
        if person.follows:
            person.follower_id = await follow(tx, scene, address, person.mail, person.times)
            if chance.random() < 0.3:
                person.follow_per_week = chance.choice((1, 2, 3))
                await following.limit(tx, person.follower_id, person.follow_per_week)
        if person.rules:
            await notices.choose(tx, by, scene.community, person.mail)
        if person.per_week:
            await limit(tx, account.id, scene.community.id, Limit(person.per_week))
        await push.choose(tx, by, scene.community, person.push)  # type: ignore[arg-type]
        for device in range(chance.randrange(3)):
            wanted = Browser(f"{number}-{device}").subscription
            session_id, _ = await sessions.open_session(tx, account.id, device="x", how="link")
            await push.switch_on(tx, push.Owner(account.id, session_id), wanted)
            off_ms = 0 if person.sound_push or chance.random() < 0.5 else chance.randrange(72) * HOUR_MS
            person.on_at[wanted.endpoint] = tx.now + off_ms
    return person


async def follow(tx: Tx, scene: Scene, address: str, how: How, times: Times = TIMES) -> str:
    """By mail without an account, with the address of one. Returns the follower's id."""
    wish = Wish(scene.community.id, address, how, "en")
    follower = await following.confirm(tx, await following.confirmation(tx, wish))
    await following.change(tx, follower.id, how, times, {})
    return follower.id

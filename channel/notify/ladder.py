"""One post comes to one person by one way. Who has it before their eyes has read it; else a device is told; and only
what nobody has seen after some hours goes by letter.

What a device shows it says (`shown_at`). Until it can show what was pushed to it no more (`good_until`: what a push service
keeps for a device that is off ends then, too), no letter about that leaves; and none is pushed of which a letter tells. Both
look again in the transaction in which they decide, so that of two that leave at the same moment one waits.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, and_, bindparam, or_, select

from channel.accounts.tables import accounts
from channel.following.tables import follow_letters, follow_pushes, followers
from channel.notices.model import HOUR_MS, WEEK_MS
from channel.notices.tables import notices
from channel.posts.tables import posts
from channel.push.tables import pushes
from channel.storage import Prepared, Tx
from channel.storage.prepared import Words

LOOK_AGAIN_MS: Final = 60_000
LONGEST_TTL_S: Final = 24 * 3_600  # how long a push service keeps it for a device that is off
SHORTEST_TTL_S: Final = 60
# What a push service hands over in its last second, the device says here a moment later. No letter leaves in between.
LAST_WORD_MS: Final = 60_000
AT_ONCE: Final = ("instant", "important")
# How a letter ends of which nobody knows whether it was taken: see posted/postman.
NOT_KNOWN: Final = "Not known"


def _pushes(words: Words) -> Select[Any]:
    return select(
        pushes.c.post_id, pushes.c.device_id, pushes.c.state, pushes.c.claim, pushes.c.shown_at,
        pushes.c.good_until, pushes.c.meant_at, pushes.c.created_at,
    ).where(
        pushes.c.account_id == bindparam("account_id"), words.among(pushes.c.post_id, "ids")
    ).order_by(pushes.c.id)  # fmt: skip


_PUSHED = Prepared(_pushes)
_PUSHED_HELD = Prepared(lambda words: words.locking(_pushes(words)))
_LETTERED = Prepared(
    lambda words: select(
        notices.c.account_id, notices.c.state, notices.c.how, notices.c.due_at, notices.c.problem
    ).where(notices.c.post_id == bindparam("post_id"), words.among(notices.c.account_id, "ids"))
)
# Of those who also follow by mail without an account, by the address of theirs.
_LETTERED_TOO = Prepared(
    lambda words: (
        select(
            accounts.c.id.label("account_id"),
            follow_letters.c.state,
            follow_letters.c.how,
            follow_letters.c.due_at,
            follow_letters.c.problem,
        )
        .join_from(accounts, followers, followers.c.email == accounts.c.email)
        .join(follow_letters, follow_letters.c.follower_id == followers.c.id)
        .where(follow_letters.c.post_id == bindparam("post_id"), words.among(accounts.c.id, "ids"))
    )
)
_LETTERS_IN_WEEK = Prepared(
    lambda words: select(notices.c.account_id, notices.c.post_id).join(
        posts, and_(posts.c.id == notices.c.post_id, posts.c.topic_id.is_(None))
    ).where(
        notices.c.community_id == bindparam("community_id"), words.among(notices.c.account_id, "ids"),
        or_(*(notices.c.how == how for how in AT_ONCE)),
        or_(and_(notices.c.state == "sent", notices.c.settled_at > bindparam("since")), notices.c.state == "handed"),
    )
)  # fmt: skip
_FOLLOWED_IN_WEEK = Prepared(
    lambda words: (
        select(accounts.c.id.label("account_id"), follow_letters.c.post_id)
        .join_from(accounts, followers, followers.c.email == accounts.c.email)
        .join(follow_letters, follow_letters.c.follower_id == followers.c.id)
        .where(
            followers.c.community_id == bindparam("community_id"),
            words.among(accounts.c.id, "ids"),
            or_(*(follow_letters.c.how == how for how in AT_ONCE)),
            or_(
                and_(follow_letters.c.state == "sent", follow_letters.c.settled_at > bindparam("since")),
                follow_letters.c.state == "handed",
            ),
        )
    )
)
_PUSHES_IN_WEEK = Prepared(
    lambda words: select(pushes.c.account_id, pushes.c.post_id).join(
        posts, and_(posts.c.id == pushes.c.post_id, posts.c.topic_id.is_(None))
    ).where(
        pushes.c.community_id == bindparam("community_id"), words.among(pushes.c.account_id, "ids"),
        pushes.c.state == "sent", pushes.c.settled_at > bindparam("since"),
    )
)  # fmt: skip


@dataclass(slots=True)
class Pushed:
    """What stands about one post for the devices of one person. Moments are epoch ms; 0: none."""

    shown: bool = False
    in_hand: bool = False  # it leaves just now, or did when a server died
    good_until: int = 0
    waits_since: int = 0

    def add(self, row: Any) -> None:
        """One device more."""
        self.shown = self.shown or row.shown_at is not None
        waits = row.state == "waiting" and row.device_id is not None
        self.in_hand = self.in_hand or (waits and row.claim != "")
        self.good_until = max(self.good_until, row.good_until or 0)
        if waits:
            self.waits_since = max(self.waits_since, row.meant_at or row.created_at)

    def _last_word(self, now: int) -> int:
        """When nothing more is heard of what was pushed; `now` where nothing was."""
        return self.good_until + LAST_WORD_MS if self.good_until else now

    def is_open(self, now: int) -> bool:
        """Whether a device has shown it, or may do so yet."""
        return self.shown or self.in_hand or self._last_word(now) > now

    def letter_waits(self, now: int, wait_hours: int, *, at_once: bool) -> int | None:
        """When a letter has to look again; None: it may go. A digest does not wait for what was never taken."""
        if self.in_hand:
            return now + LOOK_AGAIN_MS
        if (heard_by := self._last_word(now)) > now:
            return heard_by
        until = self.waits_since + wait_hours * HOUR_MS if self.waits_since and at_once else 0
        return until if until > now else None


async def pushed(
    tx: Tx, account_id: str, post_ids: Collection[str], *, held: bool = False
) -> dict[str, Pushed]:
    """By post; one of which no device is told is missing. `held`: nobody takes one in hand until this transaction ends."""
    if not post_ids:
        return {}
    found: dict[str, Pushed] = {}
    query = _PUSHED_HELD if held else _PUSHED
    for row in await tx.all(query, account_id=account_id, ids=list(post_ids)):
        found.setdefault(row.post_id, Pushed()).add(row)
    return found


async def letter_may_go(tx: Tx, account_id: str, post_ids: Collection[str]) -> bool:
    """Asked in the transaction that marks a letter: no device has shown one of these, or may do so yet."""
    found = await pushed(tx, account_id, post_ids, held=True)
    return not any(one.is_open(tx.now) for one in found.values())


@dataclass(frozen=True, slots=True)
class Lettered:
    """What stands about one post in the letters to one person. `due_at`: of one that waits, epoch ms."""

    state: str
    how: str
    due_at: int
    problem: str

    def told(self, now: int) -> bool:
        """Whether a letter has told of it, or nobody knows."""
        if self.state == "failed":
            return self.problem.startswith(NOT_KNOWN)
        return self.state == "sent" or (self.state == "handed" and self.due_at <= now)

    def leaves(self, now: int) -> bool:
        """Whether it is in a letter that is on its way this minute."""
        return self.state == "handed" and self.due_at > now

    def reached(self, now: int) -> int:
        """How far it has come, of two about the same post."""
        return 3 if self.told(now) else 2 if self.leaves(now) else int(self.state == "waiting")

    def ttl_s(self, now: int, wait_hours: int) -> int:
        """How long a push service may keep what this letter would tell later."""
        if self.state != "waiting":
            return LONGEST_TTL_S
        wait_ms = wait_hours * HOUR_MS if self.how in AT_ONCE else self.due_at - now
        return max(SHORTEST_TTL_S, min(LONGEST_TTL_S, (wait_ms - LAST_WORD_MS) // 1000))


async def lettered(tx: Tx, post_id: str, account_ids: Sequence[str]) -> dict[str, Lettered]:
    """By account: the letter to it, or the one by which its owner follows without it, whichever has come further."""
    found: dict[str, Lettered] = {}
    for query in (_LETTERED, _LETTERED_TOO):
        for row in await tx.all(query, post_id=post_id, ids=account_ids):
            one = Lettered(row.state, row.how, row.due_at, row.problem)
            known = found.setdefault(row.account_id, one)
            if one.reached(tx.now) > known.reached(tx.now):
                found[row.account_id] = one
    return found


_LETTERS_TO = Prepared(
    select(follow_letters.c.post_id).where(
        follow_letters.c.follower_id == bindparam("follower_id"),
        or_(*(follow_letters.c.how == how for how in AT_ONCE)),
        or_(
            and_(follow_letters.c.state == "sent", follow_letters.c.settled_at > bindparam("since")),
            follow_letters.c.state == "handed",
        ),
    )
)
_PUSHES_TO = Prepared(
    lambda words: select(follow_pushes.c.device_id, follow_pushes.c.post_id).where(
        words.among(follow_pushes.c.device_id, "ids"),
        follow_pushes.c.state == "sent", follow_pushes.c.settled_at > bindparam("since"),
    )
)  # fmt: skip


async def lettered_in_week(tx: Tx, follower_id: str) -> set[str]:
    """The posts of which who follows by mail was told at once in the last seven days."""
    rows = await tx.all(_LETTERS_TO, follower_id=follower_id, since=tx.now - WEEK_MS)
    return {row.post_id for row in rows}


async def pushed_in_week(tx: Tx, device_ids: Sequence[str]) -> Mapping[str, set[str]]:
    """By device that belongs to nobody, the posts of which it was told in the last seven days."""
    found: dict[str, set[str]] = {device_id: set() for device_id in device_ids}
    for row in await tx.all(_PUSHES_TO, ids=device_ids, since=tx.now - WEEK_MS) if device_ids else ():
        found[row.device_id].add(row.post_id)
    return found


async def told_in_week(tx: Tx, community_id: str, account_ids: Sequence[str]) -> Mapping[str, set[str]]:
    """The posts of a community of which these people were told at once in the last seven days, by whatever way. Messages in
    topics are none."""
    found: dict[str, set[str]] = defaultdict(set)
    given = {"community_id": community_id, "ids": account_ids, "since": tx.now - WEEK_MS}
    for query in (_LETTERS_IN_WEEK, _FOLLOWED_IN_WEEK, _PUSHES_IN_WEEK) if account_ids else ():
        for row in await tx.all(query, **given):
            found[row.account_id].add(row.post_id)
    return found

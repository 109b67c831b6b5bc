"""Putting followers into the classes that a creator sees, and the floor under which no number is shown. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from channel.notices.model import HOUR_MS, Times, after_quiet, due_at, morning_at
from channel.posts.model import Post
from channel.reach.floor import FLOOR, floored
from channel.reach.strangers import Strangers, StrangerWay
from channel.tags.model import UNTAGGED, Tagged

Sending = Literal["now", "important", "morning", "silent"]
SENDINGS: Final[tuple[Sending, ...]] = ("now", "important", "morning", "silent")
Reason = Literal[
    "muted", "limit", "digest", "quiet", "waiting", "silent", "came_later", "no_device", "bounced", "failed", "unchosen",
    "missed",
]  # fmt: skip
Way = Literal["push", "mail", "live"]


@dataclass(frozen=True, slots=True)
class Wording:
    """What of a post decides who is told: the rank that reads it, its tags, and whether it is important."""

    min_rank: int | None = None
    tags: Tagged = UNTAGGED
    important: bool = False


PLAIN: Final = Wording()


@dataclass(frozen=True, slots=True)
class Choice:
    """What a group of followers chose for one room. `mail`: "" without an address; `push`: "" without a device. `muted_until`:
    epoch ms, where they are."""

    mail: str
    push: str
    times: Times
    muted: bool
    refused: bool
    muted_until: int = 0


@dataclass(frozen=True, slots=True)
class Forecast:
    """How many are told at once, later and not at all. What somebody's weekly limit holds back is not in it."""

    at_once: int = 0
    later: int = 0
    not_told: int = 0

    @property
    def shown(self) -> "Forecast":
        """As it may be shown."""
        return Forecast(floored(self.at_once), floored(self.later), floored(self.not_told))


def foresee(groups: Iterable[tuple[Choice, int]], sending: Sending, now: int) -> Forecast:
    """`now`: epoch ms."""
    found: Counter[str] = Counter()
    for choice, count in groups:
        found[_when(choice, sending, now)] += count
    return Forecast(found["at_once"], found["later"], found["not_told"])


@dataclass(frozen=True, slots=True)
class Outlook:
    """The same of those who follow without an account: by their way and by how the post is sent. `followers`: how many there
    are; who is told as a member is in none of the others. `closed`: no stranger may read the post, so none is told, and `by_way` is empty."""

    followers: int = 0
    closed: bool = False
    by_way: Mapping[StrangerWay, Mapping[Sending, Forecast]] = field(default_factory=dict)

    @property
    def shown(self) -> "Outlook":
        """As it may be shown. How many follow, the studio says anyway."""
        each = {way: {how: one.shown for how, one in found.items()} for way, found in self.by_way.items()}
        return Outlook(self.followers, self.closed, each)


def _when(choice: Choice, sending: Sending, now: int) -> str:
    mail = "none" if choice.refused or not choice.mail else choice.mail
    if sending == "silent":
        return "not_told"
    heard = ("instant", "important") if sending == "important" else ("instant",)
    due = []
    if choice.push in heard or mail in heard:
        at = morning_at(choice.times, now) if sending == "morning" else now
        due.append(after_quiet(choice.times, at, important=sending == "important"))
    if mail in ("daily", "weekly"):
        due.append(due_at("daily" if mail == "daily" else "weekly", choice.times, now))
    told = [at for at in due if at >= choice.muted_until] if choice.muted else due
    return "not_told" if not told else "at_once" if min(told) == now else "later"


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a post for a group of followers. `mail`, `push`: the state of what was planned, "" for nothing; `fresh`:
    the post is so young that nothing may be planned yet."""

    choice: Choice
    mail: str = ""
    mail_how: str = ""
    mail_problem: str = ""
    push: str = ""
    push_problem: str = ""
    shown: bool = False
    opened: bool = False
    seen: bool = False
    quiet: bool = False  # just now
    important: bool = False
    silent: bool = False
    fresh: bool = False

    @property
    def wants(self) -> bool:
        """To be told of such a post in any way."""
        heard = ("instant", "daily", "weekly") + (("important",) if self.important else ())
        return self.choice.mail in heard or self.choice.push in heard

    @property
    def queued(self) -> bool:
        return bool(self.mail or self.push)

    @property
    def accepted(self) -> bool:
        return "sent" in (self.mail, self.push)

    @property
    def ways(self) -> tuple[Way, ...]:
        """By which it came: more than one only for who looked into the room, too."""
        told: list[Way] = []
        if self.push == "sent":
            told.append("push")
        if self.mail == "sent":
            told.append("mail")
        if self.seen and not told:
            told.append("live")
        return tuple(told)

    @property
    def _waits(self) -> Reason:
        return "quiet" if self.quiet else "waiting"

    @property
    def reason(self) -> Reason | None:
        """Why it came by none; None where it came."""
        if self.ways:
            return None
        if self.silent and self.wants:
            return "silent"
        problems = (self.mail_problem, self.push_problem)
        if self.choice.muted or "muted" in problems:
            return "muted"
        if self.mail in ("waiting", "handed"):
            return "digest" if self.mail_how in ("daily", "weekly") else self._waits
        if self.push == "waiting":
            return self._waits
        if "limit" in problems:
            return "limit"
        if self.choice.refused or self.mail == "failed":
            return "bounced"
        if self.push == "failed":
            return "failed"
        if self.queued:
            return "missed"
        if self.wants:
            return self._waits if self.fresh else "came_later"
        wants_mail = self.choice.mail not in ("", "none")
        return "no_device" if not self.choice.push and not wants_mail else "unchosen"


UNKNOWN: Final = -1  # no rank is below 0
SETTLED_MS: Final = 7 * 24 * HOUR_MS + 12 * HOUR_MS  # after a post: a weekly letter has come by then


@dataclass(frozen=True, slots=True)
class Report:
    """One post. Each follower who may see the room is in exactly one of `ways` or `reasons`; `seen` counts who has read as
    far, by whatever way. `lapsed`: whom it was meant for when it came, and who may not see the room any more. `outside`:
    those without an account, counted apart; None in what was kept before they were. `min_rank`: whom the post was open to
    when its numbers were kept; UNKNOWN in all others."""

    members: int = 0
    may_see: int = 0
    by_tier: Mapping[str, int] = field(default_factory=dict)
    chosen: int = 0
    queued: int = 0
    accepted: int = 0
    shown: int = 0
    opened: int = 0
    seen: int = 0
    lapsed: int = 0
    ways: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)
    outside: Strangers | None = None
    min_rank: int | None = UNKNOWN

    @property
    def is_few(self) -> bool:
        """Whether there are too few to tell anything but how many they are."""
        return self.may_see < FLOOR

    @property
    def public(self) -> "Report":
        """As it may be shown. Who is a member, and of which tier, those who read it know anyway."""
        outside = self.outside.public if self.outside else None
        plain = {
            "members": self.members,
            "may_see": self.may_see,
            "by_tier": self.by_tier,
            "outside": outside,
        }
        if self.is_few:
            return Report(**plain)  # type: ignore[arg-type]
        return Report(
            **plain,  # type: ignore[arg-type]
            chosen=floored(self.chosen), queued=floored(self.queued), accepted=floored(self.accepted),
            shown=floored(self.shown), opened=floored(self.opened), seen=floored(self.seen),
            lapsed=floored(self.lapsed),
            ways={way: floored(count) for way, count in self.ways.items()},
            reasons={reason: floored(count) for reason, count in self.reasons.items()},
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Span:
    """Of which time the numbers of a post are. `final_at`: when they are kept (epoch ms), and move no more; None: never, for
    it was sent silently. `opens_later`: it is to open to more people after that. `opened_since`: it did."""

    final_at: int | None
    is_final: bool
    opens_later: bool
    opened_since: bool


def span(post: Post, counted: Report, counted_at: int) -> Span:
    """`counted`: its numbers, as keeping.seen_now tells them."""
    if post.silent:
        return Span(None, is_final=False, opens_later=False, opened_since=False)
    final_at = post.created_at + SETTLED_MS
    wider = counted.min_rank is not None and (post.min_rank is None or post.min_rank < counted.min_rank)
    return Span(
        final_at,
        is_final=counted_at >= final_at,
        opens_later=any(step.at > final_at for step in post.opens),
        opened_since=wider and counted.min_rank != UNKNOWN,
    )


def add_up(
    fates: Iterable[tuple[Fate, int]],
    *,
    members: int,
    by_tier: Mapping[str, int],
    lapsed: int,
    outside: Strangers | None = None,
) -> Report:
    """`fates` are those of everybody who may see the room."""
    sums: Counter[str] = Counter()
    ways: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for fate, count in fates:
        sums["may_see"] += count
        for name, holds in (
            ("chosen", fate.queued or _chose(fate.choice)), ("queued", fate.queued), ("accepted", fate.accepted),
            ("shown", fate.shown), ("opened", fate.opened), ("seen", fate.seen),
        ):  # fmt: skip
            sums[name] += count if holds else 0
        if fate.reason is not None:
            reasons[fate.reason] += count
        else:
            ways[fate.ways[0]] += count
    return Report(
        members=members, by_tier=by_tier, lapsed=lapsed, ways=ways, reasons=reasons, outside=outside, **sums
    )  # fmt: skip


def _chose(choice: Choice) -> bool:
    return choice.mail not in ("", "none") or choice.push not in ("", "none")


def times(ratio: float) -> int:
    """How many times as many, in whole words: 2, 3, 4 or more; 0 when it is no news."""
    return 0 if ratio < 1.5 else max(2, min(4, round(ratio)))

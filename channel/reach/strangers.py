"""What a post did for those who follow without an account: each in one class, under the same floor. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from channel.reach.floor import FLOOR, floored

StrangerWay = Literal["push", "mail"]
StrangerReason = Literal[
    "digest",
    "limit",
    "quiet",
    "waiting",
    "muted",
    "bounced",
    "failed",
    "unchosen",
    "member",
    "came_later",
    "silent",
    "closed",
    "missed",
]
# What we write down when one is cancelled; what mail servers say is each time another sentence.
PROBLEMS: Final[Mapping[str, StrangerReason]] = {
    "told as a member": "member", "unwanted": "unchosen", "refused": "bounced", "closed": "closed",
    "muted": "muted", "limit": "limit", "seen": "member", "shown": "member", "own": "member",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class StrangerFate:
    """What became of a post for a group of them. `states`: of what was planned, by its way, "" for nothing; `problem`:
    one of PROBLEMS;
    `against`: why the post is for none of them; `fresh`: the post is so young that nothing may be planned yet."""

    states: Mapping[StrangerWay, str]
    how: str = ""  # the letter's
    problem: str = ""
    against: Literal["", "silent", "closed"] = ""
    refused: bool = False
    wants: bool = True
    came_later: bool = False
    quiet: bool = False  # just now
    muted: bool = False  # for some days
    fresh: bool = False

    @property
    def way(self) -> StrangerWay | None:
        """By which it came first."""
        return next((way for way, state in self.states.items() if state == "sent"), None)

    @property
    def reason(self) -> StrangerReason | None:
        """Why it came by none; None where it came."""
        if self.way is not None:
            return None
        if self.against:
            return self.against
        if self.problem:
            return PROBLEMS[self.problem]
        states = self.states.values()
        if "waiting" in states or "handed" in states:
            return "digest" if self.how in ("daily", "weekly") else self._waits
        if self.refused or self.states.get("mail") == "failed":
            return "bounced"
        if "failed" in states:
            return "failed"
        if any(states):
            return "missed"
        if self.came_later:
            return "came_later"
        if not self.wants:
            return "unchosen"
        if self.muted:
            return "muted"
        return self._waits if self.fresh else "missed"

    @property
    def _waits(self) -> StrangerReason:
        return "quiet" if self.quiet else "waiting"


@dataclass(frozen=True, slots=True)
class Strangers:
    """Of one post: each address and each device that follows without an account is in exactly one of `ways` or `reasons`."""

    followers: int = 0
    ways: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_few(self) -> bool:
        """Whether there are too few to tell anything but how many they are."""
        return self.followers < FLOOR

    @property
    def public(self) -> "Strangers":
        """As it may be shown. How many follow, the studio says anyway."""
        if self.is_few:
            return Strangers(self.followers)
        ways = {way: floored(count) for way, count in self.ways.items()}
        return Strangers(self.followers, ways, {why: floored(count) for why, count in self.reasons.items()})


def sum_strangers(fates: Iterable[tuple[StrangerFate, int]]) -> Strangers:
    """`fates` are those of everybody who follows without an account."""
    ways: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for fate, count in fates:
        if fate.way is not None:
            ways[fate.way] += count
        else:
            reasons[fate.reason or "missed"] += count
    return Strangers(ways.total() + reasons.total(), ways, reasons)

"""Who follows a story: with which tier, since when and through which invite."""

import random
from dataclasses import replace

from channel.demo.clock import Timeline
from channel.demo.content.cast import REGULARS
from channel.demo.content.names import NameBook
from channel.demo.model import MemberPlan, PersonPlan
from channel.demo.script import FIRST_DAY, Door, Story

_WITHOUT_INVITE_SHARE = 14
_MUTED, _BANNED = 2, 1


class Arrivals:
    """Lets people into one community, none through an invite that would not have let them in."""

    def __init__(self, story: Story, timeline: Timeline, rng: random.Random) -> None:
        self._doors = story.doors
        self._timeline = timeline
        self._rng = rng
        self._uses: dict[str, int] = {}

    def join(self, person: PersonPlan, rank: int) -> MemberPlan:
        door = self._door(rank)
        if door is None:
            return MemberPlan(person, rank, self._at_ms(FIRST_DAY))
        label = door.invite.label
        self._uses[label] = self._uses.get(label, 0) + 1
        return MemberPlan(person, rank, self._at_ms(door.since_day), label)

    def ask(self, person: PersonPlan) -> MemberPlan:
        door = next(door for door in self._doors if door.invite.requires_approval and door.share)
        return MemberPlan(person, 0, self._at_ms(2), door.invite.label, state="requested")

    def _door(self, rank: int) -> Door | None:
        open_doors = [door for door in self._doors if self._admits(door, rank)]
        shares = [door.share for door in open_doors]
        return self._rng.choices([*open_doors, None], [*shares, _WITHOUT_INVITE_SHARE])[0]

    def _admits(self, door: Door, rank: int) -> bool:
        invite = door.invite
        if invite.max_uses is not None and self._uses.get(invite.label, 0) >= invite.max_uses:
            return False
        return invite.tier_rank is None or invite.tier_rank <= rank

    def _at_ms(self, since_day: int) -> int:
        clock = f"{self._rng.randint(8, 21)}:{self._rng.randint(0, 59):02}"
        return self._timeline.at_ms(self._rng.randint(1, since_day), clock)


def followers(
    story: Story, timeline: Timeline, names: NameBook, rng: random.Random
) -> tuple[MemberPlan, ...]:
    """Everyone but the staff, in the order in which they came."""
    arrivals = Arrivals(story, timeline, rng)
    regulars = [
        arrivals.join(person, ranks[story.handle]) for person, ranks in REGULARS if story.handle in ranks
    ]
    crowd = [
        arrivals.join(names.stranger(story.speaks), rank) for rank, count in story.crowd for _ in range(count)
    ]
    asking = [arrivals.ask(names.stranger(story.speaks)) for _ in range(story.requests)]
    everyone = [*regulars, *_with_trouble(crowd, rng), *asking]
    return tuple(sorted(everyone, key=lambda member: member.joined_at_ms))


def _with_trouble(crowd: list[MemberPlan], rng: random.Random) -> list[MemberPlan]:
    free = [place for place, member in enumerate(crowd) if member.tier_rank == 0]
    troubled = rng.sample(free, _MUTED + _BANNED)
    changed = list(crowd)
    for place in troubled[:_MUTED]:
        changed[place] = replace(crowd[place], state="muted")
    for place in troubled[_MUTED:]:
        changed[place] = replace(crowd[place], state="banned")
    return changed

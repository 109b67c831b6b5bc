"""What may be seen of a poll: the only place where a stored one becomes something to show.

A sealed poll's tallies have no way out of here before its end, whoever asks: the creator neither. Until then it tells
how many have voted, from LEAST_TOLD on, and nothing of what. Options stand in the author's order, never by votes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from channel.members.model import needed
from channel.polls.model import Kind, Mine, Poll, shown_code
from channel.tiers.model import Tier, opening

LEAST_TOLD = 5  # voters of a sealed poll: fewer are nearly names

# What a viewer of this rank can do with it: vote, join first, have a higher tier first, or look at how it ended.
Voting = Literal["open", "join", "tier", "over"]


@dataclass(frozen=True, slots=True)
class OptionView:
    """`votes` and `share` (percent of those who voted) None: sealed. `right` None: not told."""

    id: int
    text: str
    votes: int | None
    share: int | None
    right: bool | None


@dataclass(frozen=True, slots=True)
class PollView:
    """A poll as all viewers of one rank see it. `total` None: sealed, and fewer than five have voted."""

    question: str
    kind: Kind
    multiple: bool
    anonymous: bool
    sealed: bool
    may_change: bool
    min_rank: int | None
    tier: str
    voting: Voting
    closes_at: int | None
    closed_at: int | None
    revealed: bool
    total: int | None
    options: tuple[OptionView, ...]
    explanation: str

    @property
    def closed(self) -> bool:
        return self.closed_at is not None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a quiz says to who has answered it, or to all when it is over."""

    right: tuple[int, ...]
    explanation: str


def poll_view(poll: Poll, rank: int, levels: Sequence[Tier] = ()) -> PollView:
    """The poll as viewers of `rank` see it; they may read its post."""
    told = answer(poll, voted=False)
    tier = opening(levels, poll.min_rank) if poll.min_rank else None
    return PollView(
        question=poll.question, kind=poll.kind, multiple=poll.multiple, anonymous=poll.anonymous,
        sealed=poll.sealed, may_change=poll.may_change, min_rank=poll.min_rank, tier=tier.name if tier else "",
        voting=_voting(poll, rank), closes_at=poll.closes_at, closed_at=poll.closed_at, revealed=poll.revealed,
        total=total(poll), options=_options(poll, told), explanation=told.explanation if told else "",
    )  # fmt: skip


def answer(poll: Poll, *, voted: bool) -> Answer | None:
    """The right answers of a quiz, once nobody can use them: at the end, or after one's own vote unless it is sealed."""
    if poll.kind != "quiz" or not (poll.closed_at is not None or (voted and not poll.sealed)):
        return None
    return Answer(poll.right, poll.explanation)


def _voting(poll: Poll, rank: int) -> Voting:
    if poll.closed_at is not None:
        return "over"
    if rank < 0:
        return "join"
    return "open" if rank >= needed(poll.min_rank) else "tier"


def total(poll: Poll) -> int | None:
    """How many have voted, as far as that may be told."""
    return poll.voters if poll.revealed or poll.voters >= LEAST_TOLD else None


def _options(poll: Poll, told: Answer | None) -> tuple[OptionView, ...]:
    return tuple(
        OptionView(
            option.id,
            option.text,
            option.votes if poll.revealed else None,
            share(option.votes, poll.voters) if poll.revealed else None,
            None if told is None else option.id in told.right,
        )
        for option in poll.options
    )


def share(votes: int, voters: int) -> int:
    """Percent, rounded as people expect; of nobody it is nothing."""
    return (200 * votes + voters) // (2 * voters) if voters else 0


def tally(poll: Poll) -> dict[str, Any]:
    """What changes while people vote, for `counts` frames: numbers only, and those of a sealed poll only when it is over."""
    told: dict[str, Any] = {"total": total(poll)}
    if poll.revealed:
        told["votes"] = {str(option.id): option.votes for option in poll.options}
    return told


def mine_json(poll: Poll, mine: Mine | None) -> dict[str, Any] | None:
    """One's own vote; None when there is none. `options` null: anonymous, so that nobody here knows."""
    if mine is None:
        return None
    told = answer(poll, voted=True)
    return {
        "options": None if mine.options is None else list(mine.options),
        "receipt": shown_code(mine.receipt) if mine.receipt else None,
        "right": list(told.right) if told else None,
        "explanation": told.explanation or None if told else None,
    }

"""What answers about polls look like."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from channel.api.shape import Moment, Shape


class PollOption(Shape, frozen=True):
    """An answer to choose. `votes` null: sealed until the end."""

    id: int
    text: str
    votes: int | None


class Poll(Shape, frozen=True):
    """A poll or a quiz. `total` is how many people have voted; null: sealed, and fewer than five have."""

    question: Annotated[str, Meta(description="empty: the text of the post asks it")]
    kind: Literal["poll", "quiz"]
    options: list[PollOption]
    total: int | None
    multiple: bool
    anonymous: bool
    sealed: bool
    may_change: bool
    min_rank: Annotated[int, Meta(description="to vote")] | None
    closes_at: Moment | None
    closed: bool
    closed_at: Moment | None
    right: Annotated[list[int], Meta(description="of a quiz that is over")] | None
    explanation: str | None


class MyVote(Shape, frozen=True):
    """One's own vote. In an anonymous poll `options` and `receipt` are null: the server does not know them."""

    options: list[int] | None
    receipt: str | None
    right: Annotated[list[int], Meta(description="of a quiz, after one's vote; sealed: after the end")] | None
    explanation: str | None


class Mine(Shape, frozen=True, omit_defaults=True):
    """What the caller did with a post. `vote` is there where the post asks something; null: nothing was chosen yet."""

    reactions: list[str]
    vote: MyVote | UnsetType | None = UNSET


class Voted(MyVote, frozen=True):
    """What was chosen, and the code for it: in an anonymous poll it is told here and never again."""

    poll: Poll


class PollReceipt(Shape, frozen=True):
    """A code, and what was chosen by whoever holds it."""

    receipt: str
    options: list[int]


class PollReceipts(Shape, frozen=True):
    items: list[PollReceipt]
    next_cursor: str | None

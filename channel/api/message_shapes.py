"""What answers about messages, saved answers and the inbox look like."""

from typing import Annotated, Literal

from msgspec import Meta

from channel.api.shape import Id, Moment, Rank, Seq, Shape
from channel.api.shapes import Author

Side = Literal["follower", "team"]
Kind = Literal["comment", "held", "mention", "message", "question", "report", "request"]
State = Literal["open", "later", "done"]


class MessageBox(Shape, frozen=True):
    """Whether followers may write to the team, and from which rank on."""

    on: bool
    min_rank: Rank


class Message(Shape, frozen=True):
    """A message of a follower, or an answer of the team. A deleted one keeps its place, and says nothing."""

    id: Id
    conversation_id: Id
    seq: Annotated[Seq, Meta(description="number in the conversation")]
    side: Side
    author: Annotated[Author | None, Meta(description="null: the team, as far as the follower is told")]
    as_team: Annotated[bool, Meta(description="written in the name of the community")]
    text: str
    html: str
    created_at: Moment
    deleted: bool


class OwnMessages(Shape, frozen=True):
    """The caller's conversation with the team, the newest messages first. `may`: the caller can write now."""

    items: list[Message]
    next_cursor: str | None
    box: MessageBox
    may: bool
    read_seq: Annotated[Seq, Meta(description="how far the caller has read")]
    unread: int


class Messages(Shape, frozen=True):
    """Of one conversation, the newest first."""

    items: list[Message]
    next_cursor: str | None


class Conversation(Shape, frozen=True):
    """A follower's conversation with the team, as the team sees it."""

    id: Id
    follower: Author
    last_seq: Seq
    last_at: Moment
    waits_since: Annotated[Moment | None, Meta(description="the first message without an answer")]


class Conversations(Shape, frozen=True):
    items: list[Conversation]
    next_cursor: str | None


class SavedAnswer(Shape, frozen=True):
    """A text that the team keeps to answer with."""

    id: Id
    name: str
    text: str


class SavedAnswers(Shape, frozen=True):
    items: list[SavedAnswer]
    next_cursor: str | None


class InboxItem(Shape, frozen=True):
    """Something that waits for the team. `mark` grows with what happens in it, `rev` with what the team does."""

    id: Annotated[str, Meta(description="kind, what it is about, whom it is from")]
    kind: Kind
    about_id: Annotated[
        Id, Meta(description="of the question, comment, conversation, reported thing or account")
    ]
    author: Annotated[Author, Meta(description="whom it is from")]
    text: str
    url: Annotated[str, Meta(description="the page where it is dealt with")]
    reason: Annotated[str | None, Meta(description="of a report")]
    since: Moment
    mark: int
    rev: int
    state: State
    later_until: Moment | None
    assigned_to: Author | None


class Inbox(Shape, frozen=True):
    """What has waited longest comes first. `counts`: how many of each kind are open, at most 100."""

    items: list[InboxItem]
    next_cursor: str | None
    counts: dict[Kind, int]


class ResponseTime(Shape, frozen=True):
    """Of one kind, over the last 30 days; `unanswered` counts what was put away without an answer, too."""

    kind: Literal["question", "comment", "message"]
    asked: int
    answered: int
    unanswered: int
    median_s: Annotated[int | None, Meta(description="half of the first answers took at most so long")]


class ResponseTimes(Shape, frozen=True):
    items: list[ResponseTime]
    next_cursor: str | None

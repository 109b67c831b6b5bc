"""What answers about groups look like: their rules, their topics, and how far the caller has read in them."""

from typing import Annotated, Literal

from msgspec import Meta

from channel.api.shape import Id, Moment, Seq, Shape


class GroupRules(Shape, frozen=True):
    """The rules of a group. Staff always write, and see all of it."""

    write_rank: Annotated[
        int | None, Meta(description="who may write: null for every member, 1000001 for the team")
    ]
    topic_rank: Annotated[int | None, Meta(description="who may start a topic, besides write_rank")]
    upload_rank: Annotated[int | None, Meta(description="who may send files, besides write_rank")]
    history: Annotated[
        int | None, Meta(description="messages from before their time that new members see; null: all")
    ]
    slow_s: Annotated[int, Meta(description="seconds between two messages of a member")]
    slow_free_rank: Annotated[int | None, Meta(description="from this rank on there is no slow mode")]
    quiet_from: Annotated[int | None, Meta(description="minute of the day in UTC from which nobody writes")]
    quiet_to: Annotated[int | None, Meta(description="minute of the day in UTC at which that ends")]
    close_days: Annotated[int | None, Meta(description="a topic without a message for so long is closed")]


class TopicMine(Shape, frozen=True):
    """What the caller made of a topic."""

    read: Annotated[int, Meta(ge=0, description="read up to this seq")]
    unread: int
    level: Literal["", "follow", "mute"]
    starred: bool
    push: Annotated[
        Literal["instant", "none"], Meta(description="how new messages come to devices, to who follows it")
    ]
    mail: Annotated[
        Literal["instant", "daily", "weekly", "none"],
        Meta(description="how new messages come by letter, to who follows it"),
    ]


class Topic(Shape, frozen=True):
    """What messages of a group are about. Topic 1 of a group is the one for everything else."""

    id: Id
    room_id: Id
    number: int
    name: str
    state: Annotated[
        Literal["open", "closed", "resolved"],
        Meta(description="as it holds now; nobody writes in a closed one"),
    ]
    answer_id: Annotated[Id | None, Meta(description="the message that answers it")]
    posts: int
    last_seq: Seq
    last_at: Moment
    created_at: Moment
    created_by: Id
    moved_to: Annotated[Id | None, Meta(description="the topic that it was merged into")]
    url: str
    mine: TopicMine | None


class TopicRef(Shape, frozen=True):
    """A topic in passing."""

    id: Id
    number: int
    name: str


class TopicPosition(Shape, frozen=True):
    """How far the account has read in one topic of a group; it never moves backwards."""

    topic_id: Id
    room_id: Id
    seq: Seq


class Topics(Shape, frozen=True):
    items: list[Topic]
    next_cursor: str | None

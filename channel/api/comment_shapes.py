"""What answers about comments look like. As in shapes, every field is listed by hand."""

from typing import Annotated, Any, Literal

from msgspec import Meta

from channel.api.shape import Counts, Id, Moment, Seq, Shape
from channel.api.shapes import Author

# What render/comments.py prints; its shape is one of the two below.
AnyComment = Annotated[dict[str, Any], Meta(extra_json_schema={"$ref": "#/components/schemas/AnyComment"})]

AnySaid = Annotated[dict[str, Any], Meta(extra_json_schema={"$ref": "#/components/schemas/AnySaid"})]


class Commenter(Author, frozen=True, kw_only=True):
    """Who wrote a comment. `role` null: a member, or nobody here any more."""

    role: Literal["owner", "admin", "editor", "moderator"] | None


class Comment(Shape, frozen=True):
    """A comment. `thread` is the post it stands under; `seq` is that of the thread's event that showed it."""

    id: Id
    room_id: Id
    thread: Id
    seq: Seq
    reply_to: Annotated[Id, Meta(description="the comment it answers")] | None
    author: Commenter
    text: str
    html: str
    created_at: Moment
    edited_at: Moment | None
    rev: int
    mentions: Annotated[list[Author], Meta(description="who is named one by one and may read it")]
    locked: Literal[False]
    state: Annotated[
        Literal["shown", "held"],
        Meta(description="held: waits for approval; its author and moderators see it"),
    ]
    quote: None
    media: list[dict[str, Any]]
    counts: Counts


class ListedComment(Comment, frozen=True):
    """A comment among posts."""

    comment_id: Id
    url: Annotated[str, Meta(description="the page of its post, where it stands")]


class GoneComment(Shape, frozen=True):
    """The trace of a deleted comment. `reason` is for its author and the moderators."""

    id: Id
    room_id: Id
    thread: Id
    seq: Seq
    reply_to: Id | None
    deleted: Literal[True]
    deleted_at: Moment
    reason: str


class Comments(Shape, frozen=True):
    items: list[AnyComment]
    next_cursor: str | None


class Said(Shape, frozen=True):
    """Posts, and among them comments, which have a `comment_id`."""

    items: list[AnySaid]
    next_cursor: str | None

"""What answers about the caller and about naming people look like; see shapes.py for the rest."""

from typing import Annotated, Any, Literal

from msgspec import Meta

from channel.api.shape import Moment, Shape
from channel.api.shapes import AnyPost, ReadPosition


class Mentionable(Shape, frozen=True):
    """Somebody, or a group of people, that a text can name. `write` is what to put into the text."""

    kind: Literal["person", "role", "tier", "everyone"]
    write: str
    name: str
    handle: str | None
    avatar: str
    hue: int
    people: Annotated[int, Meta(description="how many it means, besides the caller")]


class Mentionables(Shape, frozen=True):
    """At most eight people, then the groups."""

    items: list[Mentionable]


class MissedPost(Shape, frozen=True):
    """A post that the caller has not read, where it is, and why it is for them; or a `comment` under one."""

    why: list[Literal["post", "mention", "quote", "answer"]]
    community: str
    room: str
    post: AnyPost
    comment: (
        Annotated[dict[str, Any], Meta(extra_json_schema={"$ref": "#/components/schemas/ListedComment"})]
        | None
    )


class CatchUp(Shape, frozen=True):
    """`upto`: when this was looked up, for read-all."""

    items: list[MissedPost]
    next_cursor: str | None
    upto: Moment


class AllRead(Shape, frozen=True):
    """The rooms whose read position moved."""

    rooms: list[ReadPosition]

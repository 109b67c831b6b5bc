"""What all answers are made of: an answer's own type, and the small parts that many have."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

Moment = Annotated[
    str, Meta(description="RFC 3339, UTC, milliseconds", extra_json_schema={"format": "date-time"})
]
Id = Annotated[str, Meta(description="UUIDv7", extra_json_schema={"format": "uuid"})]
Seq = Annotated[int, Meta(ge=0, le=2**53, description="number in the room's stream")]
Rank = Annotated[int, Meta(ge=0, le=1_000_000)]
Avatar = Annotated[
    str,
    Meta(description="empty: initials; `art:…`: one that comes along; `own:…`: a picture of one's own"),
]
Cover = Annotated[
    str,
    Meta(description="empty or `pattern:…`: drawn; `art:…`: one that comes along; `own:…`: one of one's own"),
]
OwnPicture = Annotated[
    str | None, Meta(description="where the picture of one's own lies, a WebP; null without one")
]

EmojiPictures = Annotated[
    dict[str, str],
    Meta(
        description="where the pictures of emoji of the community's own lie, by `:name:`; missing without any"
    ),
]

MailTo = Annotated[
    Literal["comment", "inbox"],
    Meta(
        description="what an answer becomes: a comment (or a message, where none can be written), or a message to the team"
    ),
]
PodcastCategory = Annotated[
    str, Meta(max_length=60, description='of Apple\'s list, like "Arts" or "Arts/Books"; "": not chosen here')
]
PodcastEmail = Annotated[
    str,
    Meta(
        max_length=254,
        description="of the owner, published in podcast feeds; empty for whoever may not change it",
    ),
]


class Shape(msgspec.Struct, kw_only=True, frozen=True):
    """An answer, or a part of one."""


class Opening(Shape, frozen=True):
    """From `at` on the post asks for `min_rank` only; null: everyone who may be in the room."""

    at: Moment
    min_rank: Rank | None


class Cost(Shape, frozen=True):
    """An amount of money."""

    amount: Annotated[int, Meta(description="minor units")]
    currency: Annotated[str, Meta(description="ISO 4217")]


class Counts(Shape, frozen=True):
    """What readers did with a post."""

    reactions: dict[str, int]
    comments: int
    views: int
    emoji: EmojiPictures | UnsetType = UNSET

"""What all answers are made of: an answer's own type, and the small parts that many have."""

from typing import Annotated

import msgspec
from msgspec import Meta

Moment = Annotated[
    str, Meta(description="RFC 3339, UTC, milliseconds", extra_json_schema={"format": "date-time"})
]
Id = Annotated[str, Meta(description="UUIDv7", extra_json_schema={"format": "uuid"})]
Seq = Annotated[int, Meta(ge=0, le=2**53, description="number in the room's stream")]
Rank = Annotated[int, Meta(ge=0, le=1_000_000)]


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

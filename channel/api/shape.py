"""What the fields of answers are made of."""

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

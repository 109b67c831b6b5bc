"""The log itself: what a client reads to fill a gap."""

from typing import Annotated

from msgspec import Meta, Struct

from channel import comments, outbox
from channel.api import places, shapes
from channel.api.endpoint import Answer, Call, Endpoint
from channel.api.places import Limit
from channel.errors import NotFound
from channel.events import account_stream, room_stream, thread_stream
from channel.ids import is_id
from channel.live.frames import tell
from channel.posts import horizon
from channel.render import views
from channel.routing import VIEWER
from channel.storage import Tx

NO_RANK = -1  # an account's own stream holds no content


class EventQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which part of the log."""

    after: Annotated[int, Meta(ge=0, le=2**53, description="the last seq seen")] = 0
    limit: Limit = 100
    cursor: Annotated[str, Meta(max_length=16, pattern="^[0-9]{1,16}$", description="next_cursor")] | None = (
        None
    )


async def list_events(call: Call, tx: Tx, given: EventQuery) -> Answer:
    """The events of a stream after a seq, oldest first, as the live protocol sends them; what is locked comes locked.

    When `epoch` is not the one you know, or `head` is less than your `after`, your copy is of another history: start afresh.
    """
    stream, rank, since = await _allowed(call, tx)
    after = int(given.cursor) if given.cursor else given.after
    logged = await outbox.events_since(tx, stream, after, given.limit)
    items = [told.event_json(rank, since) for told in await tell(tx, stream, logged)]
    more = len(logged) == given.limit
    answer = {
        "items": items,
        "next_cursor": str(logged[-1].seq) if more else None,
        "head": await outbox.head(tx, stream),
        "epoch": await outbox.epoch(tx),
    }
    return Answer(answer)


async def _allowed(call: Call, tx: Tx) -> tuple[str, int, int]:
    """The stream's full name, the rank its events are shown for and the first seq. Raises NotFound, Forbidden."""
    named = call.word("stream")
    kind, _, key = (f"account:{call.account_id}" if named == "me" else named).partition(":")
    if not is_id(key):
        raise NotFound("There is no such stream. Streams are room:ID, thread:ID and me.")
    if kind == "account" and key == call.account_id:
        return account_stream(key), NO_RANK, 0
    if kind == "thread":
        thread = await comments.thread(tx, key, call.account_id)
        return thread_stream(thread.post.id), thread.sight, 0
    if kind != "room":
        raise NotFound("There is no such stream. Streams are room:ID, thread:ID and me.")
    room, place = await places.readable_room(call, tx, key)
    return room_stream(room.id), views.sight(place.by, room), await horizon.first_seq(tx, place.by, room)


ENDPOINTS = (
    Endpoint(
        method="GET", path="/streams/{stream}/events", handler=list_events, policy=VIEWER, tag="live",
        summary="Read the log of a stream", answers={200: shapes.Events}, query=EventQuery,
    ),
)  # fmt: skip

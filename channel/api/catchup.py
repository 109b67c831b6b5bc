"""What the caller missed, and marking all of it as read."""

from typing import Annotated

from msgspec import Meta, Struct

from channel.api import my_shapes, shapes
from channel.api.endpoint import Answer, Call, Endpoint
from channel.api.places import CursorText, Limit, When, milliseconds
from channel.comments.named import Said
from channel.live import catchup
from channel.members import queries
from channel.posts.missed import Missed
from channel.render import views
from channel.render.comments import listed, said_views
from channel.render.json import as_json, iso
from channel.routing import SIGNED_IN
from channel.storage import Tx


class MissedQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which part of it; `community` is a handle."""

    community: Annotated[str, Meta(max_length=60)] | None = None
    limit: Limit = 40
    cursor: CursorText | None = None


class ReadAll(Struct, forbid_unknown_fields=True, kw_only=True):
    """`upto`: what came later stays unread; now when it is left out. `community` is a handle; left out: all of them."""

    upto: When | None = None
    community: Annotated[str, Meta(max_length=60)] | None = None


async def catch_up(call: Call, tx: Tx, given: MissedQuery) -> Answer:
    """What is unread and for the caller: posts of channels, mentions, quotes of their posts, comments that name or answer
    them. Oldest first."""
    belongings = catchup.within(await queries.entitlements(tx, call.account.id), given.community)
    page = await catchup.missed_by(
        tx, call.account.id, belongings, upto=tx.now, cursor=given.cursor, limit=given.limit
    )
    items = [await _item(tx, one) for one in page.items]
    return Answer(my_shapes.CatchUp(items=items, next_cursor=page.next_cursor, upto=iso(tx.now)))


async def _item(tx: Tx, one: Missed | Said) -> my_shapes.MissedPost:
    (view,) = await views.post_views(tx, [one.post], one.room, one.community, one.entitlement)
    said = await said_views(tx, [one]) if isinstance(one, Said) else []
    return my_shapes.MissedPost(
        why=list(one.why), community=one.community.handle, room=one.room.slug, post=as_json(view),
        comment=listed(said[0][1]) if said else None,
    )  # fmt: skip


async def read_all(call: Call, tx: Tx, given: ReadAll) -> Answer:
    """Mark every room as read, on all devices. It counts as no view of any post."""
    upto = min(milliseconds(given.upto) or tx.now, tx.now)
    belongings = catchup.within(await queries.entitlements(tx, call.account.id), given.community)
    moved = await catchup.read_all(tx, call.account.id, belongings, upto)
    shape = my_shapes.AllRead(
        rooms=[shapes.ReadPosition(room_id=room, seq=seq) for room, seq in moved.items()]
    )
    return Answer(shape, then=lambda services: catchup.tell(services.bus, call.account.id, moved))


ENDPOINTS = (
    Endpoint(
        method="GET", path="/me/catch-up", handler=catch_up, policy=SIGNED_IN, tag="account",
        summary="What I missed", answers={200: my_shapes.CatchUp}, query=MissedQuery, heavy=True,
    ),
    Endpoint(
        method="POST", path="/me/read-all", handler=read_all, policy=SIGNED_IN, tag="account",
        summary="Mark all as read", answers={200: my_shapes.AllRead}, body=ReadAll,
    ),
)  # fmt: skip

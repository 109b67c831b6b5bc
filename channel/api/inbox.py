"""The inbox of those who run a community: what waits, and what they do with it."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from channel import inbox
from channel.api import message_shapes as shapes
from channel.api import places
from channel.api.endpoint import Answer, Call, Endpoint
from channel.api.places import CursorText, Limit, Place, When, milliseconds
from channel.api.shapes import Author
from channel.inbox import Item, Key, Seen, contents, figures, queries
from channel.inbox.model import KINDS
from channel.members import Action
from channel.render.inbox import as_json, item_views
from channel.routing import role
from channel.storage import Tx

Mark = Annotated[int, Meta(ge=0, le=2**53, description="as seen: what came after it is not put away with it")]
Rev = Annotated[
    int, Meta(ge=0, le=2**31 - 1, description="as seen: 409 when somebody did the same kind of thing since")
]


class InboxQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which part of the inbox."""

    kind: shapes.Kind | None = None
    whose: Literal["all", "mine", "unassigned"] = "all"
    state: shapes.State = "open"
    limit: Limit = 50
    cursor: CursorText | None = None


class PutAway(Struct, forbid_unknown_fields=True, kw_only=True):
    """What the caller saw; left out: as it is now."""

    mark: Mark | None = None
    rev: Rev | None = None


class PutOff(PutAway, forbid_unknown_fields=True, kw_only=True):
    """Until when; within a year."""

    until: When


class Assignment(Struct, forbid_unknown_fields=True, kw_only=True):
    """To whom it is given: somebody whose role allows to deal with it; null: to nobody."""

    account_id: Annotated[str, Meta(max_length=36)] | None
    rev: Rev | None = None


async def _shapes(call: Call, tx: Tx, place: Place, items: list[Item]) -> list[shapes.InboxItem]:
    loaded = await contents.load(tx, place.community.id, items)
    views = item_views(items, loaded, place.community, place.by, tx.now)
    return [_shape(as_json(view, call.settings.url)) for view in views]


def _shape(told: dict[str, object]) -> shapes.InboxItem:
    people = {
        name: None if told[name] is None else Author(**told[name])  # type: ignore[arg-type]
        for name in ("author", "assigned_to")
    }
    return shapes.InboxItem(**told | people)  # type: ignore[arg-type]


async def list_inbox(call: Call, tx: Tx, given: InboxQuery) -> Answer:
    """What waits, longest first; nothing is ranked. What is answered elsewhere leaves by itself."""
    place = await places.community(call, tx)
    page = await inbox.listing(
        tx, place.by, place.community, kinds=(given.kind,) if given.kind else KINDS, whose=given.whose,
        show=given.state, cursor=given.cursor, limit=given.limit,
    )  # fmt: skip
    items = await _shapes(call, tx, place, page.items)
    counts = await queries.counts(tx, place.by, whose=given.whose)
    return Answer(
        shapes.Inbox(
            items=items,
            next_cursor=page.next_cursor,
            counts=counts,
        )
    )


def _key(call: Call) -> Key:
    return Key.parse(call.word("item"))


async def _one(call: Call, tx: Tx, place: Place, item: Item) -> Answer:
    (shape,) = await _shapes(call, tx, place, [item])
    return Answer(shape)


async def inbox_done(call: Call, tx: Tx, given: PutAway) -> Answer:
    """It needs no more, until something happens in it. `state` of the answer is `open` when something just did."""
    place = await places.community(call, tx)
    seen = Seen(given.mark, given.rev)
    return await _one(call, tx, place, await inbox.done(tx, place.by, place.community, _key(call), seen=seen))


async def inbox_later(call: Call, tx: Tx, given: PutOff) -> Answer:
    """Out of sight until a moment to come, or until something happens in it."""
    place = await places.community(call, tx)
    seen, until = Seen(given.mark, given.rev), milliseconds(given.until)
    item = await inbox.later(tx, place.by, place.community, _key(call), until=until, seen=seen)
    return await _one(call, tx, place, item)


async def inbox_reopen(call: Call, tx: Tx, given: PutAway) -> Answer:
    """Back among what is open."""
    place = await places.community(call, tx)
    seen = Seen(given.mark, given.rev)
    return await _one(
        call, tx, place, await inbox.reopen(tx, place.by, place.community, _key(call), seen=seen)
    )


async def inbox_assign(call: Call, tx: Tx, given: Assignment) -> Answer:
    """Give it to somebody of the team, or to nobody."""
    place = await places.community(call, tx)
    seen = Seen(rev=given.rev)
    item = await inbox.assign(tx, place.by, place.community, _key(call), to=given.account_id, seen=seen)
    return await _one(call, tx, place, item)


async def list_response_times(call: Call, tx: Tx, given: places.PartQuery) -> Answer:
    """How long first answers took over the last 30 days, and what was left without one."""
    place = await places.community(call, tx)
    items = [
        shapes.ResponseTime(
            kind=one.kind,
            asked=one.asked,
            answered=one.answered,
            unanswered=one.left,
            median_s=None if one.median_ms is None else one.median_ms // 1000,
        )
        for one in await figures.times(tx, place.by, place.community)
    ]
    part, cursor = places.part_of(items, given, lambda one: one.kind)
    return Answer(shapes.ResponseTimes(items=part, next_cursor=cursor))


_INBOX = "/communities/{handle}/inbox"
_TEAM = role(Action.SEE_STUDIO, "post")
ENDPOINTS = (
    Endpoint(
        method="GET", path=_INBOX, handler=list_inbox, policy=_TEAM, tag="inbox",
        summary="Read the inbox", answers={200: shapes.Inbox}, query=InboxQuery,
    ),
    Endpoint(
        method="POST", path=f"{_INBOX}/{{item}}/done", handler=inbox_done, policy=_TEAM, tag="inbox",
        summary="Put something away", answers={200: shapes.InboxItem}, body=PutAway,
    ),
    Endpoint(
        method="POST", path=f"{_INBOX}/{{item}}/later", handler=inbox_later, policy=_TEAM, tag="inbox",
        summary="Put something off", answers={200: shapes.InboxItem}, body=PutOff,
    ),
    Endpoint(
        method="POST", path=f"{_INBOX}/{{item}}/reopen", handler=inbox_reopen, policy=_TEAM, tag="inbox",
        summary="Take something back in", answers={200: shapes.InboxItem}, body=PutAway,
    ),
    Endpoint(
        method="POST", path=f"{_INBOX}/{{item}}/assign", handler=inbox_assign, policy=_TEAM, tag="inbox",
        summary="Give something to somebody", answers={200: shapes.InboxItem}, body=Assignment,
    ),
    Endpoint(
        method="GET", path="/communities/{handle}/response-times", handler=list_response_times, query=places.PartQuery, policy=_TEAM,
        tag="inbox", summary="See how long answers take", answers={200: shapes.ResponseTimes},
    ),
)  # fmt: skip

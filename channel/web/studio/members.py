"""The people: who asks to come in, the list with its filters, and what is done to several at once."""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from channel import feeds, following, members, tiers
from channel.errors import ChannelError, Invalid, NotFound
from channel.incoming import bounces
from channel.members import Action, Role, State, actions, listing
from channel.members.model import Member
from channel.members.paging import Page
from channel.routing import services_of
from channel.storage import Tx
from channel.web.forms import Form
from channel.web.refusals import ask_again
from channel.web.responses import PRIVATE, page
from channel.web.studio.place import Place, enter, frame, go, posted

PAGE_SIZE = 50
ASKING_SHOWN = 30
TEMPLATE = "studio/members.html"
FILTERS = ("q", "tier", "role", "state")
BYTE_ORDER_MARK = "\ufeff"  # without it spreadsheets take UTF-8 for something older


async def show(request: Request) -> Response:
    """GET /studio/{handle}/members?q=&tier=&role=&state=&cursor="""
    return page(request, TEMPLATE, await _list(request, request.query_params))


async def _list(request: Request, asked: Mapping[str, str]) -> dict[str, Any]:
    chosen = {name: asked.get(name, "").strip() for name in FILTERS}
    async with services_of(request).db.read(heavy=True) as tx:
        place = await enter(request, tx, Action.SEE_MEMBERS)
        found = await _found(tx, place, chosen, asked.get("cursor") or None)
        waiting = await listing.listing(
            tx, place.by, place.community, state=State.REQUESTED, limit=ASKING_SHOWN
        )
        return await frame(request, tx, place, "members") | {
            "items": found.items,
            "older": found.next_cursor and _address({**chosen, "cursor": found.next_cursor}),
            "chosen": chosen,
            "filtered": any(chosen.values()),
            "unreached": await bounces.count(tx, place.community.id),
            "wide": len(await feeds.queries.wide(tx, place.by, place.community)),
            "followers": await following.count(tx, place.community.id),
            "asking": waiting.items if not asked.get("cursor") else [],
            "tiers": await tiers.of_community(tx, place.community.id),
            "roles": list(Role),
            "states": [state for state in State if state is not State.LEFT],
        }


async def _found(tx: Tx, place: Place, chosen: Mapping[str, str], cursor: str | None) -> Page[Member]:
    """A filter that means nothing finds nobody."""
    try:
        return await listing.listing(
            tx,
            place.by,
            place.community,
            q=chosen["q"],
            tier=chosen["tier"] or None,
            role=Role(chosen["role"]) if chosen["role"] else None,
            state=State(chosen["state"]) if chosen["state"] else None,
            cursor=cursor,
            limit=PAGE_SIZE,
        )
    except (ValueError, NotFound, Invalid):
        return Page([], None)


def _address(asked: Mapping[str, str]) -> str:
    return "?" + urlencode({name: value for name, value in asked.items() if value})


async def bulk(request: Request) -> Response:
    """POST /studio/{handle}/members/bulk {do: approve|refuse|tier, ids[], tier_id}"""
    form = await posted(request)
    ids = form.lists.get("ids", [])
    do = form.line("do")
    said = {"approve": "approved", "refuse": "refused", "tier": "tier"}.get(do)
    try:
        if said is None:
            raise Invalid({"": "Choose what to do with them."})
        async with services_of(request).db.write(heavy=True) as tx:
            await _do(request, tx, do, ids, form)
    except ChannelError as error:
        return ask_again(request, TEMPLATE, form, error, await _list(request, form.values))
    return go(request, "/members", said)


async def _do(request: Request, tx: Tx, do: str, ids: list[str], form: Form) -> None:
    place = await enter(request, tx, Action.SEE_MEMBERS)
    if do == "approve":
        await actions.approve(tx, place.by, place.community, ids)
    elif do == "refuse":
        await actions.refuse(tx, place.by, place.community, ids)
    elif not form.line("tier_id"):
        raise Invalid(tier_id="Choose the tier that they shall have.")
    else:
        await actions.give_tier(tx, place.by, place.community, ids, form.line("tier_id"))


async def export(request: Request) -> Response:
    """GET /studio/{handle}/members.csv: everybody, for a spreadsheet, in pieces that hold up nobody."""
    async with services_of(request).db.read(heavy=True) as tx:
        place = await enter(request, tx, Action.EXPORT_MEMBERS)
        first, cursor = await listing.export_csv(tx, place.by, place.community)
    headers = {
        "cache-control": PRIVATE,
        "content-disposition": f'attachment; filename="{place.community.handle}-members.csv"',
    }
    pieces = _pieces(request, place, BYTE_ORDER_MARK + first, cursor)
    return StreamingResponse(pieces, headers=headers, media_type="text/csv; charset=utf-8")


async def _pieces(request: Request, place: Place, first: str, cursor: str | None) -> AsyncIterator[str]:
    """Each piece asks for the right again: who loses it meanwhile gets a file that breaks off."""
    yield first
    while cursor:
        async with services_of(request).db.read(heavy=True) as tx:
            now = await members.entitlement(tx, place.community, place.by.account_id)
            piece, cursor = await listing.export_csv(tx, now, place.community, cursor=cursor)
        yield piece

"""The links that let people in: as passes, made, switched, drawn as codes and posters, and who came by them."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from channel import invites, rooms, tiers
from channel.errors import ChannelError, Conflict, Invalid
from channel.invites import Invite, Seal, qr
from channel.members import Action
from channel.routing import services_of
from channel.storage import Tx
from channel.web.forms import Form
from channel.web.refusals import ask_again
from channel.web.responses import PRIVATE, page, see_other
from channel.web.studio.moments import SPAN_WORDS, moment
from channel.web.studio.place import Place, enter, frame, go, posted

LIST = "studio/invites.html"
ONE = "studio/invite.html"
SWITCHES = {"paused": "paused", "open": "opened", "revoked": "revoked"}


def _seal(request: Request) -> Seal:
    return Seal(services_of(request).secret)


def _address(request: Request, invite: Invite) -> str:
    """What people are given. Empty when the viewer may not have it."""
    return f"{services_of(request).settings.url}/join/{invite.code}" if invite.code else ""


async def listing(request: Request) -> Response:
    """GET /studio/{handle}/invites?cursor="""
    return page(request, LIST, await _list(request))


async def _list(request: Request) -> dict[str, Any]:
    cursor = request.query_params.get("cursor") or None
    async with services_of(request).db.read() as tx:
        place = await enter(request, tx, Action.SEE_MEMBERS)
        found = await invites.listing(tx, place.by, place.community, seal=_seal(request), cursor=cursor)
        return await frame(request, tx, place, "invites") | await _choices(tx, place) | {
            "alive": [(one, _address(request, one)) for one in found.items if one.status in ("open", "paused")],
            "over": [one for one in found.items if one.status not in ("open", "paused")],
            "older": found.next_cursor,
            "base": services_of(request).settings.url,
        }  # fmt: skip


async def _choices(tx: Tx, place: Place) -> dict[str, Any]:
    return {
        "tiers": await tiers.of_community(tx, place.community.id),
        "rooms": await rooms.of_community(tx, place.community.id),
        "spans": list(SPAN_WORDS.items()),
    }


async def create(request: Request) -> Response:
    """POST /studio/{handle}/invites"""
    form = await posted(request)
    try:
        async with services_of(request).db.write() as tx:
            place = await enter(request, tx, Action.INVITE)
            typed = _typed(form, place.now)
            made = await invites.create(tx, place.by, place.community, _seal(request), **typed)
    except ChannelError as error:
        return ask_again(request, LIST, form, error, await _list(request))
    return see_other(f"{place.root}/invites/{made.id}?said=made")


def _typed(form: Form, now: int) -> dict[str, Any]:
    return {
        "label": form.text("label"),
        "expires_at": moment(form, "expires_at", now),
        "max_uses": form.number("max_uses"),
        "tier_id": form.line("tier_id") or None,
        "requires_approval": form.on("requires_approval"),
        "rooms": [form.line("room")] if form.line("room") else [],
    }


async def show(request: Request) -> Response:
    """GET /studio/{handle}/invites/{id}?cursor="""
    return page(request, ONE, await _one(request))


async def _one(request: Request) -> dict[str, Any]:
    cursor = request.query_params.get("cursor") or None
    async with services_of(request).db.read() as tx:
        place, invite = await _found(request, tx)
        came = await invites.joins(tx, place.by, place.community, invite, cursor=cursor)
        there = {room.id: room for room in await rooms.of_community(tx, place.community.id)}
        return await frame(request, tx, place, "invites") | {
            "invite": invite,
            "address": _address(request, invite),
            "landing": [there[room_id] for room_id in invite.rooms if room_id in there],
            "joins": came.items,
            "older": came.next_cursor,
        }


async def _found(request: Request, tx: Tx) -> tuple[Place, Invite]:
    place = await enter(request, tx, Action.SEE_MEMBERS)
    invite = await invites.one(tx, place.by, place.community, request.path_params["id"], seal=_seal(request))
    return place, invite


async def switch(request: Request) -> Response:
    """POST /studio/{handle}/invites/{id}/state {state: open|paused|revoked}"""
    form = await posted(request)
    state = form.line("state")
    try:
        if state not in SWITCHES:
            raise Invalid({"": "Choose open, paused or revoked."})
        async with services_of(request).db.write() as tx:
            place, invite = await _found(request, tx)
            await invites.set_state(tx, place.by, place.community, invite.id, state, seal=_seal(request))  # type: ignore[arg-type]
    except ChannelError as error:
        return ask_again(request, ONE, form, error, await _one(request))
    return go(request, f"/invites/{request.path_params['id']}", SWITCHES[state])


async def code(request: Request) -> Response:
    """GET /studio/{handle}/invites/{id}/qr.svg?download=1"""
    async with services_of(request).db.read() as tx:
        place, invite = await _found(request, tx)
    drawn = qr.svg(_shareable(request, invite))
    headers = {"cache-control": PRIVATE}
    if request.query_params.get("download"):
        headers["content-disposition"] = f'attachment; filename="{place.community.handle}-invite.svg"'
    return Response(drawn, headers=headers, media_type="image/svg+xml")


async def poster(request: Request) -> Response:
    """GET /studio/{handle}/invites/{id}/poster: a sheet of A6 to print."""
    async with services_of(request).db.read() as tx:
        place, invite = await _found(request, tx)
        found = await frame(request, tx, place, "invites")
    address = _shareable(request, invite)
    short = address.partition("://")[2]
    return page(request, "studio/poster.html", found | {"invite": invite, "short_address": short})


def _shareable(request: Request, invite: Invite) -> str:
    address = _address(request, invite)
    if not address:
        raise Conflict("This link cannot be shown to you. Make one of your own.", code="no_code")
    return address

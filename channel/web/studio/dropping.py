"""Addresses for posting by mail: one's own, a secret one for each room. What comes there stands among the drafts."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from channel import incoming, rooms
from channel.errors import Invalid, NotFound
from channel.incoming import drops
from channel.members import Action
from channel.rooms import Room
from channel.routing import services_of
from channel.storage import Tx
from channel.web.refusals import ask_again
from channel.web.responses import page
from channel.web.studio.place import Place, enter, frame, go, posted

TEMPLATE = "studio/dropping.html"


async def show(request: Request) -> Response:
    """GET /studio/{handle}/drafts/by-mail"""
    return page(request, TEMPLATE, await _list(request))


def _addresses(request: Request) -> incoming.Addresses:
    """Raises NotFound where no mail comes in."""
    services = services_of(request)
    addresses = incoming.addresses_of(services.settings.incoming_address, services.secret)
    if addresses is None:
        raise NotFound("No mail comes in here. Whoever runs this server can set that up.")
    return addresses


async def _list(request: Request) -> dict[str, Any]:
    addresses = _addresses(request)
    async with services_of(request).db.read() as tx:
        place = await enter(request, tx, Action.POST)
        own = await drops.own(tx, place.by)
        return await frame(request, tx, place, "drafts") | {
            "rooms": [
                (room, addresses.drafts(own[room.id]) if room.id in own else "")
                for room in await _channels(tx, place)
            ]
        }


async def _channels(tx: Tx, place: Place) -> list[Room]:
    there = await rooms.of_community(tx, place.community.id)
    return [room for room in there if not room.is_group and place.by.reads(room.min_rank)]


async def act(request: Request) -> Response:
    """POST /studio/{handle}/drafts/by-mail {room, do: renew|remove}"""
    form = await posted(request)
    _addresses(request)
    do = form.line("do")
    try:
        async with services_of(request).db.write() as tx:
            place = await enter(request, tx, Action.POST)
            room = next((one for one in await _channels(tx, place) if one.id == form.line("room")), None)
            if room is None:
                raise Invalid(room="Choose a channel of this community.")
            if do not in ("renew", "remove"):
                raise Invalid({"": "Choose a new address, or none."})
            await (drops.renew if do == "renew" else drops.remove)(tx, place.by, room)
    except Invalid as error:
        return ask_again(request, TEMPLATE, form, error, await _list(request))
    return go(request, "/drafts/by-mail", "mail_address" if do == "renew" else "mail_no_address")

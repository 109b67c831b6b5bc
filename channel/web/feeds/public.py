"""Everybody's feeds: of the public rooms of a community together, and of each alone. The same for all who ask."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from channel import communities, members, rooms
from channel.errors import NotFound
from channel.members import Entitlement
from channel.render.feeds import FORMS, Elsewhere, is_announced, place
from channel.rooms import Room
from channel.routing import ANYONE, VIEWER, route, services_of, viewer_of
from channel.storage import Tx
from channel.web import alternates, shelf
from channel.web.feeds.building import gather, written
from channel.web.feeds.serving import served
from channel.web.places import Place, banned_page, community_of
from channel.web.responses import page
from channel.web.static import OPEN_TO_ALL

# A shared cache may keep it for so long: a post that was taken back is gone from everywhere after a minute.
SHARED: Final = "public, max-age=60"
# A hub fetches it at once and takes it for the newest: none may be answered with what a cache kept until then.
SHARED_OF_HUB: Final = "public, no-cache"


async def feed(request: Request) -> Response:
    """GET or HEAD /@{handle}/feed.atom and the like; /@{handle}/{slug}/feed.atom."""
    services, form = services_of(request), request.url.path.rpartition("/")[2]
    async with services.db.read() as tx:
        community = await communities.by_handle(tx, request.path_params["handle"])
        guest = await members.entitlement(tx, community, None)
        if not guest.visible:
            raise NotFound("There is no such community.")
        room = await _room(tx, request, guest)
        stuff = await gather(tx, guest, community, room, form)
    base = services.settings.url
    hub = services.settings.websub_hub if is_announced(guest, community, room) else ""
    at, address = Elsewhere(base, base, community.language, hub=hub), f"{place(base, community, room)}/{form}"
    body = await written(request, stuff, form, at, address)
    kept = SHARED_OF_HUB if hub else SHARED
    response = served(request, body, FORMS[form].type, kept, services.db.clock())
    response.headers.update(OPEN_TO_ALL)  # readers and players that are pages fetch it by script
    if hub:  # WebSub, section 4: by what any subscriber finds it, whatever the form
        response.headers["link"] = f'<{hub}>; rel="hub", <{address}>; rel="self"'
    if community.visibility != "public":
        response.headers["x-robots-tag"] = "noindex"
    return shelf.lay_for_all(request, response)


async def _room(tx: Tx, request: Request, guest: Entitlement) -> Room | None:
    """Raises NotFound for a room that a guest may not enter, as for one that is not there."""
    slug = request.path_params.get("slug")
    if slug is None:
        return None
    room = await rooms.by_slug(tx, guest.community_id, slug)
    if not guest.reads(room.min_rank):
        raise NotFound("There is no such room.")
    return room


async def overview(request: Request) -> Response:
    """GET /@{handle}/feeds: where the feeds lie, in words, and the way to one's own."""
    base = services_of(request).settings.url
    async with services_of(request).db.read() as tx:
        place = await community_of(tx, request)
        if place.banned:
            return await banned_page(tx, request, place)
        there = await rooms.of_community(tx, place.community.id)
    context = {
        "community": place.community,
        "by": place.by,
        "whole": alternates.public(base, place.community),
        "rooms": [
            (room, alternates.public(base, place.community, room))
            for room in there
            if alternates.is_public(place.community, room)
        ],
        "signed": viewer_of(request).account is not None,
        **_head(place),
    }
    return page(request, "feeds.html", context)


def _head(place: Place) -> dict[str, bool]:
    return {"indexable": place.community.visibility == "public" and not place.community.deleted}


ROUTES = [
    route("/@{handle}/feeds", overview, VIEWER),
    *(route(f"/@{{handle}}/{name}", feed, ANYONE) for name in FORMS),
    *(route(f"/@{{handle}}/{{slug}}/{name}", feed, ANYONE) for name in FORMS),
]

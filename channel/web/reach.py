"""`/@{handle}/reach`: how many a community reaches, for everybody, where its creator shows it."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from channel.i18n import noop as N_
from channel.reach.open import WEEKS, open_reach
from channel.routing import VIEWER, route, services_of
from channel.web import shelf
from channel.web.places import banned_page, community_of
from channel.web.responses import page

WAYS: Final = {
    "live": N_("In the room, without a notice"),
    "push": N_("By a notice on a device"),
    "mail": N_("By letter"),
    "outside_push": N_("By a notice on a device, without an account"),
    "outside_mail": N_("By letter, without an account"),
}


async def show(request: Request) -> Response:
    """GET /@{handle}/reach"""
    async with services_of(request).db.read() as tx:
        place = await community_of(tx, request)
        if place.banned:
            return await banned_page(tx, request, place)
        found = await open_reach(tx, place.community)
    address = f"{services_of(request).settings.url}/@{place.community.handle}/reach"
    context = {
        "community": place.community, "hue": place.community.hue, "found": found, "weeks": WEEKS, "way_words": WAYS,
        "most": max(found.ways.values()) or 1, "canonical_url": address,
        "indexable": place.community.visibility == "public",
    }  # fmt: skip
    return shelf.lay(request, page(request, "reach.html", context))


ROUTES = [route("/@{handle}/reach", show, VIEWER)]

"""The waiting list of a pass whose seats are all taken."""

from starlette.requests import Request
from starlette.responses import Response

from channel import tiers
from channel.errors import Conflict
from channel.payments import seats
from channel.routing import SIGNED_IN, account_of, route, services_of
from channel.web.forms import read_form
from channel.web.places import banned_page, community_of
from channel.web.responses import see_other


async def wait(request: Request) -> Response:
    """On the list, or off it; a seat that is free already leads to the checkout."""
    form = await read_form(request)
    here = request.url.path.removesuffix("/wait")
    async with services_of(request).db.write() as tx:
        place = await community_of(tx, request)
        if place.banned:
            return await banned_page(tx, request, place)
        tier = await tiers.one(tx, place.community.id, request.path_params["tier_id"])
        if form.on("stop"):
            await seats.stop_waiting(tx, account_of(request).id, tier.id)
            return see_other(here)
        try:
            await seats.wait(tx, place.by, tier)
        except Conflict as error:
            if error.code != "seats_free":
                raise
    return see_other(here)


ROUTES = [route("/@{handle}/tiers/{tier_id}/wait", wait, SIGNED_IN, methods=("POST",))]

"""Private feeds of members that are read from more networks than one person has: their addresses may have gone around."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from channel import feeds
from channel.errors import Invalid
from channel.feeds import queries
from channel.feeds.seal import Seal
from channel.members import Action
from channel.routing import services_of
from channel.web.refusals import ask_again
from channel.web.responses import page
from channel.web.studio.place import enter, frame, go, posted

TEMPLATE = "studio/feeds.html"
DOES = {"revoke": "feed_revoked", "renew": "feed_renewed"}


async def show(request: Request) -> Response:
    """GET /studio/{handle}/feeds"""
    return page(request, TEMPLATE, await _list(request))


async def _list(request: Request) -> dict[str, Any]:
    async with services_of(request).db.read() as tx:
        place = await enter(request, tx, Action.SEE_MEMBERS)
        wide = await queries.wide(tx, place.by, place.community)
        return await frame(request, tx, place, "members") | {"wide": wide}


async def act(request: Request) -> Response:
    """POST /studio/{handle}/feeds/{id} {do: revoke|renew}"""
    form = await posted(request)
    do, seal = form.line("do"), Seal(services_of(request).secret)
    try:
        if do not in DOES:
            raise Invalid({"": "Choose revoke or a new address."})
        async with services_of(request).db.write() as tx:
            place = await enter(request, tx, Action.MODERATE)
            feed_id, renewed = request.path_params["id"], do == "renew"
            await feeds.withdraw(tx, seal, place.by, place.community, feed_id, renewed=renewed)
    except Invalid as error:
        return ask_again(request, TEMPLATE, form, error, await _list(request))
    return go(request, "/feeds", DOES[do])

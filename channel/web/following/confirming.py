"""`/follow/yes/{secret}`: the address says yes. Looking does nothing, so that link scanners confirm nothing."""

from starlette.requests import Request
from starlette.responses import Response

from channel import communities
from channel.following import actions, links
from channel.routing import ANYONE, route, services_of
from channel.web.responses import page, see_other


async def look(request: Request) -> Response:
    """GET: what would begin."""
    async with services_of(request).db.read() as tx:
        wish = await actions.waiting(tx, request.path_params["secret"])
        community = await communities.one(tx, wish.community_id)
    return page(request, "follow/yes.html", {"wish": wish, "community": community})


async def confirm(request: Request) -> Response:
    """POST: it begins; on to what can be chosen."""
    services = services_of(request)
    async with services.db.write() as tx:
        follower = await actions.confirm(tx, request.path_params["secret"])
    return see_other(f"/follow/by/{links.sealed(services.secret, follower.id)}?said=on")


ROUTES = [
    route("/follow/yes/{secret}", look, ANYONE),
    route("/follow/yes/{secret}", confirm, ANYONE, methods=("POST",)),
]

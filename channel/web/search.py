"""`/search` and `/@{handle}/search`: a line, what it finds, and the way to where it stands. Works without scripts."""

from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from channel import search as searching
from channel.errors import ChannelError, Invalid, TooMany
from channel.render.found import found
from channel.routing import SIGNED_IN, VIEWER, account_of, route, services_of, viewer_of
from channel.storage import Tx
from channel.web import roomlist
from channel.web.places import banned_page, community_of
from channel.web.refusals import wait_headers
from channel.web.responses import page, problem_text

AT_ONCE = 20


async def everywhere(request: Request) -> Response:
    """In all that the account follows."""
    account = account_of(request)
    async with services_of(request).db.read(heavy=True) as tx:
        reach = await searching.everywhere(tx, account.id)
        return await _answer(tx, request, reach, {"community": None})


async def inside(request: Request) -> Response:
    """In one community."""
    async with services_of(request).db.read(heavy=True) as tx:
        place = await community_of(tx, request)
        if place.banned:
            return await banned_page(tx, request, place)
        reach = await searching.inside(tx, place.community, place.by)
        return await _answer(tx, request, reach, {"community": place.community})


async def _answer(
    tx: Tx, request: Request, reach: list[searching.Reach], context: dict[str, Any]
) -> Response:
    """The page, whatever came of it: what was typed stands in it."""
    line = request.query_params.get("q", "")
    told = {**context, "q": line, "mine": await roomlist.mine(tx, viewer_of(request).account)}
    told |= {"found": (), "older": "", "problem": "", "looked": bool(line.strip())}
    try:
        if told["looked"]:
            told |= await _look(tx, request, reach, context["community"])
    except (Invalid, TooMany) as error:
        return _refused(request, told, error)
    return page(request, "search.html", told)


async def _look(tx: Tx, request: Request, reach: list[searching.Reach], community: Any) -> dict[str, Any]:
    """Raises Invalid (q, cursor), TooMany."""
    viewer = viewer_of(request)
    services_of(request).limiter.hit("search", viewer.account_id or viewer.network)
    line = request.query_params["q"]
    query = searching.parse(line, community.language if community else viewer.language)
    cursor = request.query_params.get("cursor") or None
    hits = await searching.search(tx, reach, query, cursor=cursor, limit=AT_ONCE)
    more = urlencode({"q": line, "cursor": hits.next_cursor}) if hits.next_cursor else ""
    return {
        "found": await found(tx, hits.items, reach, query),
        "older": f"{request.url.path}?{more}" if more else "",
    }


def _refused(request: Request, told: dict[str, Any], error: ChannelError) -> Response:
    response = page(
        request, "search.html", told | {"problem": problem_text(request, error)}, status=error.status
    )
    response.headers.update(wait_headers(error))
    return response


ROUTES = [
    route("/search", everywhere, SIGNED_IN),
    route("/@{handle}/search", inside, VIEWER),
]

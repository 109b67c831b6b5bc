"""Private feeds: a secret in the address says whose eyes look. What they see is judged anew at every request."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from channel import accounts, communities, feeds, members, rooms
from channel.accounts import Account
from channel.communities import Community
from channel.errors import ChannelError, Forbidden, NotFound
from channel.feeds import Scope
from channel.i18n import translate_error
from channel.members import Entitlement, State
from channel.posts import feeding
from channel.render.feeds import FORMS, Elsewhere
from channel.routing import ANYONE, Handler, route, services_of, viewer_of
from channel.storage import Tx
from channel.web import media
from channel.web.feeds.building import gather, written
from channel.web.feeds.serving import served
from channel.web.refusals import wait_headers
from channel.web.responses import PRIVATE

ROOT = "/feeds/{secret}"
TEXT = "text/plain; charset=utf-8"
UNSEEN = {"cache-control": PRIVATE, "x-robots-tag": "noindex"}


def _in_words(handler: Callable[[Request], Awaitable[Response]]) -> Handler:
    """What does not work out is one sentence: programs ask here, and who looks at their log."""

    async def handle(request: Request) -> Response:
        try:
            response = await handler(request)
        except ChannelError as error:
            words = translate_error(viewer_of(request).language, error.detail)
            response = Response(f"{words}\n", error.status, wait_headers(error), media_type=TEXT)
        response.headers.update(UNSEEN)
        return response

    return handle


async def feed(request: Request) -> Response:
    """GET or HEAD /feeds/{secret}/feed.atom and the like."""
    services, form = services_of(request), request.url.path.rpartition("/")[2]
    async with services.db.read() as tx:
        scope, account = await _opened(tx, request, "feed")
        community, by = await _sight(tx, scope)
        room = await rooms.one(tx, scope.room_id) if scope.room_id else None
        stuff = await gather(tx, by, community, room, form)
    _note(request, scope)
    base = services.settings.url
    own = f"{base}/feeds/{request.path_params['secret']}"
    at = Elsewhere(base, own, account.language or community.language, reader=account.id)
    body = await written(request, stuff, form, at, f"{own}/{form}")
    return served(request, body, FORMS[form].type, PRIVATE, services.db.clock())


async def medium(request: Request) -> Response:
    """GET or HEAD /feeds/{secret}/media/{id}/{variant}: of a post in the feed, for whoever may read that post now."""
    media_id = request.path_params["id"]
    async with services_of(request).db.read() as tx:
        scope, account = await _opened(tx, request, "read")
        if not await feeding.carries(tx, media_id, scope.community_id, scope.room_id):
            raise NotFound("There is no such file.")
    _note(request, scope)
    blob = await media.blob_of(request, media_id, request.path_params["variant"], account.id)
    # Never to be kept: what this address shows may end at any moment.
    response = await media.answer(request, replace(blob, public=False), lambda: None)
    media.for_pages_elsewhere(response)
    return response


async def _opened(tx: Tx, request: Request, counts_as: str) -> tuple[Scope, Account]:
    """Whose eyes look. Raises NotFound, Gone, TooMany."""
    limiter = services_of(request).limiter
    limiter.hit("read", viewer_of(request).network)
    scope = await feeds.opened(tx, request.path_params["secret"])
    limiter.hit(counts_as, scope.feed_id)
    return scope, await accounts.queries.active(tx, scope.account_id)


async def _sight(tx: Tx, scope: Scope) -> tuple[Community, Entitlement]:
    """What they may see now. Raises NotFound, and Forbidden for somebody who was banned."""
    community = await communities.one(tx, scope.community_id)
    by = await members.entitlement(tx, community, scope.account_id)
    if by.state is State.BANNED:
        raise Forbidden("You are banned from this community.", code="banned")
    if not by.visible:
        raise NotFound("There is no such community.")
    return community, by


def _note(request: Request, scope: Scope) -> None:
    client = request.client
    request.app.state.feed_readers.note(scope.feed_id, client.host if client else "")


ROUTES = [
    *(route(f"{ROOT}/{name}", _in_words(feed), ANYONE) for name in FORMS),
    route(ROOT + "/media/{id}/{variant}", _in_words(medium), ANYONE),
]

"""Private feeds of one's own: made, copied, given a new address, revoked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from channel import communities, feeds, members, rooms
from channel.communities import Community
from channel.errors import ChannelError, Invalid, NotFound
from channel.feeds import Feed
from channel.feeds.model import DAY_MS
from channel.feeds.seal import Seal
from channel.i18n import noop as N_
from channel.render.feeds import FORMS
from channel.rooms import Room
from channel.rooms.queries import of_communities
from channel.routing import SIGNED_IN, account_of, route, services_of
from channel.storage import Tx
from channel.web import cookies
from channel.web.alternates import Link, below
from channel.web.forms import Form, read_form
from channel.web.refusals import ask_again
from channel.web.responses import page, see_other

PAGE: Final = "account/feeds.html"
WHAT: Final = "Choose a community, or a room of it."
# What the page may say after a form; addresses carry the key only.
SAID: Final[dict[str, str]] = {
    "made": N_("Made. Copy its address into your feed reader."),
    "renewed": N_("It has a new address; the old one opens nothing any more."),
    "revoked": N_("Revoked. Its address opens nothing any more."),
}


@dataclass(frozen=True, slots=True)
class Mine:
    """A feed with where it lies; nowhere that can be told once the server's key is another one."""

    feed: Feed
    links: list[Link]

    @property
    def last_read(self) -> int | None:
        """The day, as a moment."""
        day = self.feed.reading.last_day
        return None if day is None else day * DAY_MS


def _seal(request: Request) -> Seal:
    return Seal(services_of(request).secret)


def _links(base: str, feed: Feed) -> list[Link]:
    return below(f"{base}/feeds/{feed.secret}", "") if feed.secret else []


async def listing(request: Request) -> Response:
    """GET /account/feeds"""
    response = page(request, PAGE, await _context(request) | {"form": None})
    cookies.keep_session(request, response)
    return response


async def _context(request: Request) -> dict[str, Any]:
    services, account = services_of(request), account_of(request)
    async with services.db.read() as tx:
        found = await feeds.listing(tx, account.id, _seal(request))
        offered = await _offered(tx, account.id)
    return {
        "mine": [Mine(feed, _links(services.settings.url, feed)) for feed in found],
        "offered": offered,
        "forms": FORMS,
        "wanted": request.query_params.get("of", "")[:100],
        "said": SAID.get(request.query_params.get("said", "")),
    }


async def _offered(tx: Tx, account_id: str) -> list[tuple[Community, Sequence[Room]]]:
    """The communities that one is in, each with the rooms that one may read."""
    inside = [one for one in await members.entitlements(tx, account_id) if not one.community.deleted]
    there = await of_communities(tx, [one.community.id for one in inside])
    return [
        (
            one.community,
            [room for room in there[one.community.id] if one.entitlement.reads(room.min_rank)],
        )
        for one in inside
    ]


async def make(request: Request) -> Response:
    """POST /account/feeds {of: a community's handle, or handle/room}"""
    form = await read_form(request)
    try:
        services_of(request).limiter.hit("write", account_of(request).id)
        async with services_of(request).db.write() as tx:
            community, room = await _chosen(tx, form)
            feed, _ = await feeds.make(tx, _seal(request), account_of(request).id, community, room)
    except NotFound:  # said as if it were not there
        return ask_again(request, PAGE, form, Invalid(of=WHAT), await _context(request))
    except ChannelError as error:
        return ask_again(request, PAGE, form, error, await _context(request))
    return see_other(f"/account/feeds?said=made#f-{feed.id}")


async def _chosen(tx: Tx, form: Form) -> tuple[Community, Room | None]:
    """Raises Invalid (of) for what is none; whether it may be known is for the verb to say."""
    handle, _, slug = form.line("of").partition("/")
    try:
        community = await communities.by_handle(tx, handle)
        return community, (await rooms.by_slug(tx, community.id, slug) if slug else None)
    except NotFound as error:
        raise Invalid(of=WHAT) from error


async def renew(request: Request) -> Response:
    """POST /account/feeds/{id}/renew"""
    async with services_of(request).db.write() as tx:
        feed = await feeds.renew(tx, _seal(request), account_of(request).id, request.path_params["id"])
    return see_other(f"/account/feeds?said=renewed#f-{feed.id}")


async def revoke(request: Request) -> Response:
    """POST /account/feeds/{id}/revoke"""
    async with services_of(request).db.write() as tx:
        await feeds.revoke(tx, account_of(request).id, request.path_params["id"])
    return see_other("/account/feeds?said=revoked")


POST = ("POST",)
ROUTES = [
    route("/account/feeds", listing, SIGNED_IN),
    route("/account/feeds", make, SIGNED_IN, methods=POST),
    route("/account/feeds/{id}/renew", renew, SIGNED_IN, methods=POST),
    route("/account/feeds/{id}/revoke", revoke, SIGNED_IN, methods=POST),
]

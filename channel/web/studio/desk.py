"""The desk: writing first, and beside it what waits, how the last posts did, who came."""

from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from channel import following, invites
from channel.errors import ChannelError
from channel.hooks.queries import own_links
from channel.invites import Invite, Seal
from channel.members import Action, reach
from channel.posts import drafts, queries
from channel.render import views
from channel.routing import Services, account_of, services_of
from channel.storage import Tx
from channel.web.forms import Form
from channel.web.refusals import ask_again
from channel.web.responses import page
from channel.web.studio import compose, preview
from channel.web.studio.place import Place, enter, frame

LAST_POSTS = 5
WEEK_MS = 7 * 24 * 3600 * 1000
TEMPLATE = "studio/desk.html"


async def desk(request: Request) -> Response:
    """GET /studio/{handle}"""
    found = await context(request)
    if "compose" in found and found["compose"].text("text"):
        found |= {"continued": True} | await preview.both_views(request, found["compose"])
    return page(request, TEMPLATE, found)


async def again(request: Request, form: Form, error: ChannelError) -> Response:
    """The desk with what was typed and what is wrong with it. Raises `error` for somebody who writes nothing here."""
    found = await context(request, form)
    if "compose" not in found:
        raise error
    return ask_again(request, TEMPLATE, form, error, found)


async def with_preview(request: Request, form: Form) -> Response:
    """The desk with what was typed and both views of it, for who has no scripts."""
    drawn = await preview.both_views(request, form)
    return page(request, TEMPLATE, await context(request, form) | drawn)


async def context(request: Request, form: Form | None = None) -> dict[str, Any]:
    """All that the desk prints; `form` holds what was typed."""
    services = services_of(request)
    async with services.db.read() as tx:
        place = await enter(request, tx, Action.SEE_STUDIO)
        found = await frame(request, tx, place, "desk") | preview.NOTHING
        found |= await _how_it_went(tx, place)
        found |= await _people(tx, place, services)
        found["greeting"] = _greeting(place.now)
        found["first_name"] = account_of(request).name.split()[0]
        if place.has(Action.POST):
            found |= await compose.offer(tx, place, form or await compose.opened(request, tx, place))
            found["drafts"] = await drafts.own_drafts(tx, place.by)
    return found


def _greeting(now: int) -> str:
    """The hours are UTC: close enough for a greeting, and no script has to correct it."""
    hour = datetime.fromtimestamp(now / 1000, UTC).hour
    return "morning" if 4 <= hour < 11 else "day" if hour < 17 and hour >= 11 else "evening"


async def _how_it_went(tx: Tx, place: Place) -> dict[str, Any]:
    last = await queries.listing(tx, place.community.id, limit=LAST_POSTS)
    shown = await views.post_views(tx, last.items, None, place.community, place.by)
    return {"last_posts": [(view, views.line(view, 90)) for view in shown]}


async def _people(tx: Tx, place: Place, services: Services) -> dict[str, Any]:
    known = await reach.reach(tx, place.by, place.community)
    found: dict[str, Any] = {
        "week": await reach.newcomers(tx, place.by, place.community, place.now - WEEK_MS),
        "alone": known.of() <= 1,
        "followers": await following.count(tx, place.community.id),
        "invite": None,
    }
    if place.has(Action.SEE_MEMBERS):
        found["invite"] = await _shareable(tx, place, Seal(services.secret))
    return found


async def _shareable(tx: Tx, place: Place, seal: Seal) -> Invite | None:
    """The newest open link for everybody: one that gives a tier is meant for somebody."""
    newest = await invites.listing(tx, place.by, place.community, seal=seal, limit=50)
    counting = await own_links(tx, place.community.id)
    plain = (
        one for one in newest.items if one.id not in counting and (one.tier is None or one.tier.rank == 0)
    )
    return next((one for one in plain if one.status == "open" and one.code), None)

"""`/`: what this server is for who comes by, the rooms for who belongs. And Ctrl+K's list of places."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from channel import communities
from channel.accounts import Account, setup
from channel.comments import named
from channel.communities import Community
from channel.i18n import translation
from channel.incoming import bounces
from channel.members.model import Belonging
from channel.routing import VIEWER, Viewer, route, services_of, viewer_of
from channel.storage import Tx
from channel.web import cookies, keeping, roomlist, shelf
from channel.web.responses import page

SHOWN = ("all", "unread")


async def front(request: Request) -> Response:
    """Home, the front page, or what the owner has to do first."""
    viewer = viewer_of(request)
    async with services_of(request).db.read() as tx:
        if viewer.account is not None:
            mine = await roomlist.mine(tx, viewer.account)
            talks = await roomlist.talks(tx, mine, viewer.account)
            missed = mine.unread > 0 or await _is_named(tx, viewer.account, mine)
            paused = bool(await bounces.why(tx, viewer.account))
            listed = [] if mine.stops else await communities.listed(tx)
            return _home(request, mine, talks, listed, missed=missed, paused=paused)
        if not await setup.is_set_up(tx):
            return page(request, "waiting.html")
        listed = await communities.listed(tx)
    url = services_of(request).settings.url
    context = {"listed": listed, "indexable": True, "canonical_url": f"{url}/"}
    return shelf.lay(request, page(request, "front.html", context))


async def _is_named(tx: Tx, account: Account, mine: roomlist.Mine) -> bool:
    """Whether a comment that names or answers somebody waits to be seen, where no post does."""
    here = [Belonging(stop.community, stop.entitlement, stop.tier_name) for stop in mine.stops]
    return bool(here and (await named.missed(tx, account.id, here, upto=tx.now, limit=1)).items)


def _home(
    request: Request,
    mine: roomlist.Mine,
    talks: Sequence[roomlist.Talk],
    listed: Sequence[Community],
    *,
    missed: bool,
    paused: bool,
) -> Response:
    wanted = request.query_params.get("show", "")
    show = wanted if wanted in SHOWN else SHOWN[0]
    lines = [line for line in mine.lines if show == "all" or line.unread]
    context = {
        "mine": mine,
        "listed": listed,
        "show": show,
        "lines": [line for line in lines if not line.locked],
        "locked": [line for line in lines if line.locked],
        "talks": talks,
        "missed": missed,
        "paused": paused,
    }
    response = page(request, "home.html", context)
    response.headers[keeping.MARK] = keeping.mark_of_all(mine)
    cookies.keep_session(request, response)
    return response


async def palette(request: Request) -> Response:
    """The rooms and pages that this viewer can jump to."""
    viewer = viewer_of(request)
    async with services_of(request).db.read() as tx:
        mine = await roomlist.mine(tx, viewer.account)
    rooms = [
        {"title": line.room.name, "hint": line.community.name, "href": line.href, "icon": _icon(line)}
        for line in mine.lines
        if not line.locked
    ]
    fronts = [
        {
            "title": stop.community.name,
            "hint": f"@{stop.community.handle}",
            "href": f"/@{stop.community.handle}",
            "icon": "door",
        }
        for stop in mine.stops
    ]
    items = [*rooms, *fronts, *_pages(viewer, mine)]
    return JSONResponse({"items": items}, headers={"cache-control": "private, no-store", "vary": "cookie"})


def _icon(line: roomlist.Line) -> str:
    return "hash" if line.room.kind == "group" else "cast"


def _pages(viewer: Viewer, mine: roomlist.Mine) -> list[dict[str, str]]:
    say = translation(viewer.language).gettext
    pages = [(say("All rooms"), "", "/", "inbox")]
    for stop in mine.stops:
        if stop.entitlement.role != "member":
            pages.append((say("Studio"), stop.community.name, f"/studio/{stop.community.handle}", "desk"))
    if viewer.account is None:
        pages.append((say("Sign in"), "", "/sign-in", "login"))
    else:
        pages += [(say("My account"), "", "/account", "user"), (say("New community"), "", "/new", "plus")]
        if viewer.account.is_admin:
            pages.append((say("This instance"), "", "/admin", "gear"))
    pages += [
        (say("About"), "", "/about", "info"),
        (say("Terms"), "", "/terms", "file"),
        (say("Contact"), "", "/contact", "mail"),
    ]
    return [{"title": title, "hint": hint, "href": href, "icon": icon} for title, hint, href, icon in pages]


ROUTES = [
    route("/", front, VIEWER),
    route("/palette.json", palette, VIEWER),
]

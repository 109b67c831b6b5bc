"""A room: its feed where the reader left it, a single post, and what a post said before."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from channel import members, outbox, rooms, tiers
from channel.errors import Forbidden, Gone, Invalid, NotFound
from channel.ids import new_id
from channel.live import reading
from channel.members import Action
from channel.members.lapsed import Lapsed, lapsed
from channel.payments.offers import from_prices
from channel.posts import queries as post_queries
from channel.posts.model import MAX_TEXT_CHARS
from channel.render import html, views
from channel.rooms import Room
from channel.routing import SIGNED_IN, VIEWER, account_of, route, services_of, viewer_of
from channel.storage import Tx
from channel.tiers import Tier
from channel.web import cards, cookies, feed, roomlist, shelf
from channel.web.forms import local_path, read_form
from channel.web.places import Place, banned_page, community_of, room_of, seq_of
from channel.web.responses import PRIVATE, page, see_other
from channel.web.session import read_json

MOST_NAMED = 100  # mentions that the button above the feed leads to, one after the other


@dataclass(frozen=True, slots=True)
class Pin:
    """A pinned post in one line."""

    view: views.AnyView
    text: str


async def room_page(request: Request) -> Response:
    """The room, where the reader left it or where the address says."""
    async with services_of(request).db.read() as tx:
        place = await community_of(tx, request)
        if place.banned:
            return await banned_page(tx, request, place)
        room = await room_of(tx, request, place)
        around = await _around(tx, request, place, room)
        if not place.by.reads(room.min_rank):
            return await _locked_room(tx, request, place, room, around)
        shown = await _feed(tx, request, place, _line_of(around["lines"], room))
    response = page(request, "room.html", {**around, **shown, **cards.of_room(request, place, room)})
    cookies.keep_session(request, response)
    return shelf.lay(request, response)


async def _around(tx: Tx, request: Request, place: Place, room: Room) -> dict[str, Any]:
    """What stands beside the feed: the rail, the rooms of the community, what one may do here."""
    account = viewer_of(request).account
    mine = await roomlist.mine(tx, account)
    lines = mine.of(place.community)
    if not lines:
        lines = tuple(await roomlist.of_each(tx, [(place.community, place.by)], account))
    stop = next((stop for stop in mine.stops if stop.community.id == place.community.id), None)
    return {
        "community": place.community,
        "by": place.by,
        "room": room,
        "mine": mine,
        "lines": lines,
        "tier_name": stop.tier_name if stop and stop.entitlement.role == "member" else "",
        "unread_elsewhere": sum(line.unread for line in mine.lines if line.room.id != room.id),
        "runs": place.runs,
        "levels": await tiers.of_community(tx, place.community.id),
    }


def _line_of(lines: Iterable[roomlist.Line], room: Room) -> roomlist.Line:
    """The room in the list beside it: its head and what is unread were asked for already."""
    return next(line for line in lines if line.room.id == room.id)


async def _feed(tx: Tx, request: Request, place: Place, line: roomlist.Line) -> dict[str, Any]:
    """The posts, and what scripts need to keep them true."""
    viewer, room, unread = viewer_of(request), line.room, line.unread
    read = await _read_upto(tx, place, room)
    window = await feed.asked_for(tx, room, request.query_params)
    if window is None:
        window = await feed.where_reading_goes_on(tx, room, read, unread)
    shown = await views.post_views(tx, window.posts, room, place.community, place.by)
    first = feed.first_unread(window.posts, read, viewer.account_id) if read and unread else None
    return {
        "window": window,
        "days": feed.days(shown, viewer.language, first),
        "today": feed.date_of(tx.now),
        "yesterday": feed.date_of(tx.now - feed.DAY_MS),
        "unread": unread,
        "named": line.named[:MOST_NAMED],
        "first_unread": first,
        "read": read,
        "head": line.head,
        "epoch": await outbox.epoch(tx),
        "pins": await _pins(tx, place, room),
        "writes": _writes(place, room, tx),
        "can": _can(place),
        "welcome": "welcome" in request.query_params and place.by.belongs,
        "had": await _had(tx, place),
        "max_chars": MAX_TEXT_CHARS,
    }


async def _read_upto(tx: Tx, place: Place, room: Room) -> int:
    """How far a member has read here; 0 for everybody else."""
    account_id = place.by.account_id
    if account_id is None or not place.by.belongs:
        return 0
    return (await rooms.read_positions(tx, account_id, [room.id]))[room.id]


async def _pins(tx: Tx, place: Place, room: Room) -> list[Pin]:
    pinned = await post_queries.pinned(tx, room.id)
    shown = await views.post_views(tx, pinned, room, place.community, place.by)
    return [Pin(view, views.line(view)) for view in shown]


def _writes(place: Place, room: Room, tx: Tx) -> str:
    """The key of the next post for those who may write here, "" for all others."""
    return new_id(tx.now) if place.by.may(Action.POST) and room.kind == "channel" else ""


def _can(place: Place) -> str:
    """What the menu of a post offers, as words for scripts; the verbs check it again."""
    own = ["post", "edit-own"] if place.by.may(Action.POST) else []
    pin = ["pin"] if place.by.may(Action.PIN) else []
    return " ".join([*own, *pin, *(["edit", "delete"] if place.by.may(Action.EDIT_ANY_POST) else [])])


async def _locked_room(
    tx: Tx, request: Request, place: Place, room: Room, around: dict[str, Any]
) -> Response:
    """The room exists and is not open to this viewer: which tier would open it, and nothing of what is inside."""
    opener: Tier | None = tiers.opening(around["levels"], room.min_rank)
    sold = await from_prices(tx, place.community.id)
    more = {"opener": opener, "price": sold.get(opener.id) if opener else None, "had": await _had(tx, place)}
    return page(request, "locked_room.html", {**around, **more}, status=403)


async def _had(tx: Tx, place: Place) -> Lapsed | None:
    """What a member paid for once and has no more."""
    if place.by.account_id is None or not place.by.belongs:
        return None
    return await lapsed(tx, place.community.id, place.by.account_id, place.by.rank)


async def post_page(request: Request) -> Response:
    """One post alone, with the way to its place in the room."""
    async with services_of(request).db.read() as tx:
        place = await community_of(tx, request)
        if place.banned:
            return await banned_page(tx, request, place)
        room = await room_of(tx, request, place)
        if not place.by.reads(room.min_rank):
            return await _locked_room(tx, request, place, room, await _around(tx, request, place, room))
        seq = seq_of(request.path_params["seq"])
        post = await post_queries.by_seq(tx, room.id, seq or 0)
        facts = (await views.facts(tx, [post], room, place.community))[0]
        view = (await views.post_views(tx, [post], room, place.community, place.by))[0]
    context = {"community": place.community, "room": room, "by": place.by, "view": view, "can": _can(place)}
    status = Gone.status if view.shape == "gone" else 200
    card = cards.of_post(request, place, facts)
    shown = {**context, **card, "language": viewer_of(request).language}
    return shelf.lay(request, page(request, "permalink.html", shown, status=status))


async def history(request: Request) -> Response:
    """What a post said before, for those who may read it."""
    async with services_of(request).db.read() as tx:
        place = await community_of(tx, request)
        if place.banned:
            return await banned_page(tx, request, place)
        room = await room_of(tx, request, place)
        post = await post_queries.by_seq(tx, room.id, seq_of(request.path_params["seq"]) or 0)
        view = (await views.post_views(tx, [post], room, place.community, place.by))[0]
        if view.shape == "locked":
            raise Forbidden("Your tier does not open this post.")
        if view.shape == "gone":
            raise NotFound("This post was deleted, and with it what it said before.")
        versions = views.version_views(await post_queries.history(tx, post), post, room, place.by.rank)
    context = {"community": place.community, "room": room, "view": view, "versions": versions}
    return page(request, "history.html", context)


async def fragments(request: Request) -> Response:
    """Articles for our own scripts, oldest first; headers say whether there is more at either end."""
    viewer = viewer_of(request)
    async with services_of(request).db.read() as tx:
        by, room, community = await members.entitlement_by_room(
            tx, request.path_params["id"], viewer.account_id
        )
        views.sight(by, room)
        window = await feed.stretch(tx, room, request.query_params)
        shown = await views.post_views(tx, window.posts, room, community, by)
    headers = {
        "channel-older": str(int(window.older)),
        "channel-newer": str(int(window.newer)),
        "cache-control": PRIVATE,
        "vary": "cookie, accept-language",
    }
    return HTMLResponse("\n".join(html.fragment(view, viewer.language) for view in shown), headers=headers)


async def read(request: Request) -> Response:
    """How far the reader got: told by scripts, or by the button "Mark all as read", which says where to go on."""
    told, onward = await _told(request)
    await reading.mark(services_of(request), account_of(request).id, request.path_params["id"], told)
    return see_other(local_path(onward)) if onward else Response(status_code=204)


async def _told(request: Request) -> tuple[int, str]:
    """The seq of a form or of JSON, and where the form wants to go on."""
    if request.headers.get("content-type", "").startswith("application/json"):
        seq = (await read_json(request)).get("seq")
        if not isinstance(seq, int) or isinstance(seq, bool):
            raise Invalid(seq="Write a whole number.")
        return seq, ""
    form = await read_form(request)
    return form.number("seq") or 0, form.line("next")


ROUTES = [
    route("/rooms/{id}/posts", fragments, VIEWER),
    route("/rooms/{id}/read", read, SIGNED_IN, methods=("POST",)),
    route("/@{handle}/{slug}", room_page, VIEWER),
    route("/@{handle}/{slug}/{seq}", post_page, VIEWER),
    route("/@{handle}/{slug}/{seq}/history", history, VIEWER),
]

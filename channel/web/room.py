"""A room: its feed where the reader left it, a single post, and what a post said before."""

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from channel import members, outbox, topics
from channel.errors import Forbidden, Gone, Invalid, NotFound
from channel.ids import new_id
from channel.live import reading
from channel.members import Action, Entitlement
from channel.posts import horizon
from channel.posts import queries as post_queries
from channel.posts.model import MAX_TEXT_CHARS, Post
from channel.render import html, own, views
from channel.render import versions as wordings
from channel.rooms import Room
from channel.routing import SIGNED_IN, VIEWER, account_of, route, services_of, viewer_of
from channel.storage import Tx
from channel.web import beside, cards, cookies, feed, group, keeping, roomlist, shelf, thread, via
from channel.web.forms import local_path, read_form
from channel.web.places import Place, banned_page, community_of, moved, room_of, seq_of
from channel.web.responses import FOR, PRIVATE, page, see_other, tag_of
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
        if onward := moved(request, room):
            return onward
        around = await beside.around(tx, request, place, room)
        if not place.by.reads(room.min_rank):
            return await beside.locked_room(tx, request, place, room, around)
        if room.is_group:
            topics_there = await group.topics_page(tx, request, place, room, around)
            return group.laid(request, keeping.keepable(topics_there, place.by, room))
        shown = await _feed(tx, request, place, beside.line_of(around["lines"], room))
    response = page(request, "room.html", {**around, **shown, **cards.of_room(request, place, room)})
    cookies.keep_session(request, response)
    return shelf.lay(request, keeping.keepable(response, place.by, room))


async def _feed(tx: Tx, request: Request, place: Place, line: roomlist.Line) -> dict[str, Any]:
    """The posts, and what scripts need to keep them true."""
    viewer, room, unread = viewer_of(request), line.room, line.unread
    read, part = await beside.read_upto(tx, place, room), post_queries.Part(room.id)
    window = await feed.asked_for(tx, part, request.query_params)
    if window is None:
        window = await feed.where_reading_goes_on(tx, part, read, unread)
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
        "own": await own.beside(tx, place.by.account_id, shown),
        "pins": await _pins(tx, place, room),
        "writes": _writes(place, tx),
        "typed": request.query_params.get("text", "")[:MAX_TEXT_CHARS],  # shared from a phone: app_share.html
        "can": _can(place),
        "welcome": await beside.welcome(tx, request, place),
        "had": await beside.had(tx, place),
        "max_chars": MAX_TEXT_CHARS,
        "voted": await own.voted(tx, place.by.account_id, shown),
        **await via.join_link(tx, request, place),
    }


async def _pins(tx: Tx, place: Place, room: Room) -> list[Pin]:
    pinned = await post_queries.pinned(tx, room.id)
    shown = await views.post_views(tx, pinned, room, place.community, place.by)
    return [Pin(view, views.line(view)) for view in shown]


def _writes(place: Place, tx: Tx) -> str:
    """The key of the next post for those who may write here, "" for all others."""
    return new_id(tx.now) if place.by.may(Action.POST) else ""


def _can(place: Place) -> str:
    """What the menu of a post offers, as words for scripts; the verbs check it again."""
    own = ["post", "edit-own"] if place.by.may(Action.POST) else []
    pin = ["pin"] if place.by.may(Action.PIN) else []
    return " ".join([*own, *pin, *(["edit", "delete"] if place.by.may(Action.EDIT_ANY_POST) else [])])


async def post_page(request: Request) -> Response:
    """One post alone, with the way to its place in the room."""
    async with services_of(request).db.read() as tx:
        place = await community_of(tx, request)
        if place.banned:
            return await banned_page(tx, request, place)
        room = await room_of(tx, request, place)
        if onward := moved(request, room):
            return onward
        if not place.by.reads(room.min_rank):
            return await beside.locked_room(
                tx, request, place, room, await beside.around(tx, request, place, room)
            )
        seq = seq_of(request.path_params["seq"])
        post = await post_queries.by_seq(tx, room.id, seq or 0)
        if post.topic_id is not None:
            return await _to_its_topic(tx, place, room, post)
        facts = (await views.facts(tx, [post], room, place.community))[0]
        view = (await views.post_views(tx, [post], room, place.community, place.by))[0]
        theirs = await own.beside(tx, place.by.account_id, [view])
        voted = await own.voted(tx, place.by.account_id, [view])
        said = await thread.below(tx, request, post.id) if view.shape == "open" else {"thread": None}
        said |= await via.join_link(tx, request, place)
    context = {
        "community": place.community,
        "room": room,
        "by": place.by,
        "view": view,
        "can": _can(place),
        "own": theirs,
        "voted": voted,
        **said,
    }
    status = Gone.status if view.shape == "gone" else 200
    card = cards.of_post(request, place, facts)
    shown = {**context, **card, "language": viewer_of(request).language}
    answer = keeping.keepable(page(request, "permalink.html", shown, status=status), place.by, room)
    return shelf.lay(request, answer)


async def _to_its_topic(tx: Tx, place: Place, room: Room, post: Post) -> Response:
    """A message of a group is read where it stands, wherever it was moved to. Raises NotFound for one of a hidden past."""
    await _require_in_sight(tx, place, room, post)
    topic = await topics.one(tx, post.topic_id or "")
    return see_other(f"/@{place.community.handle}/{room.slug}/t/{topic.number}?from={post.seq}#p{post.seq}")


async def _require_in_sight(tx: Tx, place: Place, room: Room, post: Post) -> None:
    own = post.author.id == place.by.account_id
    if not own and post.seq < await horizon.first_seq(tx, place.by, room):
        raise NotFound("There is no such post.")


async def history(request: Request) -> Response:
    """What a post said before, for those who may read it."""
    async with services_of(request).db.read() as tx:
        place = await community_of(tx, request)
        if place.banned:
            return await banned_page(tx, request, place)
        room = await room_of(tx, request, place)
        post = await post_queries.by_seq(tx, room.id, seq_of(request.path_params["seq"]) or 0)
        await _require_in_sight(tx, place, room, post)
        view = (await views.post_views(tx, [post], room, place.community, place.by))[0]
        if view.shape == "locked":
            raise Forbidden("Your tier does not open this post.")
        if view.shape == "gone":
            raise NotFound("This post was deleted, and with it what it said before.")
        versions = wordings.version_views(await post_queries.history(tx, post), post, room, place.by.rank)
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
        part = await _part(tx, by, room, request.query_params.get("topic", ""))
        window = await feed.stretch(tx, part, request.query_params)
        shown = await views.post_views(tx, window.posts, room, community, by)
        theirs = await own.beside(tx, by.account_id, shown)
    headers = {
        "channel-older": str(int(window.older)),
        "channel-newer": str(int(window.newer)),
        "cache-control": PRIVATE,
        "vary": "cookie, accept-language",
        FOR: tag_of(viewer),
    }
    articles = [html.fragment(view, viewer.language) for view in shown]
    owned = Markup('<template data-own="{}"></template>').format(theirs)
    return keeping.keepable(HTMLResponse("\n".join([*articles, owned]), headers=headers), by, room)


async def _part(tx: Tx, by: Entitlement, room: Room, topic_id: str) -> post_queries.Part:
    """All of a room, or one topic of a group, as far back as this viewer sees it. Raises NotFound."""
    since = await horizon.first_seq(tx, by, room)
    if not topic_id:
        return post_queries.Part(room.id, since=since)
    topic = await topics.one(tx, topic_id)
    if topic.room_id != room.id:
        raise NotFound("There is no such topic.")
    return post_queries.Part(room.id, topic.moved_to or topic.id, since)


async def read(request: Request) -> Response:
    """How far the reader got: told by scripts, or by the button "Mark all as read", which says where to go on."""
    told, topic_id, onward = await _told(request)
    room_id = request.path_params["id"]
    await reading.mark(services_of(request), account_of(request).id, room_id, told, topic_id)
    return see_other(local_path(onward)) if onward else Response(status_code=204)


async def _told(request: Request) -> tuple[int, str, str]:
    """The seq of a form or of JSON, of which topic of a group (""), and where the form wants to go on."""
    if request.headers.get("content-type", "").startswith("application/json"):
        told = await read_json(request)
        seq, topic_id = told.get("seq"), told.get("topic") or ""
        if not isinstance(seq, int) or isinstance(seq, bool) or not isinstance(topic_id, str):
            raise Invalid(seq="Write a whole number.")
        return seq, topic_id, ""
    form = await read_form(request)
    return form.number("seq") or 0, form.line("topic"), form.line("next")


ROUTES = [
    route("/rooms/{id}/posts", fragments, VIEWER),
    route("/rooms/{id}/read", read, SIGNED_IN, methods=("POST",)),
    route("/@{handle}/{slug}", room_page, VIEWER),
    route("/@{handle}/{slug}/{seq}", post_page, VIEWER),
    route("/@{handle}/{slug}/{seq}/history", history, VIEWER),
]

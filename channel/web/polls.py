"""A poll's own page: voting without scripts, the code that was given, and the published tally."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from channel import members, polls
from channel.errors import ChannelError, Conflict, Forbidden, Invalid, NotFound
from channel.ids import is_id
from channel.polls import queries, rights
from channel.polls.model import MAX_RECEIPTS_SHOWN, Cast, Mine, parse_code, shown_code
from channel.posts import queries as post_queries
from channel.posts.model import Post
from channel.posts.rights import require_change
from channel.render import own, views
from channel.render.polls import answer, mine_json, tally
from channel.rooms import Room
from channel.routing import SIGNED_IN, VIEWER, Policy, Who, account_of, route, services_of, viewer_of
from channel.storage import Tx
from channel.web.forms import Form, read_form
from channel.web.places import Place, banned_page, community_of, room_of, seq_of
from channel.web.refusals import ask_again, tell_script
from channel.web.responses import page, wants_fragment

TEMPLATE = "poll.html"
MAX_ASKED = 100


async def poll_page(request: Request) -> Response:
    """GET /@{handle}/{slug}/{seq}/poll?code=&option=&after="""
    async with services_of(request).db.read() as tx:
        place = await community_of(tx, request)
        if place.banned:
            return await banned_page(tx, request, place)
        room, post = await _post(tx, request, place)
        context = await _context(tx, request, place, room, post)
    return page(request, TEMPLATE, context)


async def _post(tx: Tx, request: Request, place: Place) -> tuple[Room, Post]:
    """Raises NotFound, Forbidden for a post that this viewer may not read."""
    room = await room_of(tx, request, place)
    if not place.by.reads(room.min_rank):
        raise Forbidden("Your tier does not open this room.", code="room_locked")
    post = await post_queries.by_seq(tx, room.id, seq_of(request.path_params["seq"]) or 0)
    await rights.require_sight(tx, place.by, post, room)
    return room, post


async def _context(tx: Tx, request: Request, place: Place, room: Room, post: Post) -> dict[str, Any]:
    poll = await queries.one(tx, post.id)
    (view,) = await views.post_views(tx, [post], room, place.community, place.by)
    mine = (await queries.mine(tx, place.by.account_id, [post.id])).get(post.id)
    return {
        "community": place.community,
        "room": room,
        "by": place.by,
        "view": view,
        "line": views.line(view, 300),
        "mine": mine,
        "told": answer(poll, voted=mine is not None),
        "chosen": mine.options or () if mine else (),
        "receipt": shown_code(mine.receipt) if mine and mine.receipt else "",
        "just": False,
        "form": None,
        "runs": _changes(place, post),
        **await _published(tx, request, poll),
    }


def _changes(place: Place, post: Post) -> bool:
    """Whether this viewer may end the poll."""
    try:
        require_change(place.by, post)
    except ChannelError:
        return False
    return True


async def _published(tx: Tx, request: Request, poll: polls.Poll) -> dict[str, Any]:
    """What the tally lists, and the one code that was asked for; nothing before the end."""
    typed = request.query_params.get("code", "")[:60]
    shown: dict[str, Any] = {"typed": typed, "lines": [], "found": None, "option": None, "more": ""}
    if poll.closed_at is None:
        return shown
    option = seq_of(request.query_params.get("option"))
    if option is not None and option not in {one.id for one in poll.options}:
        raise NotFound
    after = parse_code(request.query_params.get("after", "")) or ""
    lines = await queries.receipts(tx, poll.post_id, option=option, after=after, limit=MAX_RECEIPTS_SHOWN + 1)
    more = lines[MAX_RECEIPTS_SHOWN - 1].code if len(lines) > MAX_RECEIPTS_SHOWN else ""
    shown["lines"] = [(shown_code(one.code), one.options) for one in lines[:MAX_RECEIPTS_SHOWN]]
    found = await queries.receipt(tx, poll.post_id, parse_code(typed))
    return shown | {"found": found.options if found else None, "option": option, "more": more}


async def vote(request: Request) -> Response:
    """POST /@{handle}/{slug}/{seq}/vote: JSON for our scripts, else the poll's page with the code on it, once."""
    form = await read_form(request)
    try:
        services_of(request).limiter.hit("write", account_of(request).id)
        context = await _act(request, form)
    except (Conflict, Forbidden, Invalid) as error:
        return await _refused(request, form, error)
    if wants_fragment(request):
        return JSONResponse(context["answer"], headers={"cache-control": "no-store"})
    return page(request, TEMPLATE, context)


async def _act(request: Request, form: Form) -> dict[str, Any]:
    """Vote or take it back, and what there is to show after it."""
    services = services_of(request)
    async with services.db.write() as tx:
        place = await community_of(tx, request)
        if place.banned:
            raise Forbidden("You are banned from this community.", code="banned")
        room, post = await _post(tx, request, place)
        typed = form.line("receipt")
        cast: Cast | None = None
        if form.line("do") == "retract":
            poll = await polls.retract(tx, place.by, post, room, receipt=typed)
        else:
            cast = await polls.vote(tx, place.by, post, room, _options(form), receipt=typed)
            poll = cast.poll
        context = await _context(tx, request, place, room, post)
    services.bus.note("counts", {"room_id": room.id, "post_ids": [post.id]})
    mine = Mine(cast.options, cast.receipt) if cast else None
    context["answer"] = {"mine": mine_json(poll, mine), "poll": tally(poll)}
    if cast:
        context |= {"chosen": cast.options, "receipt": shown_code(cast.receipt), "just": True}
    return context


def _options(form: Form) -> list[int]:
    """What was ticked. What is no number is no answer of any poll."""
    return [
        int(one) if one.isascii() and one.isdigit() and len(one) < 3 else 0
        for one in form.lists.get("options", [])
    ]


async def _refused(request: Request, form: Form, error: ChannelError) -> Response:
    """The poll again with what was ticked; the error itself for whoever may not see the poll."""
    if wants_fragment(request):
        return tell_script(request, error)
    async with services_of(request).db.read() as tx:
        place = await community_of(tx, request)
        if place.banned:
            return await banned_page(tx, request, place)
        room, post = await _post(tx, request, place)
        context = await _context(tx, request, place, room, post)
    return ask_again(request, TEMPLATE, form, error, context | {"chosen": tuple(_options(form))})


async def own_votes(request: Request) -> Response:
    """GET /rooms/{id}/votes?posts=: one's own votes below these posts, for scripts that loaded more of the room."""
    ids = [one for one in request.query_params.get("posts", "").split(",")[:MAX_ASKED] if is_id(one)]
    async with services_of(request).db.read() as tx:
        by, room, community = await members.entitlement_by_room(
            tx, request.path_params["id"], viewer_of(request).account_id
        )
        views.sight(by, room)
        found = [post for post in await post_queries.many(tx, ids) if post.room_id == room.id]
        shown = await views.post_views(tx, found, room, community, by)
        mine = await own.votes(tx, by.account_id, shown)
    return Response(
        msgspec.json.encode(mine), media_type="application/json", headers={"cache-control": "no-store"}
    )


_TAKES_PART = Policy(Who.SIGNED_IN, scope="post")
ROUTES = [
    route("/rooms/{id}/votes", own_votes, SIGNED_IN),
    route("/@{handle}/{slug}/{seq}/poll", poll_page, VIEWER),
    route("/@{handle}/{slug}/{seq}/vote", vote, _TAKES_PART, methods=("POST",)),
]

"""Reacting to a post: a plain form of buttons, which scripts press for those who have them."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from channel import emotes, reactions
from channel.errors import ChannelError, Invalid, NotFound
from channel.members import queries
from channel.posts import queries as post_queries
from channel.posts.model import Post
from channel.reactions.rights import reads, require_reader
from channel.render import views
from channel.render.emotes import emoji_json, pictures_for
from channel.routing import SIGNED_IN, VIEWER, account_of, route, services_of, viewer_of
from channel.storage import Tx
from channel.web.forms import Form, read_form
from channel.web.places import Place, banned_page, community_of, room_of, seq_of
from channel.web.refusals import ask_again, tell_script
from channel.web.responses import page, see_other
from channel.web.studio.place import by_script

CHOICE = "react.html"
FIRST = "❤️"  # of a post that nobody reacted to yet


async def react(request: Request) -> Response:
    """POST /@{handle}/{slug}/{seq}/react {emoji, on?}: `on` 1 adds, 0 takes back; without it the other of the two."""
    account = account_of(request)
    services, form = services_of(request), Form()
    try:
        services.limiter.hit("write", account.id)
        form = await read_form(request)
        async with services.db.write() as tx:
            place = Place(*await queries.visible(tx, request.path_params["handle"], account.id))
            post, changed = await _pressed(tx, request, place, form)
            told = await _told(tx, request, place, post)
    except ChannelError as error:
        if by_script(request):
            return tell_script(request, error)
        if isinstance(error, Invalid):
            async with services.db.read() as tx:
                return ask_again(
                    request, CHOICE, form, error, await _choice(tx, request, await _readable(tx, request))
                )
        raise
    if changed:
        services.bus.note("counts", {"room_id": post.room_id, "post_ids": [post.id]})
    if by_script(request):
        return JSONResponse(told, headers={"cache-control": "no-store"})
    root = f"/@{place.community.handle}/{request.path_params['slug']}"
    return see_other(f"{root}/{post.seq}" if post.topic_id else f"{root}?from={post.seq}#p{post.seq}")


async def _told(tx: Tx, request: Request, place: Place, post: Post) -> dict[str, object]:
    """What the post has now, and what of it is the viewer's own; of what is closed to them by now, nothing."""
    if not await reads(tx, place.by, post, await room_of(tx, request, place)):
        return {"reactions": {}, "mine": []}
    counted = (await reactions.counts_of(tx, [post.id])).get(post.id, ())
    mine = (await reactions.mine(tx, place.by.account_id, [post.id])).get(post.id, ())
    pictures = await pictures_for(tx, place.community.id, [counted])
    return {"reactions": dict(counted), "mine": list(mine), **emoji_json(pictures)}


async def who(request: Request) -> Response:
    """GET /@{handle}/{slug}/{seq}/reactions?emoji=: who reacted with one emoji, where the room shows it."""
    viewer, query = viewer_of(request), request.query_params
    async with services_of(request).db.read() as tx:
        place = await community_of(tx, request)
        if place.banned:
            return await banned_page(tx, request, place)
        room = await room_of(tx, request, place)
        post = await post_queries.by_seq(tx, room.id, seq_of(request.path_params["seq"]) or 0)
        await require_reader(tx, place.by, post, room)
        if not room.reactors_shown or not room.offered:
            raise NotFound("Who reacted is nobody's business in this room.")
        counted = (await reactions.counts_of(tx, [post.id])).get(post.id, ())
        asked = query.get("emoji") or (counted[0][0] if counted else FIRST)
        chosen = await reactions.kind(tx, place.community.id, asked)
        found = await reactions.who(tx, post.id, chosen, cursor=query.get("cursor"))
        pictures = await pictures_for(tx, place.community.id, [counted])
    context = {
        "community": place.community,
        "room": room,
        "seq": post.seq,
        "counted": counted,
        "chosen": chosen.shown,
        "pictures": pictures,
    }
    people = [(views.author_view(one.account), one.at) for one in found.items]
    more = {"people": people, "next_cursor": found.next_cursor, "language": viewer.language}
    return page(request, "reactors.html", {**context, **more})


async def choose(request: Request) -> Response:
    """GET /@{handle}/{slug}/{seq}/react: every emoji there is, for who has no scripts."""
    async with services_of(request).db.read() as tx:
        place = await community_of(tx, request)
        if place.banned:
            return await banned_page(tx, request, place)
        return page(request, CHOICE, await _choice(tx, request, place))


async def _readable(tx: Tx, request: Request) -> Place:
    return Place(*await queries.visible(tx, request.path_params["handle"], viewer_of(request).account_id))


async def _choice(tx: Tx, request: Request, place: Place) -> dict[str, object]:
    """What the page prints. Raises NotFound, Forbidden as for the post, and where nobody reacts."""
    room = await room_of(tx, request, place)
    post = await post_queries.by_seq(tx, room.id, seq_of(request.path_params["seq"]) or 0)
    await require_reader(tx, place.by, post, room)
    if not room.offered:
        raise NotFound("Nobody reacts in this room.")
    own = await emotes.of_community(tx, place.community.id)
    return {
        "community": place.community,
        "room": room,
        "seq": post.seq,
        "own": [one.shown for one in own if room.reactions == "any" and one.shown not in room.offered],
        "pictures": {one.shown: emotes.address(one.key) for one in own},
        "form": None,
    }


async def _pressed(tx: Tx, request: Request, place: Place, form: Form) -> tuple[Post, bool]:
    """The post, and whether anything changed."""
    room = await room_of(tx, request, place)
    post = await post_queries.by_seq(tx, room.id, seq_of(request.path_params["seq"]) or 0)
    kind = await reactions.kind(tx, place.community.id, form.line("emoji"))
    on = form.line("on")
    if not on:  # a form that every reader is shown alike cannot say which it means
        own = (await reactions.mine(tx, place.by.account_id, [post.id])).get(post.id, ())
        on = "0" if kind.shown in own else "1"
    if on == "0":
        return post, await reactions.take_back(tx, place.by, post.id, room, kind.shown)
    return post, await reactions.react(tx, place.by, post, room, kind.shown)


ROUTES = [
    route("/@{handle}/{slug}/{seq}/reactions", who, VIEWER),
    route("/@{handle}/{slug}/{seq}/react", choose, VIEWER),
    route("/@{handle}/{slug}/{seq}/react", react, SIGNED_IN, methods=("POST",)),
]

"""Reacting to a post: a plain form of buttons, which scripts press for those who have them."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from channel import emoji as emojis
from channel import reactions
from channel.errors import ChannelError, NotFound
from channel.members import queries
from channel.posts import queries as post_queries
from channel.posts.model import Post
from channel.reactions.rights import reads, require_reader
from channel.render import views
from channel.routing import SIGNED_IN, VIEWER, account_of, route, services_of, viewer_of
from channel.storage import Tx
from channel.web.forms import Form, read_form
from channel.web.places import Place, banned_page, community_of, room_of, seq_of
from channel.web.refusals import tell_script
from channel.web.responses import page, see_other
from channel.web.studio.place import by_script


async def react(request: Request) -> Response:
    """POST /@{handle}/{slug}/{seq}/react {emoji, on?}: `on` 1 adds, 0 takes back; without it the other of the two."""
    account = account_of(request)
    services = services_of(request)
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
    return {"reactions": dict(counted), "mine": list(mine)}


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
        chosen = emojis.parse(query["emoji"]) if query.get("emoji") else counted[0][0] if counted else ""
        found = await reactions.who(tx, post.id, chosen, cursor=query.get("cursor"))
    context = {
        "community": place.community,
        "room": room,
        "seq": post.seq,
        "counted": counted,
        "chosen": chosen,
    }
    people = [(views.author_view(one.account), one.at) for one in found.items]
    more = {"people": people, "next_cursor": found.next_cursor, "language": viewer.language}
    return page(request, "reactors.html", {**context, **more})


async def _pressed(tx: Tx, request: Request, place: Place, form: Form) -> tuple[Post, bool]:
    """The post, and whether anything changed."""
    room = await room_of(tx, request, place)
    post = await post_queries.by_seq(tx, room.id, seq_of(request.path_params["seq"]) or 0)
    chosen = emojis.parse(form.line("emoji"))
    on = form.line("on")
    if not on:  # a form that every reader is shown alike cannot say which it means
        own = (await reactions.mine(tx, place.by.account_id, [post.id])).get(post.id, ())
        on = "0" if chosen in own else "1"
    if on == "0":
        return post, await reactions.take_back(tx, place.by, post.id, room, chosen)
    return post, await reactions.react(tx, place.by, post, room, chosen)


ROUTES = [
    route("/@{handle}/{slug}/{seq}/reactions", who, VIEWER),
    route("/@{handle}/{slug}/{seq}/react", react, SIGNED_IN, methods=("POST",)),
]

"""One's own messages in groups: written anew, taken away."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from channel import posts, previews, topics
from channel.errors import ChannelError, Conflict, Invalid, NotFound
from channel.posts import previewed
from channel.posts.linking import links
from channel.posts.model import MAX_TEXT_CHARS, Draft, Post
from channel.posts.rights import require_change
from channel.rooms import Room
from channel.routing import account_of, services_of
from channel.storage import Tx
from channel.web.forms import Form, read_form
from channel.web.group.places import group_of
from channel.web.places import Place
from channel.web.refusals import ask_again, tell_script
from channel.web.responses import page, see_other

PAGE = "message.html"


async def _message(tx: Tx, request: Request) -> tuple[Place, Room, Post]:
    """The message of `{id}` in this group, which must still be there. Raises NotFound, Forbidden."""
    place, room = await group_of(tx, request)
    post = await posts.one(tx, request.path_params["id"])
    if post.room_id != room.id or post.topic_id is None or post.deleted_at is not None:
        raise NotFound("There is no such message.")
    return place, room, post


async def edit_form(request: Request) -> Response:
    """GET /@{handle}/{slug}/m/{id}"""
    async with services_of(request).db.read() as tx:
        place, room, post = await _message(tx, request)
        require_change(place.by, post)
        context = await _context(tx, place, room, post)
    form = Form(values={"text": post.text, "rev": str(post.rev)})
    return page(request, PAGE, {**context, "form": form})


async def _context(tx: Tx, place: Place, room: Room, post: Post) -> dict[str, object]:
    topic = await topics.one(tx, post.topic_id or "")
    return {
        "community": place.community,
        "room": room,
        "topic": topic,
        "post": post,
        "back": f"/@{place.community.handle}/{room.slug}/t/{topic.number}?from={post.seq}#p{post.seq}",
        "max_chars": MAX_TEXT_CHARS,
        "theirs": "",
        "linked": (await previews.of_posts(tx, [post.id])).get(post.id),
    }


async def save(request: Request) -> Response:
    """POST /@{handle}/{slug}/m/{id} {text, rev}"""
    form = await read_form(request)
    services_of(request).limiter.hit("write", account_of(request).id)
    try:
        if form.line("do") == "unlink":
            context = await _unlinked(request)
        else:
            context = await _saved(request, form)
    except (Invalid, Conflict) as error:
        return ask_again(request, PAGE, form, error, await _conflicted(request, form, error))
    return see_other(str(context["back"]))


async def _saved(request: Request, form: Form) -> dict[str, object]:
    services = services_of(request)
    async with services.db.read() as tx:
        place, room, post = await _message(tx, request)
        require_change(place.by, post)
        found = await links(tx, place.by, place.community, form.text("text"), room=room, post=post)
    draft = Draft.parse(form.text("text"), ai=post.ai, silent=post.silent, quote_id=post.quote_id)
    rendered = await posts.prepare(draft, rooms=found.rooms, known=found.known)
    async with services.db.write() as tx:
        place, room, post = await _message(tx, request)
        edited = await posts.edit(tx, place.by, post, rendered, rev=form.number("rev"))
        return await _context(tx, place, room, edited)


async def _unlinked(request: Request) -> dict[str, object]:
    async with services_of(request).db.write() as tx:
        place, room, post = await _message(tx, request)
        await previewed.remove(tx, place.by, post)
        return await _context(tx, place, room, post)


async def _conflicted(request: Request, form: Form, error: ChannelError) -> dict[str, object]:
    """What the message says now stands beside one's own wording; saving again is then meant."""
    async with services_of(request).db.read() as tx:
        place, room, post = await _message(tx, request)
        found = await _context(tx, place, room, post)
    if error.code == "edited_meanwhile":
        found["theirs"] = post.text
        form.values["rev"] = str(post.rev)
    return found


async def delete(request: Request) -> Response:
    """POST /@{handle}/{slug}/m/{id}/delete"""
    await read_form(request)
    services_of(request).limiter.hit("write", account_of(request).id)
    script = request.headers.get("sec-fetch-mode", "navigate") != "navigate"
    try:
        async with services_of(request).db.write() as tx:
            place, room, post = await _message(tx, request)
            await posts.delete(tx, place.by, post)
            context = await _context(tx, place, room, post)
    except ChannelError as error:
        if script:
            return tell_script(request, error)
        raise
    if script:
        return JSONResponse({"said": "deleted"}, headers={"cache-control": "no-store"})
    return see_other(str(context["back"]))

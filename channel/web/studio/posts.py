"""What was published: the list with its pins, and editing, pinning and deleting one."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from channel import posts, rooms, tiers
from channel.errors import ChannelError, Conflict, Invalid, NotFound
from channel.members import Action
from channel.posts import carrying, opening, pins, previewed, queries, teasing
from channel.posts.linking import links
from channel.posts.model import MAX_TEASER_CHARS, MAX_TEXT_CHARS, Draft, Post
from channel.posts.rights import require_change
from channel.render import views
from channel.rooms import Room
from channel.routing import services_of
from channel.storage import Tx
from channel.web.forms import Form
from channel.web.refusals import ask_again, tell_script
from channel.web.responses import page
from channel.web.studio import attach, compose, later, preview
from channel.web.studio.place import Place, by_script, enter, frame, go, posted, values

PAGE_SIZE = 40
LIST = "studio/posts.html"
EDIT = "studio/post.html"
LINE_CHARS = 140


async def listing(request: Request) -> Response:
    """GET /studio/{handle}/posts?room=&cursor="""
    return page(request, LIST, await _list(request, request.query_params))


async def _list(request: Request, asked: Mapping[str, str]) -> dict[str, Any]:
    async with services_of(request).db.read() as tx:
        place = await enter(request, tx, Action.SEE_STUDIO)
        there = await rooms.of_community(tx, place.community.id)
        room = compose.find_room(there, asked.get("room", ""))
        if room is None and len(there) == 1:
            room = there[0]
        found, older = await _page(tx, place, room, asked.get("cursor", ""))
        pinned = await queries.pinned(tx, room.id) if room else []
        return await frame(request, tx, place, "posts") | {
            "rooms": there,
            "room_names": {one.id: one.name for one in there},
            "room": room,
            "items": await _lines(tx, place, found),
            "pins": await _lines(tx, place, pinned),
            "older": older,
        }


async def _page(tx: Tx, place: Place, room: Room | None, cursor: str) -> tuple[list[Post], str | None]:
    """A room's own list has the traces of deleted posts; the list of all rooms has not."""
    if room is None:
        found = await queries.listing(tx, place.community.id, cursor=cursor or None, limit=PAGE_SIZE)
        return found.items, found.next_cursor
    before = int(cursor) if cursor.isascii() and cursor.isdigit() and len(cursor) <= 15 else None
    items = await queries.page(tx, room.id, before=before, limit=PAGE_SIZE + 1)
    return items[:PAGE_SIZE], str(items[PAGE_SIZE - 1].seq) if len(items) > PAGE_SIZE else None


async def _lines(tx: Tx, place: Place, found: list[Post]) -> list[tuple[views.AnyView, str]]:
    shown = await views.post_views(tx, found, None, place.community, place.by)
    return [(view, views.line(view, LINE_CHARS)) for view in shown]


async def edit_form(request: Request) -> Response:
    """GET /studio/{handle}/posts/{id}"""
    async with services_of(request).db.read() as tx:
        _, post = await _own(request, tx, Action.POST)
        chosen, carried = await teasing.of_post(tx, post.id), await carrying.of_post(tx, post)
    form = values(
        text=post.text, min_rank=post.min_rank, had_rank=post.min_rank, teaser=post.teaser, ai=post.ai,
        rev=post.rev, **attach.teaser_fields(chosen),
    )  # fmt: skip
    form.lists["media"] = [*carried]
    return page(request, EDIT, await _editing(request, form))


async def attach_files(request: Request) -> Response:
    """POST /studio/{handle}/posts/{id}/media: the page again, with files more or fewer; nothing is saved by it."""
    async with services_of(request).db.read() as tx:
        place, post = await _own(request, tx, Action.POST)
        require_change(place.by, post)
    return page(request, EDIT, await _editing(request, await attach.received(request)))


async def _own(request: Request, tx: Tx, action: Action) -> tuple[Place, Post]:
    """The post of `{id}`, which must be of this community and still there."""
    place = await enter(request, tx, action)
    post = await posts.one(tx, request.path_params["id"])
    if post.community_id != place.community.id or post.deleted_at is not None:
        raise NotFound("There is no such post.")
    return place, post


async def _editing(request: Request, form: Form) -> dict[str, Any]:
    async with services_of(request).db.read() as tx:
        place, post = await _own(request, tx, Action.POST)
        require_change(place.by, post)
        (view,) = await views.post_views(tx, [post], None, place.community, place.by)
        return await frame(request, tx, place, "posts") | preview.NOTHING | {
            "form": form,
            "post": post,
            "view": view,
            "room": await rooms.one(tx, post.room_id),
            "tiers": await tiers.of_community(tx, place.community.id),
            "most_text": MAX_TEXT_CHARS,
            "most_teaser": MAX_TEASER_CHARS,
            "theirs": "",
            "teased": await attach.teased(tx, place.by, form),
            **await attach.shown(tx, place.by, form),
        }  # fmt: skip


async def save(request: Request) -> Response:
    """POST /studio/{handle}/posts/{id}: save; or what another button of the page asks for (`do`)."""
    form = await posted(request)
    if form.line("do") == "preview":
        return await _preview(request, form)
    if form.line("do") == "call_off":
        return await _call_off(request)
    if form.line("do") == "unlink":
        return await _unlink(request)
    try:
        if form.line("do") == "link_words":
            return await _say_of_link(request, form)
        post = await _saved(request, form)
    except (Invalid, Conflict) as error:
        return ask_again(request, EDIT, form, error, await _conflicted(request, form, error))
    return go(request, f"/posts/{post.id}", "saved")


async def _saved(request: Request, form: Form) -> Post:
    services = services_of(request)
    async with services.db.read() as tx:
        place, post = await _own(request, tx, Action.POST)
        require_change(place.by, post)
        room = await rooms.one(tx, post.room_id)
        found = await links(tx, place.by, place.community, form.text("text"), room=room, post=post)
        carried, teased = await carrying.of_post(tx, post), await teasing.of_post(tx, post.id)
    draft = Draft.parse(
        form.text("text"),
        min_rank=form.number("min_rank"),
        opens=later.steps(form, place.now) or None,
        unlock=later.cost(form),
        teaser=form.text("teaser"),
        ai=form.line("ai") or "none",
        silent=post.silent,
        quote_id=post.quote_id,
        media=attach.wanted(form) if form.on("carrying") else carried,
        teaser_picture=attach.teaser_of(form) if "teaser_picture" in form.values else teased,
    )
    rendered = await posts.prepare(draft, rooms=found.rooms, known=found.known)
    async with services.db.write() as tx:
        place, post = await _own(request, tx, Action.POST)
        await carrying.hold_all(tx, post, draft.all_media)
        described = await attach.describe(tx, place.by, form)
        edited = await posts.edit(tx, place.by, post, rendered, rev=form.number("rev"))
        await carrying.tell_all(tx, described)
        return edited


async def _conflicted(request: Request, form: Form, error: ChannelError) -> dict[str, Any]:
    """Somebody else's wording stands beside one's own; saving again is then meant.

    Not so for an audience that the writer left alone: a post that opened meanwhile is not closed again.
    """
    found = await _editing(request, form)
    if error.code == "edited_meanwhile":
        post = found["post"]
        found["theirs"] = post.text
        now = values(min_rank=post.min_rank).values["min_rank"]
        if form.line("min_rank") == form.line("had_rank"):
            form.values["min_rank"] = now
        form.values |= {"rev": str(post.rev), "had_rank": now}
    return found


async def _call_off(request: Request) -> Response:
    async with services_of(request).db.write() as tx:
        place, post = await _own(request, tx, Action.POST)
        await opening.call_off(tx, place.by, post)
    return go(request, f"/posts/{post.id}", "called_off")


async def _unlink(request: Request) -> Response:
    async with services_of(request).db.write() as tx:
        place, post = await _own(request, tx, Action.POST)
        await previewed.remove(tx, place.by, post)
    return go(request, f"/posts/{post.id}", "unlinked")


async def _say_of_link(request: Request, form: Form) -> Response:
    async with services_of(request).db.write() as tx:
        place, post = await _own(request, tx, Action.POST)
        await previewed.amend(
            tx,
            place.by,
            post,
            form.line("title"),
            form.line("description"),
            picture=not form.on("no_picture"),
        )
    return go(request, f"/posts/{post.id}", "saved")


async def _preview(request: Request, form: Form) -> Response:
    found = await _editing(request, form)
    told = {**form.values, "room": found["room"].id, "quote": found["post"].quote_id or ""}
    shown = Form(values=told, lists=form.lists)
    return page(request, EDIT, found | await preview.both_views(request, shown))


async def delete(request: Request) -> Response:
    """POST /studio/{handle}/posts/{id}/delete"""
    form = await posted(request)
    try:
        async with services_of(request).db.write() as tx:
            place, post = await _own(request, tx, Action.POST)
            await posts.delete(tx, place.by, post)
    except ChannelError as error:
        if by_script(request):
            return tell_script(request, error)
        raise
    return _done(request, form, post.room_id, "deleted")


async def pin(request: Request) -> Response:
    """POST /studio/{handle}/posts/{id}/pin: to a position, 1 is first; none unpins."""
    form = await posted(request)
    try:
        position = form.number("position")
        async with services_of(request).db.write() as tx:
            place, post = await _own(request, tx, Action.PIN)
            await pins.pin(tx, place.by, post, position)
    except ChannelError as error:
        if by_script(request):
            return tell_script(request, error)
        return ask_again(request, LIST, Form(), error, await _list(request, {"room": form.line("room")}))
    said = "unpinned" if position is None else "pinned" if post.pin_position is None else "moved"
    return _done(request, form, post.room_id, said)


def _done(request: Request, form: Form, room_id: str, said: str) -> Response:
    """Back to the list the button was in: of one room, or of all."""
    if by_script(request):
        return JSONResponse({"said": said}, headers={"cache-control": "no-store"})
    handle = request.path_params["handle"]
    back = f"/posts?room={room_id}&said=" if form.line("room") else "/posts?said="
    return Response(status_code=303, headers={"location": f"/studio/{handle}{back}{said}"})

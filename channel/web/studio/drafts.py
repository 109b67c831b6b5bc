"""What is not said yet: the list, keeping one (by hand or while one types), and throwing it away."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from channel import rooms
from channel.errors import ChannelError, Invalid
from channel.markdown import plain
from channel.members import Action
from channel.posts import drafts
from channel.posts.model import SavedDraft
from channel.render.json import iso
from channel.routing import services_of
from channel.web.forms import Form
from channel.web.refusals import tell_script
from channel.web.responses import page
from channel.web.studio import attach, compose, desk
from channel.web.studio.place import enter, frame, go, posted

LINE_CHARS = 160


async def listing(request: Request) -> Response:
    """GET /studio/{handle}/drafts"""
    return page(request, "studio/drafts.html", await _list(request))


async def _list(request: Request) -> dict[str, Any]:
    async with services_of(request).db.read() as tx:
        place = await enter(request, tx, Action.POST)
        own = await drafts.own_drafts(tx, place.by)
        there = await rooms.of_community(tx, place.community.id)
        return await frame(request, tx, place, "drafts") | {
            "items": [(draft, plain(draft.sketch.text or draft.sketch.teaser, LINE_CHARS)) for draft in own],
            "by_mail": bool(services_of(request).settings.incoming_address),
            "room_names": {room.id: room.name for room in there},
        }


async def save(request: Request) -> Response:
    """POST /studio/{handle}/drafts: JSON for the script that saves while one types, else 303 to the list."""
    form = await posted(request)
    quietly = "application/json" in request.headers.get("accept", "")
    try:
        saved = await _saved(request, form)
    except ChannelError as error:
        return tell_script(request, error) if quietly else await desk.again(request, form, error)
    if quietly:
        body = {"id": saved.id, "saved_at": iso(saved.updated_at)}
        return JSONResponse(body, headers={"cache-control": "no-store"})
    return go(request, "/drafts", "drafted")


async def _saved(request: Request, form: Form) -> SavedDraft:
    async with services_of(request).db.write() as tx:
        place = await enter(request, tx, Action.POST)
        if not form.text("text").strip() and not form.text("teaser").strip() and not attach.any_of(form):
            raise Invalid(text="Write something first.")
        sketch = compose.sketch_of(form, await rooms.of_community(tx, place.community.id))
        await attach.divide(tx, place.by, form)
        draft_id = form.line("id") or form.line("draft") or None
        return await drafts.save_draft(tx, place.by, sketch, draft_id, begun=form.line("begun") or None)


async def delete(request: Request) -> Response:
    """POST /studio/{handle}/drafts/{id}/delete: gone already is as good."""
    await posted(request)
    async with services_of(request).db.write() as tx:
        place = await enter(request, tx, Action.POST)
        await drafts.delete_draft(tx, place.by, request.path_params["id"])
    return go(request, "/drafts", "deleted")

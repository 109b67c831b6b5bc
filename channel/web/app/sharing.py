"""`/app/share`: what somebody shares to the app from their phone, and the room that it shall go to.

Nothing is written here: the words go on into the composer of the room, and are sent by whoever presses its button. Words
and files of the share sheet are mostly taken by the service worker (static/sw/taking.js), which keeps them in the
browser, also while one signs in, and shows this page; what comes to the server itself is words only.
"""

from typing import Any, Final
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from channel.errors import Invalid
from channel.members import Action
from channel.posts.model import MAX_TEXT_CHARS
from channel.routing import VIEWER, route, services_of, viewer_of
from channel.viewing import SHARED_PATH
from channel.web import multipart, roomlist
from channel.web.forms import Form, local_path, read_form
from channel.web.responses import page

PARTS: Final = ("title", "text", "url")


async def show(request: Request) -> Response:
    """GET /app/share?title=&text=&url="""
    given = {name: request.query_params.get(name, "") for name in PARTS}
    return await _choose(request, given, lost=0)


async def shared(request: Request) -> Response:
    """POST /app/share {title?, text?, url?, files?}: without the worker, which would have kept the files."""
    form, files = Form(), 0
    try:
        if request.headers.get("content-type", "").startswith("multipart/"):
            files = await _parts(request, form)
        else:
            form = await read_form(request)
    except Invalid:
        form = Form()  # what cannot be read has no words; the page says that nothing came
    return await _choose(request, form.values, lost=files)


async def _parts(request: Request, form: Form) -> int:
    """Take the words; how many files came with them."""
    files = 0
    async for part in multipart.parts(request):
        if part.filename is None:
            multipart.keep(form, part.name, await part.text())
        else:
            files += bool(part.filename)
    return files


def joined(given: dict[str, str]) -> str:
    """One text of it: phones send the same words twice, and a link as the text."""
    words: list[str] = []
    for name in PARTS:
        said = given.get(name, "").replace("\0", "").strip()
        if said and not any(said in other for other in words):
            words.append(said)
    return "\n".join(words)[:MAX_TEXT_CHARS]


async def _choose(request: Request, given: dict[str, str], *, lost: int) -> Response:
    text = joined(given)
    context: dict[str, Any] = {"text": text, "lost": lost, "rooms": [], "address": _address}
    viewer = viewer_of(request)
    if viewer.account is not None:
        async with services_of(request).db.read() as tx:
            mine = await roomlist.mine(tx, viewer.account)
        writers = {stop.community.id for stop in mine.stops if stop.entitlement.may(Action.POST)}
        context["rooms"] = [line for line in mine.lines if _writes(line, writers)]
    place = f"{SHARED_PATH}?{urlencode({'text': text})}" if text else SHARED_PATH
    context["back"] = local_path(place, SHARED_PATH)
    return page(request, "app_share.html", context)


def _writes(line: roomlist.Line, writers: set[str]) -> bool:
    """Where it may go: channels that one posts in, and groups; whose rules say the rest when one writes."""
    return not line.locked and (line.room.is_group or line.community.id in writers)


def _address(line: roomlist.Line, text: str) -> str:
    """The room with the words in its composer; of a group, in that of the topic that is opened, or started, there."""
    return f"{line.href}?text={quote(text)}" if text else line.href


ROUTES = [
    route(SHARED_PATH, show, VIEWER),
    route(SHARED_PATH, shared, VIEWER, methods=("POST",)),
]

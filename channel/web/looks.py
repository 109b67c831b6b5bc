"""Pictures of one's own for accounts and communities: handed out, and taken in by plain forms."""

import re
from collections.abc import Sequence
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from channel.errors import Invalid, NotFound
from channel.looks import parse_cut, queries
from channel.looks.model import MAX_BYTES, Purpose
from channel.media.minting import Made, Sheet
from channel.routing import VIEWER, account_of, route, services_of, viewer_of
from channel.web import multipart
from channel.web.forms import Form
from channel.web.media import Blob, for_pages_elsewhere, named

MAX_FORM_BYTES: Final = 4 * MAX_BYTES  # so that who sends too much is told so on the page
_SIZE: Final = re.compile(r"[1-9][0-9]{0,3}")


async def look(request: Request) -> Response:
    """GET or HEAD /looks/{look}/{size}.webp"""
    look_id, size = request.path_params["look"], request.path_params["size"]
    if not _SIZE.fullmatch(size):
        raise NotFound("There is no such picture.")
    async with services_of(request).db.read() as tx:
        found = await queries.file(tx, look_id, int(size), viewer_of(request).account_id)
    response = await handed(request, Blob(found.sha256, "image/webp", found.size, True, "inline"))
    if viewer_of(request).signed is None:  # a stranger sees it, so a frame on another site may show it
        for_pages_elsewhere(response)
    return response


async def handed(request: Request, blob: Blob) -> Response:
    """A small picture, whole."""
    if named(request.headers.get("if-none-match", ""), blob.etag):
        return Response(status_code=304, headers=blob.headers)
    store = services_of(request).media.blobs
    content = b"".join([piece async for piece in store.read(blob.key, 0, blob.size)])
    headers = {name: value for name, value in blob.headers.items() if name != "accept-ranges"}
    return Response(content, media_type=blob.type, headers=headers)


async def sent(request: Request, purpose: Purpose) -> tuple[Form, Sequence[Made]]:
    """What a form with one `file` brought: its fields, and the picture made; none when it says `remove`.

    Raises Invalid (own_ with the purpose, x, y, zoom), TooMany. No transaction is open meanwhile.
    """
    try:
        return await _sent(request, purpose)
    except Invalid as error:  # one page may have two such forms
        named = {f"own_{purpose}" if name == "file" else name: text for name, text in error.fields.items()}
        raise Invalid(named) from error


async def _sent(request: Request, purpose: Purpose) -> tuple[Form, Sequence[Made]]:
    async with services_of(request).media.mint.sheet() as sheet:
        form = Form()
        came = await taken(request, sheet, form)
        if form.on("remove"):
            return form, ()
        cut = parse_cut(purpose, form.number("x"), form.number("y"), form.number("zoom"))
        if not came:
            raise Invalid(file="Choose a picture first.")
        return form, await sheet.cut(cut)


async def taken(request: Request, sheet: Sheet, form: Form) -> int:
    """Takes the fields into `form` and `file` onto the sheet; how many bytes the picture has. Raises Invalid (file), TooMany.

    A browser hears of a refusal only when it has sent everything.
    """
    came, refused = 0, None
    async for part in multipart.parts(request):
        if part.filename is None:
            multipart.keep(form, part.name, await part.text())
        elif part.filename and part.name == "file" and not came and not refused:
            services_of(request).limiter.hit("upload", account_of(request).id)
            try:
                came = await sheet.take(part.pieces(), MAX_BYTES)
            except Invalid as error:
                refused = error
    if refused:
        raise refused
    return came


ROUTES = [route("/looks/{look}/{size}.webp", look, VIEWER)]

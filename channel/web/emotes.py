"""Emoji of a community's own: handed out, and taken in by a plain form."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from channel.emotes import queries
from channel.emotes.model import CUT, parse_name
from channel.errors import Invalid
from channel.media.minting import Made
from channel.routing import VIEWER, route, services_of, viewer_of
from channel.web.forms import Form
from channel.web.looks import handed, taken
from channel.web.media import Blob


async def picture(request: Request) -> Response:
    """GET or HEAD /emoji/{key}.webp"""
    async with services_of(request).db.read() as tx:
        found = await queries.file(tx, request.path_params["key"], viewer_of(request).account_id)
    return await handed(request, Blob(found.sha256, "image/webp", found.size, True, "inline"))


async def sent(request: Request, form: Form) -> Sequence[Made]:
    """The picture that came with `name` as `file`, made; the other fields are in `form`, also when it is refused.

    Raises Invalid (name, file), TooMany. No transaction is open meanwhile.
    """
    async with services_of(request).media.mint.sheet() as sheet:
        came = await taken(request, sheet, form)
        problems = {} if came else {"file": "Choose a picture first."}
        try:
            parse_name(form.line("name"))
        except Invalid as error:
            problems |= error.fields
        if problems:
            raise Invalid(problems)
        return await sheet.cut(CUT)


ROUTES = [route("/emoji/{key}.webp", picture, VIEWER)]

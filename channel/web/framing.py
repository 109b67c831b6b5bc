"""All of a picture of which a part is shown: for who may choose the part."""

from starlette.requests import Request
from starlette.responses import Response

from channel.errors import Conflict, Invalid, NotFound
from channel.media import changing
from channel.media.pictures import Cut
from channel.routing import WRITER, account_of, route, services_of
from channel.web.media import seen_by

SIDE = 1280
WHOLE = Cut(((SIDE, SIDE),), whole=True, padded=False)
HEADERS = {
    "cache-control": "private, no-store",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
}


async def whole(request: Request) -> Response:
    """GET or HEAD /media/{id}/whole: upright, small, drawn for this answer and kept nowhere.

    What was cut off lies in no file that could be asked for. Raises NotFound, Conflict (not_ready), TooMany.
    """
    async with services_of(request).db.read() as tx:
        one, by = await seen_by(tx, request.path_params["id"], account_of(request).id)
        try:
            changing.require_framed(by, one)
        except (Conflict, Invalid) as error:
            raise NotFound("There is no such file.") from error
    if one.state == "processing":  # nobody has looked through it yet
        raise Conflict("This picture is being prepared. Wait a moment.", code="not_ready")
    services_of(request).limiter.hit("upload", account_of(request).id)
    async with services_of(request).media.mint.sheet() as sheet:
        await sheet.bring(one.sha256)
        content = await sheet.drawn(WHOLE)
    return Response(content, media_type="image/webp", headers=HEADERS)


ROUTES = [route("/media/{id}/whole", whole, WRITER)]

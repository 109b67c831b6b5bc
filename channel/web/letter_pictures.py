"""`/notices/picture/{token}`: a picture in a letter. What the address says is the authority, and no cookie is looked at; what
its reader may see, and whether they want it, is judged at every request.

That somebody asked is written down nowhere: no log, no count, nothing that reach or read positions know of.
"""

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from channel.notices import pictures
from channel.notify.posted.pictures import allowed
from channel.routing import ANYONE, route, services_of
from channel.web import media


async def show(request: Request) -> Response:
    """GET or HEAD /notices/picture/{token}"""
    services = services_of(request)
    told = pictures.opened(services.secret, request.path_params["token"], services.db.clock())
    # By reader, not by network: mail services fetch for all of theirs from a few addresses.
    services.limiter.hit("read", told.reader.id)
    async with services.db.read() as tx:
        found = await allowed(tx, services.secret, told)
    blob = await media.blob_of(request, found.media_id, found.name, found.account_id)
    # Never to be kept: what this address shows may end at any moment.
    response = await media.answer(request, replace(blob, public=False), lambda: None)
    media.for_pages_elsewhere(response)  # where mail is read in a browser
    response.headers["x-robots-tag"] = "noindex"
    return response


ROUTES = [route("/notices/picture/{token}", show, ANYONE)]

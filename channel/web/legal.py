"""About, terms and contact: the operator's own words, or the plain truth while there are none."""

from typing import Final

from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from channel import markdown
from channel.routing import ANYONE, route, services_of
from channel.storage.tables import instance
from channel.web.responses import page

PAGES: Final = {"about": instance.c.about, "terms": instance.c.terms, "contact": instance.c.contact}


async def paper(request: Request) -> Response:
    """One of the three."""
    name = request.url.path.strip("/")
    async with services_of(request).db.read() as tx:
        text = str(await tx.value(select(PAGES[name])) or "")
    html = (await markdown.in_thread(text, rooms={})).html
    url = services_of(request).settings.url
    context = {"name": name, "html": html, "indexable": True, "canonical_url": f"{url}/{name}"}
    return page(request, "paper.html", context)


ROUTES = [route(f"/{name}", paper, ANYONE) for name in PAGES]

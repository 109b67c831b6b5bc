"""The page of a #tag: the posts that have it, newest first, as the viewer may see them."""

from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from channel import rooms
from channel.errors import NotFound
from channel.naming import tag_of
from channel.posts.tagged import tagged
from channel.render import views
from channel.rooms import Room
from channel.routing import VIEWER, route, services_of
from channel.web import room
from channel.web.feed import date_of
from channel.web.places import banned_page, community_of
from channel.web.responses import page

LINE_CHARS = 200
OLD_SLUG = "tag"  # a room may have it that was there before tags were


@dataclass(frozen=True, slots=True)
class Line:
    """One post that has the tag, in a line that leads to it."""

    room: Room
    view: views.AnyView
    text: str

    @property
    def href(self) -> str:
        return self.view.href

    @property
    def day(self) -> str:
        return date_of(self.view.created_at)


async def tag_page(request: Request) -> Response:
    """GET /@{handle}/tag/{tag}?cursor="""
    word = request.path_params["tag"]
    if word.isascii() and word.isdigit():  # no tag is a number: this is a post of a room of that name
        request.path_params.update(slug=OLD_SLUG, seq=word)
        return await room.post_page(request)
    tag = tag_of(word)
    if not tag:
        raise NotFound("There is no such tag.")
    async with services_of(request).db.read() as tx:
        place = await community_of(tx, request)
        if place.banned:
            return await banned_page(tx, request, place)
        found = await tagged(tx, place.by, tag, cursor=request.query_params.get("cursor"))
        shown = await views.post_views(tx, found.items, None, place.community, place.by)
        there = {one.id: one for one in await rooms.of_community(tx, place.community.id)}
        today = date_of(tx.now)
    context = {
        "community": place.community,
        "hue": place.community.hue,
        "tag": tag,
        "lines": [Line(there[view.room_id], view, views.line(view, LINE_CHARS)) for view in shown],
        "today": today,
        "older": found.next_cursor,
        "root": f"/@{place.community.handle}/tag/{quote(tag, safe='')}",
    }
    return page(request, "tag.html", context)


ROUTES = [route("/@{handle}/tag/{tag}", tag_page, VIEWER)]

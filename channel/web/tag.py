"""The page of a #tag: the posts and comments that have it, newest first, as the viewer may see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from channel import rooms
from channel.comments import named
from channel.comments.named import Said
from channel.errors import NotFound
from channel.markdown import plain
from channel.naming import tag_of
from channel.posts.model import Post
from channel.posts.tagged import tagged
from channel.render import views
from channel.render.comments import CommentView, said_views
from channel.rooms import Room
from channel.routing import VIEWER, route, services_of
from channel.storage import Tx
from channel.web import room
from channel.web import tagged as tagged_by
from channel.web.feed import date_of
from channel.web.places import Place, banned_page, community_of
from channel.web.responses import page

LINE_CHARS = 200
AT_ONCE = 40
OLD_SLUG = "tag"  # a room may have it that was there before tags were


@dataclass(frozen=True, slots=True)
class Line:
    """One post or comment that has the tag, in a line that leads to it."""

    room: Room
    view: views.AnyView | CommentView
    text: str

    @property
    def href(self) -> str:
        return self.view.place if isinstance(self.view, CommentView) else self.view.href

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
        cursor = request.query_params.get("cursor")
        posts = await tagged(tx, place.by, tag, cursor=cursor)
        said = await named.tagged(tx, place.community, place.by, tag, cursor=cursor)
        found = named.both(posts, said, AT_ONCE)
        shown = await _shown(tx, place, found.items)
        chosen = await tagged_by.choice(tx, place.by, tag)
        there = {one.id: one for one in await rooms.of_community(tx, place.community.id)}
        today = date_of(tx.now)
    context = {
        "community": place.community,
        "hue": place.community.hue,
        "tag": tag,
        "lines": [Line(there[view.room_id], view, _words(view)) for view in shown],
        "today": today,
        "older": found.next_cursor,
        "chosen": chosen,
        "said": request.query_params.get("said") == "saved",
        "may_follow": chosen is None and place.by.visible and not place.by.account_id,
        "root": f"/@{place.community.handle}/tag/{quote(tag, safe='')}",
    }
    return page(request, "tag.html", context)


async def _shown(tx: Tx, place: Place, found: Sequence[Post | Said]) -> list[views.AnyView | CommentView]:
    """In their order."""
    of_posts = [one for one in found if isinstance(one, Post)]
    seen: dict[str, views.AnyView | CommentView] = {
        view.id: view for view in await views.post_views(tx, of_posts, None, place.community, place.by)
    }
    said = await said_views(tx, [one for one in found if isinstance(one, Said)])
    seen |= {view.id: view for _, view in said}
    ids = [one.comment.id if isinstance(one, Said) else one.id for one in found]
    return [seen[one] for one in ids if one in seen]


def _words(view: views.AnyView | CommentView) -> str:
    return plain(view.text, LINE_CHARS) if isinstance(view, CommentView) else views.line(view, LINE_CHARS)


ROUTES = [route("/@{handle}/tag/{tag}", tag_page, VIEWER)]

"""Searching posts, messages and comments, in one community or in all that the caller follows."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from channel import search as searching
from channel.api import shapes
from channel.api.comment_shapes import AnyComment
from channel.api.endpoint import Answer, Call, Endpoint
from channel.api.places import CursorText, Limit
from channel.api.shape import Shape
from channel.errors import Invalid, NotFound
from channel.members import queries
from channel.render.comments import as_json as comment_json
from channel.render.found import FoundView, found
from channel.render.json import as_json
from channel.routing import VIEWER
from channel.search.model import MAX_QUERY_CHARS
from channel.storage import Tx

Name = Annotated[str, Meta(min_length=1, max_length=100)]


class Piece(Shape, frozen=True):
    """A part of the plain text around what was found. `found`: this is what was looked for."""

    text: str
    found: bool


class Found(Shape, frozen=True):
    """What was found; it is never locked. `url` leads to where it stands among the others."""

    kind: Annotated[
        Literal["post", "message", "comment"],
        Meta(description="a message is a post in a group, with its topic"),
    ]
    post: Annotated[shapes.AnyPost, Meta(description="what was found, or what the comment stands under")]
    comment: Annotated[AnyComment | None, Meta(description="the comment that was found; null for a post")]
    community: str
    room: Annotated[str, Meta(description="its slug")]
    snippet: list[Piece]
    url: str


class FoundPosts(Shape, frozen=True):
    """A page of what was found, newest first. There is no total."""

    items: list[Found]
    next_cursor: str | None


class SearchQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """`room` is a slug of the community. Without `community`: all that the caller follows."""

    q: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=MAX_QUERY_CHARS,
            description='words, "phrases", -not, from:NAME|me in: topic: '
            "has:link|poll|question|comments|picture|video|sound|file|media "
            "is:post|message|comment before: after: tier:",
        ),
    ]
    community: Name | None = None
    room: Name | None = None
    limit: Limit = 20
    cursor: CursorText | None = None


async def search(call: Call, tx: Tx, given: SearchQuery) -> Answer:
    """What is found in what the caller may read, newest first. What is locked, held or deleted is never part of it."""
    reach, language = await _where(call, tx, given)
    query = searching.parse(given.q, language)
    page = await searching.search(tx, reach, query, cursor=given.cursor, limit=given.limit)
    shown = await found(tx, page.items, reach, query)
    items = [_item(call, one) for one in shown]
    return Answer(FoundPosts(items=items, next_cursor=page.next_cursor))


async def _where(call: Call, tx: Tx, given: SearchQuery) -> tuple[list[searching.Reach], str]:
    """In what is looked, and the language of the words. Raises NotFound, Invalid (community, room)."""
    if given.community is None:
        if given.room is not None:
            raise Invalid(room="Say in which community: community=anna.")
        if call.account_id is None:
            raise Invalid(community="Say in which community, or sign in to search in all that you follow.")
        return await searching.everywhere(tx, call.account_id), call.viewer.language
    if not given.community.isprintable():
        raise NotFound
    community, by = await queries.visible(tx, given.community, call.account_id)
    reach = await searching.inside(tx, community, by)
    if given.room is None:
        return reach, community.language
    rooms = tuple(room for room in reach[0].rooms if room.slug == given.room)
    if not rooms:
        raise NotFound("There is no such room.")
    return [searching.Reach(community, by, rooms)], community.language


def _item(call: Call, one: FoundView) -> Found:
    return Found(
        kind=one.kind,
        post=as_json(one.view),
        comment=comment_json(one.comment) if one.comment else None,
        community=one.view.community_handle,
        room=one.view.room_slug,
        snippet=[Piece(text=piece.text, found=piece.found) for piece in one.pieces],
        url=call.settings.url + one.href,
    )


ENDPOINTS = (
    Endpoint(
        method="GET", path="/search", handler=search, policy=VIEWER, tag="search", summary="Search posts, messages and comments",
        answers={200: FoundPosts}, query=SearchQuery, also_counts_as="search", heavy=True,
    ),
)  # fmt: skip

"""Who may be named in a room, where the caller was named, and the pages of tags."""

from typing import Annotated

from msgspec import Meta, Struct

from channel import mentions
from channel.api import my_shapes, places, shapes
from channel.api.endpoint import Answer, Call, Endpoint
from channel.api.places import CursorText, Limit, PageQuery
from channel.errors import Forbidden, NotFound
from channel.members import Entitlement, queries
from channel.naming import tag_of
from channel.posts import horizon
from channel.posts.mentioned import of_account
from channel.posts.model import Post
from channel.posts.tagged import tagged
from channel.render import views
from channel.render.json import as_json
from channel.rooms import Room
from channel.routing import SIGNED_IN, VIEWER
from channel.storage import Tx


class WhoQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """A part of a name, a handle or a word."""

    q: Annotated[str, Meta(max_length=60)] = ""


class SomeQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which part of a list."""

    limit: Limit = 40
    cursor: CursorText | None = None


async def list_mentionable(call: Call, tx: Tx, given: WhoQuery) -> Answer:
    """Who can be named in a room: what to write, and how many a group means. Who may not see members finds staff and
    those who wrote in the room."""
    room, place = await places.readable_room(call, tx, call.id())
    if not place.by.belongs:
        raise Forbidden("Only members can name somebody here. Join first.")
    there = await mentions.groups(tx, place.by)
    since = await horizon.first_seq(tx, place.by, room)
    words = "".join(filter(str.isprintable, given.q)).strip()
    people = [
        my_shapes.Mentionable(
            kind="person", write=mentions.word_for(one, there.by_word), name=one.name, handle=one.handle,
            avatar=one.avatar, hue=one.hue, people=1,
        )
        for one in await mentions.offered(tx, place.by, room, words, since=since)
    ]  # fmt: skip
    groups = await _groups(tx, place.by, room, words) if there.usable else []
    return Answer(my_shapes.Mentionables(items=[*people, *groups]))


async def _groups(tx: Tx, by: Entitlement, room: Room, q: str) -> list[my_shapes.Mentionable]:
    found = [
        one
        for one in (await mentions.groups(tx, by)).by_word.values()
        if q.lower() in (one.word + one.name.lower())
    ]
    sizes = await mentions.sizes(tx, by, room, found)
    return [
        my_shapes.Mentionable(
            kind=one.kind, write=f"@{one.word}", name=one.name or one.word, handle=None, avatar="", hue=0,
            people=sizes[one.word],
        )
        for one in found
    ]  # fmt: skip


async def list_my_mentions(call: Call, tx: Tx, given: SomeQuery) -> Answer:
    """The posts that name the caller, or a group they are in, newest first; only those they may read."""
    belongings = await queries.entitlements(tx, call.account.id)
    page = await of_account(tx, call.account.id, belongings, cursor=given.cursor, limit=given.limit)
    shown = await _shown(
        tx, page.items, {one.community.id: places.Place(one.community, one.entitlement) for one in belongings}
    )
    return Answer(shapes.Posts(items=shown, next_cursor=page.next_cursor))


async def _shown(tx: Tx, found: list[Post], where: dict[str, places.Place]) -> list[dict[str, object]]:
    """Posts of several communities, in their order."""
    by_id: dict[str, dict[str, object]] = {}
    for place in where.values():
        here = [post for post in found if post.community_id == place.community.id]
        if here:
            seen = await views.post_views(tx, here, None, place.community, place.by)
            by_id |= {view.id: as_json(view) for view in seen if view.shape == "open"}
    return [by_id[post.id] for post in found if post.id in by_id]


async def list_tagged(call: Call, tx: Tx, given: PageQuery) -> Answer:
    """The posts with a tag, newest first. A locked one is among them only when the tag stands in its teaser."""
    place = await places.community(call, tx)
    tag = tag_of(call.word("tag"))
    if not tag:
        raise NotFound("There is no such tag.")
    page = await tagged(tx, place.by, tag, cursor=given.cursor, limit=given.limit)
    shown = await views.post_views(tx, page.items, None, place.community, place.by)
    return Answer(shapes.Posts(items=[as_json(view) for view in shown], next_cursor=page.next_cursor))


ENDPOINTS = (
    Endpoint(
        method="GET", path="/rooms/{id}/mentionable", handler=list_mentionable, policy=SIGNED_IN, tag="posts",
        summary="Find whom to name", answers={200: my_shapes.Mentionables}, query=WhoQuery,
    ),
    Endpoint(
        method="GET", path="/me/mentions", handler=list_my_mentions, policy=SIGNED_IN, tag="account",
        summary="Where I am named", answers={200: shapes.Posts}, query=SomeQuery,
    ),
    Endpoint(
        method="GET", path="/communities/{handle}/tags/{tag}", handler=list_tagged, policy=VIEWER, tag="posts",
        summary="Read a tag", answers={200: shapes.Posts}, query=PageQuery,
    ),
)  # fmt: skip

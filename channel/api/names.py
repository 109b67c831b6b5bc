"""Who may be named in a room, where the caller was named, and the pages of tags."""

from collections.abc import Sequence
from typing import Annotated, Any

from msgspec import Meta, Struct

from channel import comments, mentions
from channel.api import comment_shapes, my_shapes, places
from channel.api.endpoint import Answer, Call, Endpoint
from channel.api.places import CursorText, Limit, PageQuery
from channel.comments import named
from channel.comments.named import Said, both
from channel.errors import Forbidden, NotFound
from channel.members import Entitlement, queries
from channel.naming import tag_of
from channel.posts import horizon
from channel.posts.mentioned import of_account
from channel.posts.model import Post
from channel.posts.tagged import tagged
from channel.render import views
from channel.render.comments import listed, said_views
from channel.render.json import as_json
from channel.rooms import Room
from channel.routing import SIGNED_IN, VIEWER
from channel.storage import Tx


class WhoQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """A part of a name, a handle or a word."""

    q: Annotated[str, Meta(max_length=60)] = ""
    post: Annotated[str, Meta(max_length=36, description="in a comment under this post of the room")] = ""


class SomeQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which part of a list."""

    limit: Limit = 40
    cursor: CursorText | None = None


async def list_mentionable(call: Call, tx: Tx, given: WhoQuery) -> Answer:
    """Who can be named in a room, or under a `post` of it: what to write, and how many a group means. Who may not see
    members finds staff and those who wrote there."""
    room, place = await places.readable_room(call, tx, call.id())
    if not place.by.belongs:
        raise Forbidden("Only members can name somebody here. Join first.")
    post = await _post(tx, call, room, given.post)
    there = await mentions.groups(tx, place.by)
    since = await horizon.first_seq(tx, place.by, room)
    words = "".join(filter(str.isprintable, given.q)).strip()
    people = [
        my_shapes.Mentionable(
            kind="person", write=mentions.word_for(one, there.by_word), name=one.name, handle=one.handle,
            avatar=one.avatar, hue=one.hue, people=1,
        )
        for one in await mentions.offered(tx, place.by, room, words, since=since, thread_id=given.post or None)
    ]  # fmt: skip
    groups = await _groups(tx, place.by, room, words, post) if there.usable else []
    return Answer(my_shapes.Mentionables(items=[*people, *groups]))


async def _post(tx: Tx, call: Call, room: Room, post_id: str) -> Post | None:
    """The post of the room that a comment is to stand under. Raises NotFound, Forbidden."""
    if not post_id:
        return None
    post = (await comments.thread(tx, post_id, call.account_id)).post
    if post.room_id != room.id:
        raise NotFound("There is no such post.")
    return post


async def _groups(
    tx: Tx, by: Entitlement, room: Room, q: str, post: Post | None
) -> list[my_shapes.Mentionable]:
    found = [
        one
        for one in (await mentions.groups(tx, by)).by_word.values()
        if q.lower() in (one.word + one.name.lower())
    ]
    sizes = await mentions.sizes(tx, by, room, found, min_rank=post.min_rank if post else None)
    return [
        my_shapes.Mentionable(
            kind=one.kind, write=f"@{one.word}", name=one.name or one.word, handle=None, avatar="", hue=0,
            people=sizes[one.word],
        )
        for one in found
    ]  # fmt: skip


async def list_my_mentions(call: Call, tx: Tx, given: SomeQuery) -> Answer:
    """The posts and comments that name the caller, or a group they are in, newest first; only those they may read."""
    belongings = await queries.entitlements(tx, call.account.id)
    part: dict[str, Any] = {"cursor": given.cursor, "limit": given.limit}
    named_in = await of_account(tx, call.account.id, belongings, **part)
    said = await named.of_account(tx, call.account.id, belongings, **part)
    page = both(named_in, said, given.limit)
    shown = await _shown(
        tx, page.items, {one.community.id: places.Place(one.community, one.entitlement) for one in belongings}
    )
    opened = [one for one in shown if "locked" not in one or not one["locked"]]
    return Answer(comment_shapes.Said(items=opened, next_cursor=page.next_cursor))


async def _shown(
    tx: Tx, found: Sequence[Post | Said], where: dict[str, places.Place]
) -> list[dict[str, object]]:
    """Posts of several communities and comments, in their order."""
    by_id: dict[str, dict[str, object]] = {}
    for place in where.values():
        here = [one for one in found if isinstance(one, Post) and one.community_id == place.community.id]
        if here:
            seen = await views.post_views(tx, here, None, place.community, place.by)
            by_id |= {view.id: as_json(view) for view in seen}
    said = await said_views(tx, [one for one in found if isinstance(one, Said)])
    by_id |= {view.id: listed(view) for _, view in said}
    ids = [one.comment.id if isinstance(one, Said) else one.id for one in found]
    return [by_id[one] for one in ids if one in by_id]


async def list_tagged(call: Call, tx: Tx, given: PageQuery) -> Answer:
    """The posts and comments with a tag, newest first. A locked post is among them only when the tag stands in its teaser."""
    place = await places.community(call, tx)
    tag = tag_of(call.word("tag"))
    if not tag:
        raise NotFound("There is no such tag.")
    part: dict[str, Any] = {"cursor": given.cursor, "limit": given.limit}
    with_tag = await tagged(tx, place.by, tag, **part)
    page = both(with_tag, await named.tagged(tx, place.community, place.by, tag, **part), given.limit)
    shown = await _shown(tx, page.items, {place.community.id: place})
    return Answer(comment_shapes.Said(items=shown, next_cursor=page.next_cursor))


ENDPOINTS = (
    Endpoint(
        method="GET", path="/rooms/{id}/mentionable", handler=list_mentionable, policy=SIGNED_IN, tag="posts",
        summary="Find whom to name", answers={200: my_shapes.Mentionables}, query=WhoQuery,
    ),
    Endpoint(
        method="GET", path="/me/mentions", handler=list_my_mentions, policy=SIGNED_IN, tag="account",
        summary="Where I am named", answers={200: comment_shapes.Said}, query=SomeQuery,
    ),
    Endpoint(
        method="GET", path="/communities/{handle}/tags/{tag}", handler=list_tagged, policy=VIEWER, tag="posts",
        summary="Read a tag", answers={200: comment_shapes.Said}, query=PageQuery,
    ),
)  # fmt: skip

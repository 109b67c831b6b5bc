"""The newest posts of one room or of several, for feeds: without traces, newest first."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, Executable, Integer, Table, Text, bindparam, exists, select

from channel.ids import is_id
from channel.media.tables import media, post_media, post_teasers
from channel.posts.model import Post
from channel.posts.queries import LOOKED_THROUGH, many
from channel.posts.tables import posts
from channel.storage import Prepared, Tx
from channel.storage.prepared import Words

MOST: Final = 300


def _newest(*, within: ColumnElement[bool], rooms: bool, sounding: bool) -> Prepared:
    """Out of the newest 1,000 that are `within`: who has written a million must not make the server look at them all."""
    looked = (
        select(
            posts.c.id,
            posts.c.room_id,
            posts.c.topic_id,
            posts.c.created_at,
            posts.c.seq,
            posts.c.media_count,
        )
        .where(within, posts.c.deleted_at.is_(None))
        .order_by(posts.c.created_at.desc(), posts.c.seq.desc(), posts.c.id.desc())
        .limit(LOOKED_THROUGH)
        .subquery()
    )
    sound = exists().where(
        looked.c.media_count > 0,
        post_media.c.post_id == looked.c.id,
        media.c.id == post_media.c.media_id,
        media.c.kind == "sound",
        media.c.state == "ready",
    )

    def build(words: Words) -> Executable:
        query = select(looked.c.id)
        if rooms:
            query = query.where(words.among(looked.c.room_id, "room_ids"), looked.c.topic_id.is_(None))
        if sounding:
            query = query.where(sound)
        newest = query.order_by(looked.c.created_at.desc(), looked.c.seq.desc(), looked.c.id.desc())
        return newest.limit(bindparam("limit", type_=Integer))

    return Prepared(build)


def _carrying(carried: Table) -> Prepared:
    here = (posts.c.room_id == bindparam("room_id")) | bindparam("room_id", type_=Text).is_(None)
    query = select(posts.c.id).join(carried, carried.c.post_id == posts.c.id)
    those = (carried.c.media_id == bindparam("media_id"), posts.c.community_id == bindparam("community_id"))
    return Prepared(query.where(*those, posts.c.deleted_at.is_(None), here).limit(1))


_CARRIES = (_carrying(post_media), _carrying(post_teasers))
_ROOM = (posts.c.room_id == bindparam("room_id")) & (posts.c.seq >= bindparam("since"))
_COMMUNITY = posts.c.community_id == bindparam("community_id")
_OF_ROOM = {sounding: _newest(within=_ROOM, rooms=False, sounding=sounding) for sounding in (False, True)}
_OF_ROOMS = {
    sounding: _newest(within=_COMMUNITY, rooms=True, sounding=sounding) for sounding in (False, True)
}


async def newest_of(
    tx: Tx, room_id: str, *, since: int = 0, sounding: bool = False, limit: int = 30
) -> list[Post]:
    """Of a room, messages of a group too, from the seq `since` on. `sounding`: those that carry a sound."""
    rows = await tx.all(_OF_ROOM[sounding], room_id=room_id, since=since, limit=min(limit, MOST))
    return await _posts(tx, [row.id for row in rows])


async def newest_in(
    tx: Tx, community_id: str, room_ids: Sequence[str], *, sounding: bool = False, limit: int = 30
) -> list[Post]:
    """Of several rooms of a community together; what members say to each other in its groups is left out."""
    wanted = {"community_id": community_id, "room_ids": room_ids, "limit": min(limit, MOST)}
    rows = await tx.all(_OF_ROOMS[sounding], **wanted) if room_ids else []
    return await _posts(tx, [row.id for row in rows])


async def carries(tx: Tx, media_id: str, community_id: str, room_id: str | None) -> bool:
    """Whether a post of the room (None: of the community) that stands has the medium, or shows it on its locked card."""
    return bool(is_id(media_id)) and any(
        [
            await tx.one(query, media_id=media_id, community_id=community_id, room_id=room_id)
            for query in _CARRIES
        ]
    )


async def _posts(tx: Tx, ids: Sequence[str]) -> list[Post]:
    by_id = {post.id: post for post in await many(tx, ids)}
    return [by_id[one] for one in ids if one in by_id]

"""Keeping what became of a post, before what it is counted from is forgotten; and what is usual in a room."""

from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec
from sqlalchemy import select

from channel import rooms
from channel.notices.model import HOUR_MS
from channel.posts import queries as posts_queries
from channel.posts.model import Post
from channel.posts.tables import posts
from channel.reach.model import SETTLED_MS, Report
from channel.reach.queries import report
from channel.reach.tables import post_reach
from channel.rooms.model import Room
from channel.storage import Tx

FORGOTTEN_MS: Final = 9 * 24 * HOUR_MS  # push/queue keeps a day more
AT_ONCE: Final = 1  # others wait to write meanwhile
COMPARED: Final = 10
FEWEST_COMPARED: Final = 3


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual in a room, of 100 who may see a post: how many it reached by a notice, and how many saw it."""

    accepted: int
    seen: int


async def sweep(tx: Tx) -> None:
    """Keep the reports of a few posts that are old enough."""
    old = posts.c.created_at.between(tx.now - FORGOTTEN_MS, tx.now - SETTLED_MS)
    kept = select(post_reach.c.post_id).where(post_reach.c.post_id == posts.c.id).exists()
    loud = (posts.c.deleted_at.is_(None), posts.c.topic_id.is_(None), posts.c.silent.is_(False))
    query = select(posts.c.id).where(old, *loud, ~kept).order_by(posts.c.created_at).limit(AT_ONCE)
    for row in await tx.all(query):
        await keep(tx, await posts_queries.one(tx, row.id))


async def keep(tx: Tx, post: Post) -> None:
    """Once: what is kept stays. Without a word about whether the server sends mail: who chose letters has chosen."""
    counted = await report(tx, post, await rooms.one(tx, post.room_id), mail=True)
    row: dict[str, Any] = {
        "post_id": post.id, "community_id": post.community_id, "room_id": post.room_id,
        "published_at": post.created_at, "counted_at": tx.now,
        "counts": msgspec.json.encode(replace(counted.public, min_rank=post.min_rank)).decode(),
    }  # fmt: skip
    await tx.run(tx.insert(post_reach).values(**row).on_conflict_do_nothing())


async def seen_now(tx: Tx, post: Post, room: Room, *, mail: bool) -> tuple[Report, int]:
    """What may be shown of a post, and when it was counted (epoch ms): now, or when it was kept."""
    row = await tx.one(select(post_reach).where(post_reach.c.post_id == post.id))
    if row is not None:
        return msgspec.json.decode(row.counts, type=Report), row.counted_at
    return (await report(tx, post, room, mail=mail)).public, tx.now


async def usual(tx: Tx, room: Room, before: int) -> Usual | None:
    """Of the last ten posts before a moment (epoch ms) that were kept and told enough; None for fewer than three."""
    query = select(post_reach.c.counts).where(
        post_reach.c.room_id == room.id, post_reach.c.published_at < before
    )
    rows = await tx.all(query.order_by(post_reach.c.published_at.desc()).limit(COMPARED))
    found = [msgspec.json.decode(row.counts, type=Report) for row in rows]
    found = [one for one in found if not one.is_few]
    if len(found) < FEWEST_COMPARED:
        return None
    base = sum(one.may_see for one in found)
    return Usual(
        100 * sum(one.accepted for one in found) // base, 100 * sum(one.seen for one in found) // base
    )

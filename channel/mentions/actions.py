"""Keeping whom a post names, in the transaction that publishes or changes it, and having them told."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select

from channel.events import MentionsDue
from channel.mentions.model import Call
from channel.mentions.tables import mentions
from channel.outbox import schedule
from channel.storage import Tx


@dataclass(frozen=True, slots=True)
class Where:
    """The post that names somebody."""

    post_id: str
    community_id: str
    room_id: str
    seq: int
    created_at: int


async def note(tx: Tx, where: Where, calls: Sequence[Call]) -> None:
    """The post names these now and nobody else. Who was not named before is told, a moment later."""
    rows = await tx.all(select(mentions.c.word).where(mentions.c.post_id == where.post_id))
    before, now = {row.word for row in rows}, {call.word for call in calls}
    if gone := before - now:
        await tx.run(
            delete(mentions).where(mentions.c.post_id == where.post_id, mentions.c.word.in_(sorted(gone)))
        )
    fresh = [call for call in calls if call.word not in before]
    if not fresh:
        return
    place = {
        "post_id": where.post_id, "community_id": where.community_id, "room_id": where.room_id,
        "seq": where.seq, "created_at": where.created_at,
    }  # fmt: skip
    rows_of = [
        place | {"word": one.word, "kind": one.kind, "account_id": one.account_id, "tier_id": one.tier_id}
        for one in fresh
    ]
    await tx.run_many(mentions.insert(), rows_of)
    await schedule(tx, MentionsDue(post_id=where.post_id, words=tuple(one.word for one in fresh)))


async def forget(tx: Tx, post_id: str) -> None:
    """The post is gone: it names nobody any more."""
    await tx.run(delete(mentions).where(mentions.c.post_id == post_id))

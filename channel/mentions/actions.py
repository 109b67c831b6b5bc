"""Keeping whom a text names, in the transaction that publishes or changes it, and having them told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, select, update

from channel.events import MentionsDue
from channel.mentions.model import Call
from channel.mentions.tables import comment_mentions, mentions
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
    place = {
        "post_id": where.post_id, "community_id": where.community_id, "room_id": where.room_id,
        "seq": where.seq, "created_at": where.created_at,
    }  # fmt: skip
    fresh = await _keep(tx, mentions, mentions.c.post_id == where.post_id, place, calls)
    if fresh:
        await schedule(tx, MentionsDue(post_id=where.post_id, words=fresh))


async def note_in_comment(
    tx: Tx, comment_id: str, community_id: str, at: int, calls: Sequence[Call]
) -> tuple[str, ...]:
    """The comment names these now and nobody else; the words that are new. When they are told is for comments to say."""
    place = {"comment_id": comment_id, "community_id": community_id, "at": at}
    return await _keep(tx, comment_mentions, comment_mentions.c.comment_id == comment_id, place, calls)


async def _keep(
    tx: Tx, table: Table, of_text: ColumnElement[bool], place: dict[str, Any], calls: Sequence[Call]
) -> tuple[str, ...]:
    rows = await tx.all(select(table.c.word).where(of_text))
    before, now = {row.word for row in rows}, {call.word for call in calls}
    if gone := before - now:
        await tx.run(delete(table).where(of_text, table.c.word.in_(sorted(gone))))
    fresh = [call for call in calls if call.word not in before]
    rows_of = [
        place | {"word": one.word, "kind": one.kind, "account_id": one.account_id, "tier_id": one.tier_id}
        for one in fresh
    ]
    if rows_of:
        await tx.run_many(table.insert(), rows_of)
    return tuple(one.word for one in fresh)


async def show_comment(tx: Tx, comment_id: str, at: int) -> tuple[str, ...]:
    """Everybody sees the comment from `at` (epoch ms) on: the words by which it names somebody."""
    here = comment_mentions.c.comment_id == comment_id
    await tx.run(update(comment_mentions).where(here).values(at=at))
    rows = await tx.all(select(comment_mentions.c.word).where(here).order_by(comment_mentions.c.word))
    return tuple(row.word for row in rows)


async def forget(tx: Tx, post_id: str) -> None:
    """The post is gone: it names nobody any more."""
    await tx.run(delete(mentions).where(mentions.c.post_id == post_id))


async def forget_comment(tx: Tx, comment_id: str) -> None:
    """The comment is gone: it names nobody any more."""
    await tx.run(delete(comment_mentions).where(comment_mentions.c.comment_id == comment_id))

"""Telling people that a comment names them: as with posts, and each of them once, whatever becomes of the comment."""

from collections.abc import Sequence
from typing import Any

from msgspec import structs

from channel import communities
from channel.comments import queries, reading
from channel.comments.model import Comment
from channel.errors import NotFound
from channel.events import MentionsDue, MentionTold
from channel.members.queries import entitlements_of
from channel.mentions.tables import comment_mentions, comment_told
from channel.outbox import emit, schedule
from channel.posts import queries as posts
from channel.posts import telling
from channel.storage import Tx


async def tell(tx: Tx, task: MentionsDue) -> None:
    """Tell the next 50 of those whom a post, or the comment that the task says, means and who may read it now."""
    if not task.comment_id:
        await telling.tell(tx, task)
        return
    try:
        comment = await queries.one(tx, task.comment_id)
    except NotFound:
        return
    of_text = comment_mentions.c.comment_id == comment.id
    meant = await telling.meant_by(tx, comment_mentions, of_text, task.words)
    if comment.state != "shown" or not meant:
        return
    ids = await telling.next_of(tx, comment.community_id, meant, task.after)
    told = 0
    for account_id in await _readers(tx, comment, meant, ids):  # in one order: see posts.telling
        told += await _tell_one(tx, comment, account_id)
    total = task.told + told
    if len(ids) == telling.AT_ONCE and total < telling.MOST_TOLD:
        await schedule(tx, structs.replace(task, after=ids[-1], told=total))


async def _readers(tx: Tx, comment: Comment, meant: Sequence[Any], ids: Sequence[str]) -> list[str]:
    """Those who may read it now, and are still meant, without its author."""
    others = [account_id for account_id in ids if account_id != comment.author.id]
    try:
        sights = await reading.sights(tx, comment.thread_id, others)
        community = await communities.one(tx, comment.community_id)
    except NotFound:
        return []
    judged = await entitlements_of(tx, community, others)
    return [one for one in others if one in sights and telling.is_meant(judged[one], meant)]


async def _tell_one(tx: Tx, comment: Comment, account_id: str) -> int:
    row = tx.insert(comment_told).values(comment_id=comment.id, account_id=account_id)
    if not await tx.run(row.on_conflict_do_nothing()):
        return 0
    post = await posts.one(tx, comment.thread_id)
    where = {"community_id": post.community_id, "room_id": post.room_id, "post_id": post.id}
    await emit(tx, MentionTold(account_id=account_id, seq=post.seq, comment_id=comment.id, **where))
    return 1

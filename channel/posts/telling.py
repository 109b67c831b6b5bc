"""Telling people that a post names them: some at a time, judged when they are told. What it says is only where."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, or_, select

from channel import communities, rooms
from channel.errors import NotFound
from channel.events import MentionsDue, MentionTold
from channel.members.model import Entitlement, Role, State
from channel.members.queries import entitlements_of
from channel.members.tables import memberships
from channel.mentions.model import ROLE_WORDS, means
from channel.mentions.tables import mentions
from channel.outbox import emit, schedule
from channel.posts import horizon
from channel.posts.model import Post
from channel.posts.queries import one
from channel.storage import Tx
from channel.tiers.tables import tiers

AT_ONCE = 50
# Of one post. Whoever comes after these sees it in their rooms all the same: nothing is lost but the live sign.
MOST_TOLD = 10_000


async def tell(tx: Tx, task: MentionsDue) -> None:
    """Tell the next 50 of those who are meant and may read the post now, and come back for the rest."""
    try:
        post = await one(tx, task.post_id)
    except NotFound:
        return
    meant = await meant_by(tx, mentions, mentions.c.post_id == post.id, task.words)
    if post.deleted_at is not None or not meant:
        return
    ids = await next_of(tx, post.community_id, meant, task.after)
    told = [account_id for account_id in ids if account_id != post.author.id]
    told = await _readers(tx, post, meant, told)
    for account_id in told:  # in one order, so that two posts at once do not wait for each other
        where = {"community_id": post.community_id, "room_id": post.room_id, "post_id": post.id}
        await emit(tx, MentionTold(account_id=account_id, seq=post.seq, **where))
    total = task.told + len(told)
    if len(ids) == AT_ONCE and total < MOST_TOLD:
        await schedule(tx, MentionsDue(post_id=post.id, words=task.words, after=ids[-1], told=total))


async def meant_by(tx: Tx, kept: Table, of_text: ColumnElement[bool], words: Sequence[str]) -> Sequence[Any]:
    """What those of these words stand for that a text still has. `kept`: mentions, or those of comments."""
    query = select(kept.c.word, kept.c.kind, kept.c.account_id, tiers.c.rank)
    query = query.select_from(kept.outerjoin(tiers, tiers.c.id == kept.c.tier_id))
    return await tx.all(query.where(of_text, kept.c.word.in_(words)))


async def next_of(tx: Tx, community_id: str, meant: Sequence[Any], after: str) -> list[str]:
    """The next 50 accounts that are meant and are in, from the account `after` on."""
    query = select(memberships.c.account_id).join_from(
        memberships, tiers, tiers.c.id == memberships.c.tier_id
    )
    query = query.where(
        memberships.c.community_id == community_id,
        memberships.c.state.in_((State.ACTIVE, State.MUTED)),
        memberships.c.account_id > after,
        or_(*(_who(row) for row in meant)),
    )
    rows = await tx.all(query.order_by(memberships.c.account_id).limit(AT_ONCE))
    return [row.account_id for row in rows]


def _who(row: Any) -> ColumnElement[bool]:
    if row.kind == "person":
        return memberships.c.account_id.in_([row.account_id])
    if row.kind == "role":
        return memberships.c.role.in_(sorted(ROLE_WORDS[row.word]))
    if row.kind == "tier":
        return and_(memberships.c.role == Role.MEMBER, tiers.c.rank >= row.rank)
    return memberships.c.account_id.is_not(None)


async def _readers(tx: Tx, post: Post, meant: Sequence[Any], ids: Sequence[str]) -> list[str]:
    """Those who may read it now, and are still meant."""
    try:
        community = await communities.one(tx, post.community_id)
        room = await rooms.one(tx, post.room_id)
    except NotFound:
        return []
    judged = await entitlements_of(tx, community, ids)
    found = [
        account_id
        for account_id, by in sorted(judged.items())
        if by.reads(room.min_rank, post.min_rank) and is_meant(by, meant)
    ]
    # Who came later to a group that hides its past is not told of an old message that names them since it was changed.
    return [one for one in found if not await horizon.hides(tx, judged[one], room, post)]


def is_meant(by: Entitlement, meant: Sequence[Any]) -> bool:
    """Whether these words mean somebody who belongs, by name or as one of a group."""
    named = any(row.kind == "person" and row.account_id == by.account_id for row in meant)
    return by.belongs and (named or any(means(row.word, row.kind, row.rank, by) for row in meant))

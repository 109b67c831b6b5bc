"""What a community looks at before everybody sees it, and whether comments are open under a post."""

from typing import Any

from sqlalchemy import bindparam, select, update

from channel.comments import queries
from channel.comments.model import HOLD_CHECKS, NO_HOLDS, Holds
from channel.comments.reading import Thread
from channel.comments.tables import holds
from channel.communities import Community
from channel.communities.fields import parsed
from channel.errors import Conflict
from channel.events import PostEdited, room_stream
from channel.members.model import Action, Entitlement, Role
from channel.members.rights import require
from channel.outbox import emit, hold
from channel.posts.model import Post, next_rev
from channel.posts.rights import require_change
from channel.posts.tables import posts
from channel.storage import Prepared, Tx

_HOLDS = Prepared(
    select(holds.c.words, holds.c.link_days).where(holds.c.community_id == bindparam("community_id"))
)


async def holds_of(tx: Tx, community_id: str) -> Holds:
    """Which words and links wait for approval."""
    row = await tx.one(_HOLDS, community_id=community_id)
    return Holds(row.words, row.link_days) if row else NO_HOLDS


async def change_holds(tx: Tx, by: Entitlement, community: Community, **typed: object) -> None:
    """Say which words and links wait from now on. Raises NotFound, Forbidden, Invalid (words, link_days)."""
    require(by, community, Action.MODERATE)
    good: dict[str, Any] = parsed(HOLD_CHECKS, typed)
    row = tx.insert(holds).values(community_id=community.id, **good)
    await tx.run(row.on_conflict_do_update(index_elements=["community_id"], set_=good))


async def holds_back(tx: Tx, thread: Thread, text: str) -> bool:
    """Whether this text of this viewer waits for approval. Nothing that staff say does."""
    if thread.by.role is not Role.MEMBER:
        return False
    rules = await holds_of(tx, thread.community.id)
    if rules.catches(text, thread.by.joined_at or 0, tx.now):
        return True
    if not thread.room.comment_first_held:
        return False
    return not await queries.has_one_shown(tx, thread.community.id, thread.by.account_id or "")


async def switch(tx: Tx, by: Entitlement, post: Post, *, on: bool) -> Post:
    """Open or close comments under one post, for those who may edit it; the room's own rule stays above it.

    The room's readers are told as of an edit; the wording is not an edited one. Raises NotFound, Forbidden, Conflict.
    """
    require_change(by, post)
    if bool(post.comments_off) != on:
        return post
    await hold(tx, room_stream(post.room_id))
    unchanged = (posts.c.id == post.id, posts.c.rev == post.rev, posts.c.deleted_at.is_(None))
    if not await tx.run(update(posts).where(*unchanged).values(comments_off=not on, **next_rev(post.rev))):
        raise Conflict("This post was changed meanwhile. Look at it again.", code="edited_meanwhile")
    await emit(tx, PostEdited(room_id=post.room_id, post_id=post.id, rev=post.rev + 1))
    return post

"""The waterfall: a post opens to more people at its time, late when the server was away, and never early.

A step is due by the clock of the database transaction that opens it. The job in the queue only wakes us: what holds is
what the post says, so a plan that was changed or dropped leaves jobs behind that find nothing to do.
"""

from collections.abc import Sequence

from sqlalchemy import select, update

from channel.errors import Conflict
from channel.events import PostEdited, PostOpened, PostOpens, room_stream
from channel.members.model import Entitlement
from channel.outbox import emit, hold, schedule
from channel.posts import letters
from channel.posts.announcing import announce
from channel.posts.model import Post, next_rev
from channel.posts.rights import require_change
from channel.posts.steps import Step
from channel.posts.tables import posts
from channel.storage import Tx, locking


async def expect(tx: Tx, post_id: str, opens: Sequence[Step]) -> None:
    """Be called for the first of these steps."""
    if opens:
        await schedule(tx, PostOpens(post_id=post_id, at=opens[0].at), opens[0].at)


async def call_off(tx: Tx, by: Entitlement, post: Post) -> None:
    """The post stays as open as it is now; without a plan nothing happens. Its wording is not an edited one.

    Raises NotFound, Forbidden, Conflict (code edited_meanwhile).
    """
    require_change(by, post)
    if not post.opens:
        return
    await hold(tx, room_stream(post.room_id))
    same = (posts.c.id == post.id, posts.c.rev == post.rev, posts.c.deleted_at.is_(None))
    if not await tx.run(update(posts).where(*same).values(opens=(), **next_rev(post.rev))):
        raise Conflict(
            "This post was changed meanwhile. Look at it again, then call it off.", code="edited_meanwhile"
        )
    await emit(tx, PostEdited(room_id=post.room_id, post_id=post.id, rev=post.rev + 1))
    await announce(tx, post.room_id)


async def open_due(tx: Tx, task: PostOpens) -> None:
    """Open the post by all steps that are due, with one event. However often it is called, each step is taken once.

    The post is held from the look to the change: an edit or another worker comes before it or after it.
    """
    room_id = await tx.value(select(posts.c.room_id).where(posts.c.id == task.post_id))
    if room_id is None:
        return
    await hold(tx, room_stream(room_id))
    query = select(posts.c.community_id, posts.c.room_id, posts.c.rev, posts.c.opens, posts.c.silent)
    query = query.where(posts.c.id == task.post_id, posts.c.deleted_at.is_(None))
    post = await tx.one(locking(tx.dialect, query, key_share=True))
    if post is None:
        return
    due = [step for step in post.opens if step.at <= tx.now]
    left = post.opens[len(due) :]
    if not due:
        if any(step.at == task.at for step in left):  # the clock was set back since the job was taken
            await expect(tx, task.post_id, left)
        return
    opened = {"min_rank": due[-1].min_rank, "opens": left} | next_rev(post.rev)
    await tx.run(update(posts).where(posts.c.id == task.post_id).values(**opened))
    event = PostOpened(
        room_id=post.room_id, post_id=task.post_id, min_rank=due[-1].min_rank, rev=post.rev + 1
    )
    await emit(tx, event)
    await announce(tx, post.room_id)
    if not post.silent:
        await letters.expect_more(tx, task.post_id, post.community_id, event.min_rank)
    await expect(tx, task.post_id, left)

"""Posts that ask for questions: begun, changed, ended by hand or at their time."""

from sqlalchemy import select, update

from channel.communities import Community
from channel.errors import Conflict, Invalid, NotFound
from channel.events import PostEdited, PromptEnds, room_stream
from channel.members.model import Action, Entitlement
from channel.members.rights import require
from channel.outbox import emit, hold, schedule
from channel.posts.model import Post
from channel.posts.rights import require_change
from channel.posts.tables import posts
from channel.questions import queries
from channel.questions.model import Box, Prompt, Terms
from channel.questions.tables import boxes, prompts
from channel.storage import Tx, locking


async def ask_for(tx: Tx, by: Entitlement, post: Post, terms: Terms, *, fresh: bool = False) -> Prompt:
    """Have the post collect questions on these terms, also one that has ended. `fresh`: published in this transaction.

    Raises NotFound, Forbidden, Invalid (prompt) in a group, where one asks in a topic.
    """
    require_change(by, post)
    if post.deleted_at is not None:
        raise NotFound("This post was deleted.")
    if post.topic_id is not None:
        raise Invalid(prompt="In a group questions are asked in its topics. Ask for them in a channel.")
    told = {
        "open_until": terms.open_until, "min_rank": terms.min_rank, "votes": terms.votes, "shown": terms.shown,
        "closed_at": None,
    }  # fmt: skip
    row = tx.insert(prompts).values(post_id=post.id, **told)
    await tx.run(row.on_conflict_do_update(index_elements=["post_id"], set_=told))
    if terms.open_until is not None:
        await schedule(tx, PromptEnds(post_id=post.id, at=terms.open_until), terms.open_until)
    if not fresh:
        await _show_again(tx, post.id)
    return await queries.prompt(tx, post.id)


async def end(tx: Tx, by: Entitlement, post: Post) -> Prompt:
    """No more questions and votes from now on. Twice is once. Raises NotFound, Forbidden."""
    require_change(by, post)
    await queries.prompt(tx, post.id)
    await _close(tx, post.id)
    return await queries.prompt(tx, post.id)


async def end_due(tx: Tx, task: PromptEnds) -> None:
    """End the prompt if its time is still the one that was planned; else another task comes for it."""
    query = select(prompts.c.open_until).where(
        prompts.c.post_id == task.post_id, prompts.c.closed_at.is_(None)
    )
    until = await tx.value(query)
    if until is None or until != task.at:
        return
    if until > tx.now:  # the clock was set back since the job was taken
        await schedule(tx, task, until)
        return
    await _close(tx, task.post_id)


async def _close(tx: Tx, post_id: str) -> None:
    still_open = update(prompts).where(prompts.c.post_id == post_id, prompts.c.closed_at.is_(None))
    if await tx.run(still_open.values(closed_at=tx.now)):
        await _show_again(tx, post_id)


async def _show_again(tx: Tx, post_id: str) -> None:
    """The post looks different now: a revision of its own, whose wording is not an edited one."""
    room_id = await tx.value(select(posts.c.room_id).where(posts.c.id == post_id))
    if room_id is None:
        return
    await hold(tx, room_stream(room_id))
    query = select(posts.c.room_id, posts.c.rev).where(posts.c.id == post_id, posts.c.deleted_at.is_(None))
    post = await tx.one(locking(tx.dialect, query, key_share=True))
    if post is None:
        return
    if not await tx.run(
        update(posts).where(posts.c.id == post_id, posts.c.rev == post.rev).values(rev=post.rev + 1)
    ):
        raise Conflict("Somebody changed this at the same moment. Try again.")
    await emit(tx, PostEdited(room_id=post.room_id, post_id=post_id, rev=post.rev + 1))


async def set_box(tx: Tx, by: Entitlement, community: Community, *, on: bool, min_rank: int = 0) -> Box:
    """Let members ask at any time, or no longer. Raises NotFound, Forbidden."""
    require(by, community, Action.EDIT_COMMUNITY)
    told = {"on": on, "min_rank": min_rank}
    row = tx.insert(boxes).values(community_id=community.id, **told)
    await tx.run(row.on_conflict_do_update(index_elements=["community_id"], set_=told))
    return await queries.box(tx, community.id)

"""Making a poll with its post, and ending it. An end is one event in the room's stream, written with the change."""

from sqlalchemy import delete, insert, select, update

from channel import posts, tiers
from channel.accounts.model import Account
from channel.errors import Invalid
from channel.events import PollClosed, PollCloses
from channel.members.model import Entitlement
from channel.outbox import emit, schedule
from channel.polls import queries
from channel.polls.model import DAY_MS, MAX_DAYS, Poll, PollDraft
from channel.polls.tables import poll_options, polls, voters
from channel.posts.model import Post, Rendered
from channel.posts.rights import require_change
from channel.posts.tables import posts as post_table
from channel.rooms.model import Room
from channel.storage import Tx
from channel.topics import Topic

FORGOTTEN_AT_ONCE = 5_000


async def publish(
    tx: Tx,
    by: Entitlement,
    author: Account,
    room: Room,
    rendered: Rendered,
    *,
    poll: PollDraft | None = None,
    key: str | None = None,
    topic: Topic | None = None,
) -> tuple[Post, bool]:
    """Publish a post, with its poll when it has one. As posts.publish; raises Invalid (poll_min_rank, poll_closes_at)."""
    made, created = await posts.publish(tx, by, author, room, rendered, key, topic=topic)
    if created and poll is not None:
        await _add(tx, made, poll)
    return made, created


async def _add(tx: Tx, post: Post, poll: PollDraft) -> None:
    await _require_rank(tx, post.community_id, poll.min_rank)
    _require_ahead(poll.closes_at, tx.now)
    facts = {
        "post_id": post.id, "question": poll.question, "kind": poll.kind, "multiple": poll.multiple,
        "anonymous": poll.anonymous, "sealed": poll.sealed, "may_change": poll.may_change,
        "min_rank": poll.min_rank, "closes_at": poll.closes_at, "closed_at": None,
        "explanation": poll.explanation, "voters": 0,
    }  # fmt: skip
    await tx.run(insert(polls).values(**facts))
    options = [
        {"post_id": post.id, "id": number, "text": text, "is_right": number in poll.right, "votes": 0}
        for number, text in enumerate(poll.options, 1)
    ]
    await tx.run(insert(poll_options).values(options))
    if poll.closes_at is not None:
        await schedule(tx, PollCloses(post_id=post.id, at=poll.closes_at), poll.closes_at)


async def close(tx: Tx, by: Entitlement, post: Post) -> Poll:
    """End it now. Twice is once. Raises NotFound, Forbidden."""
    require_change(by, post)
    poll = await queries.one(tx, post.id)
    open_still = (polls.c.post_id == post.id, polls.c.closed_at.is_(None))
    if await tx.run(update(polls).where(*open_still).values(closed_at=tx.now)):
        await emit(tx, PollClosed(room_id=post.room_id, post_id=post.id))
    return await queries.one(tx, poll.post_id)


async def close_due(tx: Tx, task: PollCloses) -> None:
    """Its time has come. However often it is called, on however many nodes, it ends once, and never early."""
    due = (polls.c.post_id == task.post_id, polls.c.closed_at.is_(None), polls.c.closes_at <= tx.now)
    if await tx.run(update(polls).where(*due).values(closed_at=tx.now)):
        room_id = await tx.value(select(post_table.c.room_id).where(post_table.c.id == task.post_id))
        await emit(tx, PollClosed(room_id=room_id, post_id=task.post_id))
        return
    left = select(polls.c.closes_at).where(polls.c.post_id == task.post_id, polls.c.closed_at.is_(None))
    if await tx.value(left) is not None:  # the clock was set back since the job was taken
        await schedule(tx, task, task.at)


async def forget(tx: Tx, post_id: str) -> None:
    """The post was deleted: its poll goes, and every vote with it. Gone already is as good."""
    deleted = select(post_table.c.id).where(post_table.c.id == post_id, post_table.c.deleted_at.is_not(None))
    await tx.run(delete(polls).where(polls.c.post_id.in_(deleted)))


async def forget_voters(tx: Tx, post_id: str) -> bool:
    """Who has voted in an anonymous poll is needed only while people vote: after its end it goes, 5,000 at a time.

    Returns whether there may be more.
    """
    over = select(polls.c.post_id).where(
        polls.c.post_id == post_id, polls.c.anonymous, polls.c.closed_at.is_not(None)
    )
    some = select(voters.c.account_id).where(voters.c.post_id.in_(over)).limit(FORGOTTEN_AT_ONCE)
    these = (voters.c.post_id == post_id, voters.c.account_id.in_(some))
    return await tx.run(delete(voters).where(*these)) == FORGOTTEN_AT_ONCE


def _require_ahead(closes_at: int | None, now: int) -> None:
    if closes_at is None:
        return
    if closes_at <= now:
        raise Invalid(poll_closes_at="The end of a poll must lie ahead. Choose a later moment.")
    if closes_at > now + MAX_DAYS * DAY_MS:
        raise Invalid(poll_closes_at="A poll runs for at most 90 days. Choose an earlier end, or none.")


async def _require_rank(tx: Tx, community_id: str, min_rank: int | None) -> None:
    """Votes are asked only of what somebody can have: members, or a tier's rank."""
    if not min_rank:
        return
    if min_rank not in {tier.rank for tier in await tiers.of_community(tx, community_id)}:
        raise Invalid(poll_min_rank="No tier has this rank. Choose whoever may read it, or a tier.")

"""Telling many of a post, as notices, push and following do: in pieces, each with the place where the next one begins.

What is told to whom is theirs to say. Nobody is judged for good by it: what holds when a letter or a push leaves is asked
again then (notify/posted, notify/pushed). So it is looked up beside all who write, and only what comes of it is written.
Both go by a few at a time: whoever posts meanwhile waits for those.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from msgspec.structs import replace

from channel import communities, rooms
from channel.communities import Community
from channel.errors import NotFound
from channel.events import Event
from channel.outbox import schedule
from channel.posts.model import Post
from channel.posts.queries import one
from channel.rooms import Room
from channel.storage import Database, Tx
from channel.tasks import FollowDevicesDue, FollowersDue, NoticesDue, PushesDue

IN_A_JOB: Final = 200  # of those who might be told
AT_ONCE: Final = 50  # of them, and of the rows that come of it
Piece = NoticesDue | PushesDue | FollowersDue | FollowDevicesDue  # of what post, and after whom it begins


@dataclass(frozen=True, slots=True)
class Case:
    """What is told: a post, where it stands, and when it opened (epoch ms; 0: it is told because it was published)."""

    post: Post
    community: Community
    room: Room
    opened_at: int

    @property
    def came_at(self) -> int:
        """To those who are told of it, epoch ms."""
        return self.opened_at or self.post.created_at


@dataclass(frozen=True, slots=True)
class Told:
    """The ids that were looked at, in their order, and a row for each of those that are told."""

    looked_at: Sequence[str] = ()
    rows: Sequence[dict[str, Any]] = ()


# Looks at the next ones after this one, so many at the most.
Look = Callable[[Tx, Case, str, int], Awaitable[Told]]
# Writes rows down; those that are there already stay as they are.
Add = Callable[[Tx, Sequence[dict[str, Any]]], Awaitable[None]]


def handler(db: Database, due: type[Piece], look: Look, add: Add) -> Callable[[Event], Awaitable[None]]:
    """Plans the piece of each event that is `due`, and leaves all others alone."""

    async def handle(event: Event) -> None:
        if isinstance(event, due):
            await tell_next(db, event, look, add)

    return handle


async def tell_next(db: Database, task: Piece, look: Look, add: Add) -> None:
    """Have the next IN_A_JOB at the most after the one that `task` names told of its post, and come back for the rest in
    a job of its own. Done twice it is as done once.

    Of a post that is gone or silent nobody is told; of a message in a topic none of those without an account.
    """
    for _ in range(0, IN_A_JOB, AT_ONCE):
        async with db.read(heavy=True) as tx:
            told = await _look(tx, task, look)
        for first in range(0, len(told.rows), AT_ONCE):
            async with db.write(heavy=True, patient=True) as tx:
                await add(tx, told.rows[first : first + AT_ONCE])
        if len(told.looked_at) < AT_ONCE:
            return
        task = replace(task, after=told.looked_at[-1])
    async with db.write(patient=True) as tx:
        await schedule(tx, task)


async def _look(tx: Tx, task: Piece, look: Look) -> Told:
    try:
        post = await one(tx, task.post_id)
        community = await communities.one(tx, post.community_id)
        room = await rooms.one(tx, post.room_id)
    except NotFound:
        return Told()
    if post.deleted_at is not None or post.silent:
        return Told()
    if post.topic_id is not None and isinstance(task, FollowersDue | FollowDevicesDue):
        return Told()
    return await look(tx, Case(post, community, room, task.opened_at), task.after, AT_ONCE)

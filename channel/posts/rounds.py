"""Telling many of a post, as notices, push and following do: in pieces, each with the place where the next one begins.

What is told to whom is theirs to say. Nobody is judged for good by it: what holds when a letter or a push leaves is asked
again then (notify/posted, notify/pushed).
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from msgspec.structs import replace

from channel.errors import NotFound
from channel.events import Event
from channel.outbox import schedule
from channel.posts.model import Post
from channel.posts.queries import one
from channel.storage import Database, Tx
from channel.tasks import FollowDevicesDue, FollowersDue, NoticesDue, PushesDue

AT_ONCE: Final = 200  # of those who might be told
Piece = NoticesDue | PushesDue | FollowersDue | FollowDevicesDue  # of what post, and after whom it begins
# Writes down what is told to the next ones after this one, of a post that opened then (or 0), and says who they are.
Tell = Callable[[Tx, Post, str, int], Awaitable[Sequence[str]]]


def handler(
    db: Database, due: type[Piece], plan: Callable[[Tx, str, str, int], Awaitable[None]]
) -> Callable[[Event], Awaitable[None]]:
    """Plans the piece of each event that is `due`, and leaves all others alone."""

    async def handle(event: Event) -> None:
        if isinstance(event, due):
            async with db.write(heavy=True) as tx:
                await plan(tx, event.post_id, event.after, event.opened_at)

    return handle


async def tell_next(tx: Tx, task: Piece, tell: Tell) -> None:
    """Have the next AT_ONCE at the most after the one that `task` names told of its post, and come back for the rest in a
    job of its own.

    Of a post that is gone or silent nobody is told; of a message in a topic none of those without an account.
    """
    try:
        post = await one(tx, task.post_id)
    except NotFound:
        return
    if post.deleted_at is not None or post.silent:
        return
    if post.topic_id is not None and isinstance(task, FollowersDue | FollowDevicesDue):
        return
    ids = await tell(tx, post, task.after, task.opened_at)
    if len(ids) == AT_ONCE:
        await schedule(tx, replace(task, after=ids[-1]))

"""Telling many of a post, as notices, push and following do: in pieces, each with the place where the next one begins.

What is told to whom is theirs to say. Nobody is judged for good by it: what holds when a letter or a push leaves is asked
again then (notify/posted, notify/pushed).
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from channel.errors import NotFound
from channel.events import Event
from channel.outbox import schedule
from channel.posts.model import Post
from channel.posts.queries import one
from channel.storage import Database, Tx
from channel.tasks import FollowDevicesDue, FollowersDue, NoticesDue, PushesDue

AT_ONCE: Final = 200  # of those who might be told
Piece = NoticesDue | PushesDue | FollowersDue | FollowDevicesDue  # of what post, and after whom it begins
# Writes down what is told to the next ones after this one, and says who they are.
Tell = Callable[[Tx, Post, str], Awaitable[Sequence[str]]]


def handler(
    db: Database, due: type[Piece], plan: Callable[[Tx, str, str], Awaitable[None]]
) -> Callable[[Event], Awaitable[None]]:
    """Plans the piece of each event that is `due`, and leaves all others alone."""

    async def handle(event: Event) -> None:
        if isinstance(event, due):
            async with db.write(heavy=True) as tx:
                await plan(tx, event.post_id, event.after)

    return handle


async def tell_next(tx: Tx, post_id: str, after: str, tell: Tell, due: type[Piece]) -> None:
    """Have the next AT_ONCE at the most after `after` told of the post, and come back for the rest in a job of its own: a
    task that is `due`.

    Of a post that is gone, silent or in a topic nobody is told.
    """
    try:
        post = await one(tx, post_id)
    except NotFound:
        return
    if post.deleted_at is not None or post.silent or post.topic_id is not None:
        return
    ids = await tell(tx, post, after)
    if len(ids) == AT_ONCE:
        await schedule(tx, due(post_id=post.id, after=ids[-1]))

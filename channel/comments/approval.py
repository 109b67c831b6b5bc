"""What waits for a moderator: shown to everybody, or removed (see actions.delete)."""

from dataclasses import replace

from sqlalchemy import update

from channel.comments import names
from channel.comments.counting import count
from channel.comments.model import Comment
from channel.comments.reading import Thread
from channel.comments.tables import comments
from channel.errors import Conflict, Forbidden, NotFound
from channel.events import CommentShown
from channel.outbox import emit, reserve
from channel.storage import Tx


async def approve(tx: Tx, thread: Thread, comment: Comment) -> Comment:
    """Show a held comment to everybody who may read the post, which is held. Approved already: nothing happens.

    It gets the seq of this event: whoever has read on meanwhile finds it among what is new.
    Raises NotFound, Forbidden, Conflict (code not_held).
    """
    if comment.thread_id != thread.post.id:
        raise NotFound("There is no such comment.")
    if not thread.moderates:
        raise Forbidden("Your role here does not allow this. Ask the owner of the community.")
    if comment.state == "shown":
        return comment
    if comment.state != "held":
        raise Conflict("This comment was removed meanwhile.", code="not_held")
    event = CommentShown(post_id=comment.thread_id, comment_id=comment.id)
    seq = await reserve(tx, event.stream)
    fresh = {"state": "shown", "seq": seq, "rev": comment.rev + 1, "shown_at": tx.now}
    await tx.run(update(comments).where(comments.c.id == comment.id).values(**fresh))
    await names.show(tx, comment)
    await count(tx, comment.thread_id, 1)
    await emit(tx, event, seq=seq)
    return replace(comment, state="shown", seq=seq, rev=comment.rev + 1, shown_at=tx.now)

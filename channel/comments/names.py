"""Whom and what a comment names: kept beside it while it says something, told once everybody may see it."""

from channel import mentions, rooms
from channel.comments.model import Comment, Rendered
from channel.comments.reading import Thread
from channel.events import MentionsDue
from channel.members.model import Action
from channel.mentions import actions
from channel.outbox import schedule
from channel.posts.linking import Links
from channel.posts.model import addresses
from channel.storage import Tx
from channel.tags import actions as tagging


async def links(tx: Tx, thread: Thread, text: str, comment: Comment | None = None) -> Links:
    """What `prepare` is given: where the #words and @words lead of what the viewer writes here. `comment`: an edit of it."""
    there = await rooms.of_community(tx, thread.community.id)
    known = await mentions.names(
        tx, thread.by, thread.community, text, room=thread.room, thread_id=thread.post.id,
        edited_id=comment.id if comment else None,
    )  # fmt: skip
    return Links(addresses(thread.community.handle, there), known)


async def told(tx: Tx, thread: Thread, rendered: Rendered) -> int:
    """How many its groups call, of those who may read the post; 0 without a group."""
    if not thread.by.may(Action.MENTION_MANY):
        return 0
    return await mentions.told(tx, thread.by, thread.room, rendered.calls, min_rank=thread.post.min_rank)


async def note(tx: Tx, thread: Thread, comment: Comment, rendered: Rendered) -> None:
    """It names these and nobody else. Who lost the right to call groups meanwhile calls none. A held one tells nobody."""
    many = thread.by.may(Action.MENTION_MANY)
    calls = [one for one in rendered.calls if many or one.kind == "person"]
    at = comment.shown_at or tx.now
    fresh = await actions.note_in_comment(tx, comment.id, comment.community_id, at, calls)
    await tagging.note_in_comment(tx, comment.id, comment.community_id, at, rendered.tags)
    if comment.state == "shown":
        await _tell(tx, comment, fresh)


async def show(tx: Tx, comment: Comment) -> None:
    """It was held, and everybody sees it from now on."""
    await tagging.show_comment(tx, comment.id, tx.now)
    await _tell(tx, comment, await actions.show_comment(tx, comment.id, tx.now))


async def _tell(tx: Tx, comment: Comment, words: tuple[str, ...]) -> None:
    if words:
        await schedule(tx, MentionsDue(post_id=comment.thread_id, comment_id=comment.id, words=words))


async def forget(tx: Tx, comment_id: str) -> None:
    """It says nothing any more."""
    await actions.forget_comment(tx, comment_id)
    await tagging.forget_comment(tx, comment_id)

"""Publishing, editing, deleting. Each is one event in the thread's stream, written with the change and the count.

Every verb holds the post first (reading.thread with `hold`): its threads' writers come one after the other, and the
count is that of the rows.
"""

import secrets
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.exc import IntegrityError

from channel import markdown, mentions, tags
from channel.accounts.model import Account
from channel.comments import names, queries, settings
from channel.comments.counting import count
from channel.comments.model import MAX_EDITS, Comment, CommentState, Rendered, parse_reason, parse_text
from channel.comments.reading import Thread, roles
from channel.comments.tables import comments, reports, revisions
from channel.errors import Conflict, Forbidden, Invalid, NotFound
from channel.events import CommentDeleted, CommentEdited, CommentHeld, CommentPublished
from channel.ids import new_id
from channel.members.model import POWER, Role
from channel.mentions.queries import NOBODY_KNOWN, Known
from channel.outbox import emit, give_back, reserve
from channel.posts.model import normal, parse_key
from channel.storage import Prepared, Tx

_ADD = Prepared(
    lambda words: (
        words.insert(comments)
        .values(**{column.name: bindparam(column.name) for column in comments.c})
        .on_conflict_do_nothing(index_elements=["author_id", "key"])
    )
)


async def prepare(text: str, *, rooms: dict[str, str], known: Known = NOBODY_KNOWN) -> Rendered:
    """Check the text and turn its Markdown into HTML, before the transaction: see linking.links. Raises Invalid (text)."""
    text = parse_text(normal(text).strip())
    laid = await markdown.in_thread(text, rooms=rooms, names=known.names, small=True)
    calls = tuple(known.calls[word] for word in laid.calls)
    mentions.require_few(calls)
    tags.require_few(laid.tags)
    return Rendered(text, laid.html, calls, laid.tags)


async def publish(
    tx: Tx,
    thread: Thread,
    author: Account,
    rendered: Rendered,
    key: str | None = None,
    *,
    reply_to: str | None = None,
) -> tuple[Comment, bool]:
    """Say something under a post, which is held. The same author and key again gives the first comment and False.

    An answer to an answer answers the comment above both. What has to wait for approval is `held`.
    Raises Forbidden (see rules.refusal), Invalid (key, reply_to), NotFound.
    """
    if thread.by.account_id != author.id:
        raise Forbidden("You can only write as yourself.")
    if key is not None:
        first = await queries.by_key(tx, author.id, parse_key(key))
        if first is not None:
            return first, False
    _require_writing(thread)
    above = await _answered(tx, thread, reply_to)
    held = await settings.holds_back(tx, thread, rendered.text)
    row = _row(tx, thread, author, rendered, key or secrets.token_urlsafe(16))
    row |= {"reply_to": above, "state": "held" if held else "shown", "shown_at": None if held else tx.now}
    made, created = await _insert(tx, thread, author, row)
    if created:
        await names.note(tx, thread, made, rendered)
    return made, created


async def _insert(tx: Tx, thread: Thread, author: Account, row: dict[str, Any]) -> tuple[Comment, bool]:
    kind = CommentHeld if row["state"] == "held" else CommentPublished
    event = kind(post_id=thread.post.id, comment_id=row["id"])
    row["seq"] = await reserve(tx, event.stream)
    try:
        created = await tx.run(_ADD, **row)
    except IntegrityError as error:
        raise NotFound("This post no longer exists.") from error
    if not created:  # published under another post meanwhile with the same key
        await give_back(tx, event.stream)
        first = await queries.by_key(tx, author.id, row["key"])
        if first is None:
            raise Conflict("Somebody changed this at the same moment. Try again.")
        return first, False
    await emit(tx, event, seq=row["seq"])
    await count(tx, thread.post.id, int(row["state"] == "shown"))
    return queries.made(row, author), True


def _row(tx: Tx, thread: Thread, author: Account, rendered: Rendered, key: str) -> dict[str, Any]:
    return {
        "id": new_id(tx.now),
        "thread_id": thread.post.id,
        "community_id": thread.post.community_id,
        "author_id": author.id,
        "key": key,
        "text": rendered.text,
        "html": rendered.html,
        "renderer": markdown.RENDERER,
        "rev": 1,
        "created_at": tx.now,
        "edited_at": None,
        "deleted_at": None,
        "deleted_by": None,
        "shown_at": None,
        "reason": "",
        "by_staff": thread.by.role is not Role.MEMBER,
    }


def _require_writing(thread: Thread) -> None:
    if thread.refusal is not None:
        raise thread.refusal


async def _answered(tx: Tx, thread: Thread, reply_to: str | None) -> str | None:
    """The comment that is answered, or the one above it. Raises Invalid (reply_to)."""
    if reply_to is None:
        return None
    try:
        found = await queries.one(tx, reply_to)
    except NotFound:
        found = None
    if found is None or found.thread_id != thread.post.id or found.state != "shown" or not thread.sees(found):
        raise Invalid(reply_to="What you answer is no longer here. Say it as a comment of its own.")
    return found.reply_to or found.id


async def edit(
    tx: Tx, thread: Thread, comment: Comment, rendered: Rendered, *, rev: int | None = None
) -> Comment:
    """Give one's own comment another text. The old wording is kept; what has to wait for approval waits again.

    Raises NotFound, Forbidden, Conflict (code edited_meanwhile, too_many_edits).
    """
    _require_there(thread, comment)
    if comment.author.id != thread.by.account_id:
        raise Forbidden("Only its author can change a comment.")
    _require_writing(thread)
    if rev is not None and rev != comment.rev:
        raise Conflict(
            "This comment was changed meanwhile. Look at it again, then save yours.", code="edited_meanwhile"
        )
    if comment.text == rendered.text:
        return comment
    if comment.rev > MAX_EDITS:
        raise Conflict("This comment was edited 100 times. Write a new one.", code="too_many_edits")
    waits = comment.state == "held" or await settings.holds_back(tx, thread, rendered.text)
    edited = await _revise(tx, comment, rendered, "held" if waits else "shown")
    await names.note(tx, thread, edited, rendered)
    return edited


async def _revise(tx: Tx, comment: Comment, rendered: Rendered, state: CommentState) -> Comment:
    fresh: dict[str, Any] = {
        "text": rendered.text, "html": rendered.html, "state": state, "rev": comment.rev + 1,
        "edited_at": tx.now,
    }  # fmt: skip
    await tx.run(
        update(comments).where(comments.c.id == comment.id).values(**fresh, renderer=markdown.RENDERER)
    )
    old = {"comment_id": comment.id, "rev": comment.rev, "text": comment.text, "at": tx.now}
    await tx.run(revisions.insert().values(**old))
    about = {"post_id": comment.thread_id, "comment_id": comment.id}
    await count(tx, comment.thread_id, int(state == "shown") - int(comment.state == "shown"))
    if state != comment.state:
        await emit(tx, CommentHeld(**about))
    else:
        await emit(tx, CommentEdited(**about, rev=comment.rev + 1))
    return replace(comment, **fresh)


async def delete(tx: Tx, thread: Thread, comment: Comment, *, reason: str = "") -> Comment:
    """Empty the comment and what it said before. Whoever saw it sees a trace; a held one leaves none. Twice is once.

    Its author may; so may moderators, with a `reason` that the author reads, unless the author's role is higher.
    Raises NotFound, Forbidden, Invalid (reason).
    """
    if not thread.sees(comment) and not thread.moderates:
        raise NotFound("There is no such comment.")
    own = comment.author.id == thread.by.account_id and thread.by.belongs
    if not own:
        await _require_moderating(tx, thread, comment)
    if not comment.there:
        return comment
    fresh: dict[str, Any] = {
        "text": "", "html": "", "state": "deleted" if comment.state == "shown" else "refused",
        "deleted_at": tx.now, "deleted_by": thread.by.account_id, "reason": "" if own else parse_reason(reason),
    }  # fmt: skip
    await tx.run(update(comments).where(comments.c.id == comment.id).values(**fresh))
    await tx.run(update(revisions).where(revisions.c.comment_id == comment.id).values(text=""))
    await tx.run(update(reports).where(reports.c.about == comment.id).values(done=True))
    await names.forget(tx, comment.id)
    await count(tx, comment.thread_id, -int(comment.state == "shown"))
    await emit(tx, CommentDeleted(post_id=comment.thread_id, comment_id=comment.id))
    return replace(comment, **fresh)


def _require_there(thread: Thread, comment: Comment) -> None:
    if comment.thread_id != thread.post.id or not thread.sees(comment):
        raise NotFound("There is no such comment.")
    if not comment.there:
        raise NotFound("This comment was deleted.")


async def _require_moderating(tx: Tx, thread: Thread, comment: Comment) -> None:
    role = thread.by.role
    if role is None or not thread.moderates:
        raise Forbidden("Only its author and the moderators can delete a comment.")
    author = (await roles(tx, thread.community, [comment])).get(comment.author.id, Role.MEMBER)
    if POWER[author] > POWER[role]:
        raise Forbidden("You cannot do this to somebody whose role is higher than yours.", code="rank")

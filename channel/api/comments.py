"""Comments under a post, and reports of what should not be there. A comment is also found by /posts/{id}."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from channel import comments, posts
from channel.api import comment_shapes
from channel.api.endpoint import NO_CONTENT, Answer, Call, Endpoint
from channel.api.places import CursorText, Limit
from channel.comments import Comment, Rendered, Thread, names, queries, reading, reports, settings
from channel.comments.model import MAX_REASON_CHARS, MAX_REPORT_CHARS, MAX_TEXT_CHARS, Complaint
from channel.errors import Invalid, NotFound
from channel.members import Action
from channel.render.comments import as_json, comment_views
from channel.routing import VIEWER, Policy, Services, Who, role
from channel.storage import Tx

Text = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT_CHARS, description="Markdown")]
Id = Annotated[str, Meta(max_length=36, description="id of the comment it answers")]
WRITES = Policy(Who.SIGNED_IN, scope="post")


class NewComment(Struct, forbid_unknown_fields=True, kw_only=True):
    """A comment to be. An answer to an answer stands below the comment above both."""

    text: Text
    reply_to: Id | None = None


class CommentQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which comments."""

    order: Literal["oldest", "newest"] = "oldest"
    limit: Limit = 50
    cursor: CursorText | None = None


class Openness(Struct, forbid_unknown_fields=True, kw_only=True):
    """Whether comments are open under this post; the room's own rule stays above it."""

    open: bool


class Removing(Struct, forbid_unknown_fields=True, kw_only=True):
    """Why it goes."""

    reason: Annotated[str, Meta(max_length=MAX_REASON_CHARS, description="its author reads it")] = ""


class NewReport(Struct, forbid_unknown_fields=True, kw_only=True):
    """What is wrong with it."""

    reason: Literal["spam", "abuse", "illegal", "wrong_place", "other"]
    words: Annotated[str, Meta(max_length=MAX_REPORT_CHARS)] = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Markdown turned into HTML before the transaction; of an edit with the revision it was made from."""

    rendered: Rendered
    reply_to: str | None = None
    rev: int | None = None


def told(thread: Thread) -> Any:
    """After the commit: those in the room see the new count."""
    data = {"room_id": thread.room.id, "post_ids": [thread.post.id]}

    def tell(services: Services) -> None:
        services.bus.note("counts", data)

    return tell


async def shown(tx: Tx, thread: Thread, comment: Comment) -> dict[str, object]:
    """One comment as this caller may see it. Raises NotFound."""
    found = await comment_views(tx, [comment], thread)
    if not found:
        raise NotFound("There is no such comment.")
    return as_json(found[0])


async def list_comments(call: Call, tx: Tx, given: CommentQuery) -> Answer:
    """What is said under a post, by seq; one's own that waits for approval included. 403 where the post is locked."""
    thread = await comments.thread(tx, call.id(), call.account_id)
    newest = given.order == "newest"
    asked: dict[str, Any] = {"newest": newest, "limit": given.limit}
    if given.cursor is not None:
        asked["before" if newest else "after"] = _seq(given.cursor)
    found = await queries.page(tx, thread.post.id, thread.viewer, **asked)
    cursor = str(found[-1].seq) if len(found) == given.limit else None
    items = [as_json(view) for view in await comment_views(tx, found, thread)]
    return Answer(comment_shapes.Comments(items=items, next_cursor=cursor))


def _seq(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 15):
        raise Invalid(cursor="This cursor is not one of ours. Start from the first page.")
    return int(cursor)


async def prepare_comment(call: Call, given: NewComment) -> Prepared:
    """Check the text and render it, before anybody waits for the transaction."""
    async with call.services.db.read() as tx:
        thread = await comments.thread(tx, call.id(), call.account_id)
        if thread.refusal is not None:
            raise thread.refusal
        found = await names.links(tx, thread, given.text)
    rendered = await comments.prepare(given.text, rooms=found.rooms, known=found.known)
    return Prepared(rendered, given.reply_to)


async def create_comment(call: Call, tx: Tx, prepared: Prepared) -> Answer:
    """Say something under a post. `state` is `held` when it waits for approval."""
    thread = await comments.thread(tx, call.id(), call.account_id, hold=True)
    made, _ = await comments.publish(tx, thread, call.account, prepared.rendered, reply_to=prepared.reply_to)
    return Answer(await shown(tx, thread, made), 201, told(thread))


async def prepare_edit(call: Call, text: str, rev: int | None) -> Prepared:
    """A comment's new text, rendered."""
    async with call.services.db.read() as tx:
        thread, comment = await reading.of_comment(tx, call.id(), call.account_id)
        found = await names.links(tx, thread, text, comment)
    return Prepared(await comments.prepare(text, rooms=found.rooms, known=found.known), rev=rev)


async def edit(call: Call, tx: Tx, prepared: Prepared) -> Answer:
    """PATCH /posts/{id} of a comment."""
    thread, comment = await reading.of_comment(tx, call.id(), call.account_id, hold=True)
    edited = await comments.edit(tx, thread, comment, prepared.rendered, rev=prepared.rev)
    return Answer(await shown(tx, thread, edited), 200, told(thread))


async def delete(call: Call, tx: Tx) -> Answer:
    """DELETE /posts/{id} of a comment."""
    thread, comment = await reading.of_comment(tx, call.id(), call.account_id, hold=True)
    await comments.delete(tx, thread, comment)
    return Answer(None, 204, told(thread))


async def get(call: Call, tx: Tx) -> Answer:
    """GET /posts/{id} of a comment."""
    thread, comment = await reading.of_comment(tx, call.id(), call.account_id)
    return Answer(await shown(tx, thread, comment))


async def is_post(tx: Tx, call: Call) -> bool:
    """Whether `{id}` is a post's; else it may be that of a comment."""
    try:
        await posts.one(tx, call.id())
    except NotFound:
        return False
    return True


async def approve_comment(call: Call, tx: Tx, _: Any) -> Answer:
    """Show a comment that waits for approval to everybody who may read its post."""
    thread, comment = await reading.of_comment(tx, call.id(), call.account_id, hold=True)
    approved = await comments.approve(tx, thread, comment)
    return Answer(await shown(tx, thread, approved), 200, told(thread))


async def remove_comment(call: Call, tx: Tx, given: Removing) -> Answer:
    """Delete somebody's comment with a reason, which its author reads."""
    thread, comment = await reading.of_comment(tx, call.id(), call.account_id, hold=True)
    await comments.delete(tx, thread, comment, reason=given.reason)
    return Answer(None, 204, told(thread))


async def open_comments(call: Call, tx: Tx, given: Openness) -> Answer:
    """Open or close comments under one post."""
    thread = await comments.thread(tx, call.id(), call.account_id, hold=True)
    await settings.switch(tx, thread.by, thread.post, on=given.open)
    return NO_CONTENT


async def report_post(call: Call, tx: Tx, given: NewReport) -> Answer:
    """Report a post or a comment to the moderators. The same person about the same thing: once."""
    complaint = Complaint.parse(given.reason, given.words)
    comment = None
    if await is_post(tx, call):
        thread = await comments.thread(tx, call.id(), call.account_id)
    else:
        thread, comment = await reading.of_comment(tx, call.id(), call.account_id)
    await reports.report(tx, thread, comment, complaint)
    return NO_CONTENT


_THREAD = "/posts/{id}/comments"
_MODERATES = role(Action.MODERATE)
ENDPOINTS = (
    Endpoint(
        method="GET", path=_THREAD, handler=list_comments, policy=VIEWER, tag="posts",
        summary="Read what is said under a post", answers={200: comment_shapes.Comments}, query=CommentQuery,
    ),
    Endpoint(
        method="POST", path=_THREAD, handler=create_comment, policy=WRITES, tag="posts",
        summary="Comment on a post", answers={201: comment_shapes.Comment}, body=NewComment, prepare=prepare_comment,
    ),
    Endpoint(
        method="PUT", path=_THREAD, handler=open_comments, policy=role(Action.POST, "post"), tag="posts",
        summary="Open or close comments under a post", body=Openness,
    ),
    Endpoint(
        method="POST", path="/posts/{id}/approve", handler=approve_comment, policy=_MODERATES, tag="posts",
        summary="Approve a comment that waits", answers={200: comment_shapes.Comment},
    ),
    Endpoint(
        method="POST", path="/posts/{id}/remove", handler=remove_comment, policy=_MODERATES, tag="posts",
        summary="Remove a comment with a reason", body=Removing,
    ),
    Endpoint(
        method="POST", path="/posts/{id}/report", handler=report_post, policy=WRITES, tag="posts",
        summary="Report a post or a comment", body=NewReport,
    ),
)  # fmt: skip

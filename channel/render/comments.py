"""Comments as somebody may see them, as HTML and as JSON. Whether they may read the thread comments.reading has said.

All who may read a thread see the same of it; moderators see besides what waits for them. What belongs to one viewer
(their own comment that waits) is printed for that one only: `own`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from channel.accounts.model import Account
from channel.comments import named, reading
from channel.comments.model import Comment
from channel.comments.named import Said
from channel.communities import Community
from channel.members.model import STAFF_RANK, Role
from channel.posts.model import Post
from channel.render.html import environment
from channel.render.json import author_json, iso
from channel.render.views import AuthorView, author_view
from channel.rooms import Room
from channel.storage import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    id: str
    thread_id: str
    room_id: str
    post_href: str
    seq: int
    rev: int
    author: AuthorView
    created_at: int
    reply_to: str | None
    waits: bool

    @property
    def href(self) -> str:
        """The permalink: the page of its post, there."""
        return f"{self.post_href}#c-{self.id}"

    @property
    def place(self) -> str:
        """The same, whichever page of a long thread it is on."""
        return f"{self.post_href}?comment={self.id}#c-{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentView(_Placed):
    """A comment in full. `role` of its author here, None for a member; `waits`: for approval."""

    shape: ClassVar = "open"
    text: str
    html: str
    edited_at: int | None
    role: Role | None
    mentions: tuple[AuthorView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GoneCommentView(_Placed):
    """The trace of a deleted one. `removed`: by somebody else than its author, with a reason if they gave one."""

    shape: ClassVar = "gone"
    deleted_at: int
    removed: bool
    reason: str


AnyComment = CommentView | GoneCommentView


@dataclass(frozen=True, slots=True)
class CommentFacts:
    """A comment with all that showing it to anybody needs."""

    comment: Comment
    post: Post
    room: Room
    handle: str
    role: Role | None
    named: tuple[Account, ...] = ()  # who is mentioned, and may read it


async def facts(
    tx: Tx, found: Sequence[Comment], post: Post, room: Room, community: Community
) -> list[CommentFacts]:
    """What showing these comments of one thread needs, in their order, with one query."""
    roles = await reading.roles(tx, community, found) if found else {}
    people = await named.people(tx, found, community)
    return [
        CommentFacts(
            comment, post, room, community.handle, roles.get(comment.author.id), people.get(comment.id, ())
        )
        for comment in found
    ]


def show(facts: CommentFacts, sight: int, *, own: bool = False) -> AnyComment | None:
    """The comment for readers of this sight; None: they may not know of it. `own`: for its author."""
    comment = facts.comment
    if comment.state == "refused" and not own:
        return None
    if comment.state == "held" and not own and sight < STAFF_RANK:
        return None
    placed: dict[str, Any] = {
        "id": comment.id,
        "thread_id": comment.thread_id,
        "room_id": facts.room.id,
        "post_href": f"/@{facts.handle}/{facts.room.slug}/{facts.post.seq}",
        "seq": comment.seq,
        "rev": comment.rev,
        "author": author_view(comment.author),
        "created_at": comment.created_at,
        "reply_to": comment.reply_to,
        "waits": comment.state == "held",
    }
    if not comment.there:
        removed = comment.deleted_by != comment.author.id
        told = comment.reason if own or sight >= STAFF_RANK else ""
        return GoneCommentView(**placed, deleted_at=comment.deleted_at or 0, removed=removed, reason=told)
    role = None if facts.role is Role.MEMBER else facts.role
    return CommentView(
        **placed, text=comment.text, html=comment.html, edited_at=comment.edited_at, role=role,
        mentions=tuple(map(author_view, facts.named)),
    )  # fmt: skip


async def comment_views(tx: Tx, found: Sequence[Comment], thread: reading.Thread) -> list[AnyComment]:
    """These comments of a thread as its viewer sees them, in their order."""
    known = await facts(tx, found, thread.post, thread.room, thread.community)
    me = thread.by.account_id
    shown = [show(one, thread.sight, own=one.comment.author.id == me) for one in known]
    return [view for view in shown if view is not None]


async def said_views(tx: Tx, found: Sequence[Said]) -> list[tuple[Said, CommentView]]:
    """What lists found, as all see it who may read the posts they stand under."""
    made: list[tuple[Said, CommentView]] = []
    for one in found:
        [known] = await facts(tx, [one.comment], one.post, one.room, one.community)
        view = show(known, reading.READER)
        if isinstance(view, CommentView):
            made.append((one, view))
    return made


def fragment(view: AnyComment, language: str) -> str:
    """The article of one comment or of its trace: first paint, live frames, answers to forms."""
    return environment(language).get_template("fragments/comment.html").render(view=view).strip()


def as_json(view: AnyComment) -> dict[str, Any]:
    """A comment as the contract prints it: a post, and the thread it stands in."""
    placed: dict[str, Any] = {
        "id": view.id,
        "room_id": view.room_id,
        "thread": view.thread_id,
        "seq": view.seq,
        "reply_to": view.reply_to,
    }
    if isinstance(view, GoneCommentView):
        return {**placed, "deleted": True, "deleted_at": iso(view.deleted_at), "reason": view.reason}
    return {
        **placed,
        "author": author_json(view.author) | {"role": view.role.value if view.role else None},
        "text": view.text,
        "html": view.html,
        "created_at": iso(view.created_at),
        "edited_at": None if view.edited_at is None else iso(view.edited_at),
        "rev": view.rev,
        "mentions": [author_json(one) for one in view.mentions],
        "locked": False,
        "state": "held" if view.waits else "shown",
        "quote": None,
        "media": [],
        "counts": {"reactions": {}, "comments": 0, "views": 0},
    }


def listed(view: CommentView) -> dict[str, Any]:
    """A comment among posts: its id as what it is, and the address that leads to it at its place."""
    return as_json(view) | {"comment_id": view.id, "url": view.place}

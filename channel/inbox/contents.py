"""The words of a page of items: loaded together, a bounded number of queries for each kind."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import or_, select

from channel import rooms
from channel.accounts.model import Account
from channel.accounts.queries import several
from channel.comments import queries as comment_queries
from channel.comments.model import Comment
from channel.comments.queries import comment_of
from channel.comments.queries import whole as comment_select
from channel.comments.tables import comments, reports
from channel.inbox.model import Item, Key, Kind
from channel.members.tables import memberships
from channel.messages import queries as message_queries
from channel.posts import queries as post_queries
from channel.posts.model import Post
from channel.questions import queries as question_queries
from channel.rooms import Room
from channel.storage import Tx


@dataclass(frozen=True, slots=True)
class Content:
    """What an item says. `post`: what it stands under or is about; `comment`: which one; `reason`: of a report.

    `text` is Markdown where people write Markdown. `reports`: how many reported it. `hidden`: others do not see the
    name. `top_seq`: of the comment that its branch hangs on.
    """

    text: str
    post: Post | None = None
    comment: Comment | None = None
    reason: str = ""
    words: str = ""
    reports: int = 0
    hidden: bool = False
    top_seq: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """All that a page of items is about. `people`: whom they are from, to whom they are given, who acted on them."""

    contents: dict[Key, Content]
    people: dict[str, Account]
    rooms: dict[str, Room]


async def load(tx: Tx, community_id: str, items: Sequence[Item]) -> Page:
    """What went since the items were listed is missing among the contents."""
    contents: dict[Key, Content] = {}
    for kind, loader in _LOADERS.items():
        mine = [item for item in items if item.key.kind == kind]
        if mine:
            contents |= await loader(tx, community_id, mine)
    ids = {one for item in items for one in (item.key.who, item.assigned_to, item.by_id) if one}
    people = await several(tx, sorted(ids)) if ids else {}
    there = {room.id: room for room in await rooms.of_community(tx, community_id)}
    return Page(contents, people, there)


async def _posts(tx: Tx, ids: Sequence[str | None]) -> dict[str, Post]:
    wanted = sorted({one for one in ids if one})
    return {post.id: post for post in await post_queries.many(tx, wanted)} if wanted else {}


async def _questions(tx: Tx, _: str, items: Sequence[Item]) -> dict[Key, Content]:
    found = await question_queries.several(tx, [item.key.what for item in items])
    posts = await _posts(tx, [one.prompt_id for one in found.values()])
    return {
        item.key: Content(one.text, posts.get(one.prompt_id or ""), hidden=not one.show_name)
        for item in items
        if (one := found.get(item.key.what)) is not None
    }


async def _comments(tx: Tx, _: str, items: Sequence[Item]) -> dict[Key, Content]:
    """The newest that waits of each person in each branch: the mark is its seq."""
    branches, whose, seqs = zip(*((one.key.what, one.key.who, one.mark) for one in items), strict=True)
    query = comment_select().where(
        or_(comments.c.id.in_(branches), comments.c.reply_to.in_(branches)),
        comments.c.author_id.in_(whose), comments.c.seq.in_(seqs),
    )  # fmt: skip
    rows = await tx.all(query.limit(len(items) ** 2 + len(items)))
    found = {(one.reply_to or one.id, one.author.id, one.seq): one for one in map(comment_of, rows)}
    posts = await _posts(tx, [one.thread_id for one in found.values()])
    tops = {one.id: one.seq for one in await comment_queries.many(tx, list(branches))}
    return {
        item.key: Content(one.text, posts.get(one.thread_id), one, top_seq=tops.get(item.key.what, one.seq))
        for item in items
        if (one := found.get((item.key.what, item.key.who, item.mark))) is not None
    }


async def _held(tx: Tx, _: str, items: Sequence[Item]) -> dict[Key, Content]:
    found = {one.id: one for one in await comment_queries.many(tx, [item.key.what for item in items])}
    posts = await _posts(tx, [one.thread_id for one in found.values()])
    return {
        item.key: Content(one.text, posts.get(one.thread_id), one)
        for item in items
        if (one := found.get(item.key.what)) is not None
    }


async def _reports(tx: Tx, community_id: str, items: Sequence[Item]) -> dict[Key, Content]:
    """What was reported, with the newest report of it."""
    about = [item.key.what for item in items]
    mine = (reports.c.community_id == community_id, reports.c.about.in_(about), reports.c.done.is_(False))
    rows = await tx.all(
        select(reports).where(*mine).order_by(reports.c.created_at, reports.c.id).limit(1_000)
    )
    newest = {row.about: row for row in rows}
    posts = await _posts(tx, [row.post_id for row in rows])
    said = [row.comment_id for row in rows if row.comment_id]
    there = {one.id: one for one in await comment_queries.many(tx, said)}
    found: dict[Key, Content] = {}
    for item in items:
        row = newest.get(item.key.what)
        post = posts.get(row.post_id) if row is not None else None
        if row is None or post is None:
            continue
        comment = there.get(row.comment_id or "")
        many = sum(one.about == row.about for one in rows)
        text = comment.text if comment else post.text
        found[item.key] = Content(text, post, comment, row.reason, row.words, many)
    return found


async def _mentions(tx: Tx, _: str, items: Sequence[Item]) -> dict[Key, Content]:
    found = await _posts(tx, [item.key.what for item in items])
    return {
        item.key: Content(one.text, one) for item in items if (one := found.get(item.key.what)) is not None
    }


async def _requests(tx: Tx, community_id: str, items: Sequence[Item]) -> dict[Key, Content]:
    asking = [item.key.who for item in items]
    query = select(memberships.c.account_id, memberships.c.note)
    query = query.where(memberships.c.community_id == community_id, memberships.c.account_id.in_(asking))
    notes = {row.account_id: row.note for row in await tx.all(query)}
    return {item.key: Content(notes[item.key.who]) for item in items if item.key.who in notes}


async def _messages(tx: Tx, _: str, items: Sequence[Item]) -> dict[Key, Content]:
    """The newest that waits in each conversation: the mark is its seq."""
    found = await message_queries.at_seqs(tx, [(item.key.what, item.mark) for item in items])
    return {item.key: Content(one.text) for item in items if (one := found.get(item.key.what)) is not None}


_Loader = Callable[[Tx, str, Sequence[Item]], Awaitable[dict[Key, Content]]]
_LOADERS: Final[dict[Kind, _Loader]] = {
    "comment": _comments,
    "held": _held,
    "mention": _mentions,
    "message": _messages,
    "question": _questions,
    "report": _reports,
    "request": _requests,
}

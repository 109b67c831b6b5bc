"""Finding comments. They come whole: what is shown of them is decided in render/comments."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Integer, Row, Select, bindparam, func, or_, select

from channel.accounts.model import Account
from channel.accounts.queries import COLUMNS as ACCOUNT
from channel.accounts.queries import account_of
from channel.accounts.tables import accounts
from channel.comments.model import MAX_EDITS, Comment, Version
from channel.comments.tables import comments, revisions
from channel.errors import NotFound
from channel.ids import is_id
from channel.members.paging import within
from channel.storage import Prepared, Tx

MAX_MANY = 1_000
MAX_ANSWERS = 1_000  # to the comments of one page
BEYOND_ANY_SEQ = 2**62
FIELDS = [field for field in Comment.__dataclass_fields__ if field != "author"]
_values = attrgetter(*FIELDS)
_COMMENT = select(*(comments.c[field] for field in FIELDS), *ACCOUNT).join_from(
    comments, accounts, accounts.c.id == comments.c.author_id
)
_LIMIT = bindparam("limit", type_=Integer)
_ONE = Prepared(_COMMENT.where(comments.c.id == bindparam("id")))
_BY_KEY = Prepared(
    _COMMENT.where(comments.c.author_id == bindparam("author_id"), comments.c.key == bindparam("key"))
)
_MANY = Prepared(lambda words: _COMMENT.where(words.among(comments.c.id, "ids")).order_by(comments.c.seq))


def _seen() -> ColumnElement[bool]:
    """What everybody sees who may read the post; besides, one's own; and for moderators what waits for them."""
    return or_(
        comments.c.state == "shown",
        comments.c.state == "deleted",
        comments.c.author_id == bindparam("account_id"),
        (comments.c.state == "held") & (bindparam("staff", type_=Integer) == 1),
    )


_IN_THREAD = _COMMENT.where(comments.c.thread_id == bindparam("thread_id"), _seen())
_BETWEEN = _IN_THREAD.where(comments.c.seq > bindparam("after"), comments.c.seq < bindparam("before"))
_OLDEST_FIRST = Prepared(_BETWEEN.order_by(comments.c.seq).limit(_LIMIT))
_NEWEST_FIRST = Prepared(_BETWEEN.order_by(comments.c.seq.desc()).limit(_LIMIT))
_TOPS = Prepared(_BETWEEN.where(comments.c.reply_to.is_(None)).order_by(comments.c.seq.desc()).limit(_LIMIT))
_TOPS_AFTER = Prepared(
    select(func.count()).select_from(
        select(comments.c.id)
        .where(
            comments.c.thread_id == bindparam("thread_id"),
            _seen(),
            comments.c.seq > bindparam("after"),
            comments.c.reply_to.is_(None),
        )
        .limit(_LIMIT)
        .subquery()
    )
)
_ANSWERS = Prepared(
    lambda words: (
        _IN_THREAD.where(words.among(comments.c.reply_to, "ids")).order_by(comments.c.seq).limit(_LIMIT)
    )
)
_ANY_SHOWN = Prepared(
    select(comments.c.id)
    .where(
        comments.c.community_id == bindparam("community_id"),
        comments.c.author_id == bindparam("author_id"),
        comments.c.state == "shown",
    )
    .limit(1)
)


def comment_of(row: Row[Any]) -> Comment:
    """A Comment of a row with its author's columns beside it."""
    return made(dict(zip(FIELDS, _values(row), strict=True)), account_of(row))


def whole() -> Select[Any]:
    """All columns of comments for `comment_of`, to be narrowed down by whoever asks."""
    return _COMMENT


def made(values: dict[str, Any], author: Account) -> Comment:
    """A Comment of a row's values."""
    return Comment(author=author, **{field: values[field] for field in FIELDS})


async def _list(tx: Tx, query: Select[Any] | Prepared, **values: Any) -> list[Comment]:
    return [comment_of(row) for row in await tx.all(query, **values)]


async def one(tx: Tx, comment_id: str) -> Comment:
    """Whoever may not read its post may not know of it: ask reading.thread. Raises NotFound."""
    row = await tx.one(_ONE, id=comment_id) if is_id(comment_id) else None
    if row is None:
        raise NotFound("There is no such comment.")
    return comment_of(row)


async def by_key(tx: Tx, author_id: str, key: str) -> Comment | None:
    """What this author published under this key."""
    row = await tx.one(_BY_KEY, author_id=author_id, key=key)
    return None if row is None else comment_of(row)


async def many(tx: Tx, ids: Sequence[str]) -> list[Comment]:
    """These comments by seq, at most 1,000; what does not exist is missing."""
    return await _list(tx, _MANY, ids=ids[:MAX_MANY]) if ids else []


async def page(
    tx: Tx,
    thread_id: str,
    viewer: tuple[str, bool],
    *,
    after: int = 0,
    before: int | None = None,
    newest: bool = False,
    limit: int = 50,
) -> list[Comment]:
    """Comments of a thread between two seqs, oldest first or newest first. `viewer`: account id ("": none), moderator."""
    query = _NEWEST_FIRST if newest else _OLDEST_FIRST
    return await _list(tx, query, **_asked(thread_id, viewer, limit), **_span(after, before))


async def branches(
    tx: Tx,
    thread_id: str,
    viewer: tuple[str, bool],
    *,
    after: int = 0,
    before: int | None = None,
    limit: int = 50,
) -> tuple[list[Comment], list[Comment]]:
    """The last comments before `before` that answer no other, oldest first, and the answers to them, by seq."""
    asked = _asked(thread_id, viewer, limit)
    tops = (await _list(tx, _TOPS, **asked, **_span(after, before)))[::-1]
    ids = [one.id for one in tops]
    answers = await _list(tx, _ANSWERS, **(asked | {"limit": MAX_ANSWERS}), ids=ids) if ids else []
    return tops, answers


async def newer_branches(tx: Tx, thread_id: str, viewer: tuple[str, bool], *, after: int, most: int) -> int:
    """How many comments after `after` answer no other; counted up to `most`."""
    return int(await tx.value(_TOPS_AFTER, **_asked(thread_id, viewer, most), after=after) or 0)


def _asked(thread_id: str, viewer: tuple[str, bool], limit: int) -> dict[str, Any]:
    account_id, staff = viewer
    return {
        "thread_id": thread_id, "account_id": account_id, "staff": int(staff), "limit": within(limit),
    }  # fmt: skip


def _span(after: int, before: int | None) -> dict[str, int]:
    return {"after": after, "before": BEYOND_ANY_SEQ if before is None else before}


async def has_one_shown(tx: Tx, community_id: str, author_id: str) -> bool:
    """Whether everybody sees a comment of theirs somewhere in the community."""
    return await tx.one(_ANY_SHOWN, community_id=community_id, author_id=author_id) is not None


async def held(tx: Tx, community_id: str, limit: int = 50) -> list[Comment]:
    """What waits for approval, the newest first."""
    query = _COMMENT.where(comments.c.community_id == community_id, comments.c.state == "held")
    return await _list(tx, query.order_by(comments.c.created_at.desc(), comments.c.id).limit(within(limit)))


async def newest(tx: Tx, community_id: str, limit: int = 50) -> list[Comment]:
    """What was said last, the newest first."""
    query = _COMMENT.where(comments.c.community_id == community_id, comments.c.state == "shown")
    return await _list(tx, query.order_by(comments.c.created_at.desc(), comments.c.id).limit(within(limit)))


async def count_held(tx: Tx, community_id: str) -> int:
    """How many wait for approval."""
    query = select(func.count()).where(comments.c.community_id == community_id, comments.c.state == "held")
    return int(await tx.value(query) or 0)


async def history(tx: Tx, comment: Comment) -> list[Version]:
    """Every wording, the first one first, the present one last; one that says nothing any more has none."""
    if not comment.there:
        return []
    query = select(revisions).where(revisions.c.comment_id == comment.id).order_by(revisions.c.rev)
    found: list[Version] = []
    at = comment.created_at
    for row in await tx.all(query.limit(MAX_EDITS)):
        found.append(Version(row.rev, row.text, at))
        at = row.at
    return [*found, Version(comment.rev, comment.text, at)]

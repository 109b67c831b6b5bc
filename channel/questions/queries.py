"""Finding prompts and questions. They come whole; what is shown of them is decided in render/questions.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Integer,
    Row,
    Select,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    tuple_,
)

from channel.accounts.queries import COLUMNS as ACCOUNT
from channel.accounts.queries import account_of
from channel.accounts.tables import accounts
from channel.errors import NotFound
from channel.ids import is_id
from channel.members.model import Entitlement
from channel.members.paging import Page, cursor_of, place, within
from channel.posts.tables import posts
from channel.questions.model import Answer, Box, Prompt, Question
from channel.questions.tables import LISTED, boxes, prompts, questions, votes
from channel.rooms.tables import rooms
from channel.storage import Prepared, Tx, reader

Sort = Literal["votes", "new"]
MAX_PLACES = 50  # of a desk
MOST_COUNTED = 1_000  # open questions; beyond it a number says nothing more
_PROMPT_COLUMNS = (
    prompts.c.post_id, posts.c.community_id, posts.c.room_id, rooms.c.slug.label("room_slug"), posts.c.seq,
    prompts.c.open_until, prompts.c.min_rank, prompts.c.votes, prompts.c.shown, prompts.c.closed_at,
    prompts.c.questions, posts.c.min_rank.label("post_rank"), rooms.c.min_rank.label("room_rank"), posts.c.deleted_at,
)  # fmt: skip
_PROMPT = select(*_PROMPT_COLUMNS).select_from(
    prompts.join(posts, posts.c.id == prompts.c.post_id).join(rooms, rooms.c.id == posts.c.room_id)
)
_prompt_of = reader(Prompt)
_PROMPTS = Prepared(lambda words: _PROMPT.where(words.among(prompts.c.post_id, "ids")))
_COUNTS = Prepared(
    lambda words: select(prompts.c.post_id, prompts.c.questions).where(words.among(prompts.c.post_id, "ids"))
)
_root = questions.alias("root")
_answer = posts.alias("answer")
_place = rooms.alias("answer_room")
_answer_id = func.coalesce(_root.c.answer_post_id, questions.c.answer_post_id)
_QUESTION = select(
    questions.c.id, questions.c.community_id, questions.c.prompt_id, questions.c.text, questions.c.show_name,
    questions.c.state, func.coalesce(_root.c.state, questions.c.state).label("fate"), questions.c.merged_into,
    questions.c.votes, questions.c.created_at, questions.c.edited_at, questions.c.answered_at,
    _answer.c.id.label("answer_id"), _answer.c.seq.label("answer_seq"),
    _answer.c.min_rank.label("answer_rank"), _answer.c.deleted_at.label("answer_deleted_at"),
    _place.c.slug.label("answer_slug"), _place.c.min_rank.label("answer_room_rank"), *ACCOUNT,
).select_from(
    questions.join(accounts, accounts.c.id == questions.c.author_id)
    .outerjoin(_root, _root.c.id == questions.c.merged_into)
    .outerjoin(_answer, _answer.c.id == _answer_id)
    .outerjoin(_place, _place.c.id == _answer.c.room_id)
)  # fmt: skip
_ONE = Prepared(_QUESTION.where(questions.c.id == bindparam("id")))
_SEVERAL = Prepared(lambda words: _QUESTION.where(words.among(questions.c.id, "ids")))
_BY_KEY = Prepared(
    _QUESTION.where(questions.c.author_id == bindparam("author_id"), questions.c.key == bindparam("key"))
)
_TOP = Prepared(
    _QUESTION.where(questions.c.prompt_id == bindparam("prompt_id"), LISTED)
    .order_by(questions.c.votes.desc(), questions.c.id.desc())
    .limit(bindparam("limit", type_=Integer))
)
_VOTED = Prepared(
    lambda words: select(votes.c.question_id).where(
        votes.c.account_id == bindparam("account_id"), words.among(votes.c.question_id, "ids")
    )
)


def _question(row: Row[Any]) -> Question:
    found = None
    if row.answer_id is not None:
        found = Answer(
            row.answer_id, row.answer_slug, row.answer_seq, row.answer_rank, row.answer_room_rank,
            row.answer_deleted_at,
        )  # fmt: skip
    return Question(
        id=row.id, community_id=row.community_id, prompt_id=row.prompt_id, author=account_of(row), text=row.text,
        show_name=bool(row.show_name), state=row.state, fate=row.fate, merged_into=row.merged_into, votes=row.votes,
        created_at=row.created_at, edited_at=row.edited_at, answer=found,
    )  # fmt: skip


async def one(tx: Tx, question_id: str) -> Question:
    """Raises NotFound."""
    row = await tx.one(_ONE, id=question_id) if is_id(question_id) else None
    if row is None:
        raise NotFound("There is no such question.")
    return _question(row)


async def several(tx: Tx, ids: Sequence[str]) -> dict[str, Question]:
    """Questions by id; what does not exist is missing."""
    if not ids:
        return {}
    return {row.id: _question(row) for row in await tx.all(_SEVERAL, ids=list(ids))}


async def by_key(tx: Tx, author_id: str, key: str) -> Question | None:
    """What this author asked under this key."""
    row = await tx.one(_BY_KEY, author_id=author_id, key=key)
    return None if row is None else _question(row)


async def prompt(tx: Tx, post_id: str) -> Prompt:
    """The prompt of a post. Raises NotFound, also for a post that asks nothing."""
    found = await prompts_of(tx, [post_id]) if is_id(post_id) else {}
    if post_id not in found:
        raise NotFound("This post asks no questions.")
    return found[post_id]


async def prompts_of(tx: Tx, post_ids: Sequence[str]) -> dict[str, Prompt]:
    """The prompts among these posts, by post."""
    if not post_ids:
        return {}
    return {row.post_id: _prompt_of(row) for row in await tx.all(_PROMPTS, ids=list(post_ids))}


async def counts(tx: Tx, post_ids: Sequence[str]) -> dict[str, int]:
    """How many questions the prompts among these posts have."""
    return {row.post_id: row.questions for row in await tx.all(_COUNTS, ids=list(post_ids))}


async def box(tx: Tx, community_id: str) -> Box:
    """The box of a community; one that nobody has touched is off."""
    row = await tx.one(select(boxes).where(boxes.c.community_id == community_id))
    return Box(community_id) if row is None else Box(row.community_id, bool(row.on), row.min_rank)


async def top(tx: Tx, prompt_id: str, limit: int = 3) -> list[Question]:
    """Those with the most votes, open and answered ones."""
    return [_question(row) for row in await tx.all(_TOP, prompt_id=prompt_id, limit=limit)]


async def voted(tx: Tx, account_id: str | None, ids: Sequence[str]) -> frozenset[str]:
    """Which of these questions the account has voted for."""
    if account_id is None or not ids:
        return frozenset()
    rows = await tx.all(_VOTED, account_id=account_id, ids=list(ids))
    return frozenset(row.question_id for row in rows)


async def seen_by(
    tx: Tx,
    by: Entitlement,
    where: Prompt | Box,
    *,
    sort: Sort = "votes",
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Question]:
    """What others asked in a place that this viewer may look into; staff see open and answered ones.

    Raises Invalid for a cursor that is not ours.
    """
    query = _QUESTION.where(of_place(where))
    if isinstance(where, Prompt) and where.shown == "all":
        return await _page(tx, query.where(LISTED), sort, cursor, limit)
    readable = and_(
        questions.c.state == "answered", _answer.c.deleted_at.is_(None), _answer.c.id.is_not(None),
        func.coalesce(_answer.c.min_rank, -1) <= by.rank, func.coalesce(_place.c.min_rank, -1) <= by.rank,
    )  # fmt: skip
    return await _page(tx, query.where(readable), sort, cursor, limit)


async def listing(
    tx: Tx,
    where: Prompt | Box,
    *,
    state: str = "open",
    sort: Sort = "votes",
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Question]:
    """All questions of a place in one state: for staff. Raises Invalid for a cursor that is not ours."""
    return await _page(tx, _QUESTION.where(of_place(where), questions.c.state == state), sort, cursor, limit)


async def mine(
    tx: Tx, by: Entitlement, where: Prompt | Box | None = None, *, cursor: str | None = None, limit: int = 50
) -> Page[Question]:
    """What the viewer asked here, the newest first, what was taken back left out."""
    own = (questions.c.author_id == by.account_id, questions.c.community_id == by.community_id)
    query = _QUESTION.where(*own, questions.c.state != "withdrawn")
    if where is not None:
        query = query.where(of_place(where))
    return await _page(tx, query, "new", cursor, limit)


def of_place(where: Prompt | Box) -> ColumnElement[bool]:
    """That a question was asked there."""
    if isinstance(where, Prompt):
        return questions.c.prompt_id == where.post_id
    return and_(questions.c.community_id == where.community_id, questions.c.prompt_id.is_(None))


async def _page(tx: Tx, query: Select[Any], sort: Sort, cursor: str | None, limit: int) -> Page[Question]:
    measure = questions.c.votes if sort == "votes" else questions.c.created_at
    if cursor:
        at, last_id = place(cursor)
        query = query.where(tuple_(measure, questions.c.id) < tuple_(literal(at), literal(last_id)))
    size = within(limit)
    query = query.order_by(measure.desc(), questions.c.id.desc()).limit(size + 1)
    found = [_question(row) for row in await tx.all(query)]
    if len(found) <= size:
        return Page(found, None)
    last = found[size - 1]
    return Page(found[:size], cursor_of(last.votes if sort == "votes" else last.created_at, last.id))


async def askers(tx: Tx, question_id: str) -> list[str]:
    """The accounts that asked it: its author and those whose question was merged into it."""
    same = or_(questions.c.id == question_id, questions.c.merged_into == question_id)
    rows = await tx.all(select(questions.c.author_id).where(same).distinct())
    return sorted(row.author_id for row in rows)


async def merged(tx: Tx, ids: Sequence[str]) -> dict[str, int]:
    """How many questions were put to each of these."""
    if not ids:
        return {}
    number = select(questions.c.merged_into, func.count().label("n")).where(questions.c.merged_into.in_(ids))
    return {row.merged_into: row.n for row in await tx.all(number.group_by(questions.c.merged_into))}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A place with questions that wait for an answer. `prompt` None: the box."""

    prompt: Prompt | None
    text: str
    count: int


async def waiting(tx: Tx, community_id: str) -> list[Waiting]:
    """Where something is asked, the newest prompt first, those that are open without any after them, the box last."""
    open_ones = (
        select(questions.c.prompt_id, func.count().label("n"))
        .where(questions.c.community_id == community_id, questions.c.state == "open")
        .group_by(questions.c.prompt_id)
        .subquery()
    )
    query = (
        _PROMPT.add_columns(posts.c.text.label("post_text"), func.coalesce(open_ones.c.n, 0).label("n"))
        .outerjoin(open_ones, open_ones.c.prompt_id == prompts.c.post_id)
        .where(
            posts.c.community_id == community_id,
            posts.c.deleted_at.is_(None),
            or_(open_ones.c.n > 0, prompts.c.closed_at.is_(None)),
        )
        .order_by((func.coalesce(open_ones.c.n, 0) > 0).desc(), posts.c.created_at.desc(), posts.c.id.desc())
        .limit(MAX_PLACES)
    )
    found = [Waiting(_prompt_of(row), row.post_text, row.n) for row in await tx.all(query)]
    boxed = await tx.value(select(open_ones.c.n).where(open_ones.c.prompt_id.is_(None)))
    return [*found, Waiting(None, "", boxed or 0)]


async def count_open(tx: Tx, community_id: str) -> int:
    """How many questions wait for an answer, at most 1,000."""
    some = (
        select(questions.c.id)
        .outerjoin(posts, posts.c.id == questions.c.prompt_id)
        .where(
            questions.c.community_id == community_id,
            questions.c.state == "open",
            posts.c.deleted_at.is_(None),
        )
        .limit(MOST_COUNTED)
        .subquery()
    )
    return int(await tx.value(select(func.count()).select_from(some)))

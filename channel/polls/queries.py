"""Finding polls and what belongs to them. They come whole: what is shown of them is decided in render/polls."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Integer, bindparam, or_, select

from channel.accounts.tables import accounts
from channel.errors import NotFound
from channel.ids import is_id
from channel.polls.model import Mine, Option, Poll, Receipt, ids_of
from channel.polls.tables import ballots, poll_options, polls, voters
from channel.storage import Prepared, Tx

MAX_MANY = 1_000
MAX_RECEIPTS = 500
_FIELDS = [column.name for column in polls.c]
_OPTION = [
    poll_options.c.id.label("option_id"),
    poll_options.c.text.label("option_text"),
    poll_options.c.is_right.label("option_right"),
    poll_options.c.votes.label("option_votes"),
]
_OF_POSTS = Prepared(
    lambda words: (
        select(*polls.c, *_OPTION)
        .join(poll_options, poll_options.c.post_id == polls.c.post_id)
        .where(words.among(polls.c.post_id, "ids"))
        .order_by(polls.c.post_id, poll_options.c.id)
    )
)
_MINE = Prepared(
    lambda words: (
        select(voters.c.post_id, ballots.c.code, ballots.c.choices)
        .outerjoin(
            ballots,
            (ballots.c.post_id == voters.c.post_id) & (ballots.c.account_id == voters.c.account_id),
        )
        .where(voters.c.account_id == bindparam("account_id"), words.among(voters.c.post_id, "ids"))
    )
)
# An empty code is before all others, and no option at all (0) stands for any.
_RECEIPTS = Prepared(
    select(ballots.c.code, ballots.c.choices, ballots.c.account_id, accounts.c.name, accounts.c.state)
    .outerjoin(accounts, accounts.c.id == ballots.c.account_id)
    .where(
        ballots.c.post_id == bindparam("post_id"),
        ballots.c.code > bindparam("after"),
        or_(
            bindparam("mask", type_=Integer) == 0,
            ballots.c.choices.op("&")(bindparam("mask", type_=Integer)) != 0,
        ),
    )
    .order_by(ballots.c.code)
    .limit(bindparam("limit", type_=Integer))
)
_RECEIPT = Prepared(
    select(ballots.c.code, ballots.c.choices, ballots.c.account_id).where(
        ballots.c.post_id == bindparam("post_id"), ballots.c.code == bindparam("code")
    )
)


async def of_posts(tx: Tx, post_ids: Sequence[str]) -> dict[str, Poll]:
    """The polls of these posts (at most 1,000), by post; those without one are missing."""
    if not post_ids:
        return {}
    rows: dict[str, list[Any]] = {}
    for row in await tx.all(_OF_POSTS, ids=post_ids[:MAX_MANY]):
        rows.setdefault(row.post_id, []).append(row)
    return {post_id: _poll(found) for post_id, found in rows.items()}


async def one(tx: Tx, post_id: str) -> Poll:
    """The poll of a post. Raises NotFound."""
    found = await of_posts(tx, [post_id]) if is_id(post_id) else {}
    if post_id not in found:
        raise NotFound("This post has no poll.")
    return found[post_id]


async def mine(tx: Tx, account_id: str | None, post_ids: Sequence[str]) -> dict[str, Mine]:
    """How the account has voted below these posts; where it has not, the post is missing."""
    if account_id is None or not post_ids:
        return {}
    rows = await tx.all(_MINE, account_id=account_id, ids=post_ids[:MAX_MANY])
    return {row.post_id: Mine(row.choices and ids_of(row.choices), row.code) for row in rows}


async def receipts(
    tx: Tx, post_id: str, *, option: int | None = None, after: str = "", limit: int = 100
) -> list[Receipt]:
    """The ballots of a poll by their codes, after one of them; at most 500. For polls that are closed: see require_end."""
    mask = 1 << (option - 1) if option else 0
    rows = await tx.all(_RECEIPTS, post_id=post_id, after=after, mask=mask, limit=min(limit, MAX_RECEIPTS))
    return [
        Receipt(row.code, ids_of(row.choices), row.account_id, None if row.state == "deleted" else row.name)
        for row in rows
    ]


async def receipt(tx: Tx, post_id: str, code: str | None) -> Receipt | None:
    """One ballot; None for a code that nobody was given here."""
    row = await tx.one(_RECEIPT, post_id=post_id, code=code) if code else None
    return row and Receipt(row.code, ids_of(row.choices), row.account_id)


def _poll(rows: Sequence[Any]) -> Poll:
    first = rows[0]
    options = tuple(
        Option(row.option_id, row.option_text, bool(row.option_right), int(row.option_votes)) for row in rows
    )
    return Poll(**{field: getattr(first, field) for field in _FIELDS}, options=options)

"""What was reacted, and by whom. Ids that nobody checked find nothing, and reach no database."""

from collections.abc import Sequence

from sqlalchemy import bindparam, literal, select, tuple_

from channel.accounts.queries import COLUMNS as ACCOUNT
from channel.accounts.queries import account_of
from channel.accounts.tables import accounts
from channel.members.paging import Page, cursor_of, place, within
from channel.reactions.kinds import Kind, shown_as
from channel.reactions.model import Reactor, Tally
from channel.reactions.tables import reaction_counts, reactions
from channel.storage import Prepared, Tx

_COUNTS = Prepared(
    lambda words: (
        select(reaction_counts.c.post_id, reaction_counts.c.emoji, reaction_counts.c.n)
        .where(words.among(reaction_counts.c.post_id, "ids"), reaction_counts.c.n > 0)
        .order_by(reaction_counts.c.at, reaction_counts.c.emoji)
    )
)
_MINE = Prepared(
    lambda words: (
        select(reactions.c.post_id, reactions.c.emoji)
        .where(reactions.c.account_id == bindparam("account_id"), words.among(reactions.c.post_id, "ids"))
        .order_by(reactions.c.at, reactions.c.emoji)
    )
)


async def counts_of(tx: Tx, ids: Sequence[str]) -> dict[str, Tally]:
    """How often which emoji, of each of these that has any."""
    rows = await tx.all(_COUNTS, ids=ids) if ids else ()
    shown = await shown_as(tx, {row.emoji for row in rows})
    found: dict[str, list[tuple[str, int]]] = {}
    for row in rows:
        found.setdefault(row.post_id, []).append((shown[row.emoji], row.n))
    return {post_id: tuple(tally) for post_id, tally in found.items()}


async def mine(tx: Tx, account_id: str | None, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The account's own emoji on each of these that has any; none of nobody's."""
    rows = await tx.all(_MINE, account_id=account_id, ids=ids) if ids and account_id else ()
    shown = await shown_as(tx, {row.emoji for row in rows})
    found: dict[str, tuple[str, ...]] = {}
    for row in rows:
        found[row.post_id] = (*found.get(row.post_id, ()), shown[row.emoji])
    return found


async def who(
    tx: Tx, post_id: str, chosen: Kind, *, cursor: str | None = None, limit: int = 50
) -> Page[Reactor]:
    """Who reacted with it, the last one first. Whether that is told is the room's to say (`reactors_shown`).

    Raises Invalid for a cursor that is not ours.
    """
    query = select(reactions.c.at, *ACCOUNT).join_from(
        reactions, accounts, accounts.c.id == reactions.c.account_id
    )
    query = query.where(reactions.c.post_id == post_id, reactions.c.emoji == chosen.kept)
    if cursor:
        at, last_id = place(cursor)
        query = query.where(
            tuple_(reactions.c.at, reactions.c.account_id) < tuple_(literal(at), literal(last_id))
        )
    size = within(limit)
    query = query.order_by(reactions.c.at.desc(), reactions.c.account_id.desc()).limit(size + 1)
    rows = await tx.all(query)
    found = [Reactor(account_of(row), chosen.shown, row.at) for row in rows[:size]]
    more = len(rows) > size
    return Page(found, cursor_of(found[-1].at, found[-1].account.id) if more else None)

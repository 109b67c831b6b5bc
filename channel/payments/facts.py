"""The ledger as a list: what came and went, for pages and for files."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select, tuple_

from channel.accounts.tables import accounts
from channel.members.paging import Page, cursor_of, place, within
from channel.payments.tables import ledger
from channel.storage import Tx

MONEY: Final = ("charge", "refund", "dispute", "dispute_won", "failed")
EXPORT_ROWS: Final = 1_000
_in_order = tuple_(ledger.c.at, ledger.c.id)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the ledger. `name` is the account's now; "" for one that was deleted or is gone."""

    id: str
    account_id: str
    name: str
    holding_id: str
    kind: str
    amount: int
    currency: str
    monthly: int
    tier_name: str
    interval: str
    reason: str
    external_id: str
    link: str
    live: bool
    at: int


def _entry(row: Row[Any]) -> Entry:
    values = {name: getattr(row, name) for name in Entry.__dataclass_fields__ if name != "name"}
    known = row.name is not None and row.account_state != "deleted"
    return Entry(**values | {"live": bool(row.live), "name": row.name if known else ""})


def _lines(community_id: str, *more: ColumnElement[bool]) -> Select[Any]:
    columns = [ledger.c[name] for name in Entry.__dataclass_fields__ if name != "name"]
    joined = ledger.outerjoin(accounts, accounts.c.id == ledger.c.account_id)
    lines = select(*columns, accounts.c.name, accounts.c.state.label("account_state")).select_from(joined)
    return lines.where(ledger.c.community_id == community_id, *more)


def _of_money() -> ColumnElement[bool]:
    """What a person would call a payment: an invoice over nothing, as a trial has it, is none."""
    return and_(ledger.c.kind.in_(MONEY), or_(ledger.c.amount != 0, ledger.c.kind != "charge"))


async def payments(
    tx: Tx, community_id: str, *, live: bool, cursor: str | None = None, limit: int = 30
) -> Page[Entry]:
    """What came and went, newest first. Raises Invalid for a cursor that is not ours."""
    wanted = _lines(community_id, ledger.c.live.is_(live), _of_money())
    if cursor:
        wanted = wanted.where(_in_order < tuple_(*place(cursor)))
    limit = within(limit)
    rows = await tx.all(wanted.order_by(ledger.c.at.desc(), ledger.c.id.desc()).limit(limit + 1))
    found = [_entry(row) for row in rows[:limit]]
    return Page(found, cursor_of(found[-1].at, found[-1].id) if len(rows) > limit else None)


async def of_member(tx: Tx, community_id: str, account_id: str, limit: int = 50) -> Sequence[Entry]:
    """What one person paid here and was paid back, newest first."""
    wanted = _lines(community_id, ledger.c.account_id == account_id, _of_money())
    rows = await tx.all(wanted.order_by(ledger.c.at.desc(), ledger.c.id.desc()).limit(limit))
    return [_entry(row) for row in rows]


async def of_year(tx: Tx, community_id: str, start: int, end: int, cursor: str | None = None) -> Page[Entry]:
    """Every line from `start` up to `end` (epoch ms), oldest first, a thousand at a time."""
    wanted = _lines(community_id, ledger.c.at >= start, ledger.c.at < end)
    if cursor:
        wanted = wanted.where(_in_order > tuple_(*place(cursor)))
    rows = await tx.all(wanted.order_by(ledger.c.at, ledger.c.id).limit(EXPORT_ROWS + 1))
    found = [_entry(row) for row in rows[:EXPORT_ROWS]]
    return Page(found, cursor_of(found[-1].at, found[-1].id) if len(rows) > EXPORT_ROWS else None)

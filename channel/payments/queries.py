"""Reading what is bought: connections without their keys unless asked, orders, holdings."""

from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import Row, select, tuple_, update

from channel.errors import NotFound
from channel.ids import is_id
from channel.payments.model import RUNS, Connection, Details, Holding, Keys, Options, Order, Status
from channel.payments.seal import Seal
from channel.payments.tables import connections, holdings, orders
from channel.storage import Tx, reader

MAX_SHOWN = 500
_details = msgspec.json.Decoder(Details)
_options = msgspec.json.Decoder(Options)
_holding = reader(Holding)
_HOLDING = select(*[holdings.c[name] for name in Holding.__dataclass_fields__])


def holding_of(row: Row[Any]) -> Holding:
    """A Holding of a row that has its columns."""
    found = _holding(row)
    return replace(found, status=Status(found.status))


def order_of(row: Row[Any]) -> Order:
    """An Order of a whole row."""
    values = {name: getattr(row, name) for name in Order.__dataclass_fields__}
    return Order(**values | {"details": _details.decode(row.details)})


def connection_of(row: Row[Any], seal: Seal | None) -> Connection:
    """A Connection of a whole row; without a seal its keys stay closed."""
    values = {name: getattr(row, name) for name in Connection.__dataclass_fields__ if name != "keys"}
    keys = Keys() if seal is None else seal.open(row.sealed, row.id)
    return Connection(**values | {"options": _options.decode(row.options), "keys": keys})


async def connection(tx: Tx, connection_id: str, seal: Seal | None = None) -> Connection:
    """Raises NotFound."""
    wanted = select(connections).where(connections.c.id == connection_id)
    row = await tx.one(wanted) if is_id(connection_id) else None
    if row is None:
        raise NotFound("There is no such payment account.")
    return connection_of(row, seal)


async def connected(tx: Tx, community_id: str, seal: Seal | None = None) -> list[Connection]:
    """The payment accounts of a community."""
    query = select(connections).where(connections.c.community_id == community_id)
    return [connection_of(row, seal) for row in await tx.all(query.order_by(connections.c.created_at))]


async def order(tx: Tx, order_id: str) -> Order:
    """Raises NotFound."""
    row = await tx.one(select(orders).where(orders.c.id == order_id)) if is_id(order_id) else None
    if row is None:
        raise NotFound("There is no such order.")
    return order_of(row)


async def holding(tx: Tx, holding_id: str) -> Holding:
    """Raises NotFound."""
    row = await tx.one(_HOLDING.where(holdings.c.id == holding_id)) if is_id(holding_id) else None
    if row is None:
        raise NotFound("There is no such purchase.")
    return holding_of(row)


async def holding_at(tx: Tx, connection_id: str, external_id: str) -> Holding | None:
    """What we know by the provider's name for it."""
    named = (holdings.c.connection_id == connection_id, holdings.c.external_id == external_id)
    row = await tx.one(_HOLDING.where(*named))
    return None if row is None else holding_of(row)


async def holdings_of(tx: Tx, account_id: str, community_id: str | None = None) -> list[Holding]:
    """What the account has bought, newest first, in one community or all."""
    query = _HOLDING.where(holdings.c.account_id == account_id)
    if community_id is not None:
        query = query.where(holdings.c.community_id == community_id)
    rows = await tx.all(query.order_by(holdings.c.created_at.desc(), holdings.c.id).limit(MAX_SHOWN))
    return [holding_of(row) for row in rows]


async def bought(
    tx: Tx, account_id: str, *, before: tuple[int, str] | None = None, limit: int = 50
) -> list[Holding]:
    """The same by pages: what was bought before a moment (epoch ms) and the id of what was bought then."""
    query = _HOLDING.where(holdings.c.account_id == account_id)
    if before is not None:
        query = query.where(tuple_(holdings.c.created_at, holdings.c.id) < tuple_(*before))
    rows = await tx.all(query.order_by(holdings.c.created_at.desc(), holdings.c.id.desc()).limit(limit))
    return [holding_of(row) for row in rows]


async def running(tx: Tx, account_id: str, community_id: str | None = None) -> list[Holding]:
    """The account's subscriptions that will be charged again."""
    return [one for one in await holdings_of(tx, account_id, community_id) if one.runs]


async def note_reason(tx: Tx, held: Holding, reason: str) -> None:
    """Why somebody goes, in their own words or a choice; it is written into the ledger when the end comes."""
    await tx.run(update(holdings).where(holdings.c.id == held.id).values(leave_reason=reason[:200]))


async def stale(tx: Tx, connection_id: str, before: int, limit: int) -> list[str]:
    """External ids of what may have changed without our knowing: fetched longest ago, before `before`."""
    query = select(holdings.c.external_id).where(
        holdings.c.connection_id == connection_id,
        holdings.c.status.in_(sorted(RUNS | {Status.PENDING})),
        holdings.c.fetched_at < before,
    )
    rows = await tx.all(query.order_by(holdings.c.fetched_at, holdings.c.id).limit(limit))
    return [row.external_id for row in rows]

"""Money facts: written once each, never changed. Every figure that somebody is shown about money is computed from here."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select, tuple_

from channel.communities import Community
from channel.errors import NotFound
from channel.ids import is_id, new_id
from channel.members import Action, Entitlement
from channel.members.paging import Page, cursor_of, place, within
from channel.members.rights import require
from channel.payments.model import Connection, Fact, Held, Holding
from channel.payments.tables import ledger
from channel.storage import Tx, reader
from channel.tiers import Tier
from channel.tiers.model import Interval

NEAR_MS: Final = 60 * 60 * 1000  # providers write a period and its charge at slightly different times
SIGN = {"charge": 1, "refund": -1, "dispute": -1, "dispute_won": 1, "failed": 0}


async def money(
    tx: Tx,
    connection: Connection,
    *,
    account_id: str,
    holding_id: str,
    tier: Tier | None,
    held: Held,
    fact: Fact,
) -> str | None:
    """Write what happened to money; its id when this is the first time, None when it is known."""
    return await _write(
        tx, connection, account_id=account_id, holding_id=holding_id, tier=tier, interval=held.interval,
        key=f"{connection.id}:{fact.kind}:{fact.external_id}", kind=fact.kind,
        amount=SIGN[fact.kind] * fact.amount, currency=fact.currency, external_id=fact.external_id,
        link=fact.link, at=fact.at,
    )  # fmt: skip


async def recurring(  # noqa: PLR0913 - what a line is made of
    tx: Tx, connection: Connection, *, account_id: str, holding_id: str, tier: Tier | None, held: Held, kind: str,
    number: int, monthly: int, reason: str = "",
) -> None:  # fmt: skip
    """Write that what recurs changed by `monthly` minor units: started, switched, changed, ended."""
    await _write(
        tx, connection, account_id=account_id, holding_id=holding_id, tier=tier, interval=held.interval,
        key=f"{holding_id}:{kind}:{number}", kind=kind, monthly=monthly, currency=held.currency,
        external_id=held.external_id, reason=reason, at=tx.now,
    )  # fmt: skip


async def _write(tx: Tx, connection: Connection, *, tier: Tier | None, **given: object) -> str | None:
    row = {"amount": 0, "monthly": 0, "reason": "", "link": ""} | given
    row |= {
        "id": new_id(tx.now), "community_id": connection.community_id, "connection_id": connection.id,
        "tier_id": tier.id if tier else None, "tier_name": tier.name if tier else "", "live": connection.live,
        "written_at": tx.now,
    }  # fmt: skip
    new = await tx.run(tx.insert(ledger).values(**row).on_conflict_do_nothing(index_elements=["key"]))
    return str(row["id"]) if new else None


@dataclass(frozen=True, slots=True)
class Entry:
    """A line, for whoever tells of it. `amount`: minor units that came (+) or went (-); `tier_name` as it was then."""

    id: str
    community_id: str
    account_id: str
    holding_id: str
    kind: str
    amount: int
    currency: str
    tier_name: str
    interval: Interval
    link: str
    live: bool
    at: int

    @property
    def number(self) -> str:
        """What a receipt is called. The end of an id is random, so it says nothing of how many there are."""
        tail = self.id[-12:].upper()
        return f"{tail[:4]}-{tail[4:8]}-{tail[8:]}"


_entry = reader(Entry)


async def one(tx: Tx, entry_id: str) -> Entry:
    """Raises NotFound."""
    query = select(*[ledger.c[name] for name in Entry.__dataclass_fields__]).where(ledger.c.id == entry_id)
    row = await tx.one(query) if is_id(entry_id) else None
    if row is None:
        raise NotFound("There is no such payment.")
    return _entry(row)


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it was written. `monthly`: by how much the recurring revenue of a month changed."""

    id: str
    account_id: str
    holding_id: str
    kind: str
    amount: int
    currency: str
    monthly: int
    tier_id: str | None
    tier_name: str
    interval: Interval
    reason: str
    link: str
    live: bool
    at: int


_line = reader(Line)


async def lines(
    tx: Tx, by: Entitlement, community: Community, *, cursor: str | None = None, limit: int = 50
) -> Page[Line]:
    """All that happened to money in a community, newest first. Raises Invalid for a cursor that is not ours."""
    require(by, community, Action.HANDLE_MONEY)
    query = select(*[ledger.c[name] for name in Line.__dataclass_fields__])
    query = query.where(ledger.c.community_id == community.id)
    if cursor:
        query = query.where(tuple_(ledger.c.at, ledger.c.id) < tuple_(*place(cursor)))
    size = within(limit)
    rows = await tx.all(query.order_by(ledger.c.at.desc(), ledger.c.id.desc()).limit(size + 1))
    found = [_line(row) for row in rows[:size]]
    return Page(found, cursor_of(found[-1].at, found[-1].id) if len(rows) > size else None)


async def pays_for(tx: Tx, holding: Holding, charge: Entry) -> tuple[int, int] | None:
    """From when to when (epoch ms) a charge pays; None when that is not known any more, or it pays once."""
    start, end = holding.period_start, holding.period_end
    if start is None or end is None or not start - NEAR_MS <= charge.at < end:
        return None
    before = await _before(tx, charge, start)
    return (charge.at if before else start), end  # a second charge is the difference to something dearer


async def failed_before(tx: Tx, holding: Holding, failed: Entry) -> bool:
    """Whether an earlier try of the same payment failed, too."""
    since = holding.past_due_since
    return since is not None and await _before(tx, failed, since)


async def _before(tx: Tx, entry: Entry, since: int) -> bool:
    """Whether there is another line of its kind about the same purchase, from `since` on."""
    earlier = (ledger.c.at >= since - NEAR_MS, ledger.c.at < entry.at, ledger.c.id != entry.id)
    same = (ledger.c.holding_id == entry.holding_id, ledger.c.kind == entry.kind)
    return await tx.one(select(ledger.c.id).where(*same, *earlier).limit(1)) is not None


async def last_name(tx: Tx, holding: Holding) -> str:
    """What the tier of a purchase was called when something was last written about it; "" when nothing was."""
    query = select(ledger.c.tier_name).where(ledger.c.holding_id == holding.id, ledger.c.tier_name != "")
    return str(await tx.value(query.order_by(ledger.c.id.desc()).limit(1)) or "")

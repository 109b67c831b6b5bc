"""Money facts: written once each, never changed. Every figure that somebody is shown about money is computed from here."""

from sqlalchemy import select

from channel.ids import new_id
from channel.payments.model import Connection, Fact, Held
from channel.payments.tables import ledger
from channel.storage import Tx
from channel.tiers import Tier

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


async def owed_back(tx: Tx, connection_id: str, charge_id: str) -> int:
    """How much of a charge has not been paid back, in minor units; 0 for one that is not known."""
    query = select(ledger.c.amount).where(
        ledger.c.connection_id == connection_id, ledger.c.kind == "charge", ledger.c.external_id == charge_id
    )
    return int(await tx.value(query) or 0)

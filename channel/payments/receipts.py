"""What somebody paid: the lines of the ledger that are theirs, and what comes next."""

from dataclasses import dataclass

from sqlalchemy import func, select

from channel.payments.coupons import Coupon, reduced
from channel.payments.model import FactKind, Holding, Status
from channel.payments.tables import coupon_uses, coupons, ledger
from channel.storage import Tx, reader

MOST = 500


@dataclass(frozen=True, slots=True)
class Payment:
    """One line. `amount` in minor units as it came (+) or went back (-); `link`: the provider's receipt, or ""."""

    id: str
    kind: FactKind
    amount: int
    currency: str
    link: str
    at: int


_payment = reader(Payment)
_coupon = reader(Coupon)


async def payments_of(tx: Tx, holding: Holding) -> list[Payment]:
    """Newest first. What came to nothing (free days are a charge of 0 at some providers) is left out."""
    query = select(*[ledger.c[name] for name in Payment.__dataclass_fields__]).where(
        ledger.c.holding_id == holding.id, ledger.c.account_id == holding.account_id,
        ledger.c.kind.in_(("charge", "refund", "dispute", "dispute_won", "failed")),
    )  # fmt: skip
    rows = await tx.all(query.order_by(ledger.c.at.desc(), ledger.c.id.desc()).limit(MOST))
    return [_payment(row) for row in rows if row.amount or row.kind == "failed"]


async def next_amount(tx: Tx, holding: Holding) -> int | None:
    """What the next charge comes to, in minor units; None when there is none."""
    if not holding.runs or holding.status not in (Status.TRIAL, Status.ACTIVE, Status.PAST_DUE):
        return None
    columns = [coupons.c[name] for name in Coupon.__dataclass_fields__]
    used = coupon_uses.join(coupons, coupons.c.id == coupon_uses.c.coupon_id)
    query = select(*columns, coupon_uses.c.at.label("used_at")).select_from(used)
    row = await tx.one(
        query.where(
            coupon_uses.c.order_id == holding.order_id, coupon_uses.c.account_id == holding.account_id
        ).order_by(coupon_uses.c.at.desc())
    )
    if row is None or row.periods is None:  # what a coupon takes off for ever is off the amount already
        return holding.amount
    charges = select(func.count()).where(
        ledger.c.holding_id == holding.id, ledger.c.kind == "charge", ledger.c.at >= row.used_at
    )
    over = int(await tx.value(charges)) >= row.periods
    return holding.amount if over else reduced(_coupon(row), holding.amount)

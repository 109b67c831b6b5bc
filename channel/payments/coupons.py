"""Codes that make something cost less, or give days for free. Made by the creator; used once by each person."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import Row, func, or_, select, update

from channel import money, tiers
from channel.communities import Community
from channel.errors import Conflict, Invalid, NotFound
from channel.ids import is_id, new_id
from channel.members import Action, Entitlement
from channel.members.rights import require
from channel.payments.orders import take_coupon, untake_coupon
from channel.payments.provider import Discount
from channel.payments.tables import coupon_uses, coupons, orders
from channel.storage import Tx
from channel.tiers.model import MAX_TRIAL_DAYS, Price

CouponKind = Literal["percent", "amount", "trial"]
KINDS: Final = ("percent", "amount", "trial")
MAX_COUPONS: Final = 500  # in one community
MAX_LABEL_CHARS: Final = 60
MAX_PERIODS: Final = 120
MAX_USES: Final = 1_000_000
_CODE = re.compile(r"[A-Z0-9][A-Z0-9_-]{2,29}")
UNKNOWN: Final = "There is no such code. Look at it again."
OVER: Final = "This code is not valid any more."


@dataclass(frozen=True, slots=True)
class Coupon:
    """`value`: percent, minor units of `currency`, or days. `periods`: how many charges it holds for, None for ever.

    `retention`: the one that is offered to who cancels.
    """

    id: str
    community_id: str
    code: str
    label: str
    kind: CouponKind
    value: int
    currency: str | None
    periods: int | None
    tier_id: str | None
    max_uses: int | None
    uses: int
    state: Literal["open", "off"]
    retention: bool
    expires_at: int | None
    created_at: int


def _coupon(row: Row[Any]) -> Coupon:
    values = {name: getattr(row, name) for name in Coupon.__dataclass_fields__}
    return Coupon(**values | {"retention": bool(row.retention)})


def parse_code(typed: str) -> str:
    """A code as it is stored: upper case, 3 to 30 of A-Z, 0-9, - and _. Raises Invalid."""
    code = typed.strip().upper()
    if not _CODE.fullmatch(code):
        raise Invalid(
            code="A code has 3 to 30 characters: A to Z, 0 to 9, - and _. Write one like SUMMER-25."
        )
    return code


async def create(  # noqa: PLR0913 - each is a field of the form
    tx: Tx,
    by: Entitlement,
    community: Community,
    *,
    code: str,
    kind: str,
    value: int,
    currency: str | None = None,
    periods: int | None = 1,
    tier_id: str | None = None,
    max_uses: int | None = None,
    expires_at: int | None = None,
    label: str = "",
    retention: bool = False,
) -> Coupon:
    """Make a code. With `retention` it takes the place of the one that was offered to who cancels.

    Raises Forbidden, Invalid with every wrong field, Conflict at MAX_COUPONS.
    """
    require(by, community, Action.HANDLE_MONEY)
    asked = {
        "code": code, "label": label.strip(), "kind": kind, "value": value, "currency": currency or "",
        "periods": periods, "max_uses": max_uses, "expires_at": expires_at,
    }  # fmt: skip
    row = _checked(asked, tx.now)
    if retention and kind == "trial":
        raise Invalid(retention="Free days are for newcomers. Offer who cancels a percentage or an amount.")
    if tier_id is not None:
        await tiers.one(tx, community.id, tier_id)
    if len(await listing(tx, community.id)) >= MAX_COUPONS:
        raise Conflict(
            "A community has at most 500 codes. Ask the people who run this server.", code="too_many"
        )
    row |= {
        "id": new_id(tx.now), "community_id": community.id, "tier_id": tier_id, "uses": 0, "state": "open",
        "retention": False, "created_at": tx.now,
    }  # fmt: skip
    if not await tx.run(tx.insert(coupons).values(**row).on_conflict_do_nothing()):
        raise Invalid(code="This code exists already. Choose another one.")
    if retention:
        await offer_on_leaving(tx, by, community, str(row["id"]))
    return await one(tx, community.id, str(row["id"]))


def _checked(asked: Mapping[str, Any], now: int) -> dict[str, Any]:
    kind, value, periods, most = asked["kind"], asked["value"], asked["periods"], asked["max_uses"]
    row = {**asked, "currency": None}
    problems: dict[str, str] = {}
    try:
        row["code"] = parse_code(asked["code"])
        if kind == "amount":
            row["currency"] = money.parse_currency(asked["currency"])
            money.check_amount(value, field="value")
    except Invalid as error:
        problems |= error.fields
    if kind not in KINDS:
        problems["kind"] = "Choose a percentage, an amount or free days."
    if kind == "percent" and not 1 <= value <= 100:
        problems["value"] = "A percentage is a number from 1 to 100."
    if kind == "trial" and not 1 <= value <= MAX_TRIAL_DAYS:
        problems["value"] = "Free days are a number from 1 to 90."
    if periods is not None and not 1 <= periods <= MAX_PERIODS:
        problems["periods"] = "It holds for 1 to 120 payments, or for ever."
    if most is not None and not 1 <= most <= MAX_USES:
        problems["max_uses"] = "Uses are a number from 1 to 1,000,000, or no limit."
    if asked["expires_at"] is not None and asked["expires_at"] <= now:
        problems["expires_at"] = "Choose a moment in the future."
    if len(asked["label"]) > MAX_LABEL_CHARS or not (asked["label"] or " ").isprintable():
        problems["label"] = "At most 60 characters fit here. Write less."
    if problems:
        raise Invalid(problems)
    return row


async def one(tx: Tx, community_id: str, coupon_id: str) -> Coupon:
    """A code of this very community. Raises NotFound."""
    which = (coupons.c.id == coupon_id, coupons.c.community_id == community_id)
    row = await tx.one(select(coupons).where(*which)) if is_id(coupon_id) else None
    if row is None:
        raise NotFound("There is no such code.")
    return _coupon(row)


async def listing(tx: Tx, community_id: str) -> list[Coupon]:
    """All codes of a community, newest first."""
    query = select(coupons).where(coupons.c.community_id == community_id)
    rows = await tx.all(query.order_by(coupons.c.created_at.desc(), coupons.c.id).limit(MAX_COUPONS))
    return [_coupon(row) for row in rows]


async def switch(tx: Tx, by: Entitlement, community: Community, coupon_id: str, *, on: bool) -> Coupon:
    """Off: nobody can use it any more; who has used it keeps what it gave. On: again."""
    require(by, community, Action.HANDLE_MONEY)
    there = await one(tx, community.id, coupon_id)
    values: dict[str, Any] = {"state": "open"} if on else {"state": "off", "retention": False}
    await tx.run(update(coupons).where(coupons.c.id == there.id).values(**values))
    return await one(tx, community.id, there.id)


async def offer_on_leaving(tx: Tx, by: Entitlement, community: Community, coupon_id: str | None) -> None:
    """Which code is offered to who cancels; one, or none."""
    require(by, community, Action.HANDLE_MONEY)
    here = update(coupons).where(coupons.c.community_id == community.id)
    await tx.run(here.where(coupons.c.retention.is_(True)).values(retention=False))
    if coupon_id is not None:
        there = await one(tx, community.id, coupon_id)
        await tx.run(here.where(coupons.c.id == there.id).values(retention=True))


def _usable(tx: Tx, community_id: str) -> tuple[Any, ...]:
    return (
        coupons.c.community_id == community_id, coupons.c.state == "open",
        or_(coupons.c.expires_at.is_(None), coupons.c.expires_at > tx.now),
        or_(coupons.c.max_uses.is_(None), coupons.c.uses < coupons.c.max_uses),
    )  # fmt: skip


async def good(tx: Tx, community_id: str, code: str, tier_id: str, account_id: str | None = None) -> Coupon:
    """The coupon of a code, for a tier, now; nothing is used up. Raises Invalid (field `code`) saying why not.

    What an unpaid order of `account_id` holds of it counts as free: a new order of theirs takes its place.
    """
    typed = code.strip().upper()
    found = None
    if _CODE.fullmatch(typed):
        which = (coupons.c.community_id == community_id, coupons.c.code == typed)
        found = await tx.one(select(coupons).where(*which))
    if found is None:
        raise Invalid(code=UNKNOWN)
    coupon = _coupon(found)
    own = await _held_by(tx, coupon, account_id) if account_id else 0
    used_up = coupon.max_uses is not None and coupon.uses - own >= coupon.max_uses
    late = coupon.expires_at is not None and coupon.expires_at <= tx.now
    if coupon.state != "open" or late or used_up:
        raise Invalid(code=OVER)
    if coupon.tier_id is not None and coupon.tier_id != tier_id:
        raise Invalid(code="This code is for another pass.")
    return coupon


async def _held_by(tx: Tx, coupon: Coupon, account_id: str) -> int:
    used = coupon_uses.join(orders, orders.c.id == coupon_uses.c.order_id)
    mine = (coupon_uses.c.coupon_id == coupon.id, coupon_uses.c.account_id == account_id)
    query = select(func.count()).select_from(used).where(*mine, orders.c.state == "open")
    return int(await tx.value(query))


async def on_leaving(tx: Tx, community_id: str, tier_id: str | None, account_id: str) -> Coupon | None:
    """The offer to who cancels, once to each person; None when there is none."""
    used = select(coupon_uses.c.coupon_id).where(coupon_uses.c.account_id == account_id)
    query = select(coupons).where(
        *_usable(tx, community_id), coupons.c.retention.is_(True), coupons.c.id.not_in(used),
        or_(coupons.c.tier_id.is_(None), coupons.c.tier_id == tier_id),
    )  # fmt: skip
    row = await tx.one(query.limit(1))
    return None if row is None else _coupon(row)


async def use(tx: Tx, coupon: Coupon, account_id: str, order_id: str) -> None:
    """Count a use for what runs already. Raises Conflict: coupon_used, coupon_used_up."""
    await take_coupon(tx, coupon.id, account_id, order_id)


async def unuse(tx: Tx, coupon: Coupon, account_id: str) -> None:
    """Take back a use that came to nothing."""
    await untake_coupon(tx, coupon.id, account_id=account_id)


def fits(coupon: Coupon, price: Price) -> None:
    """Raises Invalid when the coupon means nothing for this price."""
    if coupon.kind == "amount" and coupon.currency != price.currency:
        raise Invalid(code=f"This code takes something off in {coupon.currency} only.")
    if coupon.kind == "trial" and not price.recurs:
        raise Invalid(code="This code gives free days. Choose a pass that renews.")


def reduced(coupon: Coupon | None, amount: int) -> int:
    """What is left to pay of `amount` minor units; rounded in favour of the buyer's creator, as providers do."""
    if coupon is None or coupon.kind == "trial":
        return amount
    if coupon.kind == "percent":
        return amount - amount * coupon.value // 100
    return max(0, amount - coupon.value)


def as_discount(coupon: Coupon) -> Discount | None:
    """The coupon as the provider has to know it; None for free days, which are no discount."""
    if coupon.kind == "trial":
        return None
    percent = coupon.value if coupon.kind == "percent" else 0
    amount = coupon.value if coupon.kind == "amount" else 0
    return Discount(
        code=coupon.code, percent=percent, amount=amount, currency=coupon.currency, periods=coupon.periods
    )

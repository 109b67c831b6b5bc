"""What we sell, as Stripe has to know it: a product for each tier, a price for each of ours and each amount paid for it.

Made at Stripe when first needed, with names of our choosing so that two who make the same make it once, and remembered
in `price_links`: only what is written there is a price of ours.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, select

from channel import tiers
from channel.payments.model import Connection
from channel.payments.periods import MAX_PERIODS, after
from channel.payments.provider import Discount
from channel.payments.stripe.amounts import theirs
from channel.payments.stripe.line import Line, Wire, up_to
from channel.payments.tables import price_links
from channel.storage import Database, Prepared
from channel.tiers import prices
from channel.tiers.model import MONTHS, Interval, Price

if TYPE_CHECKING:
    from stripe._v1_services import V1Services
    from stripe.params import CouponCreateParams, PriceCreateParams

RECURRING: Final = {"month": ("month", 1), "quarter": ("month", 3), "year": ("year", 1)}
MAX_NAME_CHARS: Final = 250
MAX_COUPON_NAME_CHARS: Final = 40
_OURS = Prepared(
    select(price_links.c.price_id).where(
        price_links.c.connection_id == bindparam("connection_id"),
        price_links.c.external_id == bindparam("external_id"),
    )
)
_THEIRS = Prepared(
    select(price_links.c.external_id).where(
        price_links.c.connection_id == bindparam("connection_id"),
        price_links.c.price_id == bindparam("price_id"),
        price_links.c.amount == bindparam("amount"),
    )
)


@dataclass(frozen=True, slots=True)
class _Offer:
    """A price at an amount, and the tier that it buys."""

    price: Price
    amount: int
    community_id: str
    name: str

    @property
    def key(self) -> str:
        return f"channel_{self.price.id}_{self.amount}"

    @property
    def product(self) -> str:
        return f"channel_{self.price.tier_id}"


async def ours_of(db: Database, connection: Connection, external: Iterable[str]) -> dict[str, str]:
    """Which of our prices these of Stripe's stand for; what is not ours is left out."""
    found: dict[str, str] = {}
    async with db.read() as tx:
        for one in external:
            price_id = await tx.value(_OURS, connection_id=connection.id, external_id=one)
            if price_id is not None:
                found[one] = str(price_id)
    return found


async def theirs_of(line: Line, db: Database, connection: Connection, price_id: str, amount: int) -> str:
    """Stripe's price for ours at this amount, made when there is none. Raises NotFound, Invalid, as Line.ask."""
    about = {"connection_id": connection.id, "price_id": price_id, "amount": amount}
    async with db.read() as tx:
        known = await tx.value(_THEIRS, **about)
        price = await prices.one(tx, connection.community_id, price_id)
        tier = await tiers.one(tx, connection.community_id, price.tier_id)
    if known is not None:
        return str(known)
    offer = _Offer(price, amount, connection.community_id, tier.name[:MAX_NAME_CHARS])
    made = await line.ask(connection, lambda api: _priced(api, offer, f"price-{connection.id}-{offer.key}"))
    async with db.write() as tx:
        await tx.run(tx.insert(price_links).values(external_id=made, **about).on_conflict_do_nothing())
        return str(await tx.value(_THEIRS, **about))


def _priced(api: "V1Services", offer: _Offer, idempotency_key: str) -> str:
    amount = theirs(offer.amount, offer.price.currency)
    there = up_to(api.prices.list({"lookup_keys": [offer.key], "active": True, "limit": 1}), 1)
    if there and _same(there[0], offer, amount):
        return str(there[0]["id"])
    marks = {"channel_price": offer.price.id, "channel_community": offer.community_id}
    values: PriceCreateParams = {
        "product": _product(api, offer), "unit_amount": amount, "currency": offer.price.currency.lower(),
        "lookup_key": offer.key, "transfer_lookup_key": True, "metadata": marks,
    }  # fmt: skip
    if offer.price.recurs:
        interval, count = RECURRING[offer.price.interval]
        values["recurring"] = {"interval": interval, "interval_count": count}
    return api.prices.create(values, {"idempotency_key": idempotency_key}).id


def _same(there: Wire, offer: _Offer, amount: int) -> bool:
    every = there["recurring"]
    pace = (every["interval"], every["interval_count"]) if every else None
    currency = offer.price.currency.lower()
    return (there["unit_amount"], there["currency"], pace) == (
        amount,
        currency,
        RECURRING.get(offer.price.interval),
    )


def _product(api: "V1Services", offer: _Offer) -> str:
    """The tier's product, with its present name and for sale."""
    import stripe

    marks = {"channel_tier": offer.price.tier_id, "channel_community": offer.community_id}
    try:
        product = api.products.retrieve(offer.product)
    except stripe.InvalidRequestError as error:
        if error.code != "resource_missing":
            raise
        try:
            product = api.products.create({"id": offer.product, "name": offer.name, "metadata": marks})
        except stripe.InvalidRequestError as taken:
            if taken.code != "resource_already_exists":
                raise
            return offer.product  # by somebody else, a moment ago
    if not product.active or product.name != offer.name:
        api.products.update(offer.product, {"active": True, "name": offer.name})
    return offer.product


def coupon_for(
    api: "V1Services", connection: Connection, discount: Discount, interval: Interval, first: int, at: int
) -> str:
    """The id of Stripe's coupon for these terms, made when there is none.

    `first` is when the first charge that is to be less comes, `at` when the coupon begins to count (both epoch ms).
    """
    import stripe

    duration, months = _lasts(discount, interval, first, at)
    terms = (connection.community_id, discount, duration, months)
    identity = f"channel_{hashlib.sha256(repr(terms).encode()).hexdigest()[:32]}"
    values: CouponCreateParams = {
        "id": identity, "name": discount.code[:MAX_COUPON_NAME_CHARS], "duration": duration,
        "metadata": {"channel_community": connection.community_id},
    }  # fmt: skip
    if months:
        values["duration_in_months"] = months
    if discount.percent:
        values["percent_off"] = discount.percent
    else:
        currency = discount.currency or ""
        values["amount_off"] = theirs(discount.amount, currency)
        values["currency"] = currency.lower()
    try:
        api.coupons.create(values)
    except stripe.InvalidRequestError as taken:
        if taken.code != "resource_already_exists":
            raise
    return identity


def _lasts(discount: Discount, interval: Interval, first: int, at: int) -> tuple[str, int]:
    """Stripe's words for how long it holds: a number of months from `at` that takes in as many charges as it should."""
    if discount.periods is None:
        return "forever", 0
    if interval == "once" or discount.periods <= 1:
        return "once", 0
    last = after(first, interval, discount.periods - 1)
    months = discount.periods * MONTHS[interval]
    while after(at, "month", months) <= last and months < MAX_PERIODS:
        months += 1
    return "repeating", months

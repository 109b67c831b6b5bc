"""What answers about money look like. Amounts are minor units of the currency beside them."""

from typing import Annotated, Literal

from msgspec import Meta

from channel.api.shape import Id, Moment, Shape
from channel.api.shapes import CommunityBrief, Price, TierBrief

Amount = Annotated[int, Meta(description="minor units")]
Currency = Annotated[str, Meta(description="ISO 4217")]
IntervalName = Literal["month", "quarter", "year", "once"]


class PriceChange(Shape, frozen=True):
    """A new price that those who pay an old one are asked to agree to.

    `agreed`, `declined`, `silent` add up to `asked`; while it runs they are those who pay the old price now.
    """

    id: Id
    from_price_id: Id
    to_price_id: Id
    message: str
    from_at: Moment
    state: Annotated[
        Literal["running", "done", "called_off"], Meta(description="running: they may still answer")
    ]
    asked: int
    agreed: int
    declined: int
    silent: int
    created_at: Moment


class OldPrice(Shape, frozen=True):
    """A price that nobody is offered any more, and how many pay it still."""

    price: Price
    payers: int


class PriceChanges(Shape, frozen=True):
    """Newest first. `old_prices`: those that can be changed, or are being."""

    items: list[PriceChange]
    next_cursor: str | None
    old_prices: list[OldPrice]


class AskedPrice(Shape, frozen=True):
    """What a payer is asked: whether they pay `amount` from the first payment after `from_at` on.

    `agreed` null: nothing was said yet, which at `from_at` means no.
    """

    id: Id
    amount: Amount
    currency: Currency
    interval: IntervalName
    from_at: Moment
    message: str
    agreed: bool | None


class Purchase(Shape, frozen=True):
    """What the caller bought, as whoever takes the money last told it.

    `access_until`: when it closes by itself; null is not known, for good, or as long as it is paid.
    """

    id: Id
    community: CommunityBrief
    tier: TierBrief | None
    kind: Literal["subscription", "purchase", "gift", "tip", "unlock"]
    status: Literal["pending", "trial", "active", "past_due", "paused", "refunded", "disputed", "ended"]
    amount: Amount
    currency: Currency
    interval: IntervalName
    period_end: Moment | None
    access_until: Moment | None
    cancelling: Annotated[bool, Meta(description="ends when what is paid is over; nothing more is charged")]
    created_at: Moment
    price_change: AskedPrice | None


class Purchases(Shape, frozen=True):
    items: list[Purchase]
    next_cursor: str | None


class Order(Shape, frozen=True):
    """An intent to pay. `url`: where to pay for it; null once it is paid."""

    id: Id
    state: Literal["open", "paid"]
    url: str | None


class LedgerLine(Shape, frozen=True):
    """A fact about money. `amount`: what came (+) or went (-); `monthly`: by how much recurring revenue of a month changed.

    `live` false: pretend money, or a provider's test mode. `tier` is what it was called then.
    """

    id: Id
    kind: Literal[
        "charge", "refund", "dispute", "dispute_won", "failed", "started", "switched", "changed", "ended"
    ]
    account_id: Id
    purchase_id: Id
    amount: Amount
    monthly: Amount
    currency: Currency
    tier_id: Id | None
    tier: str
    interval: IntervalName
    reason: str
    link: str
    live: bool
    at: Moment


class Ledger(Shape, frozen=True):
    items: list[LedgerLine]
    next_cursor: str | None

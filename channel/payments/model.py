"""What is bought and how it stands, and what that entitles to. Pure.

`access` is the table of a purchase's life (docs/payments/README.md prints it, and a test reads it there).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from channel.tiers.model import MONTHS, Interval

DAY_MS: Final = 24 * 3600 * 1000
ORDER_MS: Final = (
    60 * 60 * 1000
)  # how long a checkout may take; its seat, coupon and trial are kept that long

OrderKind = Literal["subscription", "purchase", "gift", "tip", "unlock"]
OrderState = Literal["open", "paid", "declined", "abandoned"]
ProviderName = Literal["stripe", "manual", "sandbox"]
FactKind = Literal["charge", "refund", "dispute", "dispute_won", "failed"]


class Status(StrEnum):
    """How a purchase stands at the provider, in our words."""

    PENDING = "pending"  # begun, not paid: nothing yet
    TRIAL = "trial"
    ACTIVE = "active"
    PAST_DUE = "past_due"  # a payment failed and is tried again
    PAUSED = "paused"  # nothing is charged until it goes on
    REFUNDED = "refunded"  # what was paid for the present was paid back
    DISPUTED = "disputed"  # the payer's bank wants it back
    ENDED = "ended"


LIVE: Final = frozenset({Status.TRIAL, Status.ACTIVE, Status.PAST_DUE, Status.PAUSED})
RUNS: Final = frozenset({*LIVE, Status.REFUNDED, Status.DISPUTED})  # the provider may charge again


@dataclass(frozen=True, slots=True)
class Connection:
    """A community's own account with a provider. `keys` are open: never log, print or send on a Connection.

    `live`: real money. `problem`: what the last attempt failed of.
    """

    id: str
    community_id: str
    provider: ProviderName
    state: Literal["on", "off"]
    live: bool
    account: str
    keys: "Keys"
    options: "Options"
    problem: str
    checked_at: int | None
    reconciled_at: int | None
    created_at: int


@dataclass(frozen=True, slots=True)
class Keys:
    """What opens the provider's door for us, and its messages to us."""

    api: str = ""
    webhook: tuple[str, ...] = ()  # several while one is being replaced

    def __repr__(self) -> str:
        return "Keys(…)"


@dataclass(frozen=True, slots=True)
class Options:
    """What the creator chose. Of the bank account only `manual` makes use."""

    tax: bool = False  # the provider computes and adds or includes taxes
    invoices: bool = False  # the provider writes invoices for what is paid once, too
    tax_note: str = ""  # what stands beside a price: "incl. VAT", "no VAT (§ 19 UStG)"
    iban: str = ""
    bic: str = ""
    payee: str = ""
    instructions: str = ""  # how else one may pay by hand


NO_KEYS: Final = Keys()
NO_OPTIONS: Final = Options()


@dataclass(frozen=True, slots=True)
class Order:
    """One intent to pay. See the table."""

    id: str
    community_id: str
    account_id: str
    connection_id: str
    kind: OrderKind
    tier_id: str | None
    price_id: str | None
    amount: int
    currency: str
    interval: Interval
    days: int
    trial_days: int
    coupon_id: str | None
    post_id: str | None
    details: "Details"
    key: str
    state: OrderState
    external_id: str | None
    url: str | None
    expires_at: int
    created_at: int


@dataclass(frozen=True, slots=True)
class Details:
    """What goes along with an order: whom a gift is for and when it is sent, a word with a tip.

    `onward`: a path of ours that the buyer wanted to see, for when it is paid.
    """

    to_name: str = ""
    to_email: str = ""
    message: str = ""
    send_at: int | None = None
    onward: str = ""


NO_DETAILS: Final = Details()


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened to money, as the provider tells it. `amount`: minor units, never negative.

    `external_id` with `kind` names it: told again, it is the same one.
    """

    kind: FactKind
    external_id: str
    amount: int
    currency: str
    at: int
    link: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """What a provider holds about one purchase at one moment: all that we go by, whatever messages said.

    `order_id`, `account_id` come from what we wrote onto it. `price_id`: ours, found by what the provider calls it;
    None for a price that is not ours. `amount` is what is charged for an `interval` (after coupons that last).
    `facts` are all money facts known of it, oldest first.
    """

    external_id: str
    order_id: str | None
    account_id: str | None
    customer: str
    price_id: str | None
    status: Status
    amount: int
    currency: str
    interval: Interval
    live: bool
    created_at: int
    period_start: int | None = None
    period_end: int | None = None
    trial_end: int | None = None
    past_due_since: int | None = None
    cancelling: bool = False
    ended_at: int | None = None
    checkout_id: str | None = None
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Access:
    """Whether a purchase opens its tier, and until when by itself (epoch ms; None: until something changes)."""

    opens: bool
    until: int | None = None


def access(held: Held, *, grace_days: int, days: int, now: int) -> Access:
    """What the purchase opens now. `days`: what a price paid once buys, 0 for life."""
    match held.status:
        case Status.PENDING | Status.REFUNDED | Status.DISPUTED | Status.ENDED:
            return Access(False)
        case Status.PAST_DUE:
            since = held.past_due_since or held.period_end or now
            return Access(True, since + grace_days * DAY_MS)
        case Status.PAUSED:
            return Access(True, held.period_end) if held.period_end else Access(False)
        case Status.TRIAL | Status.ACTIVE if held.interval == "once":
            return Access(True, held.created_at + days * DAY_MS if days else None)
        case Status.TRIAL | Status.ACTIVE:
            return Access(True, held.period_end if held.cancelling else None)


def monthly(held: Held) -> int:
    """What it adds to the recurring revenue of a month, in minor units: only what will be charged again."""
    charged_again = held.status in (Status.ACTIVE, Status.PAST_DUE) and not held.cancelling
    months = MONTHS[held.interval]
    return round(held.amount / months) if charged_again and months else 0


@dataclass(frozen=True, slots=True)
class Holding:
    """What we last fetched of one purchase, for pages. `access_until` as Access has it; `leave_reason` is the payer's.

    `applied`: the number of the fetch that brought it; it grows with each one, even while the clock stands still.
    """

    id: str
    community_id: str
    account_id: str
    connection_id: str
    order_id: str
    external_id: str
    customer: str
    kind: OrderKind
    tier_id: str | None
    price_id: str | None
    status: Status
    amount: int
    currency: str
    interval: Interval
    monthly: int
    period_start: int | None
    period_end: int | None
    trial_end: int | None
    past_due_since: int | None
    cancelling: bool
    leave_reason: str
    ended_at: int | None
    access_until: int | None
    applied: int
    fetched_at: int
    created_at: int

    @property
    def runs(self) -> bool:
        """A subscription that the provider may charge for again."""
        return self.kind == "subscription" and self.status in RUNS and not self.cancelling

    def over(self, now: int) -> bool:
        """It was to end and its time has come, whether or not the provider has told us yet."""
        return self.cancelling and self.access_until is not None and self.access_until <= now

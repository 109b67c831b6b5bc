"""What Stripe's objects mean in our words. Pure.

The table of states is in docs/payments.md. Two of Stripe's need a word: `unpaid` (it has stopped trying) stays past due,
because the payer can still pay and go on, and its days of grace are long over; and while collection is paused Stripe
lets periods go by unpaid, so what is paid is read from the invoices.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from channel.payments.model import Fact, FactKind, Held, Status
from channel.payments.stripe.amounts import ours
from channel.payments.stripe.finding import Money, intents_of
from channel.payments.stripe.line import Wire, id_of
from channel.tiers.model import Interval

ORDER, ACCOUNT, COMMUNITY = (
    "channel_order",
    "channel_account",
    "channel_community",
)  # written onto what is sold
OVER: Final = frozenset({"canceled", "incomplete_expired"})
# Of a dispute, while the money is gone. An inquiry (`warning_…`) takes none, a `prevented` one was refunded instead.
TAKEN: Final = frozenset(
    {"needs_response", "under_review", "lost", "appeal_needs_response", "appeal_under_review"}
)
STATUSES: Final = {
    "incomplete": Status.PENDING,
    "incomplete_expired": Status.ENDED,
    "trialing": Status.TRIAL,
    "active": Status.ACTIVE,
    "past_due": Status.PAST_DUE,
    "unpaid": Status.PAST_DUE,
    "paused": Status.PAUSED,
    "canceled": Status.ENDED,
}
INTERVALS: Final[Mapping[tuple[str, int], Interval]] = {
    ("month", 1): "month", ("month", 3): "quarter", ("month", 12): "year", ("year", 1): "year",
}  # fmt: skip


def marks_of(thing: Wire) -> Wire:
    """What we wrote onto it, and whatever else is there."""
    marks: Wire = thing.get("metadata") or {}
    return marks


def item_of(subscription: Wire, prices: Mapping[str, str]) -> Wire:
    """The item that is sold by us; the first where none is."""
    items: list[Wire] = subscription["items"]["data"]
    return next((item for item in items if item["price"]["id"] in prices), items[0])


def prices_in(thing: Wire) -> list[str]:
    """The ids of Stripe's prices that it was sold for."""
    lines = thing["items"] if thing["object"] == "subscription" else thing["line_items"]
    return [id_of(line["price"]) for line in lines["data"] if line["price"]]


def held_of(thing: Wire, money: Money, prices: Mapping[str, str]) -> Held:
    """`prices`: which of our prices each of Stripe's stands for."""
    if thing["object"] == "subscription":
        return _of_subscription(thing, money, prices)
    return _of_session(thing, money, prices)


def _of_subscription(subscription: Wire, money: Money, prices: Mapping[str, str]) -> Held:
    item = item_of(subscription, prices)
    every = item["price"]["recurring"]
    status = _status(subscription, money)
    stops, end = subscription["cancel_at"], item["current_period_end"]
    # One that is to stop later than this period is charged again before.
    stopping = subscription["cancel_at_period_end"] or (stops is not None and stops <= end)
    if status is Status.PAUSED:
        end = paid_until(money)
    elif stopping and stops is not None:
        end = min(stops, end)
    return Held(
        external_id=subscription["id"], order_id=marks_of(subscription).get(ORDER),
        account_id=marks_of(subscription).get(ACCOUNT), customer=id_of(subscription["customer"]),
        price_id=prices.get(item["price"]["id"]), status=status, amount=amount_of(subscription, item),
        currency=subscription["currency"].upper(),
        interval=INTERVALS.get((every["interval"], every["interval_count"]), "month"),
        live=subscription["livemode"], created_at=subscription["created"] * 1000,
        period_start=_ms(item["current_period_start"]), period_end=_ms(end),
        trial_end=_ms(subscription["trial_end"]), past_due_since=_past_due_since(subscription, money, item),
        cancelling=stopping and status is not Status.ENDED, ended_at=_ms(subscription["ended_at"]),
        facts=_sorted([*_payments(money), *_failures(subscription, money)]),
    )  # fmt: skip


def _of_session(session: Wire, money: Money, prices: Mapping[str, str]) -> Held:
    charge = money.charges[0] if money.charges else None
    currency = session["currency"].upper()
    return Held(
        external_id=session["id"], order_id=marks_of(session).get(ORDER),
        account_id=marks_of(session).get(ACCOUNT), customer=id_of(session["customer"]),
        price_id=next((prices[one] for one in prices_in(session) if one in prices), None),
        status=_status_once(session, money), amount=ours(session["amount_total"], currency), currency=currency,
        interval="once", live=session["livemode"], created_at=(charge or session)["created"] * 1000,
        checkout_id=session["id"],
        facts=_sorted(_payments(money, link=(session["invoice"] or {}).get("hosted_invoice_url") or "")),
    )  # fmt: skip


def _status_once(session: Wire, money: Money) -> Status:
    intent = session["payment_intent"]
    if session["payment_status"] == "unpaid" and (intent or {}).get("status") != "succeeded":
        return Status.PENDING if intent and intent["status"] == "processing" else Status.ENDED
    return _taken_back(money.charges, money) or Status.ACTIVE


def _status(subscription: Wire, money: Money) -> Status:
    status = STATUSES.get(subscription["status"], Status.PENDING)
    if status in (Status.ENDED, Status.PENDING):
        return status
    taken_back = _taken_back(_present(money), money)
    if taken_back is not None:
        return taken_back
    return Status.PAUSED if subscription["pause_collection"] else status


def _taken_back(charges: tuple[Wire, ...], money: Money) -> Status | None:
    """Whether what was paid by these charges is with the payer again."""
    paid = [charge for charge in charges if charge["status"] == "succeeded"]
    contested = {id_of(one["charge"]) for one in money.disputes if one["status"] in TAKEN}
    if any(charge["id"] in contested for charge in paid):
        return Status.DISPUTED
    return Status.REFUNDED if paid and all(charge["refunded"] for charge in paid) else None


def _present(money: Money) -> tuple[Wire, ...]:
    """The charges for the last period that was paid, with what a switch in it cost."""
    intents: set[str] = set()
    for invoice in _newest_first(money.invoices):
        if invoice["status"] == "paid":
            intents |= intents_of(invoice)
            if any(not _prorated(line) for line in invoice["lines"]["data"]):
                break
    return tuple(charge for charge in money.charges if id_of(charge["payment_intent"]) in intents)


def paid_until(money: Money) -> int | None:
    """The end (epoch seconds) of the last period that was paid, or had nothing to pay."""
    paid = [invoice for invoice in money.invoices if invoice["status"] == "paid"]
    ends = [line["period"]["end"] for one in paid for line in one["lines"]["data"] if not _prorated(line)]
    return max(ends, default=None)


def _prorated(line: Wire) -> bool:
    details = (line.get("parent") or {}).get("subscription_item_details") or {}
    return bool(details.get("proration"))


def _newest_first(invoices: tuple[Wire, ...]) -> list[Wire]:
    return sorted(invoices, key=lambda invoice: -int(invoice["created"]))


def _past_due_since(subscription: Wire, money: Money, item: Wire) -> int | None:
    if subscription["status"] not in ("past_due", "unpaid"):
        return None
    owed = [_asked_at(one) for one in money.invoices if one["status"] == "open" and one["attempt_count"]]
    return _ms(min(owed, default=item["current_period_start"]))


def _asked_at(invoice: Wire) -> int:
    return int(invoice["status_transitions"]["finalized_at"] or invoice["created"])


def amount_of(subscription: Wire, item: Wire) -> int:
    """What a period costs, in our minor units, after the discounts that hold for ever."""
    amount = (item["price"]["unit_amount"] or 0) * (item.get("quantity") or 1)
    return ours(less_for_ever(subscription, amount), subscription["currency"].upper())


def less_for_ever(subscription: Wire, amount: int) -> int:
    """An amount (as Stripe writes it) after the subscription's discounts that hold for ever."""
    for discount in subscription["discounts"]:
        coupon = discount["source"]["coupon"] if isinstance(discount, Mapping) else None
        if isinstance(coupon, Mapping) and coupon["duration"] == "forever":
            amount -= round(amount * (coupon["percent_off"] or 0) / 100) + (coupon["amount_off"] or 0)
    return max(0, amount)


def _payments(money: Money, link: str = "") -> Iterator[Fact]:
    links = {intent: one["hosted_invoice_url"] for one in money.invoices for intent in intents_of(one)}
    for charge in reversed(money.charges):
        if charge["status"] == "succeeded":
            where = links.get(id_of(charge["payment_intent"])) or link or charge["receipt_url"] or ""
            yield _fact("charge", charge, charge["amount_captured"], where)
    for refund in reversed(money.refunds):
        if refund["status"] == "succeeded":
            yield _fact("refund", refund, refund["amount"])
    for dispute in reversed(money.disputes):
        if dispute["status"] in TAKEN or dispute["status"] == "won":
            yield _fact("dispute", dispute, dispute["amount"])
        if dispute["status"] == "won":
            back = [entry["created"] for entry in dispute["balance_transactions"]]
            yield _fact("dispute_won", dispute, dispute["amount"], at=max(back, default=dispute["created"]))


def _failures(subscription: Wire, money: Money) -> Iterator[Fact]:
    """Attempts to charge what is still owed. One that was paid in the end is not worth an alarm, nor is a checkout
    that goes on.
    """
    if subscription["status"] in ("incomplete", "incomplete_expired"):
        return
    for invoice in reversed(money.invoices):
        if invoice["status"] != "open" or not invoice["attempt_count"]:
            continue
        link, intents = invoice["hosted_invoice_url"] or "", intents_of(invoice)
        failed = [
            charge
            for charge in reversed(money.charges)
            if charge["status"] == "failed" and id_of(charge["payment_intent"]) in intents
        ]
        yield from (_fact("failed", charge, charge["amount"], link) for charge in failed)
        if not failed:  # there was no card to charge
            yield _fact("failed", invoice, invoice["amount_due"], link, at=_asked_at(invoice))


def _fact(kind: FactKind, thing: Wire, amount: int, link: str = "", *, at: int | None = None) -> Fact:
    currency = thing["currency"].upper()
    return Fact(kind, thing["id"], ours(amount, currency), currency, (at or thing["created"]) * 1000, link)


def _sorted(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """Oldest first; of one second as they were given."""
    return tuple(sorted(facts, key=lambda fact: fact.at))


def _ms(seconds: int | None) -> int | None:
    return None if seconds is None else seconds * 1000

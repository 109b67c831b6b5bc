"""What an invoice or a checkout adds up to: lines, discounts, tax."""

from typing import Any

from . import money
from .coupons import coupon_of, off
from .ledger import Ledger
from .refusals import Refused
from .shapes import Wire, blank


def line(
    ledger: Ledger,
    price: Wire,
    amount: int,
    period: tuple[int, int],
    *,
    description: str,
    quantity: int = 1,
    parent: Wire | None = None,
    subscription: Wire | None = None,
    discountable: bool = True,
) -> Wire:
    """One line of an invoice. A proration is told by its parent."""
    return blank(
        "line_item",
        id=ledger.id("line_item"),
        amount=amount,
        currency=price["currency"],
        description=description,
        discount_amounts=[],
        discountable=discountable,
        discounts=[],
        invoice=None,
        livemode=ledger.livemode,
        metadata=dict(subscription["metadata"]) if subscription else {},
        parent=parent,
        period={"start": period[0], "end": period[1]},
        pretax_credit_amounts=[],
        pricing={
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": price["unit_amount_decimal"],
        },
        quantity=quantity,
        quantity_decimal=str(quantity),
        subscription=subscription["id"] if subscription else None,
        subtotal=amount,
        taxes=[],
    )


def of_item(subscription: Wire, item: Wire, *, invoice_item: str | None = None) -> Wire:
    """The `parent` of a line for an item of a subscription; with an invoice item it is a proration."""
    return {
        "invoice_item_details": None,
        "subscription_item_details": {
            "invoice_item": invoice_item,
            "proration": invoice_item is not None,
            "proration_details": {"credited_items": None},
            "subscription": subscription["id"],
            "subscription_item": item["id"],
        },
        "type": "subscription_item_details",
    }


def named(ledger: Ledger, price: Wire) -> str:
    product = ledger.tables["product"].get(price["product"])
    return str(product["name"]) if product else price["product"]


def at_rate(ledger: Ledger, price: Wire, quantity: int) -> str:
    """`1 × Gold (at 5.00 eur / month)`."""
    every = price["recurring"]
    rate = money.shown(price["unit_amount"] or 0, price["currency"])
    if every is None:
        return named(ledger, price)
    count = every["interval_count"]
    span = every["interval"] if count == 1 else f"every {count} {every['interval']}s"
    return f"{quantity} × {named(ledger, price)} (at {rate} / {span})"


def discounted(ledger: Ledger, lines: list[Wire], discounts: list[Wire]) -> list[Wire]:
    """Write each discount's part into the lines; answers the totals, one for each discount."""
    totals = []
    for discount in discounts:
        coupon = coupon_of(ledger, discount["source"]["coupon"])
        parts = [_part(ledger, coupon, row) for row in lines]
        if coupon["amount_off"] is not None:
            parts = _shared(ledger, coupon, lines)
        for row, part in zip(lines, parts, strict=True):
            if part:
                row["discount_amounts"].append({"amount": part, "discount": discount["id"]})
                row["discounts"] = [*row["discounts"], discount["id"]]
        totals.append({"amount": sum(parts), "discount": discount["id"]})
    return totals


def net(row: Wire) -> int:
    return int(row["amount"] - sum(part["amount"] for part in row["discount_amounts"]))


def _part(ledger: Ledger, coupon: Wire, row: Wire) -> int:
    if not row["discountable"]:
        return 0
    return off(ledger, coupon, net(row), row["pricing"]["price_details"]["product"])


def _shared(ledger: Ledger, coupon: Wire, lines: list[Wire]) -> list[int]:
    """An amount off, shared out over what it may reduce."""
    products = ledger.hidden.coupon_products.get(coupon["id"])
    open_to = [
        max(net(row), 0)
        if row["discountable"]
        and row["currency"] == coupon["currency"]
        and (not products or row["pricing"]["price_details"]["product"] in products)
        else 0
        for row in lines
    ]
    whole = sum(open_to)
    left = taken = min(coupon["amount_off"], whole)
    parts = []
    for n, amount in enumerate(open_to):
        part = left if n == len(open_to) - 1 else min(money.share(taken, amount, whole) if whole else 0, left)
        part = min(part, amount)
        parts.append(part)
        left -= part
    return parts


def taxed(ledger: Ledger, lines: list[Wire]) -> tuple[int, int]:
    """Write the account's tax into the lines; answers (on top of the amounts, inside them)."""
    percent = ledger.policy.tax_percent
    on_top = inside = 0
    for row in lines if percent else []:
        price = ledger.tables["price"][row["pricing"]["price_details"]["price"]]
        inclusive = price["tax_behavior"] == "inclusive"
        base = net(row)
        tax = base - money.share(base, 100, 100 + percent) if inclusive else money.share(base, percent, 100)
        row["taxes"] = [_tax(tax, base - tax if inclusive else base, inclusive)]
        on_top, inside = (on_top, inside + tax) if inclusive else (on_top + tax, inside)
    return on_top, inside


def _tax(amount: int, base: int, inclusive: bool) -> Wire:
    return {
        "amount": amount,
        "tax_behavior": "inclusive" if inclusive else "exclusive",
        "tax_rate_details": {"tax_rate": "txr_1QkT0a2eZvKYlo2CgZr7b0aX"},
        "taxability_reason": "standard_rated",
        "taxable_amount": base,
        "type": "tax_rate_details",
    }


def total_taxes(lines: list[Wire]) -> list[Wire]:
    found: dict[str, Wire] = {}
    for tax in (tax for row in lines for tax in row["taxes"]):
        kept = found.setdefault(tax["tax_behavior"], {**tax, "amount": 0, "taxable_amount": 0})
        kept["amount"] += tax["amount"]
        kept["taxable_amount"] += tax["taxable_amount"]
    return list(found.values())


def automatic_tax(ledger: Ledger, *, enabled: bool, **more: Any) -> Wire:
    if enabled and not ledger.policy.tax_ready:
        mode = "live" if ledger.livemode else "test"
        raise Refused(
            f"You must have a valid head office address to enable automatic tax calculation in {mode} mode. Visit "
            f"https://dashboard.stripe.com/{'' if ledger.livemode else 'test/'}settings/tax to update it.",
            param="automatic_tax[enabled]",
        )
    liability = {"type": "self"} if enabled else None
    return {"disabled_reason": None, "enabled": enabled, "liability": liability, **more}

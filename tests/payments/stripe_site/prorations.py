"""What a change in the middle of a period costs, and previews of invoices to come."""

from dataclasses import dataclass

from . import invoices, money, subscriptions, sums
from .catalog import inline_price
from .ledger import Ledger, happening
from .params import Given
from .refusals import Refused, missing
from .routes import route
from .shapes import Wire


@dataclass
class Switch:
    """What an update asks for: the item, what it becomes, and how the difference is billed."""

    item: Wire
    price: Wire
    quantity: int
    behaviour: str = "create_prorations"  # or "always_invoice", or "none"
    at: int = 0
    anchor_now: bool = False

    @property
    def restarts(self) -> bool:
        """Another interval begins a new period at once."""
        names = ("interval", "interval_count")
        old, new = self.item["price"]["recurring"], self.price["recurring"]
        return self.anchor_now or [old[name] for name in names] != [new[name] for name in names]

    @property
    def changes(self) -> bool:
        return (self.price["id"], self.quantity) != (self.item["price"]["id"], self.item["quantity"])


def active_price(ledger: Ledger, given: Given, currency: str | None) -> Wire:
    """The recurring price that `price` or `price_data` stands for; Refused when it cannot be used here."""
    if ("price" in given) == ("price_data" in given):
        raise Refused(
            "You must pass exactly one of these parameters: price, price_data.", param=given.name("price")
        )
    if "price_data" in given:
        price = inline_price(ledger, given.get("price_data"))
    else:
        price = ledger.get("price", given.get("price"), param=given.name("price"), status=400)
        if not price["active"]:
            raise Refused(
                "The price specified is inactive. This field only accepts active prices.",
                param=given.name("price"),
            )
    if price["recurring"] is None:
        raise Refused(
            "The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.",
            param=given.name("price"),
        )
    if currency and price["currency"] != currency:
        raise Refused(
            f"The price specified only supports `{price['currency']}`. This doesn't match the expected currency: "
            f"`{currency}`.",
            param=given.name("price"),
        )
    return price


def asked(ledger: Ledger, subscription: Wire, given: Given) -> Switch | None:
    """The change of the subscription's one item that is asked for, if any."""
    rows = given.get("items")
    item = subscription["items"]["data"][0]
    at = given.get("proration_date", ledger.now)
    start, end = subscriptions.period_of(subscription)
    if "proration_date" in given and not start <= at <= end:
        raise Refused(
            "`proration_date` must be within the current period.", param=given.name("proration_date")
        )
    switch = Switch(
        item, item["price"], item["quantity"], given.get("proration_behavior", "create_prorations"), at
    )
    if rows is None:
        return switch if "proration_behavior" in given or "proration_date" in given else None
    if len(rows) != 1 or "id" not in rows[0]:
        raise Refused(
            "Duplicate or additional subscription items are not spoken here: name the one item by its id."
        )
    row = rows[0]
    if row.get("id") != item["id"]:
        raise missing("subscription item", row.get("id"), param=row.name("id"), status=400)
    if "price" in row or "price_data" in row:
        switch.price = active_price(ledger, row, subscription["currency"])
    switch.quantity = row.get("quantity", switch.quantity)
    return switch


def lines_for(ledger: Ledger, subscription: Wire, switch: Switch) -> list[Wire]:
    """Credit for the unused time at the old price, charge for the rest at the new one."""
    if (
        switch.behaviour == "none"
        or subscription["status"] == "paused"
        or subscription["trial_end"]
        and subscription["trial_end"] > ledger.now
    ):
        return []
    if not switch.changes and not switch.restarts:
        return []
    rows = [credit(ledger, subscription, switch.item, switch.at)]
    if not switch.restarts:
        start, end = subscriptions.period_of(subscription)
        whole = switch.price["unit_amount"] * switch.quantity
        rows.append(
            _line(
                ledger,
                subscription,
                switch.item,
                switch.price,
                money.share(whole, end - switch.at, end - start),
                switch.at,
            )
        )
    return rows


def credit(ledger: Ledger, subscription: Wire, item: Wire, at: int) -> Wire:
    """For time paid and not used, of what was really billed for it, discounts taken off."""
    start, end = subscriptions.period_of(subscription)
    billed = _billed(ledger, subscription, item)
    return _line(ledger, subscription, item, item["price"], -money.share(billed, end - at, end - start), at)


def _billed(ledger: Ledger, subscription: Wire, item: Wire) -> int:
    start = item["current_period_start"]
    for invoice in ledger.all("invoice"):
        if invoices.subscription_of(invoice) != subscription["id"]:
            continue
        for row in invoice["lines"]["data"]:
            about = row["parent"] and row["parent"]["subscription_item_details"]
            whole_period = about and not about["proration"] and row["period"]["start"] == start
            if whole_period and row["pricing"]["price_details"]["price"] == item["price"]["id"]:
                return sums.net(row)
    return int(item["price"]["unit_amount"] * item["quantity"])


def _line(ledger: Ledger, subscription: Wire, item: Wire, price: Wire, amount: int, at: int) -> Wire:
    words = "Unused time on" if amount < 0 else "Remaining time on"
    return sums.line(
        ledger,
        price,
        amount,
        (at, subscriptions.period_of(subscription)[1]),
        description=f"{words} {sums.named(ledger, price)}",
        quantity=item["quantity"],
        parent=sums.of_item(subscription, item, invoice_item=ledger.id("invoiceitem")),
        subscription=subscription,
        discountable=amount > 0,
    )


def next_invoice(ledger: Ledger, subscription: Wire, switch: Switch | None) -> Wire:
    """The invoice that comes next, were the change made; not kept."""
    customer = subscriptions.customer_of(ledger, subscription)
    start, end = subscriptions.period_of(subscription)
    shown = {**subscription, "items": {**subscription["items"], "data": list(subscription["items"]["data"])}}
    rows = list(ledger.hidden.pending_lines.get(subscription["id"], []))
    moment, reason = end, "upcoming"
    anchor = subscription["billing_cycle_anchor"]
    if switch:
        rows += lines_for(ledger, subscription, switch)
        trialing = subscription["status"] == "trialing"
        shown["items"]["data"] = [{**switch.item, "price": switch.price, "quantity": switch.quantity}]
        if switch.restarts and not trialing:
            moment = anchor = switch.at
    recurring = shown["items"]["data"][0]["price"]["recurring"]
    if not (switch and switch.behaviour == "always_invoice" and not switch.restarts and rows):
        period = (moment, money.next_end(anchor, moment, recurring))
        rows += subscriptions.item_lines(ledger, shown, period)
    tables = ledger.tables.get("discount", {})
    valid = [tables[d] for d in subscription["discounts"] if (tables[d]["end"] or moment + 1) > moment]
    return invoices.compose(
        ledger,
        customer,
        [dict(row, discount_amounts=[], discounts=[]) for row in rows],
        reason=reason,
        period=(start, moment),
        subscription=subscription,
        discounts=valid,
        tax=subscription["automatic_tax"]["enabled"],
        id=ledger.id("upcoming"),
        next_payment_attempt=moment + ledger.policy.draft_s if moment == end else moment,
    )


@route("post", "/v1/invoices/create_preview")
def create_preview(ledger: Ledger, given: Given) -> Wire:
    if "subscription" not in given:
        raise Refused("Previews without `subscription` are not spoken here.", param="subscription")
    subscription = ledger.get("subscription", given.get("subscription"), param="subscription", status=404)
    if "customer" in given and given.get("customer") != subscription["customer"]:
        raise Refused("The subscription does not belong to this customer.", param="customer")
    details = given.get("subscription_details")
    switch = asked(ledger, subscription, details) if details is not None else None
    if subscription["status"] in subscriptions.OVER or (
        subscription["cancel_at_period_end"] and switch is None
    ):
        raise Refused(
            f"No upcoming invoices for customer: '{subscription['customer']}'",
            status=404,
            code="invoice_upcoming_none",
        )
    return next_invoice(ledger, subscription, switch)


@happening("tell_upcoming")
def tell_upcoming(ledger: Ledger, identity: str) -> None:
    ledger.emit("invoice.upcoming", next_invoice(ledger, ledger.tables["subscription"][identity], None))

"""What a customer does inside a checkout session, and what becomes of it."""

from typing import Any

from . import coupons, invoices, payments, subscriptions
from .checkout import Discount, Wish, add_up, bill
from .customers import new_customer
from .ledger import DAY, Ledger
from .money import large_enough
from .payments import NO_ADDRESS
from .refusals import Refused
from .shapes import Wire


def open_session(ledger: Ledger, identity: str) -> Wire:
    session = ledger.tables["checkout.session"][identity]
    assert session["status"] == "open", f"this checkout is {session['status']}"
    return session


def with_code(ledger: Ledger, session: Wire, code: str) -> None:
    """The customer types a promotion code on the page. Raise Refused where the page would say no."""
    assert session["allow_promotion_codes"], "this checkout has no field for a code"
    found = [p for p in ledger.all("promotion_code") if p["code"].lower() == code.lower() and p["active"]]
    if not found:
        raise Refused("This code is invalid.", param="promotion_code")
    coupons.redeemable(ledger, found[0], session["customer"], "promotion_code")
    coupon = ledger.tables["coupon"][found[0]["promotion"]["coupon"]]
    discount: Discount = (coupon, found[0])
    wish: Wish = ledger.hidden.checkouts[session["id"]]
    wish.discounts = [discount]
    session["discounts"] = [{"coupon": None, "promotion_code": found[0]["id"]}]
    add_up(ledger, session)


def pay(
    ledger: Ledger,
    session: Wire,
    *,
    email: str,
    name: str,
    kind: str,
    outcome: str,
    amount: int | None = None,
) -> str:
    """Press the button: "succeeded", "failed" (the page stays open), "processing", or "incomplete"."""
    _choose(ledger, session, amount)
    needs_method = session["amount_total"] > 0 or session["payment_method_collection"] == "always"
    card = "works" if outcome == "leaves" else outcome
    method = payments.new_method(ledger, kind, card, email=email, name=name) if needs_method else None
    if method and outcome == "declines":
        _declined(ledger, session, method)
        return "failed"
    customer = _customer(ledger, session, email, name, always=session["mode"] == "subscription")
    if method and customer:
        payments.attach(ledger, method, customer["id"])
    session["customer"] = customer["id"] if customer else None
    session["customer_details"] = _details(email, name)
    if session["mode"] == "subscription":
        assert customer
        result = _subscribed(ledger, session, customer, method, leaves=outcome == "leaves")
        if result == "incomplete":
            session |= {"customer": None, "customer_details": None}
            return result
    else:
        result = _bought(ledger, session, customer, method)
    _complete(ledger, session, result)
    return result


def _choose(ledger: Ledger, session: Wire, amount: int | None) -> None:
    wish: Wish = ledger.hidden.checkouts[session["id"]]
    custom = wish.asked[0][0]["custom_unit_amount"]
    assert (amount is not None) == (custom is not None), "an amount belongs to a price that leaves it open"
    if custom is None or amount is None:
        return
    if not (custom["minimum"] or 0) <= amount <= (custom["maximum"] or amount):
        raise Refused("The amount is outside of what this price allows.", param="amount")
    large_enough(amount, session["currency"])
    add_up(ledger, session, amount)


def _details(email: str, name: str) -> Wire:
    address = {**NO_ADDRESS, "country": "DE"}
    return {
        "address": address, "business_name": None, "email": email, "individual_name": None, "name": name,
        "phone": None, "tax_exempt": "none", "tax_ids": [],
    }  # fmt: skip


def _declined(ledger: Ledger, session: Wire, method: Wire) -> None:
    """Of a card that is only stored for later (a trial) no trace is left here: setup intents are not spoken."""
    if session["amount_total"] == 0:
        return
    intent = payments.new_intent(ledger, session["amount_total"], session["currency"], session["customer"])
    payments.attempt(ledger, intent, method)


def _customer(ledger: Ledger, session: Wire, email: str, name: str, *, always: bool) -> Wire | None:
    """The session's own customer, or a new one where Checkout makes one."""
    if session["customer"]:
        customer = ledger.tables["customer"][session["customer"]]
        if not customer["email"]:
            with ledger.changing(customer, "customer.updated"):
                customer["email"] = email
        return customer
    wish: Wish = ledger.hidden.checkouts[session["id"]]
    if always or session["customer_creation"] == "always" or wish.intent.get("setup_future_usage"):
        return new_customer(ledger, email=session["customer_email"] or email, name=name)
    return None


def _subscribed(ledger: Ledger, session: Wire, customer: Wire, method: Wire | None, *, leaves: bool) -> str:
    wish: Wish = ledger.hidden.checkouts[session["id"]]
    trial_end = wish.trial_end or (ledger.now + wish.trial_days * DAY if wish.trial_days else None)
    about: dict[str, Any] = {"metadata": {}, "description": None} | wish.subscription
    subscription = subscriptions.begin(
        ledger,
        customer,
        wish.asked,
        method=method,
        trial_end=trial_end,
        discounts=wish.discounts,
        tax=session["automatic_tax"]["enabled"],
        missing_method=wish.missing_method,
        session=session["id"],
        **about,
    )
    invoice = ledger.tables["invoice"][subscription["latest_invoice"]]
    result = "succeeded"
    if leaves:
        assert invoice["status"] == "open", "nothing to confirm with the bank"
        intent = invoices.intent_of(ledger, invoice)
        intent["status"] = "requires_action"
        ledger.emit("payment_intent.requires_action", intent)
        ledger.emit("invoice.payment_action_required", invoice)
        return "incomplete"
    if invoice["status"] == "open":
        result = invoices.collect(ledger, invoice, method)
    if result == "processing":
        with ledger.changing(subscription, "customer.subscription.updated"):
            subscription["status"] = "active"
    session |= {"subscription": subscription["id"], "invoice": invoice["id"]}
    return result


def _bought(ledger: Ledger, session: Wire, customer: Wire | None, method: Wire | None) -> str:
    wish: Wish = ledger.hidden.checkouts[session["id"]]
    for coupon, promotion in wish.discounts:
        coupons.redeem(
            ledger, coupon, promotion, customer=session["customer"], checkout_session=session["id"]
        )
    result, intent = "succeeded", None
    if session["amount_total"]:
        assert method
        intent = payments.new_intent(
            ledger,
            session["amount_total"],
            session["currency"],
            session["customer"],
            **{"metadata": {}} | wish.intent,
        )
        session["payment_intent"] = intent["id"]
        result = payments.attempt(ledger, intent, method)
    if wish.invoice is not None and customer and result == "succeeded":
        session["invoice"] = _receipt(ledger, session, customer, intent, wish)["id"]
    return result


def _receipt(ledger: Ledger, session: Wire, customer: Wire, intent: Wire | None, wish: Wish) -> Wire:
    """The invoice after the fact of a one-off payment."""
    lines, _ = bill(ledger, session, session["amount_subtotal"])
    discounts = [d for d in ledger.all("discount") if d["checkout_session"] == session["id"]]
    about = {name: value for name, value in (wish.invoice or {}).items() if value not in (None, "")}
    for row in lines:
        row |= {"discount_amounts": [], "discounts": [], "taxes": []}
    invoice = ledger.keep(
        invoices.compose(
            ledger,
            customer,
            lines,
            reason="manual",
            period=(ledger.now, ledger.now),
            discounts=discounts,
            tax=session["automatic_tax"]["enabled"],
            auto_advance=False,
            **about,
        )
    )
    ledger.emit("invoice.created", invoice)
    if intent:
        invoices.paying(ledger, invoice, intent)
    invoices.finalize(ledger, invoice)
    if invoice["status"] == "open":
        invoices.paid(ledger, invoice)
    return invoice


def _complete(ledger: Ledger, session: Wire, result: str) -> None:
    nothing = session["amount_total"] == 0
    status = "no_payment_required" if nothing else "paid" if result == "succeeded" else "unpaid"
    session |= {"payment_status": status, "status": "complete", "url": None}
    if session["automatic_tax"]["enabled"]:
        session["automatic_tax"] = {**session["automatic_tax"], "status": "complete"}
    ledger.emit("checkout.session.completed", session)


def settled(ledger: Ledger, intent: Wire) -> None:
    """After a slow payment: what the checkout says of it."""
    works = intent["status"] == "succeeded"
    paid_by = [p for p in ledger.all("invoice_payment") if p["payment"]["payment_intent"] == intent["id"]]
    names = {intent["id"], *(payment["invoice"] for payment in paid_by)}
    for session in ledger.all("checkout.session"):
        if names & {session["payment_intent"], session["invoice"]} and session["payment_status"] == "unpaid":
            if works:
                session["payment_status"] = "paid"
            kind = "succeeded" if works else "failed"
            ledger.emit(f"checkout.session.async_payment_{kind}", session)

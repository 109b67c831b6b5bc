"""Taking money: payment methods, payment intents, charges, and the balance they end up in."""

from typing import Any

from . import money
from .catalog import metadata
from .ledger import DAY, Behaviour, Ledger
from .params import Given
from .refusals import Refused
from .routes import page, route, within
from .shapes import Wire, blank

SETTLES_DAYS = 7
NO_ADDRESS = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
CHECKS = {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"}
DECLINED = {
    "code": "card_declined",
    "decline_code": "generic_decline",
    "message": "Your card was declined.",
    "type": "card_error",
}


def declined() -> Refused:
    """What a call that charges a card raises when the bank refuses."""
    code, reason = DECLINED["code"], DECLINED["decline_code"]
    return Refused(DECLINED["message"], status=402, kind="card_error", code=code, decline_code=reason)


def new_method(ledger: Ledger, kind: str, outcome: str, *, email: str | None, name: str | None) -> Wire:
    """A card, or a bank account for direct debit, which behaves as `outcome` says."""
    card = {
        "brand": "visa", "checks": dict(CHECKS), "country": "DE", "display_brand": "visa", "exp_month": 8,
        "exp_year": 2034, "fingerprint": "AOB934RVNwzk6xtn", "funding": "credit", "generated_from": None,
        "last4": "4242" if outcome == "works" else "0341", "networks": {"available": ["visa"], "preferred": None},
        "regulated_status": "unregulated", "three_d_secure_usage": {"supported": True}, "wallet": None,
    }  # fmt: skip
    debit = {
        "bank_code": "37040044", "branch_code": "", "country": "DE", "fingerprint": "gLLb1xTeYwGZ4Nzm",
        "generated_from": {"charge": None, "setup_attempt": None}, "last4": "3000",
    }  # fmt: skip
    method = ledger.new(
        "payment_method",
        type=kind,
        allow_redisplay="limited",
        billing_details={
            "address": dict(NO_ADDRESS),
            "email": email,
            "name": name,
            "phone": None,
            "tax_id": None,
        },
        metadata={},
        customer=None,
        customer_account=None,
        **({"card": card} if kind == "card" else {"sepa_debit": debit}),
    )
    ledger.hidden.cards[method["id"]] = Behaviour("slow" if kind == "sepa_debit" else outcome)
    return method


def attach(ledger: Ledger, method: Wire, customer: str) -> None:
    method["customer"] = customer
    ledger.emit("payment_method.attached", method)


@route("get", "/v1/payment_methods/{}")
def retrieve_method(ledger: Ledger, given: Given, identity: str) -> Wire:
    return ledger.get("payment_method", identity)


def new_intent(ledger: Ledger, amount: int, currency: str, customer: str | None, **about: Any) -> Wire:
    identity = ledger.id("payment_intent")
    intent = ledger.new(
        "payment_intent",
        id=identity,
        amount=amount,
        amount_capturable=0,
        amount_details={"tip": {}},
        amount_received=0,
        automatic_payment_methods=None,
        capture_method="automatic_async",
        client_secret=f"{identity}_secret_{ledger.id('customer')[4:]}",
        confirmation_method="automatic",
        currency=currency,
        customer=customer,
        payment_method_options={"card": {"request_three_d_secure": "automatic"}},
        payment_method_types=["card"],
        status="requires_payment_method",
        **({"metadata": {}} | about),
    )
    ledger.emit("payment_intent.created", intent)
    return intent


def _new_charge(ledger: Ledger, intent: Wire, method: Wire, status: str) -> Wire:
    kind = method["type"]
    details = (
        {**method["card"], "network": "visa", "mandate": None} if kind == "card" else method["sepa_debit"]
    )
    hidden = ("display_brand", "generated_from", "networks", "three_d_secure_usage")
    failed = status == "failed"
    return ledger.new(
        "charge",
        amount=intent["amount"],
        amount_captured=0 if failed else intent["amount"],
        amount_refunded=0,
        billing_details=dict(method["billing_details"]),
        calculated_statement_descriptor=ledger.account.name.upper(),
        captured=not failed,
        currency=intent["currency"],
        customer=intent["customer"],
        description=intent["description"],
        disputed=False,
        failure_code=DECLINED["code"] if failed else None,
        failure_message=DECLINED["message"] if failed else None,
        fraud_details={},
        metadata=dict(intent["metadata"]),
        outcome=_outcome(failed),
        paid=status == "succeeded",
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details={"type": kind, kind: {n: v for n, v in details.items() if n not in hidden}},
        receipt_email=intent["receipt_email"],
        receipt_url=f"https://pay.stripe.com/receipts/payment/{ledger.id('webhook_secret')[6:]}",
        refunded=False,
        status=status,
    )


def _outcome(failed: bool) -> Wire:
    return {
        "advice_code": "try_again_later" if failed else None,
        "network_advice_code": None,
        "network_decline_code": "01" if failed else None,
        "network_status": "declined_by_network" if failed else "approved_by_network",
        "reason": DECLINED["decline_code"] if failed else None,
        "risk_level": "normal",
        "risk_score": 12,
        "seller_message": "The bank did not return any further details." if failed else "Payment complete.",
        "type": "issuer_declined" if failed else "authorized",
    }


def attempt(ledger: Ledger, intent: Wire, method: Wire) -> str:
    """Charge it as the payment method behaves: "succeeded", "failed" or "processing"."""
    outcome = ledger.hidden.cards[method["id"]].outcome
    status = {"works": "succeeded", "declines": "failed", "slow": "pending"}[outcome]
    charge = _new_charge(ledger, intent, method, status)
    intent["latest_charge"] = charge["id"]
    intent["payment_method_types"] = [method["type"]]
    if status == "pending":
        ledger.emit("charge.pending", charge)
        intent |= {"status": "processing", "payment_method": method["id"]}
        ledger.emit("payment_intent.processing", intent)
        return "processing"
    if status == "failed":
        ledger.emit("charge.failed", charge)
        _failed(ledger, intent, charge, method)
        return "failed"
    _succeeded(ledger, intent, charge, method)
    return "succeeded"


def _failed(ledger: Ledger, intent: Wire, charge: Wire, method: Wire) -> None:
    intent["status"] = "requires_payment_method"
    intent["payment_method"] = None
    intent["last_payment_error"] = {**DECLINED, "charge": charge["id"], "payment_method": dict(method)}
    ledger.emit("payment_intent.payment_failed", intent)


def _succeeded(ledger: Ledger, intent: Wire, charge: Wire, method: Wire) -> None:
    charge["balance_transaction"] = _charged(ledger, charge)["id"]
    ledger.emit("charge.succeeded", charge)
    intent |= {
        "amount_received": intent["amount"],
        "last_payment_error": None,
        "payment_method": method["id"],
        "status": "succeeded",
    }
    ledger.emit("payment_intent.succeeded", intent)


def settle(ledger: Ledger, intent: Wire, *, works: bool) -> None:
    """Days later, a debit arrives or bounces."""
    assert intent["status"] == "processing", intent["status"]
    charge = ledger.tables["charge"][intent["latest_charge"]]
    method = ledger.tables["payment_method"][intent["payment_method"]]
    if works:
        charge |= {"status": "succeeded", "paid": True}
        _succeeded(ledger, intent, charge, method)
        return
    charge |= {
        "status": "failed", "captured": False, "amount_captured": 0, "failure_code": DECLINED["code"],
        "failure_message": DECLINED["message"], "outcome": _outcome(True),
    }  # fmt: skip
    ledger.emit("charge.failed", charge)
    _failed(ledger, intent, charge, method)


def book(ledger: Ledger, amount: int, currency: str, fee: int, kind: str, source: str) -> Wire:
    """An entry of the account's balance."""
    detail = {
        "amount": fee,
        "application": None,
        "currency": currency,
        "description": "Stripe fee",
        "type": "stripe_fee",
    }
    return ledger.new(
        "balance_transaction",
        amount=amount,
        available_on=ledger.now + SETTLES_DAYS * DAY,
        balance_type="payments",
        currency=currency,
        fee=fee,
        fee_details=[detail] if fee else [],
        net=amount - fee,
        reporting_category={"adjustment": "dispute"}.get(kind, kind),
        source=source,
        status="pending",
        type=kind,
    )


def _charged(ledger: Ledger, charge: Wire) -> Wire:
    policy = ledger.policy
    fee = money.share(charge["amount"], round(policy.fee_percent * 100), 10_000) + policy.fee_fixed
    return book(ledger, charge["amount"], charge["currency"], fee, "charge", charge["id"])


@route("get", "/v1/payment_intents/{}")
def retrieve_intent(ledger: Ledger, given: Given, identity: str) -> Wire:
    return ledger.get("payment_intent", identity)


@route("get", "/v1/payment_intents")
def list_intents(ledger: Ledger, given: Given) -> Wire:
    created, customer = within(given.get("created")), given.get("customer")

    def keep(intent: Wire) -> bool:
        return created(intent) and customer in (None, intent["customer"])

    return page(given, ledger.all("payment_intent"), "/v1/payment_intents", keep)


@route("get", "/v1/charges/{}")
def retrieve_charge(ledger: Ledger, given: Given, identity: str) -> Wire:
    return ledger.get("charge", identity)


@route("post", "/v1/charges/{}")
def update_charge(ledger: Ledger, given: Given, identity: str) -> Wire:
    charge = ledger.get("charge", identity)
    with ledger.changing(charge, "charge.updated"):
        metadata(charge, given)
    return charge


@route("get", "/v1/charges")
def list_charges(ledger: Ledger, given: Given) -> Wire:
    created = within(given.get("created"))
    wanted = {name: given.get(name) for name in ("customer", "payment_intent") if name in given}

    def keep(charge: Wire) -> bool:
        return created(charge) and all(charge[name] == value for name, value in wanted.items())

    return page(given, ledger.all("charge"), "/v1/charges", keep)


@route("get", "/v1/balance_transactions/{}")
def retrieve_entry(ledger: Ledger, given: Given, identity: str) -> Wire:
    return ledger.get("balance_transaction", identity)


@route("get", "/v1/balance_transactions")
def list_entries(ledger: Ledger, given: Given) -> Wire:
    created = within(given.get("created"))
    wanted = {name: given.get(name) for name in ("type", "source", "currency") if name in given}

    def keep(entry: Wire) -> bool:
        return created(entry) and all(entry[name] == value for name, value in wanted.items())

    return page(given, ledger.all("balance_transaction"), "/v1/balance_transactions", keep)


@route("get", "/v1/account")
def retrieve_account(ledger: Ledger, given: Given) -> Wire:
    shown: Wire = ledger.account.shown()
    return shown


@route("get", "/v1/balance")
def retrieve_balance(ledger: Ledger, given: Given) -> Wire:
    """All of it counts as pending: payouts are not spoken here."""
    pending: dict[str, int] = {ledger.account.currency: 0}
    for entry in ledger.all("balance_transaction"):
        pending[entry["currency"]] = pending.get(entry["currency"], 0) + entry["net"]
    return blank(
        "balance",
        available=[{"amount": 0, "currency": code, "source_types": {"card": 0}} for code in pending],
        livemode=ledger.livemode,
        pending=[{"amount": a, "currency": code, "source_types": {"card": a}} for code, a in pending.items()],
    )

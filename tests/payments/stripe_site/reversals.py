"""Giving money back: refunds, and disputes that the customer's bank opens."""

from typing import Any

from . import money
from .catalog import metadata, new_metadata
from .ledger import DAY, Ledger
from .params import Given
from .payments import book
from .refusals import Refused
from .routes import includable, page, route, within
from .shapes import Wire, listed

EVIDENCE_DAYS = 14
FILES = (
    "access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure",
    "cancellation_rebuttal", "customer_communication", "customer_email_address", "customer_name",
    "customer_purchase_ip", "customer_signature", "duplicate_charge_documentation", "duplicate_charge_explanation",
    "duplicate_charge_id", "product_description", "receipt", "refund_policy", "refund_policy_disclosure",
    "refund_refusal_explanation", "service_date", "service_documentation", "shipping_address", "shipping_carrier",
    "shipping_date", "shipping_documentation", "shipping_tracking_number", "uncategorized_file", "uncategorized_text",
)  # fmt: skip


@route("post", "/v1/refunds")
def create_refund(ledger: Ledger, given: Given) -> Wire:
    charge = _charge_asked(ledger, given)
    return refund(
        ledger,
        charge,
        amount=given.get("amount"),
        reason=given.get("reason"),
        metadata=new_metadata(given),
    )


def _charge_asked(ledger: Ledger, given: Given) -> Wire:
    if "charge" in given and "payment_intent" in given:
        raise Refused("You may only specify one of these parameters: charge, payment_intent.")
    if "charge" in given:
        return ledger.get("charge", given.get("charge"), param="charge", status=404)
    if "payment_intent" not in given:
        raise Refused(
            "One of the following params should be provided for this request: payment_intent or charge."
        )
    intent = ledger.get("payment_intent", given.get("payment_intent"), param="payment_intent", status=404)
    if intent["status"] != "succeeded":
        raise Refused(f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.")
    return ledger.tables["charge"][intent["latest_charge"]]


def refund(ledger: Ledger, charge: Wire, *, amount: int | None, reason: str | None, metadata: Wire) -> Wire:
    """Raise Refused where Stripe would. Without an amount, all that is left."""
    left = charge["amount"] - charge["amount_refunded"]
    if charge["status"] != "succeeded":
        raise Refused(
            f"Charge {charge['id']} has not succeeded; cannot issue a refund.", code="charge_not_refundable"
        )
    if charge["disputed"] and not _won(ledger, charge):
        raise Refused(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed"
        )
    if left == 0:
        raise Refused(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    amount = left if amount is None else amount
    if amount < 1:
        raise Refused("Invalid positive integer", code="parameter_invalid_integer", param="amount")
    if amount > left:
        code = charge["currency"]
        raise Refused(
            f"Refund amount ({money.shown(amount, code)}) is greater than unrefunded amount on charge "
            f"({money.shown(left, code)})",
            param="amount",
        )
    return _refunded(ledger, charge, amount, reason, metadata)


def _refunded(ledger: Ledger, charge: Wire, amount: int, reason: str | None, metadata: Wire) -> Wire:
    made = ledger.new(
        "refund",
        amount=amount,
        charge=charge["id"],
        currency=charge["currency"],
        customer=charge["customer"],
        destination_details={"type": "card", "card": {"type": "refund", "reference_status": "pending", "reference_type": "acquirer_reference_number"}},
        metadata=metadata,
        payment_intent=charge["payment_intent"],
        payment_method=charge["payment_method"],
        reason=reason,
        status="succeeded",
    )  # fmt: skip
    made["balance_transaction"] = book(ledger, -amount, charge["currency"], 0, "refund", made["id"])["id"]
    ledger.emit("refund.created", made)
    with ledger.changing(charge, "charge.refunded"):
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    return made


@includable("charge", "refunds")
def refunds_of(ledger: Ledger, charge: Wire) -> Wire:
    mine = [refund for refund in ledger.all("refund") if refund["charge"] == charge["id"]]
    return listed(mine[:10], f"/v1/charges/{charge['id']}/refunds", has_more=len(mine) > 10)


@route("get", "/v1/refunds/{}")
def retrieve_refund(ledger: Ledger, given: Given, identity: str) -> Wire:
    return ledger.get("refund", identity)


@route("post", "/v1/refunds/{}")
def update_refund(ledger: Ledger, given: Given, identity: str) -> Wire:
    made = ledger.get("refund", identity)
    with ledger.changing(made, "refund.updated"):
        metadata(made, given)
    return made


@route("get", "/v1/refunds")
def list_refunds(ledger: Ledger, given: Given) -> Wire:
    created = within(given.get("created"))
    wanted = {name: given.get(name) for name in ("charge", "payment_intent") if name in given}

    def keep(made: Wire) -> bool:
        return created(made) and all(made[name] == value for name, value in wanted.items())

    return page(given, ledger.all("refund"), "/v1/refunds", keep)


def _won(ledger: Ledger, charge: Wire) -> bool:
    return all(d["status"] == "won" for d in ledger.all("dispute") if d["charge"] == charge["id"])


def dispute(ledger: Ledger, charge: Wire, reason: str) -> Wire:
    """The bank takes the money back until the dispute is decided."""
    assert charge["status"] == "succeeded" and not charge["refunded"] and not charge["disputed"], charge
    amount = charge["amount"] - charge["amount_refunded"]
    opened = ledger.new(
        "dispute",
        amount=amount,
        balance_transactions=[],
        charge=charge["id"],
        currency=charge["currency"],
        enhanced_eligibility_types=[],
        evidence={**dict.fromkeys(FILES), "enhanced_evidence": {}},
        evidence_details={
            "due_by": ledger.now + EVIDENCE_DAYS * DAY, "enhanced_eligibility": {}, "has_evidence": False,
            "past_due": False, "submission_count": 0, "submission_method": "not_submitted",
        },
        is_charge_refundable=False,
        metadata={},
        payment_intent=charge["payment_intent"],
        payment_method_details={
            "card": {"brand": "visa", "case_type": "chargeback", "network": "visa", "network_reason_code": "10.4"},
            "type": "card",
        },
        reason=reason,
        status="needs_response",
    )  # fmt: skip
    charge["disputed"] = True
    ledger.emit("charge.dispute.created", opened)
    ledger.emit("charge.updated", charge, {**charge, "disputed": False})
    entry = book(ledger, -amount, charge["currency"], ledger.policy.dispute_fee, "adjustment", opened["id"])
    opened["balance_transactions"].append(entry)
    ledger.emit("charge.dispute.funds_withdrawn", opened)
    if ledger.policy.on_dispute == "cancel":
        ledger.happen("payment_disputed", charge["payment_intent"])
    return opened


def decide(ledger: Ledger, opened: Wire, *, won: bool) -> None:
    assert opened["status"] in ("needs_response", "under_review"), opened["status"]
    before: dict[str, Any] = dict(opened)
    opened["status"] = "won" if won else "lost"
    if won:
        opened["is_charge_refundable"] = True
        entry = book(ledger, opened["amount"], opened["currency"], 0, "adjustment", opened["id"])
        opened["balance_transactions"] = [*opened["balance_transactions"], entry]
        ledger.emit("charge.dispute.funds_reinstated", opened, before)
    ledger.emit("charge.dispute.closed", opened, before)


@route("get", "/v1/disputes/{}")
def retrieve_dispute(ledger: Ledger, given: Given, identity: str) -> Wire:
    return ledger.get("dispute", identity)


@route("get", "/v1/disputes")
def list_disputes(ledger: Ledger, given: Given) -> Wire:
    created = within(given.get("created"))
    wanted = {name: given.get(name) for name in ("charge", "payment_intent") if name in given}

    def keep(opened: Wire) -> bool:
        return created(opened) and all(opened[name] == value for name, value in wanted.items())

    return page(given, ledger.all("dispute"), "/v1/disputes", keep)

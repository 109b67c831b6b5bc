"""Checkout sessions: asked for by us, listed, expired. What the customer does in one is in `paying`."""

from dataclasses import dataclass, field
from typing import Any

from . import coupons, money, sums
from .catalog import inline_price, metadata, new_metadata
from .customers import living
from .ledger import DAY, Ledger, happening
from .params import Given
from .refusals import Refused, Unspoken, required
from .routes import includable, page, route, within
from .shapes import Wire, listed
from .subscriptions import OVER

SHORTEST_S = 30 * 60
LONGEST_S = DAY

Discount = tuple[Wire, Wire | None]  # a coupon, and the promotion code it came by


@dataclass
class Wish:
    """What a session was asked for and does not show."""

    asked: list[tuple[Wire, int]]  # price and quantity
    discounts: list[Discount] = field(default_factory=list)
    subscription: Wire = field(default_factory=dict)  # metadata, description
    trial_end: int | None = None
    trial_days: int | None = None
    missing_method: str = "create_invoice"
    intent: Wire = field(default_factory=dict)  # metadata, description, …
    invoice: Wire | None = None  # for a one-off payment that asked for an invoice


@route("post", "/v1/checkout/sessions")
def create_session(ledger: Ledger, given: Given) -> Wire:
    mode = given.need("mode")
    if mode == "setup" or given.get("ui_mode", "hosted_page") != "hosted_page":
        raise Unspoken("sessions to set up a card, or inside our own pages")
    if "customer" in given and "customer_email" in given:
        raise Refused("You may only specify one of these parameters: customer, customer_email.")
    customer = given.get("customer")
    if customer:
        living(ledger, customer, param="customer", status=400)
    wish = Wish(_asked(ledger, given, mode))
    currency = _currency(ledger, wish, mode, customer)
    _extras(ledger, given, mode, wish, customer)
    tax = given.get("automatic_tax")
    taxed = bool(tax and tax.get("enabled"))
    _customer_update(ledger, given, customer, taxed=taxed)
    automatic = sums.automatic_tax(ledger, enabled=taxed, provider="stripe" if taxed else None, status=None)
    del automatic["disabled_reason"]
    identity = ledger.id("checkout.session")
    session = ledger.new(
        "checkout.session",
        id=identity,
        adaptive_pricing={"enabled": bool((given.whole("adaptive_pricing") or {}).get("enabled"))},
        allow_promotion_codes=given.get("allow_promotion_codes"),
        automatic_tax=automatic,
        billing_address_collection=given.get("billing_address_collection"),
        cancel_url=given.get("cancel_url"),
        client_reference_id=given.get("client_reference_id"),
        consent_collection=given.whole("consent_collection"),
        currency=currency,
        custom_fields=[],
        custom_text=dict.fromkeys(("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")),
        customer=customer,
        customer_creation=_creation(given, mode, customer),
        customer_details=None,
        customer_email=given.get("customer_email"),
        discounts=[{"coupon": c["id"] if p is None else None, "promotion_code": p and p["id"]} for c, p in wish.discounts],
        expires_at=_expiry(ledger, given),
        invoice_creation=_invoice_creation(given, mode, wish),
        locale=given.get("locale"),
        metadata=new_metadata(given),
        mode=mode,
        payment_method_collection=given.get("payment_method_collection", "always" if mode == "subscription" else "if_required"),
        payment_method_options={"card": {"request_three_d_secure": "automatic"}},
        payment_method_types=["card"],
        payment_status="unpaid",
        phone_number_collection={"enabled": False},
        shipping_options=[],
        status="open",
        submit_type=given.get("submit_type"),
        success_url=given.need("success_url"),
        ui_mode="hosted_page",
        url=f"https://checkout.stripe.com/c/pay/{identity}#fidkdWxOYHwnPyd1blpxYHZxWjA0",
    )  # fmt: skip
    if "tax_id_collection" in given:
        session["tax_id_collection"] = {"required": "never"} | given.whole("tax_id_collection")
    ledger.hidden.checkouts[identity] = wish
    add_up(ledger, session)
    if mode == "payment":
        money.large_enough(session["amount_total"], currency)
    ledger.remind(session["expires_at"], "session_expires", identity)
    return session


def _asked(ledger: Ledger, given: Given, mode: str) -> list[tuple[Wire, int]]:
    rows = given.need("line_items")
    found = []
    for row in rows:
        if "price_data" in row:
            price = inline_price(ledger, row.get("price_data"))
        else:
            price = ledger.get("price", row.need("price"), param=row.name("price"), status=400)
            if not price["active"]:
                raise Refused(
                    "The price specified is inactive. This field only accepts active prices.",
                    param=row.name("price"),
                )
        quantity = row.get("quantity", 1 if price["custom_unit_amount"] else None)
        if quantity is None:
            raise required(row.name("quantity"))
        if quantity < 1 or (price["custom_unit_amount"] and (quantity != 1 or len(rows) > 1)):
            raise Refused(
                "Prices with `custom_unit_amount` take one line item with a quantity of 1.",
                param=row.name("quantity"),
            )
        if mode == "payment" and price["recurring"]:
            raise Refused(
                "You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or "
                "use only one-time prices."
            )
        found.append((price, quantity))
    recurring = [price for price, _ in found if price["recurring"]]
    if mode == "subscription" and not recurring:
        raise Refused(
            "You must provide at least one recurring price in `subscription` mode when using prices."
        )
    if len(recurring) > 1:
        raise Unspoken("a subscription with several items")
    return found


def _currency(ledger: Ledger, wish: Wish, mode: str, customer: str | None) -> str:
    currencies = {price["currency"] for price, _ in wish.asked}
    if len(currencies) > 1:
        raise Refused("All line items must have the same currency.", param="line_items")
    (currency,) = currencies
    for subscription in ledger.all("subscription") if mode == "subscription" and customer else []:
        other = subscription["currency"] != currency and subscription["status"] not in OVER
        if other and subscription["customer"] == customer:
            raise Refused(
                "You cannot combine currencies on a single customer. This customer has an active subscription, "
                "subscription schedule, discount, quote, or invoice item with currency "
                f"{subscription['currency']}"
            )
    return str(currency)


def _extras(ledger: Ledger, given: Given, mode: str, wish: Wish, customer: str | None) -> None:
    for name, fitting in (("subscription_data", "subscription"), ("payment_intent_data", "payment")):
        if name in given and mode != fitting:
            raise Refused(f"You can not pass `{name}` in `{mode}` mode.", param=name)
    if given.get("allow_promotion_codes") and "discounts" in given:
        raise Refused("You may only specify one of these parameters: allow_promotion_codes, discounts.")
    rows = given.get("discounts") or []
    if len(rows) > 1:
        raise Refused("You may only specify one discount.", param="discounts")
    wish.discounts = [coupons.asked(ledger, row, customer) for row in rows]
    about = given.get("subscription_data")
    if about is not None:
        _subscription_data(ledger, about, wish)
    intent = given.get("payment_intent_data")
    if intent is not None:
        names = (
            "description",
            "metadata",
            "receipt_email",
            "setup_future_usage",
            "statement_descriptor_suffix",
        )
        wish.intent = {name: intent.whole(name) for name in names if name in intent}


def _subscription_data(ledger: Ledger, about: Given, wish: Wish) -> None:
    wish.subscription = {"metadata": new_metadata(about), "description": about.get("description")}
    days, end = about.get("trial_period_days"), about.get("trial_end")
    if days is not None and end is not None:
        raise Refused("You may only specify one of these parameters: trial_end, trial_period_days.")
    if days is not None and days < 1:
        raise Refused("The minimum number of trial period days is 1.", param=about.name("trial_period_days"))
    if end is not None and end < ledger.now + 2 * DAY:
        raise Refused(
            "The `trial_end` date has to be at least 2 days in the future.", param=about.name("trial_end")
        )
    settings = about.get("trial_settings")
    if settings is not None:
        if days is None and end is None:
            raise Refused(
                "`trial_settings` can only be used with a trial.", param=about.name("trial_settings")
            )
        wish.missing_method = settings.get("end_behavior").get("missing_payment_method")
    wish.trial_days, wish.trial_end = days, end


def _customer_update(ledger: Ledger, given: Given, customer: str | None, *, taxed: bool) -> None:
    """What taxes need to know of a customer who is known already."""
    asked: Wire = given.whole("customer_update") or {}
    if customer is None:
        if asked:
            raise Refused("`customer_update` can only be used with `customer`.", param="customer_update")
        return
    known = ledger.tables["customer"][customer]
    if taxed and not known["address"] and asked.get("address") != "auto":
        raise Refused(
            "Automatic tax calculation in Checkout requires a valid address on the Customer. Add a valid address to "
            "the Customer or set either `customer_update[address]` to 'auto' or `customer_update[shipping]` to 'auto' "
            "to save the address entered in Checkout to the Customer.",
            code="customer_tax_location_invalid",
        )
    if (given.whole("tax_id_collection") or {}).get("enabled") and asked.get("name") != "auto":
        raise Refused(
            "Tax ID collection requires updating business name on the customer. To enable tax ID collection for an "
            "existing customer, please set `customer_update[name]` to `auto`.",
            param="tax_id_collection",
        )


def _creation(given: Given, mode: str, customer: str | None) -> str | None:
    asked: str | None = given.get("customer_creation")
    if asked and (mode != "payment" or customer):
        raise Refused(
            "`customer_creation` can only be used in `payment` mode and without `customer`.",
            param="customer_creation",
        )
    return asked or (None if customer else "if_required" if mode == "payment" else "always")


def _invoice_creation(given: Given, mode: str, wish: Wish) -> Wire | None:
    asked = given.get("invoice_creation")
    if mode == "subscription":
        if asked is not None and asked.get("enabled"):
            raise Refused(
                "You can only enable invoice creation when `mode` is set to `payment`.",
                param="invoice_creation",
            )
        return None
    about = (asked.whole("invoice_data") if asked else None) or {}
    enabled = bool(asked and asked.get("enabled"))
    if enabled:
        wish.invoice = about
    names = (
        "account_tax_ids",
        "custom_fields",
        "description",
        "footer",
        "issuer",
        "metadata",
        "rendering_options",
    )
    return {"enabled": enabled, "invoice_data": dict.fromkeys(names) | {"metadata": {}} | about}


def _expiry(ledger: Ledger, given: Given) -> int:
    asked: int = given.get("expires_at", ledger.now + LONGEST_S)
    if asked < ledger.now + SHORTEST_S:
        raise Refused(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.",
            param="expires_at",
        )
    if asked > ledger.now + LONGEST_S:
        raise Refused(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.",
            param="expires_at",
        )
    return asked


def bill(ledger: Ledger, session: Wire, chosen: int | None = None) -> tuple[list[Wire], list[Wire]]:
    """The lines of this checkout as an invoice would have them, and the discounts as totals."""
    wish: Wish = ledger.hidden.checkouts[session["id"]]
    trial = wish.trial_days is not None or wish.trial_end is not None
    lines = []
    for price, quantity in wish.asked:
        each = chosen if price["unit_amount"] is None else price["unit_amount"]
        amount = 0 if trial and price["recurring"] else (each or 0) * quantity
        moment = (ledger.now, ledger.now)
        described = sums.named(ledger, price)
        lines.append(sums.line(ledger, price, amount, moment, description=described, quantity=quantity))
    made = [{"id": c["id"], "source": {"coupon": c["id"], "type": "coupon"}} for c, _ in wish.discounts]
    return lines, sums.discounted(ledger, lines, made)


def add_up(ledger: Ledger, session: Wire, chosen: int | None = None) -> None:
    """Write the session's totals; `chosen` is what the customer wants to pay where that is open."""
    lines, totals = bill(ledger, session, chosen)
    on_top, inside = sums.taxed(ledger, lines) if session["automatic_tax"]["enabled"] else (0, 0)
    subtotal = sum(row["amount"] for row in lines)
    less = sum(total["amount"] for total in totals)
    session["amount_subtotal"] = subtotal
    session["amount_total"] = subtotal - less + on_top
    session["total_details"] = {"amount_discount": less, "amount_shipping": 0, "amount_tax": on_top + inside}


@includable("checkout.session", "line_items")
def line_items(ledger: Ledger, session: Wire) -> Wire:
    return listed(_items(ledger, session), f"/v1/checkout/sessions/{session['id']}/line_items")


def _items(ledger: Ledger, session: Wire) -> list[Wire]:
    wish: Wish = ledger.hidden.checkouts[session["id"]]
    lines, _ = bill(ledger, session, session["amount_subtotal"])
    on_top = sums.taxed(ledger, lines)[0] if session["automatic_tax"]["enabled"] else 0
    items = []
    for (price, quantity), row in zip(wish.asked, lines, strict=True):
        tax = sum(part["amount"] for part in row["taxes"])
        added = tax if on_top else 0
        items.append(
            {
                "id": ledger.id("item"), "object": "item", "adjustable_quantity": None, "amount_discount": row["amount"] - sums.net(row),
                "amount_subtotal": row["amount"], "amount_tax": tax, "amount_total": sums.net(row) + added,
                "currency": price["currency"], "description": row["description"], "metadata": {}, "price": price,
                "quantity": quantity,
            }
        )  # fmt: skip
    return items


@route("get", "/v1/checkout/sessions/{}/line_items")
def list_items(ledger: Ledger, given: Given, identity: str) -> Wire:
    session = ledger.get("checkout.session", identity)
    return page(given, _items(ledger, session), f"/v1/checkout/sessions/{identity}/line_items")


@route("get", "/v1/checkout/sessions/{}")
def retrieve_session(ledger: Ledger, given: Given, identity: str) -> Wire:
    return ledger.get("checkout.session", identity)


@route("post", "/v1/checkout/sessions/{}")
def update_session(ledger: Ledger, given: Given, identity: str) -> Wire:
    session = ledger.get("checkout.session", identity)
    metadata(session, given)
    return session


@route("post", "/v1/checkout/sessions/{}/expire")
def expire_session(ledger: Ledger, given: Given, identity: str) -> Wire:
    session = ledger.get("checkout.session", identity)
    if session["status"] != "open":
        raise Refused(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of '
            f"{session['status']}."
        )
    expire(ledger, session)
    return session


def expire(ledger: Ledger, session: Wire) -> None:
    session |= {"status": "expired", "url": None}
    ledger.emit("checkout.session.expired", session)


@happening("session_expires")
def session_expires(ledger: Ledger, identity: str) -> None:
    session = ledger.tables["checkout.session"][identity]
    if session["status"] == "open":
        expire(ledger, session)


@route("get", "/v1/checkout/sessions")
def list_sessions(ledger: Ledger, given: Given) -> Wire:
    created = within(given.get("created"))
    wanted: dict[str, Any] = {
        name: given.get(name)
        for name in ("customer", "payment_intent", "status", "subscription")
        if name in given
    }
    details = given.get("customer_details")
    email = details.get("email") if details else None

    def keep(session: Wire) -> bool:
        known = (session["customer_details"] or {}).get("email")
        return (
            created(session)
            and all(session[name] == value for name, value in wanted.items())
            and email in (None, known)
        )

    return page(given, ledger.all("checkout.session"), "/v1/checkout/sessions", keep)

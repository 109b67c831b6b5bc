"""Customers, and the portal in which they look after their own subscriptions."""

from . import subscriptions
from .catalog import metadata, new_metadata, unset
from .ledger import Ledger
from .params import Given
from .payments import NO_ADDRESS
from .refusals import Refused, missing
from .routes import includable, page, route, within
from .shapes import Wire, listed

TEXTS = ("email", "name", "phone", "description")


def new_customer(
    ledger: Ledger, *, email: str | None, name: str | None, metadata: Wire | None = None
) -> Wire:
    identity = ledger.id("customer")
    customer = ledger.new(
        "customer",
        id=identity,
        address=None,
        balance=0,
        delinquent=False,
        email=email,
        invoice_prefix=identity[4:12].upper(),
        invoice_settings=dict.fromkeys(
            ("custom_fields", "default_payment_method", "footer", "rendering_options")
        ),
        metadata=metadata or {},
        name=name,
        next_invoice_sequence=1,
        preferred_locales=[],
        tax_exempt="none",
    )
    ledger.emit("customer.created", customer)
    return customer


def living(ledger: Ledger, identity: str, *, param: str = "id", status: int = 404) -> Wire:
    """A customer who was not deleted; else Refused."""
    customer = ledger.get("customer", identity, param=param, status=status)
    if customer.get("deleted"):
        raise missing("customer", identity, param=param, status=status)
    return customer


@route("post", "/v1/customers")
def create_customer(ledger: Ledger, given: Given) -> Wire:
    customer = new_customer(
        ledger,
        email=given.get("email"),
        name=given.get("name"),
        metadata=new_metadata(given),
    )
    for name in ("phone", "description"):
        customer[name] = given.get(name)
    customer["preferred_locales"] = given.whole("preferred_locales", [])
    if given.get("address"):
        customer["address"] = {**NO_ADDRESS, **given.whole("address")}
    return customer


@route("get", "/v1/customers/{}")
def retrieve_customer(ledger: Ledger, given: Given, identity: str) -> Wire:
    """A deleted one is answered, as deleted."""
    return ledger.get("customer", identity)


@route("post", "/v1/customers/{}")
def update_customer(ledger: Ledger, given: Given, identity: str) -> Wire:
    customer = living(ledger, identity)
    with ledger.changing(customer, "customer.updated"):
        for name in (*TEXTS, "preferred_locales"):
            if name in given:
                customer[name] = unset(given.whole(name))
        settings = given.get("invoice_settings")
        if settings is not None and "default_payment_method" in settings:
            method = unset(settings.get("default_payment_method"))
            if method:
                ledger.get(
                    "payment_method", method, param=settings.name("default_payment_method"), status=400
                )
            customer["invoice_settings"] = {**customer["invoice_settings"], "default_payment_method": method}
        metadata(customer, given)
    return customer


@route("delete", "/v1/customers/{}")
def delete_customer(ledger: Ledger, given: Given, identity: str) -> Wire:
    """Ends every subscription at once."""
    return remove(ledger, living(ledger, identity))


def remove(ledger: Ledger, customer: Wire) -> Wire:
    for subscription in ledger.all("subscription"):
        if subscription["customer"] == customer["id"] and subscription["status"] not in subscriptions.OVER:
            subscriptions.end(ledger, subscription, "cancellation_requested")
    ledger.emit("customer.deleted", customer)
    return ledger.keep({"id": customer["id"], "object": "customer", "deleted": True})


@route("get", "/v1/customers")
def list_customers(ledger: Ledger, given: Given) -> Wire:
    created, email = within(given.get("created")), given.get("email")

    def keep(customer: Wire) -> bool:
        return not customer.get("deleted") and created(customer) and email in (None, customer["email"])

    return page(given, ledger.all("customer"), "/v1/customers", keep)


@includable("customer", "subscriptions")
def subscriptions_of(ledger: Ledger, customer: Wire) -> Wire:
    mine = [
        s
        for s in ledger.all("subscription")
        if s["customer"] == customer["id"] and s["status"] not in subscriptions.OVER
    ]
    return listed(mine[:10], f"/v1/customers/{customer['id']}/subscriptions", has_more=len(mine) > 10)


@route("post", "/v1/billing_portal/sessions")
def create_portal_session(ledger: Ledger, given: Given) -> Wire:
    customer = living(ledger, given.need("customer"), param="customer", status=400)
    if not ledger.policy.portal_ready:
        mode = "live" if ledger.livemode else "test"
        raise Refused(
            f"No configuration provided and your {mode} mode default configuration has not been created. Provide a "
            "configuration or create your default by saving your customer portal settings at "
            f"https://dashboard.stripe.com/{'' if ledger.livemode else 'test/'}settings/billing/portal."
        )
    session = ledger.new(
        "billing_portal.session",
        configuration=ledger.hidden.portal or ledger.id("billing_portal.configuration"),
        customer=customer["id"],
        flow=_flow(ledger, given.get("flow_data")),
        locale=given.get("locale"),
        return_url=given.get("return_url"),
        url=f"https://billing.stripe.com/p/session/{'live' if ledger.livemode else 'test'}_{ledger.id('customer')[4:]}",
    )
    ledger.hidden.portal = session["configuration"]
    return session


def _flow(ledger: Ledger, given: Given | None) -> Wire | None:
    if given is None:
        return None
    kind = given.get("type")
    flow: Wire = {
        "after_completion": {"hosted_confirmation": None, "redirect": None, "type": "portal_homepage"},
        "subscription_cancel": None,
        "subscription_update": None,
        "subscription_update_confirm": None,
        "type": kind,
    }
    after = given.get("after_completion")
    if after is not None:
        flow["after_completion"] = {
            "hosted_confirmation": after.whole("hosted_confirmation"),
            "redirect": after.whole("redirect"),
            "type": after.get("type"),
        }
    if kind in ("subscription_cancel", "subscription_update"):
        asked: Given = given.need(kind)
        known = ledger.get(
            "subscription", asked.get("subscription"), param=asked.name("subscription"), status=400
        )
        flow[kind] = {"subscription": known["id"]} | (
            {"retention": None} if kind == "subscription_cancel" else {}
        )
    return flow

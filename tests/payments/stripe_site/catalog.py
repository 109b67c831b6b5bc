"""What is for sale: products and prices."""

from typing import Any

from . import money
from .ledger import Ledger
from .params import Given
from .refusals import Refused, missing
from .routes import includable, page, route, within
from .shapes import Wire


def metadata(thing: Wire, given: Given) -> None:
    """Merge as Stripe does: '' unsets a key, '' for all unsets them all."""
    if "metadata" not in given:
        return
    asked: Any = given.whole("metadata")
    merged = {} if asked == "" else {**(thing.get("metadata") or {}), **asked}
    thing["metadata"] = {name: text for name, text in merged.items() if text != ""}


def new_metadata(given: Given) -> Wire:
    """For something new: empty values are nothing."""
    asked: Any = given.whole("metadata") or {}
    return {name: text for name, text in asked.items() if text != ""}


def unset(value: Any) -> Any:
    """'' in a form means null."""
    return None if value == "" else value


@route("post", "/v1/products")
def create_product(ledger: Ledger, given: Given) -> Wire:
    identity = given.get("id") or ledger.id("product")
    if identity in ledger.tables.get("product", {}):
        raise Refused("Product already exists.", code="resource_already_exists", param="id")
    product = ledger.new(
        "product",
        id=identity,
        active=given.get("active", True),
        description=given.get("description"),
        images=given.whole("images", []),
        marketing_features=[],
        metadata=new_metadata(given),
        name=given.get("name"),
        statement_descriptor=given.get("statement_descriptor"),
        tax_code=given.get("tax_code"),
        type="service",
        unit_label=given.get("unit_label"),
        updated=ledger.now,
        url=given.get("url"),
    )
    ledger.emit("product.created", product)
    return product


@route("get", "/v1/products/{}")
def retrieve_product(ledger: Ledger, given: Given, identity: str) -> Wire:
    return ledger.get("product", identity)


@route("post", "/v1/products/{}")
def update_product(ledger: Ledger, given: Given, identity: str) -> Wire:
    product = ledger.get("product", identity)
    with ledger.changing(product, "product.updated"):
        for name in ("active", "name"):
            if name in given:
                product[name] = given.get(name)
        for name in ("description", "tax_code", "unit_label", "url", "images"):
            if name in given:
                product[name] = unset(given.whole(name))
        if "default_price" in given:
            product["default_price"] = ledger.get("price", given.get("default_price"), param="default_price")[
                "id"
            ]
        metadata(product, given)
        product["updated"] = ledger.now
    return product


@route("delete", "/v1/products/{}")
def delete_product(ledger: Ledger, given: Given, identity: str) -> Wire:
    product = ledger.get("product", identity)
    if any(price["product"] == identity for price in ledger.all("price")):
        raise Refused(
            "This product cannot be deleted because it has one or more user-created prices. To stop selling this "
            "product, set its active property to false.",
        )
    del ledger.tables["product"][identity]
    ledger.emit("product.deleted", product)
    return {"id": identity, "object": "product", "deleted": True}


@route("get", "/v1/products")
def list_products(ledger: Ledger, given: Given) -> Wire:
    created = within(given.get("created"))
    active, ids = given.get("active"), given.get("ids")

    def keep(product: Wire) -> bool:
        return created(product) and active in (None, product["active"]) and (not ids or product["id"] in ids)

    return page(given, ledger.all("product"), "/v1/products", keep)


@route("post", "/v1/prices")
def create_price(ledger: Ledger, given: Given) -> Wire:
    product = given.get("product")
    if "product_data" in given:
        if product:
            raise Refused("You may only specify one of these parameters: product, product_data.")
        product = create_product(ledger, given.get("product_data"))["id"]
    elif product is None:
        raise Refused("Missing required param: product.", code="parameter_missing", param="product")
    price = price_from(ledger, given, product)
    price["lookup_key"] = _lookup_key(ledger, given)
    price["nickname"] = given.get("nickname")
    price["active"] = given.get("active", True)
    ledger.emit("price.created", price)
    return price


def _lookup_key(ledger: Ledger, given: Given) -> str | None:
    """One price has it at a time: another may take it over when it says so."""
    key: str | None = given.get("lookup_key")
    transfer = given.get("transfer_lookup_key", False)
    for other in ledger.all("price") if key else []:
        if other["lookup_key"] != key:
            continue
        if not transfer:
            raise Refused(f"A price (`{other['id']}`) already uses that lookup key.", param="lookup_key")
        with ledger.changing(other, "price.updated"):
            other["lookup_key"] = None
    return key


def price_from(ledger: Ledger, given: Given, product: str) -> Wire:
    """A price from `price_data` or from the parameters of a price itself. Inline ones stay inactive."""
    if product not in ledger.tables.get("product", {}):
        raise missing("product", product, param=given.name("product"), status=400)
    amount, custom = _amounts(given)
    recurring = given.get("recurring")
    if recurring is not None and custom:
        raise Refused(
            "`custom_unit_amount` is not supported for recurring prices.",
            param=given.name("custom_unit_amount"),
        )
    return ledger.new(
        "price",
        active=False,
        billing_scheme="per_unit",
        currency=money.currency(given.get("currency"), given.name("currency")),
        custom_unit_amount=custom,
        metadata=new_metadata(given),
        product=product,
        recurring=_recurring(recurring),
        tax_behavior=given.get("tax_behavior", "unspecified"),
        type="recurring" if recurring else "one_time",
        unit_amount=amount,
        unit_amount_decimal=None if amount is None else str(amount),
    )


def _amounts(given: Given) -> tuple[int | None, Wire | None]:
    amount, custom = given.get("unit_amount"), given.get("custom_unit_amount")
    if (amount is None) == (custom is None):
        raise Refused(
            "Prices require exactly one of `unit_amount`, `unit_amount_decimal` or `custom_unit_amount`.",
            code="parameter_missing" if amount is None else None,
            param=given.name("unit_amount"),
        )
    if custom is None:
        if not 0 <= amount <= money.LARGEST:
            raise Refused(
                "Invalid non-negative integer" if amount < 0 else "Amount must be no more than €999,999.99",
                param=given.name("unit_amount"),
            )
        return amount, None
    if not custom.get("enabled"):
        raise Refused("`custom_unit_amount[enabled]` must be true.", param=custom.name("enabled"))
    return None, {name: custom.get(name) for name in ("minimum", "maximum", "preset")}


def _recurring(given: Given | None) -> Wire | None:
    if given is None:
        return None
    interval, count = given.get("interval"), given.get("interval_count", 1)
    longest = {"day": 365, "week": 52, "month": 12, "year": 1}[interval] * money.LONGEST_YEARS
    if not 1 <= count <= longest:
        raise Refused(
            f"Invalid interval_count: the interval must be between 1 {interval} and 3 years.",
            param=given.name("interval_count"),
        )
    usage = given.get("usage_type", "licensed")
    return {
        "interval": interval,
        "interval_count": count,
        "meter": None,
        "trial_period_days": None,
        "usage_type": usage,
    }


@route("get", "/v1/prices/{}")
def retrieve_price(ledger: Ledger, given: Given, identity: str) -> Wire:
    return ledger.get("price", identity)


@route("post", "/v1/prices/{}")
def update_price(ledger: Ledger, given: Given, identity: str) -> Wire:
    """Amount, currency and interval of a price never change."""
    price = ledger.get("price", identity)
    with ledger.changing(price, "price.updated"):
        for name in ("active", "lookup_key", "nickname", "tax_behavior"):
            if name in given:
                price[name] = unset(given.get(name))
        metadata(price, given)
    return price


@route("get", "/v1/prices")
def list_prices(ledger: Ledger, given: Given) -> Wire:
    created = within(given.get("created"))
    keys = given.get("lookup_keys")
    wanted = {name: given.get(name) for name in ("active", "currency", "product", "type") if name in given}
    inline = ledger.hidden.inline_prices

    def keep(price: Wire) -> bool:
        return (
            price["id"] not in inline
            and created(price)
            and all(price[name] == value for name, value in wanted.items())
            and (not keys or price["lookup_key"] in keys)
        )

    return page(given, ledger.all("price"), "/v1/prices", keep)


def inline_price(ledger: Ledger, given: Given) -> Wire:
    """A price made on the spot from `price_data`: inactive, not listed."""
    product = given.get("product")
    if "product_data" in given:
        product = create_product(ledger, given.get("product_data"))["id"]
    if product is None:
        raise Refused(
            f"You must provide one of {given.name('product')} or {given.name('product_data')}.",
            code="parameter_missing",
            param=given.name("product"),
        )
    price = price_from(ledger, given, product)
    ledger.hidden.inline_prices.add(price["id"])
    return price


def plan_of(price: Wire) -> Wire:
    """The old shape of a recurring price, still on subscription items."""
    recurring = price["recurring"]
    return {
        "object": "plan",
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "nickname": price["nickname"],
        "tiers_mode": None,
        "transform_usage": None,
        **{
            name: price[name]
            for name in ("id", "active", "billing_scheme", "created", "currency", "livemode")
        },
        **{name: price[name] for name in ("metadata", "product")},
        **{
            name: recurring[name]
            for name in ("interval", "interval_count", "meter", "trial_period_days", "usage_type")
        },
    }


@includable("price", "currency_options")
def currency_options(ledger: Ledger, price: Wire) -> Wire:
    names = ("custom_unit_amount", "tax_behavior", "unit_amount", "unit_amount_decimal")
    return {price["currency"]: {name: price[name] for name in names}}

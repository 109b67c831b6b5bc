"""Coupons, promotion codes, and the discounts that come of them."""

from . import money
from .catalog import metadata, new_metadata, unset
from .ledger import Ledger, happening
from .params import Given
from .refusals import Refused, missing
from .routes import includable, page, route, within
from .shapes import Wire, blank


@route("post", "/v1/coupons")
def create_coupon(ledger: Ledger, given: Given) -> Wire:
    percent, amount = given.get("percent_off"), given.get("amount_off")
    if (percent is None) == (amount is None):
        raise Refused("You must pass exactly one of these parameters: percent_off, amount_off.")
    duration = given.get("duration", "once")
    months = given.get("duration_in_months")
    if (duration == "repeating") != (months is not None):
        raise Refused(
            "`duration_in_months` is required if, and only if, `duration` is `repeating`.", param="duration"
        )
    if percent is not None and not 0 < percent <= 100:
        raise Refused("Invalid percent_off: must be greater than 0 and at most 100.", param="percent_off")
    if amount is not None and "currency" not in given:
        raise Refused("Missing required param: currency.", code="parameter_missing", param="currency")
    identity = given.get("id") or ledger.id("coupon")
    if identity in ledger.tables.get("coupon", {}):
        raise Refused("Coupon already exists.", code="resource_already_exists", param="id")
    products = given.get("applies_to")
    coupon = ledger.new(
        "coupon",
        id=identity,
        amount_off=amount,
        currency=money.currency(given.get("currency")) if amount is not None else None,
        duration=duration,
        duration_in_months=months,
        max_redemptions=given.get("max_redemptions"),
        metadata=new_metadata(given),
        name=given.get("name"),
        percent_off=percent,
        redeem_by=given.get("redeem_by"),
        times_redeemed=0,
        valid=True,
    )
    if products is not None:
        ledger.hidden.coupon_products[identity] = products.whole("products", [])
    if coupon["redeem_by"]:
        ledger.remind(coupon["redeem_by"], "coupon_ends", identity)
    ledger.emit("coupon.created", coupon)
    return coupon


@happening("coupon_ends")
def coupon_ends(ledger: Ledger, identity: str) -> None:
    coupon = ledger.tables["coupon"].get(identity)
    if coupon:
        with ledger.changing(coupon, "coupon.updated"):
            coupon["valid"] = False


@happening("promotion_ends")
def promotion_ends(ledger: Ledger, identity: str) -> None:
    promotion = ledger.tables["promotion_code"][identity]
    with ledger.changing(promotion, "promotion_code.updated"):
        promotion["active"] = False


@includable("coupon", "applies_to")
def applies_to(ledger: Ledger, coupon: Wire) -> Wire | None:
    products = ledger.hidden.coupon_products.get(coupon["id"])
    return {"products": products} if products else None


@route("get", "/v1/coupons/{}")
def retrieve_coupon(ledger: Ledger, given: Given, identity: str) -> Wire:
    return ledger.get("coupon", identity)


@route("post", "/v1/coupons/{}")
def update_coupon(ledger: Ledger, given: Given, identity: str) -> Wire:
    coupon = ledger.get("coupon", identity)
    with ledger.changing(coupon, "coupon.updated"):
        if "name" in given:
            coupon["name"] = given.get("name")
        metadata(coupon, given)
    return coupon


@route("delete", "/v1/coupons/{}")
def delete_coupon(ledger: Ledger, given: Given, identity: str) -> Wire:
    """Discounts already given stay."""
    coupon = ledger.get("coupon", identity)
    coupon["valid"] = False
    ledger.hidden.deleted_coupons[identity] = ledger.tables["coupon"].pop(identity)
    ledger.emit("coupon.deleted", coupon)
    return {"id": identity, "object": "coupon", "deleted": True}


@route("get", "/v1/coupons")
def list_coupons(ledger: Ledger, given: Given) -> Wire:
    return page(given, ledger.all("coupon"), "/v1/coupons", within(given.get("created")))


@route("post", "/v1/promotion_codes")
def create_promotion_code(ledger: Ledger, given: Given) -> Wire:
    coupon = ledger.get(
        "coupon", given.get("promotion").need("coupon"), param="promotion[coupon]", status=400
    )
    given.get("promotion").get("type")
    code = given.get("code") or ledger.id("coupon")
    if any(p["code"].lower() == code.lower() and p["active"] for p in ledger.all("promotion_code")):
        raise Refused(f"An active promotion code with `code: {code}` already exists.", param="code")
    restrictions = given.get("restrictions") or Given({})
    promotion = ledger.new(
        "promotion_code",
        active=given.get("active", True),
        code=code,
        customer=given.get("customer"),
        expires_at=given.get("expires_at"),
        max_redemptions=given.get("max_redemptions"),
        metadata=new_metadata(given),
        promotion={"coupon": coupon["id"], "type": "coupon"},
        restrictions={
            "first_time_transaction": restrictions.get("first_time_transaction", False),
            "minimum_amount": restrictions.get("minimum_amount"),
            "minimum_amount_currency": restrictions.get("minimum_amount_currency"),
        },
        times_redeemed=0,
    )
    if promotion["customer"]:
        ledger.get("customer", promotion["customer"], param="customer", status=400)
    if promotion["expires_at"]:
        ledger.remind(promotion["expires_at"], "promotion_ends", promotion["id"])
    ledger.emit("promotion_code.created", promotion)
    return promotion


@route("get", "/v1/promotion_codes/{}")
def retrieve_promotion_code(ledger: Ledger, given: Given, identity: str) -> Wire:
    return ledger.get("promotion_code", identity)


@route("post", "/v1/promotion_codes/{}")
def update_promotion_code(ledger: Ledger, given: Given, identity: str) -> Wire:
    promotion = ledger.get("promotion_code", identity)
    with ledger.changing(promotion, "promotion_code.updated"):
        if "active" in given:
            promotion["active"] = given.get("active")
        metadata(promotion, given)
    return promotion


@route("get", "/v1/promotion_codes")
def list_promotion_codes(ledger: Ledger, given: Given) -> Wire:
    created = within(given.get("created"))
    coupon = given.get("coupon")
    wanted = {name: unset(given.get(name)) for name in ("active", "customer") if name in given}
    code = given.get("code")

    def keep(promotion: Wire) -> bool:
        return (
            created(promotion)
            and all(promotion[name] == value for name, value in wanted.items())
            and coupon in (None, promotion["promotion"]["coupon"])
            and (code is None or promotion["code"].lower() == code.lower())
        )

    return page(given, ledger.all("promotion_code"), "/v1/promotion_codes", keep)


def coupon_of(ledger: Ledger, identity: str) -> Wire:
    """Also one that was deleted: discounts outlive their coupon."""
    found = ledger.tables.get("coupon", {}).get(identity) or ledger.hidden.deleted_coupons[identity]
    return found


def asked(ledger: Ledger, given: Given, customer: str | None) -> tuple[Wire, Wire | None]:
    """The coupon, and the promotion code it was asked for by. Raise Refused where it cannot be redeemed now."""
    if ("coupon" in given) == ("promotion_code" in given):
        raise Refused(
            "You must pass exactly one of these parameters: coupon, promotion_code.",
            param=given.name("coupon"),
        )
    promotion = None
    if "promotion_code" in given:
        param = given.name("promotion_code")
        promotion = ledger.get("promotion_code", given.get("promotion_code"), param=param, status=400)
        redeemable(ledger, promotion, customer, param)
        identity = promotion["promotion"]["coupon"]
    else:
        param, identity = given.name("coupon"), given.get("coupon")
    coupon = ledger.tables.get("coupon", {}).get(identity)
    if coupon is None:
        raise missing("coupon", identity, param=param, status=400)
    if not coupon["valid"]:
        raise Refused(f"Coupon {identity} is used up or expired.", code="coupon_expired", param=param)
    return coupon, promotion


def redeemable(ledger: Ledger, promotion: Wire, customer: str | None, param: str) -> None:
    if not promotion["active"]:
        raise Refused("This promotion code cannot be redeemed because it is inactive.", param=param)
    if promotion["customer"] and promotion["customer"] != customer:
        raise Refused(
            "This promotion code cannot be redeemed because the associated customer does not match.",
            param=param,
        )
    if promotion["restrictions"]["first_time_transaction"] and any(
        charge["customer"] == customer and charge["paid"] for charge in ledger.all("charge") if customer
    ):
        raise Refused(
            "This promotion code cannot be redeemed because the associated customer has prior transactions.",
            code="promotion_code_customer_not_first_time",
            param=param,
        )


def redeem(ledger: Ledger, coupon: Wire, promotion: Wire | None, **about: str | None) -> Wire:
    """The discount object, kept, and the count of redemptions raised."""
    _count(ledger, coupon, "coupon.updated", "valid")
    if promotion is not None:
        _count(ledger, promotion, "promotion_code.updated", "active")
    end = None
    if coupon["duration"] == "repeating":
        end = money.after(ledger.now, "month", coupon["duration_in_months"])
    return ledger.keep(
        blank(
            "discount",
            id=ledger.id("discount"),
            end=end,
            promotion_code=promotion["id"] if promotion else None,
            source={"coupon": coupon["id"], "type": "coupon"},
            start=ledger.now,
            **about,
        )
    )


def _count(ledger: Ledger, thing: Wire, event: str, flag: str) -> None:
    with ledger.changing(thing, event):
        thing["times_redeemed"] += 1
        if thing["max_redemptions"] and thing["times_redeemed"] >= thing["max_redemptions"]:
            thing[flag] = False


def off(ledger: Ledger, coupon: Wire, amount: int, product: str) -> int:
    """What a percentage takes off a line; an amount off is shared out by whoever adds up the lines."""
    products = ledger.hidden.coupon_products.get(coupon["id"])
    if amount <= 0 or (products and product not in products) or coupon["percent_off"] is None:
        return 0
    return money.share(amount, round(coupon["percent_off"] * 100), 10_000)

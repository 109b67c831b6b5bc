"""Objects as the library's classes describe them: made whole, and looked over before they are sent.

`blank` fills what Stripe shows as null; ABSENT is what it does not show at all until it has a value or is expanded
(an attribute the library then does not have, which is a trap worth keeping). `complaints` says where an object has
a field the library does not know, lacks one that it promises, or holds a value of another type.
"""

import functools
import typing
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Literal, cast

from stripe._list_object import ListObject
from stripe._object_classes import OBJECT_CLASSES
from stripe._stripe_object import StripeObject, UntypedStripeObject

from .library import class_of, fields_of, resolve
from .params import UNIONS

Wire = dict[str, Any]
Check = Callable[[Any, str], Iterator[str]]

ABSENT = {
    "account": "company deleted groups individual",
    "balance": "connect_reserved instant_available issuing refund_and_dispute_prefunding",
    "billing_portal.session": "after_expiration",
    "charge": "authorization_code level3 presentment_details radar_options refunds transfer",
    "checkout.session": "allowed_payment_method_types branding_settings excluded_payment_method_types line_items "
    "name_collection optional_items presentment_details redirect_on_completion return_url tax_id_collection",
    "coupon": "applies_to currency_options deleted",
    "customer": "business_name cash_balance customer_account deleted individual_name invoice_credit_balance sources "
    "subscriptions tax tax_ids",
    "discount": "deleted",
    "dispute": "intended_submission_method network_reason_code",
    "event": "account context",
    "invoice": "amount_paid_off_stripe confirmation_secret deleted payments status_details threshold_reason",
    "item": "discounts taxes",
    "payment_intent": "allowed_payment_method_types hooks payment_details payment_record presentment_details",
    "plan": "deleted tiers",
    "price": "currency_options deleted tiers",
    "product": "deleted tax_details",
    "refund": "description destination_details failure_balance_transaction failure_reason instructions_email "
    "next_action pending_reason presentment_details",
    "subscription": "presentment_details status_details",
    "subscription_item": "billed_until current_trial deleted",
    "webhook_endpoint": "deleted secret",
}


def _optional(hint: Any) -> bool:
    return typing.get_origin(hint) in UNIONS and type(None) in typing.get_args(hint)


@functools.cache
def _absent(name: str) -> frozenset[str]:
    if name != "payment_method":
        return frozenset(ABSENT.get(name, "").split())
    shown = {"billing_details", "customer", "customer_account", "metadata", "allow_redisplay"}
    return frozenset(f for f in fields_of(class_of(name)) if f not in shown)


@functools.cache
def _nulls(name: str) -> Wire:
    """What a new object of this name shows as null."""
    cls = class_of(name)
    shown = {f: h for f, h in fields_of(cls).items() if f not in _absent(name)}
    return {field: None for field, hint in shown.items() if _optional(resolve(hint, cls.__module__))}


def blank(name: str, /, **values: Any) -> Wire:
    """An object of this name with these values, its other fields null or absent as Stripe has them."""
    return {"object": name, **_nulls(name), **values}


def copied(thing: Any) -> Any:
    """A deep copy of what JSON can hold; many times faster than `copy.deepcopy`."""
    if isinstance(thing, dict):
        return {name: copied(value) for name, value in thing.items()}
    return [copied(value) for value in thing] if isinstance(thing, list) else thing


def listed(data: list[Wire], url: str, *, has_more: bool = False) -> Wire:
    return {"object": "list", "data": data, "has_more": has_more, "url": url}


def complaints(thing: Wire) -> list[str]:
    """Where this object (or list of objects) is not what the library's classes promise."""
    if thing.get("object") == "list":
        return [word for item in thing["data"] for word in complaints(item)]
    name = thing.get("object", "?")
    if name not in OBJECT_CLASSES:
        return [f"{name}: no such object"]
    if thing.get("deleted") is True and set(thing) == {"id", "object", "deleted"}:
        return []
    return list(_object(class_of(name))(thing, name))


@functools.cache
def _fields(cls: type) -> dict[str, tuple[bool, Check]]:
    found = {}
    for field, hint in fields_of(cls).items():
        resolved = resolve(hint, cls.__module__)
        found[field] = (_optional(resolved), _late(resolved, cls.__module__))
    return found


def _late(hint: Any, module: str) -> Check:
    """The check of a hint, made when it is first needed: most fields are null, and their classes stay unloaded."""
    made: list[Check] = []

    def check(value: Any, path: str) -> Iterator[str]:
        if value is None:
            return
        if not made:
            made.append(_check(hint, module))
        yield from made[0](value, path)

    return check


@functools.cache
def _object(cls: Any) -> Check:
    def check(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{path}: {value!r} is no {cls.__name__}"
            return
        fields = _fields(cls)
        for name in value:
            if name not in fields:
                yield f"{path}.{name}: not a field of {cls.__name__}"
        for name, (optional, of_field) in fields.items():
            if name in value:
                if value[name] is None and not optional:
                    yield f"{path}.{name}: null, but {cls.__name__} promises a value"
                yield from of_field(value[name], f"{path}.{name}")
            elif not optional:
                yield f"{path}.{name}: missing, but {cls.__name__} promises it"

    return check


def _check(hint: Any, module: str) -> Check:
    hint = resolve(hint, module)
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in UNIONS:
        return _union([resolve(arg, module) for arg in args if arg is not type(None)], module)
    if origin is list:
        return _list(_check(args[0], module))
    if origin is ListObject:
        return _list_object(_check(args[0], module))
    if origin is UntypedStripeObject:
        return _dict(_check(args[0], module))
    if origin is Literal:
        return _words(set(args))
    if isinstance(hint, type) and issubclass(hint, StripeObject):
        return _object(cast(Any, hint))
    return _plain(hint)


def _union(kinds: list[Any], module: str) -> Check:
    words = {w for kind in kinds if typing.get_origin(kind) is Literal for w in typing.get_args(kind)}
    if words:
        return _words(words)
    objects = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, StripeObject)]
    others = [_check(kind, module) for kind in kinds if kind not in objects]

    def check(value: Any, path: str) -> Iterator[str]:
        if isinstance(value, dict) and objects:
            named = [kind for kind in objects if getattr(kind, "OBJECT_NAME", None) == value.get("object")]
            if value.get("deleted") is True:
                return
            yield from _object(cast(Any, (named or objects)[0]))(value, path)
        elif others:
            yield from others[0](value, path)
        else:
            yield f"{path}: {value!r}"

    return check


def _list(inner: Check) -> Check:
    def check(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{path}: {value!r} is no list"
            return
        for n, item in enumerate(value):
            yield from inner(item, f"{path}[{n}]")

    return check


def _list_object(inner: Check) -> Check:
    def check(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, dict) or set(value) != {"object", "data", "has_more", "url"}:
            yield f"{path}: no list object"
            return
        yield from _list(inner)(value["data"], f"{path}.data")

    return check


def _dict(inner: Check) -> Check:
    def check(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{path}: {value!r} is no object"
            return
        for name, item in value.items():
            yield from inner(item, f"{path}.{name}")

    return check


def _words(words: set[Any]) -> Check:
    def check(value: Any, path: str) -> Iterator[str]:
        if value not in words:
            yield f"{path}: {value!r} is none of {sorted(map(str, words))[:12]}"

    return check


def _plain(kind: Any) -> Check:
    if kind is Any:
        return lambda value, path: iter(())
    kinds = {int: (int,), float: (int, float), Decimal: (str,)}.get(kind, (kind,))

    def check(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, kinds) or (isinstance(value, bool) and kind is not bool):
            yield f"{path}: {value!r} is no {kind.__name__}"

    return check

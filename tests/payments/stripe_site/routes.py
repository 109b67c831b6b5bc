"""Which function answers which route; lists in pages; expansions."""

import functools
from collections.abc import Callable
from typing import Any

from .accounts import Key
from .ledger import Ledger
from .library import Route, class_of, fields_of, published
from .params import Given
from .refusals import Refused, missing
from .shapes import Wire, copied, listed

Handler = Callable[..., Wire]  # (ledger, given, *ids)
HANDLERS: dict[Route, Handler] = {}
INCLUDABLE: dict[tuple[str, str], Callable[[Ledger, Wire], Any]] = {}
EXPANSION_DEPTH = 4  # steps of the path, each `data` counted

# What a restricted key must be allowed to read to have a thing of this kind expanded.
READ_BY = {
    "balance_transaction": "balance",
    "charge": "charge",
    "coupon": "coupon",
    "customer": "customer",
    "discount": "coupon",
    "dispute": "dispute",
    "invoice": "invoice",
    "payment_intent": "payment_intent",
    "payment_method": "payment_method",
    "product": "product",
    "promotion_code": "promotion_code",
    "refund": "charge",
    "subscription": "subscription",
}


def route(verb: str, path: str) -> Callable[[Handler], Handler]:
    """Answer this route of the library's with the function below; KeyError at import for one it does not have."""
    found = Route(verb, path)
    published()[found]

    def keep(handler: Handler) -> Handler:
        HANDLERS[found] = handler
        return handler

    return keep


def includable(
    kind: str, name: str
) -> Callable[[Callable[[Ledger, Wire], Any]], Callable[[Ledger, Wire], Any]]:
    """Mark a function as the value of a field that is only shown when it is expanded."""

    def keep(function: Callable[[Ledger, Wire], Any]) -> Callable[[Ledger, Wire], Any]:
        INCLUDABLE[kind, name] = function
        return function

    return keep


@functools.cache
def _patterns(verb: str, length: int) -> list[tuple[Route, list[str]]]:
    """Routes with so many parts, those with fewer variable ones first."""
    known = [(route, route.path.split("/")) for route in published() if route.verb == verb]
    return sorted((row for row in known if len(row[1]) == length), key=lambda row: row[1].count("{}"))


def find(verb: str, path: str) -> tuple[Route, list[str]] | None:
    """The route for a path and the ids in it."""
    parts = path.split("/")
    for known, pattern in _patterns(verb, len(parts)):
        pairs = list(zip(pattern, parts, strict=True))
        if all(p in ("{}", part) for p, part in pairs):
            return known, [part for p, part in pairs if p == "{}"]
    return None


def within(created: Given | int | None) -> Callable[[Wire], bool]:
    """The filter that lists have on `created`."""
    if created is None:
        return lambda thing: True
    if isinstance(created, int):
        return lambda thing: bool(thing["created"] == created)
    gt, gte, lt, lte = (created.get(word) for word in ("gt", "gte", "lt", "lte"))
    return lambda thing: (
        (gt is None or thing["created"] > gt)
        and (gte is None or thing["created"] >= gte)
        and (lt is None or thing["created"] < lt)
        and (lte is None or thing["created"] <= lte)
    )


def page(given: Given, rows: list[Wire], url: str, keep: Callable[[Wire], bool] = lambda thing: True) -> Wire:
    """A page of what `keep` lets through of all rows, newest first; cursors may stand on any row."""
    limit = given.get("limit", 10)
    if not 1 <= limit <= 100:
        raise Refused(f"Invalid limit: {limit}; must be between 1 and 100", param="limit")
    after, before = given.get("starting_after"), given.get("ending_before")
    if after and before:
        raise Refused("You may only specify one of these parameters: starting_after, ending_before.")
    places = {row["id"]: place for place, row in enumerate(rows)}
    for name, cursor in (("starting_after", after), ("ending_before", before)):
        if cursor and cursor not in places:
            raise missing(rows[0]["object"] if rows else "object", cursor, param=name, status=400)
    if before:
        kept = [row for row in rows[: places[before]] if keep(row)]
        return listed(kept[-limit:], url, has_more=len(kept) > limit)
    kept = [row for row in rows[places[after] + 1 if after else 0 :] if keep(row)]
    return listed(kept[:limit], url, has_more=len(kept) > limit)


def expanded(ledger: Ledger, key: Key, answer: Wire, paths: list[str]) -> Wire:
    """A copy of the answer with what was asked for put in place of ids."""
    answer = copied(answer)
    for path in paths:
        steps = path.split(".")
        if len(steps) > EXPANSION_DEPTH:
            raise Refused(
                f"You cannot expand more than {EXPANSION_DEPTH} levels of a property. Property: {path}",
                param="expand",
            )
        if answer["object"] == "list" and steps[0] != "data":
            raise _unexpandable(path, f" You may want to try expanding 'data.{path}' instead.")
        _expand(ledger, key, answer, steps, path)
    return answer


def _unexpandable(path: str, hint: str = "") -> Refused:
    return Refused(f"This property cannot be expanded ({path}).{hint}", param="expand")


def _expand(ledger: Ledger, key: Key, node: Any, steps: list[str], path: str) -> None:
    if not steps:
        return
    if isinstance(node, list):
        for item in node:
            _expand(ledger, key, item, steps, path)
        return
    name, rest = steps[0], steps[1:]
    include = INCLUDABLE.get((node.get("object", ""), name))
    if include and name not in node:
        node[name] = copied(include(ledger, node))
    if name not in node:
        known = node.get("object") in ("list", None) or name in fields_of(class_of(node["object"]))
        if not known or node.get("object") in ("list", None):
            raise _unexpandable(path)
        return
    if isinstance(node[name], str):
        node[name] = _read(ledger, key, node[name], path)
    elif isinstance(node[name], list):
        node[name] = [
            _read(ledger, key, item, path) if isinstance(item, str) else item for item in node[name]
        ]
    if isinstance(node[name], dict | list):
        _expand(ledger, key, node[name], rest, path)
    elif node[name] is not None:
        raise _unexpandable(path)


def _read(ledger: Ledger, key: Key, identity: str, path: str) -> Wire:
    """A copy of what the id stands for, if the key may read it."""
    found = referenced(ledger, identity)
    if found is None:
        raise _unexpandable(path)
    key.require(READ_BY[found["object"]], "read")
    return copied(found)


def referenced(ledger: Ledger, identity: str) -> Wire | None:
    """The object that an id in another object stands for."""
    return next(
        (ledger.tables[kind][identity] for kind in READ_BY if identity in ledger.tables.get(kind, {})), None
    )

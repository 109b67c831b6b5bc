"""What the installed official library publishes of Stripe's API: its version, routes, parameters and objects.

Nothing here is written from memory: routes and their parameter names are read from the library's service modules
and its typed dicts, fields of objects from its classes. A newer library makes the site speak the newer API.
"""

import ast
import functools
import importlib
import inspect
import typing
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import stripe
from stripe._api_version import _ApiVersion
from stripe._object_classes import OBJECT_CLASSES

VERSION: str = _ApiVersion.CURRENT
FOLDER = Path(stripe.__file__).parent
OPTIONS = frozenset(stripe.RequestOptions.__annotations__)

# The services whose routes are looked up; the rest of Stripe is not spoken here.
SERVICES = (
    "_account_service", "_balance_service", "_balance_transaction_service", "_charge_service", "_coupon_service",
    "_customer_service", "_dispute_service", "_event_service", "_invoice_payment_service", "_invoice_service",
    "_payment_intent_service", "_payment_method_service", "_price_service", "_product_service",
    "_promotion_code_service", "_refund_service", "_subscription_service", "_webhook_endpoint_service",
    "billing_portal/_session_service", "checkout/_session_line_item_service", "checkout/_session_service",
)  # fmt: skip


class Route(NamedTuple):
    verb: str
    path: str  # each variable part is "{}"


def _imported(tree: ast.Module) -> dict[str, tuple[str, str]]:
    """What a module imports only for type checkers: local name → (module, name there)."""
    return {
        alias.asname or alias.name: (found.module, alias.name)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for found in block.body
        if isinstance(found, ast.ImportFrom) and found.module
        for alias in found.names
    }


def _path(node: ast.expr) -> str | None:
    """The path that a service gives to `_request`: a text, or a text with `.format(…)`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        names = {word.arg: "{}" for word in node.keywords if word.arg}
        template = _path(node.func.value)
        return template.format(**names) if template else None
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _routes_of(service: str) -> Iterator[tuple[Route, tuple[str, str] | None]]:
    tree = ast.parse((FOLDER / f"{service}.py").read_text("utf-8"))
    imported = _imported(tree)
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        hint = next((a.annotation for a in function.args.args if a.arg == "params" and a.annotation), None)
        names = [str(n.value) for n in ast.walk(hint) if isinstance(n, ast.Constant)] if hint else []
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "self._request":
                path = _path(call.args[1])
                if path and isinstance(call.args[0], ast.Constant):
                    yield Route(str(call.args[0].value), path), imported.get(names[0]) if names else None


@functools.cache
def published() -> dict[Route, tuple[str, str] | None]:
    """Every route of the services above, with the module and name of its parameters."""
    return {route: params for service in SERVICES for route, params in _routes_of(service)}


@functools.cache
def params_of(route: Route) -> type | None:
    """The typed dict of what this route may be given; KeyError for a route that the library does not have."""
    known = published()[route]
    return getattr(importlib.import_module(known[0]), known[1]) if known else None


class _Names(dict[str, Any]):
    """The names that an annotation may use: those of its module, and what is imported only for type checkers."""

    def __init__(self, module: ModuleType) -> None:
        super().__init__(vars(module))
        self._late = _imported(ast.parse(inspect.getsource(module)))

    def __missing__(self, name: str) -> Any:
        if name not in self._late:
            raise KeyError(name)
        module, there = self._late[name]
        self[name] = getattr(importlib.import_module(module), there)
        return self[name]


@functools.cache
def _names(module: str) -> _Names:
    return _Names(importlib.import_module(module))


def resolve(hint: Any, module: str) -> Any:
    """An annotation of that module with every name in it followed, and Required/NotRequired taken off."""
    if isinstance(hint, str):
        return resolve(eval(hint, {}, _names(module)), module)
    if isinstance(hint, typing.ForwardRef):
        return resolve(hint.__forward_arg__, module)
    if typing.get_origin(hint) in (typing.NotRequired, typing.Required):
        return resolve(typing.get_args(hint)[0], module)
    return hint


@functools.cache
def class_of(name: str) -> type:
    """The library's class for objects whose `object` is this name."""
    module, there = OBJECT_CLASSES[name]
    return typing.cast(type, getattr(importlib.import_module(module), there))


@functools.cache
def fields_of(cls: type) -> dict[str, Any]:
    """Field name → its annotation, not yet resolved."""
    hidden = ("OBJECT_NAME",)
    return {name: hint for name, hint in inspect.get_annotations(cls).items() if name not in hidden}

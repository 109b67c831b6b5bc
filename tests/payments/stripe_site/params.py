"""Reading a form the way Stripe does, against the parameters that the library publishes."""

import functools
import re
import types
import typing
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, Union
from urllib.parse import parse_qsl

from stripe._stripe_object import UntypedStripeObject
from typing_extensions import is_typeddict

from .library import OPTIONS, resolve
from .refusals import Refused, required

KEY = re.compile(r"\[([^\[\]]*)\]")
UNIONS = (Union, types.UnionType)
DICTS = (dict, UntypedStripeObject)
Tree = dict[str, Any]


def decode(form: str) -> Tree:
    """`a[b][0]=c` as nested dicts; a list is a dict of its indices until the types are known."""
    tree: Tree = {}
    for name, value in parse_qsl(form, keep_blank_values=True):
        steps = [name.split("[", 1)[0], *KEY.findall(name)]
        node = tree
        for step in steps[:-1]:
            inner = node.setdefault(step or str(len(node)), {})
            if not isinstance(inner, dict):
                raise Refused(f"Invalid object: {steps[0]}", param=steps[0])
            node = inner
        node[steps[-1] or str(len(node))] = value
    return tree


class Given:
    """Parameters of one request. What nobody has read when the work is done was not understood: see `unread`."""

    def __init__(self, values: Tree, path: str = "") -> None:
        self._values = values
        self._path = path
        self._children: dict[str, Any] = {}
        self._read: set[str] = set()

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def name(self, name: str) -> str:
        """As errors name a parameter: `line_items[0][price]`."""
        return f"{self._path}[{name}]" if self._path else name

    def get(self, name: str, default: Any = None) -> Any:
        """A value, a Given for an object, a list of Given for a list of objects."""
        self._read.add(name)
        if name not in self._values:
            return default
        if name not in self._children:
            self._children[name] = _wrapped(self._values[name], self.name(name))
        return self._children[name]

    def need(self, name: str) -> Any:
        """Where Stripe requires what its library calls optional."""
        if name not in self._values:
            raise required(self.name(name))
        return self.get(name)

    def whole(self, name: str, default: Any = None) -> Any:
        """A value as it is, with everything in it counted as read."""
        self._read.add(name)
        return self._values.get(name, default)

    def unread(self) -> Iterator[str]:
        for name in self._values:
            if name not in self._read:
                yield self.name(name)
            child = self._children.get(name)
            for inner in child if isinstance(child, list) else [child]:
                if isinstance(inner, Given):
                    yield from inner.unread()


def _wrapped(value: Any, path: str) -> Any:
    if isinstance(value, dict):
        return Given(value, path)
    if isinstance(value, list):
        return [_wrapped(item, f"{path}[{n}]") for n, item in enumerate(value)]
    return value


def read(form: str, spec: type | None) -> Given:
    """Raise Refused for an unknown, missing or malformed parameter."""
    tree = decode(form)
    if spec is None:
        _strangers(tree, set(), "")
        return Given({})
    return Given(_object(tree, spec, ""))


def _strangers(tree: Tree, known: set[str], path: str) -> None:
    unknown = [f"{path}[{name}]" if path else name for name in tree if name not in known]
    if unknown:
        many = "s" if len(unknown) > 1 else ""
        raise Refused(
            f"Received unknown parameter{many}: {', '.join(unknown)}",
            code="parameter_unknown",
            param=unknown[0],
        )


@functools.cache
def _hints(spec: type) -> dict[str, Any]:
    return {
        name: resolve(hint, spec.__module__)
        for name, hint in spec.__annotations__.items()
        if name not in OPTIONS
    }


def _object(tree: Tree, spec: type, path: str) -> Tree:
    hints = _hints(spec)
    _strangers(tree, set(hints), path)
    needed: frozenset[str] = spec.__required_keys__  # type: ignore[attr-defined]
    for name in hints:
        if name in needed and name not in tree:
            raise required(f"{path}[{name}]" if path else name)
    return {
        name: _value(value, hints[name], spec.__module__, f"{path}[{name}]" if path else name)
        for name, value in tree.items()
    }


def _value(value: Any, hint: Any, module: str, path: str) -> Any:
    hint = resolve(hint, module)
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in UNIONS:
        return _one_of(value, [resolve(arg, module) for arg in args], module, path)
    if origin is list:
        return [_value(item, args[0], module, f"{path}[{n}]") for n, item in enumerate(_items(value, path))]
    if origin in DICTS:
        if not isinstance(value, dict):
            raise Refused(f"Invalid object: {value}", param=path)
        if args[-1] is str:
            return _metadata(value, path)
        return {name: _value(item, args[-1], module, f"{path}[{name}]") for name, item in value.items()}
    if is_typeddict(hint):
        if not isinstance(value, dict):
            raise Refused(f"Invalid object: {value}", param=path)
        return _object(value, hint, path)
    return _scalar(value, hint, path)


def _items(value: Any, path: str) -> list[Any]:
    if not isinstance(value, dict) or not all(name.isdigit() for name in value):
        raise Refused("Invalid array", param=path)
    return [value[name] for name in sorted(value, key=int)]


def _metadata(value: Tree, path: str) -> Tree:
    if len(value) > 50:
        raise Refused("Metadata can have at most 50 keys.", param=path)
    for name, text in value.items():
        if len(name) > 40:
            raise Refused(f"Metadata keys can be at most 40 characters long: {name}", param=path)
        if len(text) > 500:
            raise Refused(f"Metadata values can be at most 500 characters long: {name}", param=path)
    return value


def _one_of(value: Any, kinds: list[Any], module: str, path: str) -> Any:
    words = [w for kind in kinds if typing.get_origin(kind) is Literal for w in typing.get_args(kind)]
    rest = [kind for kind in kinds if typing.get_origin(kind) is not Literal]
    if isinstance(value, str):
        if value in words:
            return value
        if int in rest and re.fullmatch(r"-?\d+", value):
            return int(value)
        if [word for word in words if word] and not {float, Decimal} & set(rest):
            return _scalar(value, Literal[tuple(word for word in words if word)], path)
    plain = [k for k in rest if k in (str, int, float, bool, Decimal)]
    nested = [k for k in rest if k not in plain]
    chosen = nested or plain if isinstance(value, dict) else plain or nested
    if not chosen:
        raise Refused(f"Invalid object: {value}", param=path)
    return _value(value, chosen[0], module, path)


def _scalar(value: Any, hint: Any, path: str) -> Any:
    if not isinstance(value, str):
        raise Refused(f"Invalid string: {value}", param=path)
    if typing.get_origin(hint) is Literal:
        words = [str(word) for word in typing.get_args(hint)]
        if value not in words:
            listed = ", ".join(words[:-1]) + f", or {words[-1]}" if len(words) > 2 else " or ".join(words)
            raise Refused(f"Invalid {path}: must be one of {listed}", param=path)
        return value
    if value == "":
        raise Refused(
            f"You passed an empty string for '{path}'. We assume empty values are an attempt to unset a parameter; "
            f"however '{path}' cannot be unset. You should remove '{path}' from your request or supply a non-empty "
            "value.",
            code="parameter_invalid_empty",
            param=path,
        )
    return _number(value, hint, path)


def _number(value: str, hint: Any, path: str) -> Any:
    if hint is int:
        if not re.fullmatch(r"-?\d+", value):
            raise Refused(f"Invalid integer: {value}", code="parameter_invalid_integer", param=path)
        return int(value)
    if hint is bool:
        if value not in ("true", "false"):
            raise Refused(f"Invalid boolean: {value}", param=path)
        return value == "true"
    if hint in (float, Decimal):
        try:
            return hint(value)
        except (ValueError, InvalidOperation) as wrong:
            raise Refused(f"Invalid decimal: {value}", param=path) from wrong
    return value

"""The words that a field takes, for whoever sent another one. msgspec's own sentence names only what is wrong."""

import re
from collections.abc import Iterator
from functools import lru_cache

from msgspec import inspect

_STEP = re.compile(r"\.([^.\[\]]+)|\[[^\]]*\]")


@lru_cache(maxsize=500)
def choices(kind: type, path: str) -> tuple[str, ...]:
    """What may stand at `path` (`$.a[0].b` without the `$`) of a value of `kind`; () where that is not one of a few words."""
    there = [inspect.type_info(kind)]
    for step in _STEP.finditer(path):
        there = [below for one in _plain(there) for below in _below(one, step[1])]
    return tuple(dict.fromkeys(str(word) or '""' for one in _plain(there) for word in _words(one)))


def _plain(types: list[inspect.Type]) -> Iterator[inspect.Type]:
    for one in types:
        if isinstance(one, inspect.UnionType):
            yield from _plain(list(one.types))
        elif isinstance(one, inspect.Metadata):
            yield from _plain([one.type])
        else:
            yield one


def _below(one: inspect.Type, name: str | None) -> Iterator[inspect.Type]:
    if isinstance(one, inspect.StructType):
        yield from (field.type for field in one.fields if field.encode_name == name)
    elif isinstance(one, inspect.CollectionType) and name is None:
        yield one.item_type


def _words(one: inspect.Type) -> tuple[object, ...]:
    if isinstance(one, inspect.LiteralType):
        return tuple(one.values)
    return tuple(member.value for member in one.cls) if isinstance(one, inspect.EnumType) else ()

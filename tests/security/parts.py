"""Tables that are written in parts, one in the file of each noun, and read as one."""

import pkgutil
from collections import Counter
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any, TypeVar

Key, Value = TypeVar("Key"), TypeVar("Value")


def each(package: str, paths: Iterable[str], name: str) -> list[Any]:
    """What is called so in the files of a package, of those that have it."""
    files = (import_module(f"{package}.{found.name}") for found in pkgutil.iter_modules(paths))
    return [getattr(file, name) for file in files if hasattr(file, name)]


def whole(parts: Iterable[Mapping[Key, Value]]) -> dict[Key, Value]:
    """The parts as one table. Raises AssertionError for what stands in two of them."""
    kept = list(parts)
    twice = [key for key, times in Counter(key for part in kept for key in part).items() if times > 1]
    assert not twice, f"in two nouns' files at once: {twice}"
    return {key: value for part in kept for key, value in part.items()}

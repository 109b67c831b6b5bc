"""What was made and may be wanted again soon, as much of it as fits into so many bytes."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

V = TypeVar("V")

LARGEST = 8  # nothing that takes more than an eighth is kept: one visitor could push all else out with it


class Kept(Generic[V]):
    """The last used first to stay. A key must say everything that the value depends on: nothing here grows old."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[Hashable, tuple[V, int]] = OrderedDict()
        self.size_bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Hashable) -> V | None:
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        return found[0]

    def put(self, key: Hashable, value: V, size_bytes: int) -> None:
        """`size_bytes` is what key and value take together, as well as the caller knows."""
        self.drop(key)
        if size_bytes > self._most_bytes // LARGEST:
            return
        self._kept[key] = (value, size_bytes)
        self.size_bytes += size_bytes
        while self.size_bytes > self._most_bytes:
            _, (_, freed_bytes) = self._kept.popitem(last=False)
            self.size_bytes -= freed_bytes

    def drop(self, key: Hashable) -> None:
        gone = self._kept.pop(key, None)
        if gone is not None:
            self.size_bytes -= gone[1]

    def clear(self) -> None:
        self._kept.clear()
        self.size_bytes = 0

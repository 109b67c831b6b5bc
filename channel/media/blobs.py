"""Where the bytes of media lie: a port. Every blob is named by the sha256 of its content and never changes.

Adapters: local.py (a folder). tests/contract/test_blobs.py is what each of them has to pass.
"""

import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Protocol

from channel.errors import NotFound

CHUNK_BYTES = 256 * 1024
_KEY = re.compile(r"[0-9a-f]{64}")


def require_key(key: str) -> str:
    """Only what is a hash ever becomes part of a path or an address. Raises NotFound."""
    if not _KEY.fullmatch(key):
        raise NotFound("There is no such file.")
    return key


class Blobs(Protocol):
    """A store. Each verb raises Unavailable when the store is away, DiskFull when it has no room."""

    async def keep(self, source: Path, key: str) -> None:
        """Store the complete, synced file `source` under `key`; durable once this returns. `source` stays.

        What is there already is as good, and counts as young again.
        """

    def read(self, key: str, start: int, length: int) -> AsyncIterator[bytes]:
        """`length` bytes from `start` on, in pieces. Raises NotFound before the first piece."""

    async def size(self, key: str) -> int:
        """In bytes. Raises NotFound."""

    async def fetch(self, key: str, into: Path) -> None:
        """Make it the file `into`, for a program that needs one. Raises NotFound."""

    async def old(self, before_ms: int, *, after: str = "", limit: int = 500) -> Sequence[str]:
        """Keys of what nobody has kept since `before_ms` (epoch ms), in their order, beyond `after`."""

    async def forget(self, key: str, before_ms: int) -> bool:
        """Remove it, unless somebody has kept it since `before_ms`. Gone already is as good."""

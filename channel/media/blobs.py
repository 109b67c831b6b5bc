"""Where the bytes of media lie: a port. Every blob is named by the sha256 of its content and never changes.

Adapters: local.py (a folder), s3.py (a bucket), pair.py (both). tests/contract/test_blobs.py is what each of them has to pass.
"""

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from channel.errors import NotFound, Unavailable

CHUNK_BYTES = 256 * 1024
_KEY = re.compile(r"[0-9a-f]{64}")


def require_key(key: str) -> str:
    """Only what is a hash ever becomes part of a path or an address. Raises NotFound."""
    if not _KEY.fullmatch(key):
        raise NotFound("There is no such file.")
    return key


class Broken(Unavailable):
    """What the store holds is not what its name says."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The headers under which a blob goes out, whoever sends it."""

    type: str
    disposition: str
    cache: str


@dataclass(frozen=True, slots=True)
class Shortcut:
    """Where somebody else hands it out for us. `inside`: a path for the proxy before us, which no browser learns."""

    address: str
    inside: bool = False


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
        """Make it the file `into`, for a program that needs one. Raises NotFound, Broken (where the way is long)."""

    async def old(self, before_ms: int, *, after: str = "", limit: int = 500) -> Sequence[str]:
        """Keys of what nobody has kept since `before_ms` (epoch ms), in their order, beyond `after`."""

    async def forget(self, key: str, before_ms: int) -> bool:
        """Remove it, unless somebody has kept it since `before_ms`. Gone already is as good."""

    def into(self, store: str) -> "Blobs":
        """The same, with what is new kept in the store of that name; where there is none of it, as before."""

    async def shortcut(self, key: str, shown: Shown) -> Shortcut | None:
        """How to have it sent by another, to one who may have it now; None: only by `read`. Good for 5 minutes at most."""

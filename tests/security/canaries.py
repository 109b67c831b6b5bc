"""Texts that must not get out. Each has a kind, a name for who may read it, and a form no chance can produce."""

import base64
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from tests.security.sights import Sight

Reader = Callable[["Sight"], bool]
_PLAIN = re.compile(rb"cnry-([a-z]+)", re.IGNORECASE)


def _as_base64() -> tuple[bytes, ...]:
    """What base64 makes of the mark at each of its three alignments, without the ends that depend on the neighbours."""
    found = []
    for case in (b"CNRY-", b"cnry-"):
        for pad in range(3):
            coded = base64.b64encode(b"\0" * pad + case)
            found.append(coded[(0, 2, 3)[pad] :][:5])
    return tuple(found)


_CODED = _as_base64()


@dataclass
class Canaries:
    """All that were let loose, by kind."""

    readers: dict[str, Reader] = field(default_factory=dict)
    exact: dict[bytes, str] = field(default_factory=dict)

    def new(self, kind: str, reader: Reader) -> str:
        """A canary text that `reader` says who may see."""
        assert re.fullmatch("[a-z]+", kind), kind
        assert kind not in self.readers, f"{kind} is used twice"
        self.readers[kind] = reader
        return f"CNRY-{kind}-{uuid.uuid4().hex}"

    def watch(self, kind: str, secret: str, reader: Reader) -> None:
        """A secret that the product made itself, as a kind of its own."""
        self.readers[kind] = reader
        self.exact[secret.encode()] = kind

    def seen_in(self, content: bytes) -> frozenset[str]:
        """The kinds in `content`."""
        exact = (kind for secret, kind in self.exact.items() if secret in content)
        return kinds_in(content).union(exact)

    def illegal(self, seen: frozenset[str], sight: "Sight") -> frozenset[str]:
        """Those of `seen` that this viewer may not read. A mark cut short counts as each kind it could be."""
        return frozenset(kind for kind in seen if not self._legal(kind, sight))

    def _legal(self, kind: str, sight: "Sight") -> bool:
        known = [name for name in self.readers if name == kind] or [
            name for name in self.readers if name.startswith(kind)
        ]
        return bool(known) and all(self.readers[name](sight) for name in known)

    def readable(self, sight: "Sight") -> frozenset[str]:
        """All kinds that this viewer may read."""
        return frozenset(kind for kind, reader in self.readers.items() if reader(sight))


def kinds_in(content: bytes) -> frozenset[str]:
    """The kinds of canaries in `content`, in the clear, percent-encoded, or in base64 (as kind "coded")."""
    found = {match[1].decode().lower() for match in _PLAIN.finditer(content)}
    if b"%" in content:
        found |= {match[1].decode().lower() for match in _PLAIN.finditer(unquote_to_bytes(content))}
    if any(mark in content for mark in _CODED):
        found |= _decoded(content)
    return frozenset(found)


def _decoded(content: bytes) -> set[str]:
    """The mark of base64 may stand in a token by chance: what is really there is decided by decoding."""
    found: set[str] = set()
    for run in re.findall(rb"[A-Za-z0-9+/_-]{12,}", content):
        for start in range(4):
            part = run[start:].translate(bytes.maketrans(b"-_", b"+/"))
            part = part[: len(part) - len(part) % 4]
            found |= {match[1].decode().lower() for match in _PLAIN.finditer(base64.b64decode(part))}
    return found

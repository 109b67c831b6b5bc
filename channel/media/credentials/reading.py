"""The server's side of reading credentials: order a child where there may be some, and believe nothing of what it says."""

import asyncio
import importlib.util
import json
import logging
import os
import stat
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final
from weakref import WeakKeyDictionary

from channel.media.children import Ended, Limits, run

from .model import MAX_STORE_BYTES, NOT_CHECKED, Credentials, decoded

AVAILABLE: Final = importlib.util.find_spec("c2pa") is not None
# The library reads a file once for its hash; a film of 2 GB takes a minute of an old core. A picture's job must be done
# within 50 seconds, of which preparing it takes most.
LIMITS: Final = Limits(memory=1 << 30, cpu_s=15, file_bytes=MAX_STORE_BYTES, seconds=20)
LONG: Final = Limits(memory=1 << 30, cpu_s=300, file_bytes=MAX_STORE_BYTES, seconds=600)
AT_ONCE: Final = min(2, os.cpu_count() or 1)
CHILD: Final = Path(__file__).with_name("child.py")
# Every store is called c2pa, whatever file it is in; what lies elsewhere is named in XMP as dcterms:provenance.
STORE: Final = b"c2pa"
NAMES: Final = (STORE, b"provenance")
PIECE_BYTES: Final = 1 << 20

log = logging.getLogger("channel.media")
_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Found:
    """`store`: a file with the credentials themselves (JUMBF), where they could be taken out."""

    credentials: Credentials
    store: Path | None = None


async def read(source: Path, type_: str, into: Path, *, trust: str = "", long: bool = False) -> Found:
    """What `source`, which begins like `type_`, says of itself. `into`: a path for the store, where nothing is yet.

    `trust`: certificates (PEM) of those whose signatures count. Raises nothing for what strangers may send: what cannot be
    read is not_checked, which is all there is without the extra [c2pa].
    """
    if not AVAILABLE:
        return Found(Credentials(NOT_CHECKED))
    names = await asyncio.to_thread(_names, source)
    if not names:
        return Found(Credentials("none"))
    limits = LONG if long else LIMITS
    turn = _turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))
    order = _order(source, type_, into, trust, limits, named=STORE in names)
    async with turn:
        ended = await run([sys.executable, "-I", str(CHILD)], order, limits.seconds)
    return await asyncio.to_thread(_understood, ended, into)


def _order(source: Path, type_: str, into: Path, trust: str, limits: Limits, *, named: bool) -> bytes:
    return json.dumps(
        {
            "source": str(source.absolute()),
            "type": type_,
            "store": str(into.absolute()),
            "trust": trust,
            "named": named,
            "limits": asdict(limits),
        }
    ).encode()


def _names(source: Path) -> set[bytes]:
    """Which of the names it holds: most files hold none, and need no child."""
    longest = max(map(len, NAMES))
    found: set[bytes] = set()
    with source.open("rb") as file:
        rest = b""
        while STORE not in found and (piece := file.read(PIECE_BYTES)):
            seen = rest + piece
            found |= {name for name in NAMES if name in seen}
            rest = seen[-longest:]
    return found


def _understood(ended: Ended, into: Path) -> Found:
    try:
        if ended.code != 0 or ended.late or ended.flooded:
            raise ValueError("it did not end well")
        found = decoded(ended.answer)
    except ValueError as error:
        log.warning("A child that read credentials ended with %d: %s", ended.code, error)
        return Found(Credentials(NOT_CHECKED))
    return Found(found, into if found.state in ("valid", "untrusted") and _is_file(into) else None)


def _is_file(path: Path) -> bool:
    try:
        told = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(told.st_mode) and 0 < told.st_size <= MAX_STORE_BYTES

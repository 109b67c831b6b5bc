"""What a power failure leaves: everything that was synced, and of the rest nothing, a part, or torn sectors.

The disk modelled here keeps its word on fsync and nothing else. Writes that were not synced may be kept or lost one by
one, in any order; in a torn write each sector is kept or lost by itself. A name (created, renamed, removed) is durable
once its folder is synced; syncing a new file also keeps the name it was created under, as ext4, xfs and btrfs do.
"""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path, PurePosixPath

from tests.faults.powerloss.trace import Kind, Record

SECTOR_BYTES = 512
NEAR = 100  # records; what belongs to one commit or the start of one checkpoint lies closer together


class Keep(Enum):
    """What becomes of writes that were not synced."""

    NONE = "none"
    HALF = "half"
    TORN = "torn"


@dataclass(slots=True)
class _File:
    durable: bytearray = field(default_factory=bytearray)
    waiting: list[Record] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Naming:
    """A change of a folder: `path` now names `file`, or nothing when `file` is None; `source` vanishes with it."""

    path: str
    file: int | None
    source: str | None = None
    created: bool = False


class Disk:
    """The state of the disk at one point of a trace."""

    def __init__(self) -> None:
        self._files: dict[int, _File] = {}
        self._names: dict[str, int] = {}
        self._durable_names: dict[str, int] = {}
        self._waiting_names: list[_Naming] = []

    def apply(self, record: Record) -> None:
        match record.kind:
            case Kind.OPEN:
                self._open(record.path, record.file)
            case Kind.WRITE | Kind.TRUNCATE:
                self._files.setdefault(record.file, _File()).waiting.append(record)
            case Kind.SYNC:
                self._sync(record.file)
            case Kind.SYNC_FOLDER:
                self._settle(
                    lambda naming: str(PurePosixPath(naming.path).parent) in (record.path, record.path or ".")
                )
            case Kind.RENAME:
                source, target = record.path.split("\0")
                if source in self._names:
                    self._name(_Naming(target, self._names[source], source))
            case Kind.LINK:
                source, target = record.path.split("\0")
                if source in self._names:
                    self._name(_Naming(target, self._names[source]))
            case Kind.UNLINK:
                if record.path in self._names:
                    self._name(_Naming(record.path, None))

    def _open(self, path: str, file: int) -> None:
        if self._names.get(path) == file:
            return
        if file not in self._names.values():
            self._files[file] = _File()  # an inode without a name was free: this is a new file
        self._name(_Naming(path, file, created=True))

    def _name(self, naming: _Naming) -> None:
        _rename(self._names, naming)
        self._waiting_names.append(naming)

    def _sync(self, file: int) -> None:
        synced = self._files.setdefault(file, _File())
        for record in synced.waiting:
            _write(synced.durable, record)
        synced.waiting.clear()
        self._settle(lambda naming: naming.file == file and naming.created)

    def _settle(self, reached: Callable[[_Naming], bool]) -> None:
        """Make names durable, and with each what happened to the same name before: a journal keeps its order."""
        last = {naming.path: at for at, naming in enumerate(self._waiting_names) if reached(naming)}
        waiting: list[_Naming] = []
        for at, naming in enumerate(self._waiting_names):
            if at <= last.get(naming.path, -1):
                _rename(self._durable_names, naming)
            else:
                waiting.append(naming)
        self._waiting_names = waiting

    def crash(self, folder: Path, keep: Keep, chance: random.Random) -> None:
        """Write into the empty `folder` what is found there when the power is back."""
        names = dict(self._durable_names)
        if keep is not Keep.NONE:
            for naming in self._waiting_names:
                if chance.random() < 0.5:
                    _rename(names, naming)
        for path, file in names.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(self._content(self._files[file], keep, chance))

    @staticmethod
    def _content(file: _File, keep: Keep, chance: random.Random) -> bytes:
        if keep is Keep.NONE or not file.waiting:
            return bytes(file.durable)
        content = bytearray(file.durable)
        for record in file.waiting:
            if chance.random() < 0.5:
                continue
            if keep is Keep.TORN and record.kind is Kind.WRITE:
                _write_torn(content, record, chance)
            else:
                _write(content, record)
        return bytes(content)


def _rename(names: dict[str, int], naming: _Naming) -> None:
    if naming.source is not None:
        names.pop(naming.source, None)
    if naming.file is None:
        names.pop(naming.path, None)
    else:
        names[naming.path] = naming.file


def _write(content: bytearray, record: Record) -> None:
    if record.kind is Kind.TRUNCATE:
        del content[record.offset :]
        content.extend(bytes(record.offset - len(content)))
        return
    content.extend(bytes(max(0, record.offset - len(content))))
    content[record.offset : record.offset + len(record.data)] = record.data


def _write_torn(content: bytearray, record: Record, chance: random.Random) -> None:
    end = record.offset + len(record.data)
    content.extend(bytes(max(0, end - len(content))))
    at = record.offset
    while at < end:
        stop = min(end, (at // SECTOR_BYTES + 1) * SECTOR_BYTES)
        if chance.random() < 0.5:
            content[at:stop] = record.data[at - record.offset : stop - record.offset]
        at = stop


def as_synchronous_normal(records: list[Record], wal: str) -> list[Record]:
    """The same run as SQLite would have synced it under synchronous=NORMAL.

    NORMAL differs from FULL in one thing: a commit does not sync the WAL. What still does is a new WAL header, and a
    checkpoint before it writes to the database file. All other syncs of the WAL are dropped here. What was acknowledged
    in between then rests on nothing, and a test that does not see it lost proves nothing.
    """
    wal_files = {record.file for record in records if record.kind is Kind.OPEN and record.path == wal}
    kept: list[Record] = []
    for at, record in enumerate(records):
        if record.kind is Kind.SYNC and record.file in wal_files:
            before = _nearest(reversed(records[max(0, at - NEAR) : at]), Kind.WRITE)
            after = _nearest(iter(records[at + 1 : at + NEAR]), Kind.WRITE, Kind.SYNC)
            new_header = before is not None and before.file in wal_files and before.offset == 0
            checkpoint = after is not None and after.file not in wal_files
            if not (new_header or checkpoint):
                continue
        kept.append(record)
    return kept


def _nearest(records: Iterable[Record], *kinds: Kind) -> Record | None:
    return next((record for record in records if record.kind in kinds), None)

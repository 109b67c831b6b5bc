"""Compiling the recorder, and reading what it wrote."""

import os
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

SOURCE = Path(__file__).with_name("recorder.c")
MAGIC = 0x50574C53
_HEAD = struct.Struct("<IIQQII")


class Kind(IntEnum):
    """As in recorder.c."""

    OPEN = 1
    WRITE = 2
    TRUNCATE = 3
    SYNC = 4
    SYNC_FOLDER = 5
    RENAME = 6
    UNLINK = 7
    LINK = 8


@dataclass(frozen=True, slots=True)
class Record:
    """One call. `end` is where the trace stood after it; `file` is an inode; `offset` is a size when truncating."""

    kind: Kind
    file: int
    offset: int
    path: str
    data: bytes
    end: int


class Recorder:
    """Records every process that is started with `environment`. `mark()` tells how much has been recorded."""

    def __init__(self, data: Path, scratch: Path) -> None:
        self.trace = scratch / "trace.bin"
        self.trace.touch()
        self._library = scratch / "recorder.so"
        self._data = data
        command = [
            "gcc",
            "-shared",
            "-fPIC",
            "-O1",
            "-o",
            str(self._library),
            str(SOURCE),
            "-ldl",
            "-lpthread",
        ]
        subprocess.run(command, check=True)

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs in its environment to be recorded."""
        return {
            "LD_PRELOAD": str(self._library),
            "POWERLOSS_ROOT": str(self._data),
            "POWERLOSS_TRACE": str(self.trace),
        }

    def mark(self) -> int:
        """Asked right after an answer came: what the answer rests on was recorded before this."""
        return os.stat(self.trace).st_size

    def records(self) -> list[Record]:
        return list(read(self.trace.read_bytes()))


def read(trace: bytes) -> Iterator[Record]:
    """Every whole record, oldest first. A process that was killed may leave half of one at the very end."""
    at = 0
    while at + _HEAD.size <= len(trace):
        magic, kind, file, offset, path_bytes, data_bytes = _HEAD.unpack_from(trace, at)
        if magic != MAGIC:
            raise ValueError(f"no record at {at}: the trace is damaged")
        path_at = at + _HEAD.size
        data_at = path_at + path_bytes
        at = data_at + data_bytes
        if at > len(trace):
            return
        yield Record(Kind(kind), file, offset, trace[path_at:data_at].decode(), trace[data_at:at], at)

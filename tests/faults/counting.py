"""`channel`, with its looks at the database counted: `python -m tests.faults.counting serve …`.

The numbers stand in the file that COUNTS names, as two native 64-bit integers: reads and writes.
"""

import mmap
import os
import struct
from pathlib import Path
from typing import Any

from channel.cli import main
from channel.storage import Database

COUNTS = "COUNTS"
LAYOUT = struct.Struct("=QQ")


def counts(path: Path) -> tuple[int, int]:
    """Reads and writes of the server that counts into `path`, since it started."""
    reads, writes = LAYOUT.unpack(path.read_bytes())
    return reads, writes


def _count(path: Path) -> None:
    path.write_bytes(bytes(LAYOUT.size))
    with path.open("r+b") as file:
        shown = mmap.mmap(file.fileno(), LAYOUT.size)
    seen = [0, 0]

    def counted(name: str, place: int) -> None:
        inner = getattr(Database, name)

        def call(self: Database, **more: Any) -> Any:
            seen[place] += 1
            LAYOUT.pack_into(shown, 0, *seen)
            return inner(self, **more)

        setattr(Database, name, call)

    counted("read", 0)
    counted("write", 1)


if __name__ == "__main__":
    _count(Path(os.environ[COUNTS]))
    main()

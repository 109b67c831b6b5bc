"""A wall clock that the test sets, for a server that runs outside it."""

import mmap
import shutil
import struct
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("clock.c")
OFFSET = struct.Struct("=q")
COMPILER = shutil.which("cc") or shutil.which("gcc")


class WallClock:
    """Of the processes that have `environment`. `offset_ms` is how far it is ahead of the true one."""

    def __init__(self, folder: Path) -> None:
        shim, told = folder / "clock.so", folder / "clock.offset"
        assert COMPILER is not None
        subprocess.run([COMPILER, "-O2", "-shared", "-fPIC", "-o", str(shim), str(SOURCE)], check=True)
        told.write_bytes(OFFSET.pack(0))
        with told.open("r+b") as file:
            self._told = mmap.mmap(file.fileno(), OFFSET.size)
        self.environment = {"LD_PRELOAD": str(shim), "CLOCK_OFFSET": str(told)}

    @property
    def offset_ms(self) -> int:
        offset: int = OFFSET.unpack_from(self._told)[0]
        return offset

    def set(self, offset_ms: int) -> None:
        """Jump."""
        OFFSET.pack_into(self._told, 0, offset_ms)

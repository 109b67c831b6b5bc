"""Making files and their names stay, and telling what went wrong."""

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from channel.errors import ChannelError, DiskFull, Unavailable

SWEEP = ".sweep"  # a lock: who removes files, and who must find all of them
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def sync(path: Path) -> None:
    """What was written to the file, or the names in the folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def told(error: OSError) -> ChannelError:
    """What the system says, as one of ours."""
    if error.errno in NO_ROOM:
        return DiskFull("The disk of this server is full. Nothing more was saved; go on later.")
    return Unavailable(f"The folder of the media cannot be used ({error.strerror}). Try again later.")


@contextlib.contextmanager
def still(folder: Path) -> Iterator[None]:
    """Nothing is removed from the folder meanwhile; what comes may come."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(folder / SWEEP, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)

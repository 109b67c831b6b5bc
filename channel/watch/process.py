"""What the process takes of the machine."""

import os
import resource
import time
from dataclasses import dataclass
from pathlib import Path

from channel.files import file_limit

STATM, FOLDERS = Path("/proc/self/statm"), ("/proc/self/fd", "/dev/fd")


@dataclass(frozen=True, slots=True)
class Process:
    """`cpu_s` since the start; a number that the system does not tell is 0."""

    memory_bytes: int
    cpu_s: float
    open_files: int
    most_files: int


def look() -> Process:
    """Some milliseconds with ten thousand connections: not for every request."""
    return Process(_memory_bytes(), time.process_time(), _open_files(), file_limit())


def _memory_bytes() -> int:
    try:
        return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        # The most it ever took, in KiB on most systems.
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _open_files() -> int:
    for folder in FOLDERS:
        try:
            return len(os.listdir(folder)) - 1  # the listing itself is one
        except OSError:
            continue
    return 0

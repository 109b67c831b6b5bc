"""What the figures were measured on, and how noisy it was."""

import importlib.metadata
import os
import platform
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path


def facts() -> Iterator[str]:
    """Lines for the head of the table."""
    yield f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    yield f"{len(os.sched_getaffinity(0))} cores ({_cpu()}), {_memory_mib()} MiB, {_system()}, Linux {platform.release()}"
    versions = " ".join(
        f"{name} {importlib.metadata.version(name)}" for name in ("uvicorn", "uvloop", "starlette")
    )
    yield f"one million turns of an empty loop take {_turns_s() * 1000:.0f} ms of CPU (15 to 25 when nobody else works)"
    yield f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {versions}"


def load() -> str:
    """How busy the machine is with everything, the measurement included."""
    return "load {:.1f} {:.1f} {:.1f}".format(*os.getloadavg())


def resident_kib(pid: int) -> int:
    """Memory of a process that is in RAM."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise ProcessLookupError(pid)


def cpu_s(pid: int) -> float:
    """Seconds that a process has worked so far: what a crowded machine changes least."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _turns_s() -> float:
    """A figure to see by how crowded the machine is: neighbours on the same core make it larger."""
    started_s = time.process_time()
    for _ in range(1_000_000):
        pass
    return time.process_time() - started_s


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory_mib() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024**2


def _system() -> str:
    return platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")

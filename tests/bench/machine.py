"""What the figures were measured on, how noisy it was, and what a process used of it."""

import importlib.metadata
import os
import platform
import resource
import sqlite3
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

_CORES = sorted(os.sched_getaffinity(0))
SERVERS, CLIENTS = _CORES[0], _CORES[-1]  # the core that servers work on, and the one of everything else


def facts() -> Iterator[str]:
    """Lines for the head of the table."""
    yield f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    yield f"{len(_CORES)} cores ({_cpu()}), {_memory_mib()} MiB, {_system()}, Linux {platform.release()}"
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


def anonymous_kib(pids: Iterable[int]) -> int:
    """Memory of processes that is their own, without files they have mapped."""
    return sum(
        int(line.split()[1])
        for pid in pids
        for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        if line.startswith("RssAnon:")
    )


def cpu_s(*pids: int) -> float:
    """Seconds that processes have worked so far: what a crowded machine changes least."""
    tasks = [task for pid in pids for task in Path(f"/proc/{pid}/task").iterdir()]
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def open_files(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def most_files() -> int:
    """Let this process and its children open as many files as they may; how many that is."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Processes started within stay on this core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def version(*command: str) -> str:
    """What a program says of itself, in one line."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip().splitlines()[0]


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

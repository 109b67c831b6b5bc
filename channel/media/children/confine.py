"""Inside a child: give up, before the first byte of a stranger is read, what the work does not need.

Imports the standard library only: a child that prepares a photo would spend a third of its time on more.
"""

import ctypes
import os
import resource
import signal
import sys
from dataclasses import dataclass

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_NO_NEW_PRIVS = 38
GENTLY = 10  # added to the niceness: pages are served first


@dataclass(frozen=True, slots=True)
class Limits:
    """What one child may use. `files`: the number that the next opened one must stay below; 0 means none at all.

    `memory` counts addresses, which are always more than what is really used. `seconds` on the wall ends the child
    even when the server that would have done so is gone. `processes` None: as many as the user may have, for threads count
    as well, and so does all else that the user runs.
    """

    memory: int
    cpu_s: int
    file_bytes: int
    seconds: int
    files: int = 0
    processes: int | None = 0


def confine(limits: Limits) -> None:
    """Take them. There is no way back, except for root, whom some systems let raise them again."""
    signal.alarm(limits.seconds)
    os.nice(GENTLY)
    _end_with_the_server()
    for what, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_NOFILE, limits.files),
    ):
        _lower(what, most)
    if limits.processes is not None:
        _lower(resource.RLIMIT_NPROC, limits.processes)
    # One second between the signal and the end, for a program that catches the signal.
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_s, limits.cpu_s + 1))


def _lower(what: int, most: int) -> None:
    hard = resource.getrlimit(what)[1]
    wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (wanted, wanted))


def _end_with_the_server() -> None:
    """Linux: die when the server dies, gain no rights by running something, show one's memory to nobody."""
    if not sys.platform.startswith("linux"):
        return
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)

"""Linux's Landlock: a process gives up all files and TCP for good, except for what it names. Standard library only.

Where the kernel has none of it, the other limits must do; `closed()` tells.
"""

import ctypes
import os
import sys
from collections.abc import Sequence
from pathlib import Path

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
ASK_VERSION = 1
PATH_BENEATH = 1
RUN, WRITE, READ, LIST = 1 << 0, 1 << 1, 1 << 2, 1 << 3
MAKE_DIR, MAKE_FILE, REMOVE_DIR, REMOVE_FILE = 1 << 7, 1 << 8, 1 << 4, 1 << 5
TRUNCATE = 1 << 14
ALL_OF_VERSION_1 = (1 << 13) - 1
REFER = 1 << 13
BIND_AND_CONNECT = 0b11
TO_READ = READ | LIST | RUN
TO_WRITE = WRITE | READ | LIST | MAKE_DIR | MAKE_FILE | REMOVE_DIR | REMOVE_FILE | TRUNCATE
FOR_FILES = RUN | WRITE | READ | TRUNCATE


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("net", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def close_files(readable: Sequence[str], writable: Sequence[str]) -> bool:
    """Allow these paths and what is below them, nothing else, from now on. False where the kernel cannot."""
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(CREATE_RULESET, None, 0, ASK_VERSION)
    if version < 1:
        return False
    handled = ALL_OF_VERSION_1 | (REFER if version >= 2 else 0) | (TRUNCATE if version >= 3 else 0)
    wanted = _Ruleset(handled, BIND_AND_CONNECT if version >= 4 else 0)
    ruleset = libc.syscall(
        CREATE_RULESET, ctypes.byref(wanted), ctypes.sizeof(wanted) if version >= 4 else 8, 0
    )
    if ruleset < 0:
        return False
    for paths, rights in ((readable, TO_READ), (writable, TO_WRITE)):
        for path in filter(os.path.exists, paths):
            _allow(libc, ruleset, path, rights & handled)
    closed = libc.syscall(RESTRICT_SELF, ruleset, 0) == 0
    os.close(ruleset)
    return bool(closed)


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    below = _Beneath(rights if Path(path).is_dir() else rights & FOR_FILES, parent)
    libc.syscall(ADD_RULE, ruleset, PATH_BENEATH, ctypes.byref(below), 0)
    os.close(parent)

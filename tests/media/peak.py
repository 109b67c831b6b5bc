"""How much memory this process has used at most since it was asked to count anew."""

import re
from pathlib import Path


def anew() -> int:
    """Forget the peak so far; what is used now, in bytes."""
    Path("/proc/self/clear_refs").write_text("5")
    return bytes_now()


def bytes_now() -> int:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) * 1024

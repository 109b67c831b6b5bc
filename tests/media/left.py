"""What a test may have left running."""

from pathlib import Path


def children() -> set[int]:
    """The processes that this one has started and that still are."""
    tasks = Path("/proc/self/task").iterdir()
    return {int(pid) for task in tasks for pid in (task / "children").read_text().split()}

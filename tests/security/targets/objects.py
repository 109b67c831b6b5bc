"""What stands for a parameter of a path."""

from collections.abc import Callable

NEVER = "0198d000-0000-7000-8000-000000000000"  # an id of nothing
MALFORMED = ("x", "%00", "..%2f..", "0198D000-0000-7000-8000-00000000000A", "%ed%a0%80", "a" * 300)
Objects = dict[tuple[str, str], Callable[[], str]]  # by the parameter's name and what stands before it


class NoObject(AssertionError):
    """A path parameter that the world has nothing for."""

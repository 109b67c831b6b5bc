"""The floor under which no number is shown."""

from typing import Final

FLOOR: Final = 10  # no number says anything about fewer people


def floored(count: int) -> int:
    """Full tens. Two such numbers, of two posts or of one at two times, differ by tens, whoever came in between; and what
    is left of a sum is as uncertain as its parts, so nobody can be reckoned out of them."""
    return count - count % FLOOR

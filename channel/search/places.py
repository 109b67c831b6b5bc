"""Where a document stands in the index: one number made of who may read it and when it was written.

All that an audience may read lies side by side, in the order of time. A search walks through the stretches that its
viewer may read, newest first, and stops when it has enough. What lies in other stretches is never looked at: it is not
filtered out of an answer, it cannot get into one, and it costs no time.
"""

MOMENT_BITS = 42  # milliseconds until the year 2109
LAST_MOMENT = (1 << MOMENT_BITS) - 1
MAX_AUDIENCE = (1 << (63 - MOMENT_BITS)) - 1


def place_of(audience: int, at: int) -> int:
    """`at` (epoch ms) beyond the year 2109 or before 1970 is the nearest that there is."""
    return (min(audience, MAX_AUDIENCE) << MOMENT_BITS) | max(0, min(at, LAST_MOMENT))


def moment_of(place: int) -> int:
    """When it was written (epoch ms), some milliseconds off where several were written in the same one."""
    return place & LAST_MOMENT


def audience_of(place: int) -> int:
    return place >> MOMENT_BITS

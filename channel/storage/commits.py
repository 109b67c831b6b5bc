"""How writing goes, for whoever watches: how many wait, how many share a commit, how long one takes."""

from channel.metrics import Histogram

GROUPS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Commits:
    """One per engine. `seconds` from COMMIT until it was durable; `sizes`: writes that became durable together."""

    __slots__ = ("refused", "seconds", "sizes", "waiting")

    def __init__(self) -> None:
        self.seconds = Histogram()
        self.sizes = Histogram(GROUPS)
        self.waiting = 0  # for their turn to write
        self.refused = 0  # because too many waited

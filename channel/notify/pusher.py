"""What we need of whatever carries a notice to a device."""

from dataclasses import dataclass
from typing import Literal, Protocol

from channel.push import Subscription

# taken: the push service answers for it from here on. gone: there is no such device any more. later: nothing was
# taken, it may be next time. refused: it will not be.
Fate = Literal["taken", "gone", "later", "refused"]


@dataclass(frozen=True, slots=True)
class Parcel:
    """One notice for one device. `topic`: of several that wait for a device, the newest of the same topic is kept."""

    to: Subscription
    content: bytes
    topic: str
    ttl_s: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of it. `after_s`: how long the push service wants to be left alone; `silent`: it said nothing at all.
    `problem` names no address."""

    fate: Fate
    problem: str = ""
    after_s: int | None = None
    silent: bool = False


class Pusher(Protocol):
    """Closes a parcel so that only the device can open it, and hands it to the push service of its browser."""

    async def send(self, parcel: Parcel) -> Outcome:
        """Within ten seconds or so. Raises nothing: what went wrong is an outcome."""
        ...

    async def rest(self) -> None:
        """There is nothing more to push for now: let go of open connections."""
        ...

"""For those who are behind: their events, read from the log once for everybody who stands about there.

A storm of returning clients costs one read of the log for each stream and moment, however many they are.
"""

import asyncio
import logging
from typing import Final

from channel import outbox
from channel.errors import Unavailable
from channel.live.frames import tell
from channel.live.hub import Hub
from channel.live.protocol import RESUME_LIMIT, TRY_LATER
from channel.live.stream import Item, Stream, Subscription
from channel.storage import Database

log = logging.getLogger("channel.live")
PAGE: Final = 200
TRIES: Final = 5


class History:
    """One per node. `fetch` may be called from anywhere on the loop, as often as one likes."""

    def __init__(self, db: Database, hub: Hub) -> None:
        self._db = db
        self._hub = hub
        self._fetching: dict[Stream, asyncio.Task[None]] = {}
        self.reads = 0

    def fetch(self, stream: Stream) -> None:
        """Bring what somebody in `stream` has to be told and is not at hand, then tell them."""
        if stream not in self._fetching:
            self._fetching[stream] = asyncio.get_running_loop().create_task(self._fetch(stream))

    async def _fetch(self, stream: Stream) -> None:
        try:
            for _ in range(TRIES):
                wanted = self._wanted(stream)
                if wanted is None:
                    return
                stream.prepend(await self._read(stream, wanted))
                if stream.quoting:
                    self._hub.quoting.add(stream)
                self._release(stream)
            self._give_up(stream)
        except Unavailable as error:
            log.warning("the log could not be read for those who are behind: %s", error.detail)
            self._give_up(stream)
        except Exception:
            log.exception("the log could not be read for those who are behind in %s", stream.name)
            self._give_up(stream)
        finally:
            del self._fetching[
                stream
            ]  # here, not in a callback: whoever falls behind from now on starts another one

    def _wanted(self, stream: Stream) -> int | None:
        """The least cursor of those who wait for the log; None when nobody does. Who is too far behind is cut."""
        if self._hub.streams.get(stream.name) is not stream:
            return None  # of another history, or nobody listens any more
        first, wanted = _first(stream), None
        for subscription in _behind(stream):
            cursor = subscription.told
            if (stream.head or 0) - cursor > 2 * RESUME_LIMIT:
                subscription.follower.cut("far")
            elif cursor + 1 < first and (wanted is None or cursor < wanted):
                wanted = cursor
        return wanted

    async def _read(self, stream: Stream, after: int) -> list[Item]:
        """The events after `after` up to where those begin that are at hand."""
        found: list[Item] = []
        until = _first(stream)
        while after + 1 < until:
            async with self._db.read() as tx:
                logged = await outbox.events_since(tx, stream.name, after, min(PAGE, until - after - 1))
                told = await tell(tx, stream.name, logged)
            self.reads += 1
            found += [one.item() for one in told]
            if not told:
                break
            after = told[-1].logged.seq
            await asyncio.sleep(0)
        return found

    def _release(self, stream: Stream) -> None:
        """Those whose next event is at hand now."""
        first = _first(stream)
        for subscription in _behind(stream):
            if subscription.told + 1 >= first:
                self._hub.readmit(subscription)

    def _give_up(self, stream: Stream) -> None:
        """They come back by seq, to us or to another node."""
        for subscription in _behind(stream):
            subscription.follower.end(TRY_LATER, "the log cannot be read")


def _first(stream: Stream) -> int:
    """The seq from which on events are at hand."""
    return stream.items[0].seq if stream.items else (stream.head or 0) + 1


def _behind(stream: Stream) -> list[Subscription]:
    """Parked, though their connections would take more."""
    return [
        subscription
        for cohort in stream.cohorts.values()
        for subscription in cohort.parked
        if not subscription.follower.blocked
    ]

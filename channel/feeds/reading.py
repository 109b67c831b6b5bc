"""From which networks private feeds are read: noted at once, written down together, as uses of sessions are."""

import asyncio
import contextlib
import logging
from collections import Counter
from itertools import islice
from typing import Final

from sqlalchemy import select

from channel.errors import ChannelError
from channel.feeds.model import MOST_COUNTED, day_of, network_hash
from channel.feeds.tables import feed_networks, feeds
from channel.storage import Database, Tx

GATHER_S: Final = 2.0
AT_ONCE: Final = 200
MOST_KNOWN: Final = 200_000  # that were written down already: beyond it some are written, and ignored, again

log = logging.getLogger("channel.feeds")
Note = tuple[str, int, int]  # feed, day, network


class Readers:
    """One per node. What is noted and not written yet is lost with the process: the next reading is noted again."""

    def __init__(self, db: Database, secret: bytes) -> None:
        self._db = db
        self._secret = secret
        self._noted: set[Note] = set()
        self._known: set[Note] = set()
        self._counts: Counter[tuple[str, int]] = Counter()
        self._day = 0
        self._woken = asyncio.Event()

    def note(self, feed_id: str, address: str) -> None:
        """The feed was read from this address, which is kept nowhere."""
        day = day_of(self._db.clock())
        if day != self._day or len(self._known) > MOST_KNOWN:
            self._day = day
            self._known.clear()
            self._counts.clear()
        one = (feed_id, day, network_hash(self._secret, feed_id, address, day))
        if one in self._known or self._counts[feed_id, day] >= MOST_COUNTED:
            return
        self._counts[feed_id, day] += 1
        self._known.add(one)
        self._noted.add(one)
        self._woken.set()

    async def run(self) -> None:
        """Write what was noted, until cancelled; then what is left. Reading goes on while writing cannot."""
        try:
            while True:
                await self._woken.wait()
                await asyncio.sleep(GATHER_S)
                self._woken.clear()
                try:
                    await self.flush()
                except ChannelError as error:
                    log.warning("networks of feeds were not written down: %s", error.detail)
        finally:
            with contextlib.suppress(ChannelError):
                await self.flush()

    async def flush(self) -> None:
        """Write it all. Raises Unavailable and the like; what was not written is noted again by the next reading."""
        while self._noted:
            some = set(islice(self._noted, AT_ONCE))
            self._noted -= some
            try:
                async with self._db.write(patient=True) as tx:
                    await _write(tx, some)
            except ChannelError:
                self._known -= some
                self._counts.subtract((feed_id, day) for feed_id, day, _ in some)
                raise


async def _write(tx: Tx, some: set[Note]) -> None:
    """Those of feeds that are still there."""
    wanted = [*{feed_id for feed_id, _, _ in some}]
    alive = select(feeds.c.id).where(feeds.c.id.in_(wanted), feeds.c.revoked_at.is_(None))
    there = {row.id for row in await tx.all(alive)}
    rows = [
        {"feed_id": feed_id, "day": day, "network": network}
        for feed_id, day, network in sorted(some)
        if feed_id in there
    ]
    if rows:
        await tx.run(tx.insert(feed_networks).values(rows).on_conflict_do_nothing())

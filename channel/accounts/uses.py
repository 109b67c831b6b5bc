"""When sessions and tokens were last used: noted at once, written down together.

After a restart everybody comes back in the same seconds; a write for each would cost more than all the rest of it.
"""

import asyncio
import contextlib
import logging
from itertools import islice
from typing import Final

from channel.accounts import sessions, tokens
from channel.accounts.model import Signed
from channel.errors import ChannelError
from channel.storage import Database

GATHER_S: Final = 2.0
AT_ONCE: Final = 500

log = logging.getLogger("channel.access")


class Uses:
    """One per node. What is noted here and not written yet is lost with the process: the next use is noted again."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._sessions: set[str] = set()
        self._tokens: set[str] = set()
        self._woken = asyncio.Event()

    def note(self, signed: Signed) -> None:
        """They were here, for when `touch_due` says that the last time was written down long ago."""
        if signed.session_id:
            self._sessions.add(signed.session_id)
        elif signed.token_id:
            self._tokens.add(signed.token_id)
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
                    log.warning("last uses were not written down: %s", error.detail)
        finally:
            with contextlib.suppress(ChannelError):
                await self.flush()

    async def flush(self) -> None:
        """Write it all. Raises Unavailable and the like; what was not written is forgotten, and noted again."""
        while self._sessions or self._tokens:
            used_sessions = set(islice(self._sessions, AT_ONCE))
            used_tokens = set(islice(self._tokens, AT_ONCE))
            self._sessions -= used_sessions
            self._tokens -= used_tokens
            async with self._db.write(heavy=True) as tx:
                await sessions.touch(tx, used_sessions)
                await tokens.touch(tx, used_tokens)

"""Connections to servers that are asked often, kept while there is more to ask.

Each leads to an address that was looked up and found public when it was opened, and to no other. One that has read as
much as a thousand answers are is given up.
"""

import ssl
from typing import Any, Final

import httpcore2

from channel.outside.wire import Connect, Resolve, Wire

MOST_LINES: Final = 16  # more than are asked at once: nobody waits behind a server that says nothing
IDLE_S: Final = 20.0  # shorter than servers keep one that says nothing
MOST_BYTES: Final = 4 * 1024 * 1024


class Kept:
    """One pool for a burst of questions. After `close` the next question opens a fresh one."""

    def __init__(self, resolve: Resolve, connect: Connect, context: ssl.SSLContext) -> None:
        self._resolve = resolve
        self._connect = connect
        self._context = context
        self._pool: httpcore2.AsyncConnectionPool | None = None

    def stream(self, method: str, url: httpcore2.URL, **given: Any) -> Any:
        """As of httpcore2's pool."""
        if self._pool is None:
            self._pool = httpcore2.AsyncConnectionPool(
                ssl_context=self._context,
                max_connections=MOST_LINES,
                keepalive_expiry=IDLE_S,
                network_backend=Wire(self._resolve, self._connect, MOST_BYTES),
            )
        return self._pool.stream(method, url, **given)

    async def close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.aclose()

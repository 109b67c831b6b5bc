"""What one connection may send and hold, the one timer that watches it, and uvicorn's settings."""

import asyncio
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import uvicorn
from starlette.types import ASGIApp
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from channel.files import file_limit, most_connections

BACKLOG = 2048
GRACEFUL_S = 10  # for requests and connections to end by themselves once the server stops


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one connection may send and hold. Past any of them it is answered 408 or 431, or cut."""

    header_bytes: int = 16_384
    header_lines: int = 100
    header_s: float = 15.0
    body_window_s: float = 60.0
    body_bytes_per_s: int = 10_240
    pipelined_requests: int = 32
    linger_s: float = 2.0
    keep_alive_s: int = 30
    write_stall_s: float = 30.0
    close_s: float = 10.0
    stop_close_s: float = 3.0
    tick_s: float = 1.0
    connections: int | None = None  # open at once; absent: what the limit of files leaves
    full_s: float = 1.0  # for whoever comes beyond that to say something and be told


class Expiring(Protocol):
    def expired(self, now_s: float) -> None: ...


class Deadlines:
    """One timer for all sockets. Only those that owe us something are in it: an idle one costs nothing."""

    def __init__(self, tick_s: float) -> None:
        self._tick_s = tick_s
        self._due: dict[Expiring, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def set(self, connection: Expiring, at_s: float) -> None:
        """Call `connection.expired` at `at_s` on the loop's clock, at most a tick late. Infinity forgets."""
        if at_s == math.inf:
            self._due.pop(connection, None)
            return
        self._due[connection] = at_s
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._tick_s, self._tick)

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        for connection in [c for c, at_s in self._due.items() if at_s <= now_s]:
            del self._due[connection]
            connection.expired(now_s)
        self._timer = loop.call_later(self._tick_s, self._tick) if self._due else None


class GuardedConfig(uvicorn.Config):
    """uvicorn's settings and ours, in the one object that it hands to every connection."""

    def __init__(
        self,
        app: ASGIApp,
        limits: Limits,
        *,
        trusted_proxies: Sequence[str],
        http: type[asyncio.Protocol],
        doors: Mapping[str, ASGIApp],
    ) -> None:
        if "*" in trusted_proxies:
            # uvicorn would then believe the left-most forwarded address, which the client wrote.
            raise ValueError("trusted proxies must be addresses or networks, never *")
        self.limits = limits
        self.most_connections = limits.connections or most_connections(file_limit())
        self.refused: Counter[str] = Counter()  # by status: what never reached the application
        self.deadlines = Deadlines(limits.tick_s)
        self.doors: dict[str, Any] = {
            path: ProxyHeadersMiddleware(door, list(trusted_proxies)) if trusted_proxies else door  # type: ignore[arg-type]
            for path, door in doors.items()
        }
        super().__init__(
            app,
            http=http,
            ws="none",  # WebSockets are taken at the doors
            lifespan="on",
            log_config=None,
            log_level="warning",
            access_log=False,
            workers=1,
            proxy_headers=bool(trusted_proxies),
            forwarded_allow_ips=list(trusted_proxies),
            server_header=False,
            date_header=True,
            backlog=BACKLOG,
            timeout_keep_alive=limits.keep_alive_s,
            timeout_graceful_shutdown=GRACEFUL_S,
        )

"""One connection that listens: who it is, what it follows, and how bytes get to it.

A follower on our own server is the protocol object of its transport: no task, no queue, no parser of its own. What is
written goes straight to the socket; only what the socket does not take goes through the transport, and until that has
drained the follower is `blocked`: its subscriptions are parked, events wait in the log, not in memory.
"""

import asyncio
import os
from sys import intern
from typing import TYPE_CHECKING, Any, Final

from channel.accounts import Signed
from channel.live.protocol import RESTART, TOO_SLOW
from channel.live.tallies import LOST
from channel.live.wire import SSE, Wire

if TYPE_CHECKING:
    from channel.live.hub import Hub
    from channel.live.stream import Subscription

MAX_UNSENT_BYTES: Final = 1024 * 1024  # answers and the like that wait on one transport; more, and it is cut


class Follower:
    """What the hub knows of a connection, whatever carries it."""

    __slots__ = (
        "account_id",
        "blocked",
        "blocked_s",
        "closing",
        "heard_s",
        "hub",
        "language",
        "network",
        "present",
        "session_id",
        "subscriptions",
        "token_id",
        "wire",
    )

    fd = -1  # of the socket that may be written to directly
    speaks = False  # a client that is heard from now and then while it is there

    def __init__(self, hub: "Hub", signed: Signed | None, *, language: str, network: str, wire: Wire) -> None:
        self.hub = hub
        self.account_id = signed.account.id if signed else None
        self.session_id = signed.session_id if signed else None
        self.token_id = signed.token_id if signed else None
        self.present = signed is None or signed.account.presence  # counted among those who are here
        self.language = language
        self.network = intern(network)  # many share one
        self.wire = wire
        self.subscriptions: list[Subscription] = []
        self.blocked = False
        self.blocked_s = 0  # since when, on the hub's clock
        self.heard_s = hub.now_s
        self.closing = False

    def say(self, payload: bytes) -> None:
        """Send one frame without a place in a log: an answer, a ping. Never blocks."""
        if not self.closing:
            self.hub.tallies.sent_frames += 1
            self.send(self.wire.note(payload))

    def send(self, data: bytes) -> None:
        """Send encoded frames after whatever waits already. Never blocks."""
        raise NotImplementedError

    def overflow(self, rest: bytes) -> None:
        """The socket took only a part: the rest follows, and until then nothing else is taken."""
        raise NotImplementedError

    def end(self, code: int, reason: str) -> None:
        """Close with a code of protocol.py, after what waits; cut it soon if the client does not take it."""
        raise NotImplementedError

    def ping(self) -> None:
        """Say that we are still here, and ask whether the client is."""
        if not self.closing:
            self.hub.tallies.sent_frames += 1
            self.send(self.wire.heartbeat)

    def cut(self, reason: str) -> None:
        """It reads too slowly, or no more: it comes back by seq. `reason`: one of tallies.CUT."""
        if not self.closing:
            self.hub.tallies.cut(reason, self.subscriptions[0].stream.name if self.subscriptions else "")
        self.end(TOO_SLOW, "reading too slowly")

    def abort(self) -> None:
        """Free the connection now."""
        raise NotImplementedError

    def look_again(self) -> None:
        """Whether what had to wait has gone out after all."""

    def unsent_bytes(self) -> int:
        """What waits for the client to take it."""
        return 0


class TransportFollower(Follower, asyncio.Protocol):
    """A connection of our own server."""

    __slots__ = ("_registry", "fd", "transport")

    def __init__(self, transport: asyncio.Transport, registry: set[Any], *who: Any, **more: Any) -> None:
        super().__init__(*who, **more)
        self.transport = transport
        self.fd = transport.get_extra_info("socket").fileno()
        self._registry = registry
        # Told of the first byte that waits and of the last one that went.
        transport.set_write_buffer_limits(high=0)
        transport.set_protocol(self)
        registry.add(self)

    def send(self, data: bytes) -> None:
        self.hub.tallies.sent_bytes += len(data)
        if self.blocked:
            self.transport.write(data)
            if self.transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
                self.cut("unsent")
            return
        try:
            sent = os.write(self.fd, data)
        except BlockingIOError:
            sent = 0
        except OSError:
            return  # it has gone; connection_lost follows
        if sent < len(data):
            self.overflow(data[sent:])

    def overflow(self, rest: bytes) -> None:
        self.blocked = True
        self.blocked_s = self.hub.now_s
        self.hub.park(self)
        self.transport.write(rest)
        # Some loops write at once, others at the end of their turn; only what is left then is told of.
        asyncio.get_running_loop().call_soon(self.look_again)

    def look_again(self) -> None:
        if self.blocked and not self.transport.get_write_buffer_size():
            self.resume_writing()

    def pause_writing(self) -> None:
        pass  # overflow() has seen to it

    def resume_writing(self) -> None:
        if self.blocked and not self.closing:
            self.blocked = False
            self.hub.unpark(self)

    def unsent_bytes(self) -> int:
        return self.transport.get_write_buffer_size()

    def end(self, code: int, reason: str) -> None:
        if self.closing:
            return
        self.hub.tallies.closes[str(code)] += 1
        data = self.wire.farewell(code, reason)
        if self.blocked:
            self.transport.write(data)
        else:
            self.send(data)
        self.closing = True
        self.hub.part(self)
        self.after_farewell()

    def after_farewell(self) -> None:
        """The last frame is on its way."""
        self.transport.close()

    def abort(self) -> None:
        self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.closing:
            self.hub.tallies.closes[LOST] += 1
        self.closing = True
        self._registry.discard(self)
        self.hub.leave(self)

    def eof_received(self) -> bool:
        return False

    def shutdown(self) -> None:
        """The server ends and asks every connection to; most have been told already."""
        self.end(RESTART, "restart")


class SseFollower(TransportFollower):
    """A client that listens to one stream over server-sent events. Whatever it says is not listened to."""

    __slots__ = ()

    def __init__(self, transport: asyncio.Transport, registry: set[Any], *who: Any, **more: Any) -> None:
        super().__init__(transport, registry, *who, wire=SSE, **more)

    def data_received(self, data: bytes) -> None:
        self.heard_s = self.hub.now_s

"""The bus of several processes: what one of them says, NATS carries to the others, while it can.

The own listeners are called at once, as on a bus of one process; NATS brings the word to the others and nothing back.
Whatever it does (go, come back, lose, double, delay, reorder, lie), no caller waits for it or fails because of it: who
hears a hint reads the log, and who hears none reads it at the next poll. So nothing is kept for a NATS that is away.
"""

import asyncio
import contextlib
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from channel.bus.port import OnHint, OnNote

CONNECT_S: Final = 5
PING_S: Final = 5  # a NATS that answers two of these with silence is taken for gone
LOOK_S: Final = 1.0
SEND_S: Final = 5
LEAVE_S: Final = 1.0
FIRST_WAIT_S: Final = 0.25
LONGEST_WAIT_S: Final = 10.0
STEADY_S: Final = 10.0  # a connection that lasted so long was a good one
LAG_EVERY_S: Final = 5.0
SEND_EVERY_S: Final = 0.005  # what is said meanwhile goes together
MAX_HINTS: Final = 500  # in one message
MAX_PENDING: Final = 10_000  # streams; the oldest are left to the poll
MAX_NOTES: Final = 1_000
MAX_BYTES: Final = 256 * 1024  # of a message; NATS takes 1 MiB
MAX_UNSENT_BYTES: Final = 1024 * 1024

log = logging.getLogger("channel.bus")


class Note(msgspec.Struct, frozen=True):
    """What may be lost."""

    topic: str
    data: dict[str, Any]


_Hint = tuple[Annotated[str, Meta(max_length=100)], Annotated[int, Meta(ge=0, le=2**63 - 1)]]
_HINTS: Final = msgspec.json.Decoder(Annotated[list[_Hint], Meta(max_length=MAX_HINTS)])
_NOTE: Final = msgspec.json.Decoder(Note)
# JSON that is none, is not ours, or goes deeper than a decoder may.
_MALFORMED = (msgspec.DecodeError, RecursionError)
# All that a connection dies of; the remedy is the same.
_GONE = (OSError, EOFError, ValueError, NatsError)


class NatsBus:
    """`servers`: nats://… addresses, comma separated. `scope` keeps installations apart that share a NATS.

    `run` connects, and connects again, until it is cancelled.
    """

    def __init__(self, servers: str, scope: str) -> None:
        self._servers = [server.strip() for server in servers.split(",")]
        self._subject = f"channel.{scope}"
        self._listeners: list[tuple[OnHint, OnNote]] = []
        self._hints: dict[str, int] = {}  # the stream that grew last comes last: see `hint`
        self._notes: deque[bytes] = deque(maxlen=MAX_NOTES)
        self._stirred = asyncio.Event()
        self._told_away = False
        self._client: Client | None = None
        self.connected = False
        self.lag_s = 0.0
        self.malformed = 0

    def listen(self, on_hint: OnHint, on_note: OnNote) -> None:
        self._listeners.append((on_hint, on_note))

    def hint(self, stream: str, seq: int) -> None:
        for on_hint, _ in self._listeners:
            on_hint(stream, seq)
        if self.connected:
            # Put last, so that a demotion told before a paid post is not overtaken by it.
            self._hints.pop(stream, None)
            self._hints[stream] = seq
            if len(self._hints) > MAX_PENDING:
                del self._hints[next(iter(self._hints))]
            self._stirred.set()

    def note(self, topic: str, data: Mapping[str, object]) -> None:
        for _, on_note in self._listeners:
            on_note(topic, data)
        if self.connected:
            encoded = msgspec.json.encode(Note(topic, dict(data)))
            if len(encoded) <= MAX_BYTES:
                self._notes.append(encoded)
                self._stirred.set()

    @property
    def unsent_bytes(self) -> int:
        """How much waits for NATS to take it. Bounded: see `_send`."""
        return self._client.pending_data_size if self._client else 0

    async def run(self) -> None:
        """Be connected whenever NATS is there, until cancelled. Raises nothing of its own."""
        loop, failures = asyncio.get_running_loop(), 0
        while True:
            began_s = loop.time()
            await self._while_connected()
            failures = 0 if loop.time() - began_s > STEADY_S else failures + 1
            wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(failures, 10))
            await asyncio.sleep(wait_s * random.uniform(0.5, 1.5))

    async def _while_connected(self) -> None:
        client, problem = Client(), "it closed the connection"
        self._client = client
        try:
            await self._connect(client)
            await self._send(client)
            problem = _reason(client.last_error, self._servers) if client.last_error else problem
        except _GONE as error:
            problem = _reason(error, self._servers)
        except Exception:
            log.exception("The connection to NATS broke in a way that it should not")
        finally:
            self.connected = False
            self._hints.clear()
            self._notes.clear()
            await _leave(client)
        self._say_away(problem)

    async def _connect(self, client: Client) -> None:
        async def expected(error: Exception) -> None:
            """What goes wrong shows in the connection's end; the library's own log would print a traceback."""

        async def closed() -> None:
            self._stirred.set()

        async with asyncio.timeout(CONNECT_S):
            await client.connect(
                self._servers, name="channel", no_echo=True, connect_timeout=CONNECT_S, ping_interval=PING_S, flush_timeout=SEND_S,
                allow_reconnect=False, max_reconnect_attempts=1, reconnect_time_wait=0,
                error_cb=expected, closed_cb=closed,
            )  # fmt: skip
            for kind, heard in (("hints", self._heard_hints), ("notes", self._heard_note)):
                await client.subscribe(
                    f"{self._subject}.{kind}",
                    cb=heard,
                    pending_msgs_limit=MAX_PENDING,
                    pending_bytes_limit=8 * MAX_BYTES,
                )
            await client.flush(CONNECT_S)
        self.connected = True
        self._say_back()

    async def _send(self, client: Client) -> None:
        """Send what was said, together, until the connection is gone."""
        loop, measure_s = asyncio.get_running_loop(), 0.0
        while client.is_connected:
            if (began_s := loop.time()) >= measure_s:
                await client.flush(SEND_S)
                self.lag_s, measure_s = loop.time() - began_s, began_s + LAG_EVERY_S
            # A look now and then: a connection that hangs while it closes tells nobody.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._stirred.wait()
            self._stirred.clear()
            hints, self._hints = self._hints, {}
            notes, self._notes = self._notes, deque(maxlen=MAX_NOTES)
            pairs = list(hints.items())
            for start in range(0, len(pairs), MAX_HINTS):
                data = msgspec.json.encode(pairs[start : start + MAX_HINTS])
                await self._publish(client, "hints", data)
            for data in notes:
                await self._publish(client, "notes", data)
            await asyncio.sleep(SEND_EVERY_S)

    async def _publish(self, client: Client, kind: str, data: bytes) -> None:
        """Leave it to the poll when NATS takes nothing at the moment. Raises TimeoutError when the library waits for it."""
        if client.pending_data_size <= MAX_UNSENT_BYTES:
            async with asyncio.timeout(SEND_S):
                await client.publish(f"{self._subject}.{kind}", data)
            # The library swallows a cancellation while it waits for room; the end of the server would wait for ever.
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise asyncio.CancelledError

    async def _heard_hints(self, message: Msg) -> None:
        try:
            hints = _HINTS.decode(message.data)
        except _MALFORMED:
            self.malformed += 1
            return
        for stream, seq in hints:
            for on_hint, _ in self._listeners:
                on_hint(stream, seq)

    async def _heard_note(self, message: Msg) -> None:
        try:
            note = _NOTE.decode(message.data)
        except _MALFORMED:
            self.malformed += 1
            return
        for _, on_note in self._listeners:
            on_note(note.topic, note.data)

    def _say_away(self, problem: str) -> None:
        if not self._told_away:
            self._told_away = True
            log.warning("NATS is away (%s). Other nodes hear of news by polling until it is back.", problem)

    def _say_back(self) -> None:
        if self._told_away:
            self._told_away = False
            log.warning("NATS is back.")


def _reason(error: Exception, servers: list[str]) -> str:
    """What went wrong, without anything of an address that opens a door."""
    text = str(error) or type(error).__name__
    parts = [urlsplit(server) for server in servers]
    secrets = {secret for part in parts for secret in (part.username, part.password) if secret}
    return type(error).__name__ if any(secret in text for secret in secrets) else text


async def _leave(client: Client) -> None:
    """Close it, but wait for no server that does not read."""
    closing: Callable[[], Awaitable[None]] = client.close
    with contextlib.suppress(*_GONE):
        async with asyncio.timeout(LEAVE_S):
            await closing()

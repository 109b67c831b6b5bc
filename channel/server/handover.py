"""A connection that leaves HTTP: given to whoever goes on with it, with what the client has sent already."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

HANDOVER = "channel.handover"  # the scope extension under which a connection is offered
MAX_EARLY_BYTES = 65_536  # what a client may send before it was answered


class Handover:
    """Offered in the scope of the paths that `serve` was given for it.

    Whoever takes the connection sets its own protocol on `transport`, adds it to `registry` for as long as it is open
    (the server calls its `shutdown()` when it ends), and then calls `done`.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        registry: set[Any],
        let_go: Callable[[], None],
        answer: Callable[[int, str, Mapping[str, str]], None],
    ) -> None:
        self.transport = transport
        self.registry = registry
        self._let_go = let_go
        self._answer = answer
        self._early = b""

    def refuse(self, status: int, sentence: str, headers: Mapping[str, str]) -> None:
        """Answer instead, and close."""
        self._answer(status, sentence, headers)

    def keep(self, data: bytes) -> None:
        """What the client sends before anybody listens."""
        self._early += data
        if len(self._early) > MAX_EARLY_BYTES:
            self.transport.abort()

    def done(self, protocol: Any) -> None:
        """The connection has been taken; `protocol` is given what came early."""
        self._let_go()
        early, self._early = self._early, b""
        if early:
            protocol.data_received(early)

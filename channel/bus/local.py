"""The bus of a single process: a list of listeners."""

from collections.abc import Mapping

from channel.bus.port import OnHint, OnNote


class LocalBus:
    """Calls every listener at once, in the order they came."""

    connected = True
    lag_s = 0.0

    def __init__(self) -> None:
        self._listeners: list[tuple[OnHint, OnNote]] = []

    def hint(self, stream: str, seq: int) -> None:
        for on_hint, _ in self._listeners:
            on_hint(stream, seq)

    def note(self, topic: str, data: Mapping[str, object]) -> None:
        for _, on_note in self._listeners:
            on_note(topic, data)

    def listen(self, on_hint: OnHint, on_note: OnNote) -> None:
        self._listeners.append((on_hint, on_note))

    async def run(self) -> None:
        """Nothing has to be carried."""

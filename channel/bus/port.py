"""The bus carries hints between the parts and nodes of one installation, never truth.

A lost, doubled, late or forged message makes the site slower, never wrong: whoever hears "stream S is at N" reads the
log. What may be lost entirely (typing, read positions of one's own devices, counts) travels as a note.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

OnHint = Callable[[str, int], None]
OnNote = Callable[[str, Mapping[str, object]], None]


class Bus(Protocol):
    """Publish and forget; listeners are called on the event loop and must not block.

    `connected`: other nodes are heard. `lag_s`: how long a word takes to the middle of them and back.
    """

    connected: bool
    lag_s: float

    def hint(self, stream: str, seq: int) -> None:
        """Tell all nodes that `stream` has an event `seq`."""

    def note(self, topic: str, data: Mapping[str, object]) -> None:
        """Tell all nodes something that may be lost."""

    def listen(self, on_hint: OnHint, on_note: OnNote) -> None:
        """Hear everything from now on. Called once, when the app is put together."""

    async def run(self) -> None:
        """Carry what was said to the other nodes until cancelled; return at once where there are none."""

"""The port: what we need of a full-text index. Its two adapters keep the same promises, see tests/search."""

from collections.abc import Sequence
from typing import Protocol

from channel.search.fts5 import Fts5
from channel.search.matching import Entry, Hit, Matching, Stretch
from channel.search.tsvector import Tsvector
from channel.storage import Tx


class Engine(Protocol):
    """Words, filed under the place of their document."""

    async def put(self, tx: Tx, entries: Sequence[Entry]) -> None:
        """File new documents. Their places are free."""

    async def drop(self, tx: Tx, places: Sequence[int]) -> None:
        """Forget what is filed there."""

    async def find(self, tx: Tx, matching: Matching, stretch: Stretch) -> list[Hit]:
        """What matches within the stretch, newest first, and is what the document says now.

        Nothing outside the stretch is looked at.
        """


_ENGINES: dict[str, Engine] = {"sqlite": Fts5(), "postgresql": Tsvector()}


def engine_of(tx: Tx) -> Engine:
    return _ENGINES[tx.dialect]

"""Whose devices are pushed to: each kind has its queue and its judge."""

from collections.abc import Sequence
from typing import Protocol

from channel.notify.pushed.judging import Looking, Verdict, judge, nobody_looks
from channel.push import actions
from channel.push.queue import PUSHES, Claimed, Queue
from channel.storage import Tx


class Readers(Protocol):
    """What the courier has to know of them."""

    @property
    def queue(self) -> Queue: ...

    async def judge(self, tx: Tx, secret: bytes, claimed: Sequence[Claimed]) -> list[Verdict]:
        """What of these may leave at this moment. Never raises because something is gone."""
        ...

    async def note(self, tx: Tx, device_ids: Sequence[str], problem: str) -> None:
        """How the last try went with these devices; "": well."""
        ...

    async def drop(self, tx: Tx, device_ids: Sequence[str]) -> None:
        """The push service says that these are gone."""
        ...


class Members:
    """Devices that somebody has switched on for their account."""

    queue = PUSHES

    def __init__(self, looking: Looking = nobody_looks) -> None:
        self._looking = looking

    async def judge(self, tx: Tx, secret: bytes, claimed: Sequence[Claimed]) -> list[Verdict]:
        """See Readers."""
        return await judge(tx, secret, claimed, self._looking)

    async def note(self, tx: Tx, device_ids: Sequence[str], problem: str) -> None:
        """See Readers."""
        await actions.note(tx, device_ids, problem)

    async def drop(self, tx: Tx, device_ids: Sequence[str]) -> None:
        """See Readers."""
        await actions.drop(tx, device_ids)

"""Whose turn it is to write: one at a time, in the order they came, and those with patience after all others."""

import asyncio
from collections import deque
from typing import Final

IN_A_ROW: Final = (
    16  # so many others before one of the patient has a turn again: they are slow then, and not starved
)


class Turn:
    """Like a lock with two lines. The patient are those of a crowd, which must not keep a post waiting."""

    __slots__ = ("_in_a_row", "_line", "_patient", "_taken")

    def __init__(self) -> None:
        self._taken = False
        self._in_a_row = 0
        self._line: deque[asyncio.Future[None]] = deque()
        self._patient: deque[asyncio.Future[None]] = deque()

    @property
    def taken(self) -> bool:
        return self._taken

    @property
    def pressing(self) -> bool:
        """Whether somebody without patience waits."""
        return any(not one.done() for one in self._line)

    async def take(self, *, patient: bool = False) -> None:
        """Return when it is the caller's turn, which ends with `pass_on`."""
        if not self._taken:
            self._taken = True
            return
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        (self._patient if patient else self._line).append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self.pass_on()  # it was given just now
            raise

    def pass_on(self) -> None:
        """End the turn, and begin that of the next."""
        while self._line or self._patient:
            one = self._next()
            if not one.done():
                one.set_result(None)
                return
        self._taken = False

    def _next(self) -> asyncio.Future[None]:
        if self._line and (self._in_a_row < IN_A_ROW or not self._patient):
            self._in_a_row += 1
            return self._line.popleft()
        self._in_a_row = 0
        return self._patient.popleft()

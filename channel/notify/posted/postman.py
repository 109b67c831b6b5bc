"""Brings the letters about posts that are due: some at a time, never faster than the operator allows.

Before its words leave, a letter is marked, so that a crash at any moment never brings it twice: see notices/queue.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final

from channel.errors import ChannelError
from channel.notices.pace import RELAY, Pace, host_of
from channel.notices.queue import Claimed, Queue
from channel.notify.ladder import LOOK_AGAIN_MS
from channel.notify.posted.judging import Verdict, told
from channel.notify.posted.readers import Members, Readers
from channel.notify.posted.strangers import Followers
from channel.notify.posted.writing import Desk
from channel.notify.sender import Line, Mail, NobodyThere, Slow, Undeliverable, Unreachable, Unsure
from channel.storage import Database, Tx

POLL_S: Final = 2.0
BREATH_S: Final = 0.006  # after each letter: whoever is here goes first

log = logging.getLogger("channel.letters")


class Postman:
    """`line` opens a connection to the mail server; `rate` is how many letters a second it is given at most, of all
    `readers` together, and `per_host` how many a minute to one host of recipients (0: as many as that)."""

    def __init__(
        self,
        db: Database,
        line: Callable[[], Line],
        desk: Desk,
        *,
        rate: float,
        per_host: int = 0,
        readers: Sequence[Readers] = (Members(), Followers()),
    ) -> None:
        self._db = db
        self._line = line
        self._desk = desk
        self._readers = readers
        self._gap_s = 1 / rate
        self._pace = Pace(per_host)
        self._next_s = 0.0

    async def run(self) -> None:
        """Work until cancelled. Survives a database and a mail server that are away."""
        while True:
            try:
                done = await self.round()
            except ChannelError as error:
                log.warning("Letters have to wait: %s", error.detail)
                done = 0
            except Exception:
                log.exception("The postman stumbled; it goes on in %.0f s", POLL_S)
                done = 0
            if not done:
                await asyncio.sleep(POLL_S)

    async def round(self) -> int:
        """Bring the next letters, at most 8 to each kind of readers. Returns how many were looked at."""
        if self._pace.paused_until(RELAY, self._db.clock()):
            return 0
        return sum([await self._round(readers) for readers in self._readers])

    async def _round(self, readers: Readers) -> int:
        async with self._db.read(single=True) as tx:
            if not await readers.queue.any_due(tx):
                return 0
        before = self._pace.sent_away
        async with self._db.write(patient=True) as tx:
            claimed = await readers.queue.claim(tx, self._pace)
        await self._bring(readers, claimed)
        return len(claimed) + self._pace.sent_away - before

    async def _bring(self, readers: Readers, claimed: Sequence[Claimed]) -> None:
        line, left, gone = self._line(), list(claimed), Gone(self._db, readers.queue)
        try:
            while left:
                if await self._bring_one(readers, line, left[0], gone):
                    left.pop(0)
                    await asyncio.sleep(BREATH_S)
                    continue
                await self._all_wait(readers.queue, left)
                left = []
            await gone.settle()
        except BaseException:
            # What is marked stays so; for the rest nobody has to wait until a lease ends. A database that is away must
            # not turn the order to stop into another error.
            with contextlib.suppress(ChannelError):
                await gone.settle()
                for letter in left:
                    async with self._db.write(patient=True) as tx:
                        await readers.queue.release(tx, letter)
            raise
        finally:
            await line.close()

    async def _all_wait(self, queue: Queue, left: Sequence[Claimed]) -> None:
        """The mail server is away, or wants nothing from us for a while: then only the first one has been tried."""
        paused = bool(self._pace.paused_until(RELAY, self._db.clock()))
        for letter in left:
            async with self._db.write(patient=True) as tx:
                if paused and letter is not left[0]:
                    await queue.release(tx, letter)
                else:
                    await queue.put_back(tx, letter, letter.ids, "The mail server is away.")
        if self._pace.is_closed(RELAY, self._db.clock()):
            async with self._db.write(patient=True) as tx:
                await queue.forsake(tx)

    async def _bring_one(self, readers: Readers, line: Line, letter: Claimed, gone: "Gone") -> bool:
        """False: nobody took anything, and it is the same for the others."""
        async with self._db.read() as tx:
            verdict = await readers.judge(tx, letter)
        await note(self._db, readers.queue, letter, verdict)
        if not verdict.to:
            return True
        host, now = host_of(verdict.to), self._db.clock()
        # Since it was taken in hand.
        if until := max(self._pace.paused_until(host, now), self._pace.paused_until(RELAY, now)):
            async with self._db.write(patient=True) as tx:
                await readers.queue.release(tx, letter, at=until)
            return True
        await self._take_time()
        errand = _Errand(self._db, self._desk, readers, letter, verdict, gone)
        going = await errand.run(line)
        if errand.taken:
            self._pace.took(host)
            self._pace.took(RELAY)
        if errand.slow:
            self._slow(host if errand.slow == "host" else RELAY)
        return going

    def _slow(self, host: str) -> None:
        now = self._db.clock()
        wait_s = (self._pace.slow(host, now) - now) / 1000
        who = "The mail server" if host == RELAY else f"The mail server of {host}"
        log.warning("%s asked for fewer letters; nothing goes there for %.0f s.", who, wait_s)

    async def _take_time(self) -> None:
        now_s = asyncio.get_running_loop().time()
        self._next_s = max(self._next_s, now_s)
        wait_s, self._next_s = self._next_s - now_s, self._next_s + self._gap_s
        if wait_s > 0:
            await asyncio.sleep(wait_s)


async def note(db: Database, queue: Queue, letter: Claimed, verdict: Verdict) -> None:
    """Write down what is not sent, and what waits."""
    if not (verdict.over or verdict.waits or verdict.digest) and verdict.later is None:
        return
    async with db.write(patient=True) as tx:
        for why in sorted(set(verdict.over.values())):
            ids = [notice_id for notice_id, reason in verdict.over.items() if reason == why]
            await queue.settle(tx, letter, ids, "cancelled", why)
        if verdict.later is not None:
            settled = {*verdict.over, *verdict.waits, *verdict.digest}
            await queue.put_back(
                tx, letter, [one for one in letter.ids if one not in settled], at=verdict.later
            )
        await queue.defer(tx, letter, verdict.waits)
        await queue.defer(tx, letter, verdict.digest, how="weekly")


class Gone:
    """Letters that the mail server has taken, which is written down with the mark of the next one: a commit less for
    each. A crash in between leaves the last one marked, and a marked letter is never sent again."""

    def __init__(self, db: Database, queue: Queue) -> None:
        self._db = db
        self._queue = queue
        self._letters: list[tuple[Claimed, Sequence[str]]] = []

    def add(self, letter: Claimed, ids: Sequence[str]) -> None:
        """It was taken with these in it."""
        self._letters.append((letter, ids))

    async def settle(self) -> None:
        """Write down what is not yet."""
        if self._letters:
            async with self.settling():
                pass

    @contextlib.asynccontextmanager
    async def settling(self) -> AsyncIterator[Tx]:
        """A transaction that writes it down, among other things."""
        async with self._db.write(patient=True) as tx:
            for letter, ids in self._letters:
                await self._queue.settle(tx, letter, ids, "sent")
            yield tx
        self._letters = []


class _Errand:
    """One letter on its way."""

    def __init__(
        self, db: Database, desk: Desk, readers: Readers, letter: Claimed, verdict: Verdict, gone: Gone
    ) -> None:
        self._db = db
        self._desk = desk
        self._readers = readers
        self._queue = readers.queue
        self._letter = letter
        self._gone = gone
        self._to = verdict.to
        self._ids = list(verdict.going)  # what is in it
        self._marked = False
        self.slow: Slow = ""  # who asked for fewer letters
        self.taken = False

    async def run(self, line: Line) -> bool:
        """False when the mail server is away. Whatever else happens, it is written down what became of the letter."""
        letter = self._letter
        try:
            back = self._readers.return_path(self._desk, letter, self._to, self._db.clock())
            self.taken = await line.deliver(self._to, self._write, back)
        except Unreachable as error:
            log.warning("Letters have to wait: %s", error)
            self.slow = error.slow
            return False
        except NobodyThere as error:
            self.slow = error.slow
            await self._refused(error)
        except Undeliverable as error:
            self.slow = error.slow
            async with self._db.write(patient=True) as tx:
                if error.permanent:
                    await self._queue.settle(tx, letter, self._ids, "failed", str(error))
                else:
                    await self._queue.put_back(tx, letter, self._ids, str(error))
        except Unsure as error:
            log.warning("Nobody knows whether a letter was taken; it is not sent again. %s", error)
            async with self._db.write(patient=True) as tx:
                await self._queue.settle(
                    tx, letter, self._ids, "failed", f"Not known whether it was taken. {error}"
                )
        except ChannelError:
            raise
        except Exception:  # a bug in one letter must not stop the others
            log.exception("A letter could not be written")
            if not self._marked:
                async with self._db.write(patient=True) as tx:
                    await self._queue.put_back(
                        tx, letter, self._ids, "A fault in the program; the log says more."
                    )
        else:
            if self.taken:
                self._gone.add(letter, self._ids)
        return True

    async def _refused(self, error: NobodyThere) -> None:
        async with self._db.write(patient=True) as tx:
            if error.permanent:
                await self._readers.pause(tx, self._letter.reader_id, self._to)
                await self._queue.settle(tx, self._letter, self._ids, "failed", str(error))
            else:
                await self._queue.put_back(tx, self._letter, self._ids, str(error))

    async def _write(self) -> Mail | None:
        """The letter as it is right now, marked; None when there is none any more."""
        async with self._db.read() as tx:
            verdict = await self._readers.judge(tx, self._letter)
            await asyncio.sleep(0)  # here and below, between two steps: whoever is here goes first
            posts = await told(tx, verdict)
        await note(self._db, self._queue, self._letter, verdict)
        self._ids = list(verdict.going)
        if verdict.later is not None or not posts:
            return None
        if verdict.to != self._to:  # another address since it was named
            async with self._db.write(patient=True) as tx:
                await self._queue.put_back(tx, self._letter, self._ids, at=tx.now)
            return None
        tag = " ".join(["notice", *sorted(self._ids)])
        await asyncio.sleep(0)
        mail = self._readers.write(self._desk, self._letter, verdict, posts, tag)
        await asyncio.sleep(0)
        async with self._gone.settling() as tx:
            posts_in = [post.id for post in verdict.going.values()]
            if not await self._readers.still(tx, self._letter.reader_id, posts_in):
                again = dict.fromkeys(self._ids, tx.now + LOOK_AGAIN_MS)
                await self._queue.defer(tx, self._letter, again)
                return None
            self._marked = await self._queue.mark(tx, self._letter, self._ids)
        return mail if self._marked else None

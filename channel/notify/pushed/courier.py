"""Pushes what is due: some at a time, all at once, never faster than a steady pace.

A notice is in hand before it leaves and settled after: a crash in between sends it again, and the device knows which
posts it has shown. Who signed out, left or changed their mind is asked for just before.
"""

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from channel.errors import ChannelError
from channel.notify.pushed.judging import Looking, Verdict, nobody_looks
from channel.notify.pushed.readers import Members, Readers
from channel.notify.pushed.strangers import Followers
from channel.notify.pusher import Outcome, Parcel, Pusher
from channel.storage import Database, Tx

POLL_S: Final = 2.0
IN_FLIGHT: Final = 10  # on their way together
BREATH_S: Final = 0.006  # between two that are sealed: whoever is here goes first
ROUND_S: Final = 0.05
STRIKES: Final = 3  # a push service that says nothing so often in a row, to whichever devices,
REST_S: Final = 60  # is left alone for so long; others go on
MOST_RESTING: Final = 1_000

log = logging.getLogger("channel.push")


class Courier:
    """One on each process; they share what is due. `secret`: of secret.key, for what a notice is answered by. `looking`:
    who has a room or a topic before their eyes."""

    def __init__(
        self, db: Database, pusher: Pusher, secret: bytes, *, looking: Looking = nobody_looks
    ) -> None:
        self._db = db
        self._pusher = pusher
        self._secret = secret
        self._kinds: deque[Readers] = deque((Members(looking), Followers()))
        self._hands = asyncio.Semaphore(IN_FLIGHT)
        self._resting: dict[str, float] = {}  # hosts, and until when on the loop's clock
        self._strikes: dict[str, int] = {}

    async def run(self) -> None:
        """Work until cancelled. Survives a database and push services that are away."""
        try:
            while True:
                try:
                    done = await self.round()
                except ChannelError as error:
                    log.warning("Notices have to wait: %s", error.detail)
                    done = 0
                except Exception:
                    log.exception("The courier stumbled; it goes on in %.0f s", POLL_S)
                    done = 0
                await asyncio.sleep(ROUND_S if done else POLL_S)
        finally:
            await self._pusher.rest()

    async def round(self) -> int:
        """Push the next ones, at most 20, of one kind of readers; the others are first the next time. Returns how many
        were looked at."""
        idle = True
        for _ in range(len(self._kinds)):
            kind = self._kinds[0]
            self._kinds.rotate(-1)
            async with self._db.read(single=True) as tx:
                due = await kind.queue.any_due(tx)
            if due and (done := await self._push(kind)):
                return done
            idle = idle and not due
        if idle:
            await self._pusher.rest()
        return 0

    async def _push(self, kind: Readers) -> int:
        async with self._db.write(patient=True) as tx:
            claimed = await kind.queue.claim(tx)
        if not claimed:
            return 0
        async with self._db.read() as tx:
            verdicts = await kind.judge(tx, self._secret, claimed)
        going = [one for one in verdicts if one.words is not None]
        async with asyncio.TaskGroup() as errands:
            sent = {}
            for one in going:
                await self._hands.acquire()
                sent[one.one.id] = errands.create_task(self._errand(one))
                await asyncio.sleep(BREATH_S)
        outcomes = {push_id: task.result() for push_id, task in sent.items()}
        async with self._db.write(patient=True) as tx:
            await _write_down(tx, kind, verdicts, outcomes)
        return len(claimed)

    async def _errand(self, verdict: Verdict) -> Outcome:
        try:
            return await self._send(verdict)
        finally:
            self._hands.release()

    async def _send(self, verdict: Verdict) -> Outcome:
        """Raises nothing: a bug in one must not stop the others."""
        host = urlsplit(verdict.one.to.endpoint).netloc
        now_s = asyncio.get_running_loop().time()
        rests_s = self._resting.get(host, 0.0) - now_s
        if rests_s > 0:
            return Outcome("later", "Its push service is left alone for a while.", int(rests_s) + 1)
        try:
            assert verdict.words is not None
            parcel = Parcel(verdict.one.to, verdict.words.content(), verdict.words.topic, verdict.ttl_s)
            outcome = await self._pusher.send(parcel)
        except Exception:
            log.exception("A notice could not be pushed")
            return Outcome("later", "A fault in the program; the log says more.")
        self._count(host, now_s, outcome)
        return outcome

    def _count(self, host: str, now_s: float, outcome: Outcome) -> None:
        strikes = self._strikes.pop(host, 0) + 1
        if outcome.silent and strikes >= STRIKES:
            self._let_rest(host, now_s)
        elif outcome.silent and len(self._strikes) < MOST_RESTING:
            self._strikes[host] = strikes

    def _let_rest(self, host: str, now_s: float) -> None:
        if len(self._resting) >= MOST_RESTING:
            self._resting = {name: until_s for name, until_s in self._resting.items() if until_s > now_s}
        self._resting[host] = now_s + REST_S


async def _write_down(
    tx: Tx, kind: Readers, verdicts: Sequence[Verdict], outcomes: Mapping[str, Outcome]
) -> None:
    """Together what ends alike: others wait to write meanwhile."""
    gone: list[str] = []
    heard: dict[str, list[str]] = defaultdict(list)
    over: dict[tuple[str, str, str, int | None], list[str]] = defaultdict(list)
    for verdict in verdicts:
        one, outcome = verdict.one, outcomes.get(verdict.one.id)
        if outcome is None:
            if verdict.later is None:
                over[one.claim, "cancelled", verdict.over, None].append(one.id)
            else:
                await kind.queue.put_back(tx, one, at=verdict.later, meant=verdict.quiet)
            continue
        if outcome.fate == "gone":
            gone.append(one.device_id)
            continue
        heard[outcome.problem].append(one.device_id)
        good_until = tx.now + verdict.ttl_s * 1000
        if outcome.fate == "taken":
            over[one.claim, "sent", "", good_until].append(one.id)
        elif outcome.fate == "refused":
            over[one.claim, "failed", outcome.problem, None].append(one.id)
        else:
            await _put_back(tx, kind, verdict, outcome, good_until)
    for problem, device_ids in heard.items():
        await kind.note(tx, device_ids, problem)
    for (claim, state, problem, until), ids in over.items():
        await kind.queue.settle(tx, claim, ids, state, problem, good_until=until)
    await kind.drop(tx, gone)


async def _put_back(tx: Tx, kind: Readers, verdict: Verdict, outcome: Outcome, good_until: int) -> None:
    at = None if outcome.after_s is None else tx.now + max(1, outcome.after_s) * 1000
    # Who said nothing may have taken it all the same.
    until = good_until if outcome.silent else None
    await kind.queue.put_back(tx, verdict.one, outcome.problem, at=at, good_until=until)

"""Hears what happened, and sends what is due: several hooks at a time, one message of each.

A server that hangs keeps its own hook waiting and no other. A message is in hand before it leaves and settled after: a
crash in between sends it again under the same id. Nothing is asked of anybody outside within a transaction.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final

import msgspec

from channel import communities, members
from channel.accounts.queries import active
from channel.errors import ChannelError, Invalid, NotFound
from channel.hooks import closing, queue, signing
from channel.hooks.model import LONGEST_WAIT_S, TEST
from channel.hooks.queries import require_hooks
from channel.hooks.queue import GONE, Claimed, Outcome
from channel.hooks.seal import Seal
from channel.notify.hooked import mirrors
from channel.notify.hooked.hearing import Turns, hear
from channel.notify.hooked.mirrors import STARTS, Wanted
from channel.notify.hooked.services import JSON, SERVICES, Question
from channel.notify.hooked.telling import Ground, told
from channel.outside import Outside
from channel.outside.client import Answer
from channel.posts import queries as posts
from channel.render.json import iso
from channel.storage import Database, Tx

LOOK_S: Final = 0.25
POLL_S: Final = 2.0
AT_ONCE: Final = 16  # hooks that are sent by at the same time
LOST: Final = (
    "Whoever made this hook may not see what it tells any more. Switch it on again, and it is yours."
)
SEALED: Final = "It was sealed with another key. Make it anew."

log = logging.getLogger("channel.hooks")


@dataclass(frozen=True, slots=True)
class Errand:
    """What is to be asked of whom; of a mirror, what it comes to stand for."""

    question: Question
    wanted: Wanted | None = None


class HookCourier:
    """One on each process; they share what is due."""

    def __init__(self, db: Database, outside: Outside, secret: bytes, base: str) -> None:
        self._db = db
        self._outside = outside
        self._seal = Seal(secret)
        self._ground = Ground(base, secret)
        self._turns = Turns()
        self._busy: set[str] = set()  # hooks that have a message in hand

    async def run(self) -> None:
        """Work until cancelled. Survives a database and servers that are away."""
        seen, looked_s = -1, 0.0
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as errands:
            while True:
                await asyncio.sleep(LOOK_S)  # first: nothing of it delays a start
                try:
                    now = self._db.version()
                    if now != seen or loop.time() - looked_s >= POLL_S:
                        seen, looked_s = now, loop.time()
                        while await hear(self._db, self._turns):
                            pass
                        await self._start(errands)
                except ChannelError as error:
                    log.warning("Hooks have to wait: %s", error.detail)
                except Exception:
                    log.exception("Hooks stumbled; they go on in %.0f s", POLL_S)
                    await asyncio.sleep(POLL_S)

    async def work_off(self) -> int:
        """Hear and send all that is due now, and return how many messages were tried. For tests and commands."""
        tried, some = 0, 1
        while some:
            while await hear(self._db, self._turns):
                pass
            async with asyncio.TaskGroup() as errands:
                some = await self._start(errands)
            tried += some
        return tried

    async def _start(self, errands: asyncio.TaskGroup) -> int:
        """Take messages in hand, as many as there is room for."""
        room = AT_ONCE - len(self._busy)
        async with self._db.read(single=True) as tx:
            if room <= 0 or not await queue.any_due(tx, self._busy):
                return 0
        async with self._db.write() as tx:
            claimed = await queue.claim(tx, self._seal, self._busy, room)
        for one in claimed:
            self._busy.add(one.hook.id)
            errands.create_task(self._do(one))
        return len(claimed)

    async def _do(self, one: Claimed) -> None:
        """Raises nothing: a bug in one must not stop the others; its lease brings it back."""
        try:
            errand = await self._prepared(one)
            if isinstance(errand, Outcome):
                outcome, answer, want = errand, None, None
            else:
                outcome, answer = await self._sent(one, errand)
                want = errand.wanted
            async with self._db.write() as tx:
                await queue.settle(tx, one, outcome)
                if answer is not None and not outcome.problem and want is not None:
                    await _keep(tx, one, want, answer)
        except ChannelError as error:
            log.warning("A message of a hook has to wait: %s", error.detail)
        except Exception:
            log.exception("A message of a hook could not be sent")
        finally:
            self._busy.discard(one.hook.id)

    async def _prepared(self, one: Claimed) -> Errand | Outcome:
        """What is to be sent, judged at this moment."""
        if one.target is None or (one.hook.kind in ("webhook", "generic") and not one.keys):
            return Outcome(0, 0, SEALED, over=True, stops=SEALED)
        async with self._db.read() as tx:
            if one.hook.mirrors and one.kind != TEST:
                back = await mirrors.taking_back(tx, one.hook, one.source)
                if back is not None:
                    return self._mirroring(tx, one, back)
            try:
                community = await communities.one(tx, one.hook.community_id)
                await active(tx, one.hook.owner_id)
                by = await members.entitlement(tx, community, one.hook.owner_id)
                require_hooks(by, community)
            except ChannelError:
                return Outcome(0, 0, LOST, over=True, stops=LOST)
            try:
                if one.hook.mirrors and one.kind != TEST:
                    starts, post_id = one.kind in STARTS, one.source["post_id"]
                    want = await mirrors.wanted(
                        tx, self._ground, by, community, one.hook, post_id, starts=starts
                    )
                    return self._mirroring(tx, one, want)
                data = {} if one.kind == TEST else await told(
                    tx, self._ground, by, community, one.kind, one.source
                )  # fmt: skip
            except NotFound:
                return Outcome(0, 0, "It is gone.", over=True)
            body = {
                "type": one.kind,
                "timestamp": iso(one.created_at),
                "community": community.handle,
                "data": data,
            }
            return Errand(self._signed(one, tx.now, body))

    def _mirroring(self, tx: Tx, one: Claimed, want: Wanted) -> Errand | Outcome:
        if want.act == "nothing":
            return Outcome(0, 0, want.why, over=True)
        if one.hook.kind == "generic":
            body = {
                "type": f"mirror.{want.act}",
                "timestamp": iso(one.created_at),
                "data": {"post": want.said},
            }
            return Errand(self._signed(one, tx.now, body), want)
        assert one.target is not None
        service = SERVICES[one.hook.kind]
        return Errand(service.ask(want.act, one.target, one.id, want.text, want.remote_id), want)

    def _signed(self, one: Claimed, now_ms: int, told: Mapping[str, object]) -> Question:
        assert one.target is not None
        body = msgspec.json.encode(told)
        headers = JSON | signing.headers(one.id, now_ms // 1000, body, one.keys)
        return Question("POST", one.target.url, body, headers)

    async def _sent(self, one: Claimed, errand: Errand) -> tuple[Outcome, Answer | None]:
        started = time.monotonic()
        ask = errand.question
        try:
            answer = await self._outside.post(ask.url, ask.body, ask.headers, method=ask.method)
        except Invalid as error:
            problem = next(iter(error.fields.values()))
            return Outcome(0, _since(started), problem, final=True), None
        except ChannelError as error:
            return Outcome(0, _since(started), error.detail), None
        return self._outcome(one, errand, answer, _since(started)), answer

    def _outcome(self, one: Claimed, errand: Errand, answer: Answer, ms: int) -> Outcome:
        status = answer.status
        service = SERVICES.get(one.hook.kind)
        done = 200 <= status < 300
        if service is not None and errand.wanted is not None:
            done = service.done(errand.wanted.act, answer)
        if done:
            return Outcome(status, ms)
        problem = f"It answered {status}."
        if status == GONE and service is None:
            return Outcome(
                status, ms, problem, final=True, stops="It answered 410: nobody wants this there any more."
            )
        again = service is None or status in (408, 425, 429) or status >= 500
        return Outcome(status, ms, problem, final=not again, after_s=_asked_s(answer, self._db.clock()))


def _since(started: float) -> int:
    return int((time.monotonic() - started) * 1000)


def _asked_s(answer: Answer, now_ms: int) -> int | None:
    """Of Retry-After: seconds, or a date. None for nothing that makes sense."""
    said = answer.headers.get("retry-after", "").strip()
    if said.isascii() and said.replace(".", "", 1).isdigit() and len(said) < 10:
        return min(int(float(said)) + 1, LONGEST_WAIT_S)
    try:
        at_s = int(parsedate_to_datetime(said).timestamp())
    except (TypeError, ValueError):
        return None
    return min(max(0, at_s - now_ms // 1000), LONGEST_WAIT_S)


async def _keep(tx: Tx, one: Claimed, want: Wanted, answer: Answer) -> None:
    remote_id = want.remote_id
    if want.act == "publish":
        service = SERVICES.get(one.hook.kind)
        remote_id = want.post_id if service is None else service.remote_id(answer)
        if not remote_id:
            return  # it stands there and cannot be found again: edits do not follow it
    if want.act == "delete" or await posts.many(tx, [want.post_id]):
        await mirrors.keep(tx, one.hook.id, want, remote_id)
    stands = {"post_id": want.post_id, "remote_id": remote_id}
    # Its place may have closed while it was on its way, when there was nothing to take back yet.
    if want.act == "publish" and await mirrors.taking_back(tx, one.hook, stands):
        await closing.take_back(tx, [(one.hook.id, want.post_id, remote_id)])

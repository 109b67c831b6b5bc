"""The HTTP server: a thread with a loop of its own on 127.0.0.1, and everything that can be wrong with a server."""

import asyncio
import contextlib
import http
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from .accounts import Account
from .answering import Answer, Asked, Desk, Heard
from .hands import Hands
from .ledger import Ledger

START_S = 10
HANG_S = 60


@dataclass
class Trouble:
    """What is wrong, with which requests, and how often still (None: until it is over).

    `hang` says nothing, `error` answers 500 and `rate` 429 before any work; `lost` does the work and drops the
    connection, `late` does it and answers after `seconds`.
    """

    kind: str
    verb: str | None = None
    path: str = ""
    left: int | None = None
    seconds: float = 1

    def meets(self, asked: Asked) -> bool:
        if self.left == 0 or self.verb not in (None, asked.verb) or not asked.path.startswith(self.path):
            return False
        if self.left is not None:
            self.left -= 1
        return True


def _error(status: int, message: str, kind: str, headers: dict[str, str]) -> Answer:
    code = {"code": "rate_limit"} if status == 429 else {}
    return Answer(status, {"error": {"message": message, "type": kind, **code}}, headers)


class StripeSite:
    """A Stripe of our own. Use as a context manager; leaving it raises for what the double did not understand."""

    def __init__(self, *, now: int | None = None, seed: int = 0) -> None:
        self.now = int(time.time()) if now is None else now
        self.seed = seed
        self.desk = Desk()
        self.port = 0
        self._troubles: list[Trouble] = []
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: asyncio.Server | None = None
        self._released = asyncio.Event()
        self._up = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stripe-site", daemon=True)
        self.account = self.open_account()

    @property
    def address(self) -> str:
        """For `base_addresses={"api": …}`."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def ledger(self) -> Ledger:
        """The first account's test mode."""
        return self.account.test

    @property
    def hands(self) -> Hands:
        return Hands(self.ledger)

    @property
    def heard(self) -> list[Heard]:
        return self.desk.heard

    def open_account(
        self, *, country: str = "DE", currency: str = "eur", name: str = "Studio Nord"
    ) -> Account:
        number = len(self.desk.accounts)
        account = Account(
            f"acct_1Q{number:04}Channel0Site", self.now, self.seed + 10 * number, country, currency, name
        )
        self.desk.accounts.append(account)
        return account

    def advance(self, seconds: int) -> None:
        """Move the clock of every ledger."""
        for account in self.desk.accounts:
            account.test.advance(seconds)
            account.live.advance(seconds)

    # --- what can be wrong ---

    @contextlib.contextmanager
    def trouble(
        self,
        kind: str,
        *,
        verb: str | None = None,
        path: str = "",
        times: int | None = None,
        seconds: float = 1,
    ) -> Iterator[Trouble]:
        assert kind in ("hang", "error", "rate", "lost", "late"), kind
        found = Trouble(kind, verb, path, times, seconds)
        self._troubles.append(found)
        try:
            yield found
        finally:
            self._troubles.remove(found)
            self._on_loop(self._let_go)

    @contextlib.contextmanager
    def refusing(self) -> Iterator[None]:
        """Nothing listens: connections are refused, and those that were open are cut."""
        self._on_loop(self._shut)
        try:
            yield
        finally:
            self._on_loop(self._listen)

    # --- the server ---

    def __enter__(self) -> "StripeSite":
        self._thread.start()
        assert self._up.wait(START_S), "the site did not start"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._on_loop(self._shut)
        assert self._loop
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(START_S)
        if kind is None:
            assert not self.desk.faults, "\n".join(self.desk.faults)

    def _run(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._loop.run_until_complete(self._listen())
        self._up.set()
        self._loop.run_forever()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def _on_loop(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        assert self._loop
        asyncio.run_coroutine_threadsafe(work(), self._loop).result(START_S)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _let_go(self) -> None:
        """Wake whoever hangs."""
        self._released.set()
        self._released = asyncio.Event()

    async def _released_within(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._released.wait(), seconds)

    async def _shut(self) -> None:
        assert self._server
        self._server.close()
        await self._let_go()
        for writer in list(self._writers):
            writer.transport.abort()
        while self._writers:
            await asyncio.sleep(0.001)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while (asked := await _read(reader)) is not None:
                answer = await self._answered(asked)
                if answer is None:
                    break
                writer.write(_written(answer))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()
            self._writers.discard(writer)

    async def _answered(self, asked: Asked) -> Answer | None:
        """None: drop the connection without a word."""
        trouble = next((t for t in list(self._troubles) if t.meets(asked)), None)
        kind = trouble.kind if trouble else ""
        if kind == "hang":
            await self._released_within(HANG_S)
            return None
        if kind == "error":
            return _error(500, "An unknown error occurred", "api_error", {})
        if kind == "rate":
            words = "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits."
            headers = {"Retry-After": "2", "Stripe-Rate-Limited-Reason": "global-rate"}
            return _error(429, words, "invalid_request_error", headers)
        answer = self.desk.answer(asked)
        if kind == "lost":
            return None
        if trouble and kind == "late":
            await self._released_within(trouble.seconds)
        return answer


async def _read(reader: asyncio.StreamReader) -> Asked | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.rstrip().split("\r\n")
    verb, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = (await reader.readexactly(int(headers.get("content-length", "0")))).decode()
    path, _, query = target.partition("?")
    return Asked(verb.lower(), path, query, headers, body)


def _written(answer: Answer) -> bytes:
    body = answer.encoded()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **answer.headers}
    lines = [f"HTTP/1.1 {answer.status} {http.HTTPStatus(answer.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

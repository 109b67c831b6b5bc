"""Followers that store (epoch, seq) after applying an event and resume from it: over WebSocket, SSE, or by asking."""

import asyncio
import json
import random
from collections import Counter
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2
import websockets

from tests.faults.site import Site

BROKEN = (OSError, websockets.WebSocketException, httpx2.TransportError, TimeoutError)
ASK_EVERY_S = 0.4
ANSWER_S = 10.0
PAGE = 10  # shorter than what the proxy lets through


@dataclass(frozen=True, slots=True)
class Told:
    """What an event tells of. Its text is no part of it: who reads the log later reads the newest text."""

    kind: str
    post_id: str

    @classmethod
    def by(cls, event: dict[str, Any]) -> "Told":
        return cls(event["kind"], event["data"].get("post", {}).get("id", ""))


class Follower:
    """Reads one stream from its beginning.

    `seen` holds each applied event, index + 1 being its seq; `texts` is what its screen would show of each post.
    `sessions` are all that it tried, `answered` those in which the server let it in.
    """

    def __init__(self, site: Site, token: str, address: str = "") -> None:
        self.site = site
        self.seen: list[Told] = []
        self.texts: dict[str, str] = {}
        self.faults: Counter[str] = Counter()
        self.sessions = self.answered = 0
        self._let_in = asyncio.Event()
        self._address = address or site.server.url
        self._headers = {"Authorization": f"Bearer {token}"}
        self._epoch: str | None = None

    @property
    def seq(self) -> int:
        return len(self.seen)

    async def run(self) -> None:
        """Stay connected, as well as the server allows, until cancelled."""
        while True:
            await self.session()
            await asyncio.sleep(random.uniform(0.02, 0.2))

    async def session(self, most_s: float | None = None, *, patient: bool = False) -> None:
        """One connection, until it breaks, or for `most_s`; then it is dropped without a goodbye.

        `patient`: that time begins when the server has let it in.
        """
        self.sessions += 1
        self._let_in.clear()
        listening = asyncio.create_task(self._listen())
        waiting = asyncio.create_task(self._let_in.wait())
        try:
            if patient:
                either = {listening, waiting}
                await asyncio.wait(either, timeout=ANSWER_S, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait({listening}, timeout=most_s)
        finally:
            waiting.cancel()
            listening.cancel()
            [ended] = await asyncio.gather(listening, return_exceptions=True)
        if isinstance(ended, Exception) and not isinstance(ended, BROKEN):
            raise ended

    def _is_in(self) -> None:
        self.answered += not self._let_in.is_set()
        self._let_in.set()

    async def _listen(self) -> None:
        raise NotImplementedError

    async def _take(self, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "subscribed":
                await self._subscribed(frame["streams"][0])
            case "event" if frame["stream"] == self.site.stream:
                self._apply(frame)
            case "error":
                self.faults[f"error {frame['code']}"] += 1

    async def _subscribed(self, told: dict[str, Any]) -> None:
        self._epoch = told["epoch"]
        self.faults["reset"] += bool(told["reset"])
        if told["gap"]:
            self.faults["gap not where we stand"] += told["gap"]["from"] != self.seq + 1
            for event in await self.site.events_after(self.seq, told["gap"]["to"]):
                self._apply(event)

    def _apply(self, event: dict[str, Any]) -> None:
        if event["seq"] <= self.seq:
            self.faults["dup"] += 1
        elif event["seq"] > self.seq + 1:
            self.faults["hole"] += 1
        else:
            told = Told.by(event)
            self.seen.append(told)
            if told.post_id:
                self.texts[told.post_id] = event["data"]["post"]["text"]


class SocketFollower(Follower):
    """Over WebSocket."""

    async def _listen(self) -> None:
        parts = urlsplit(self._address)
        async with websockets.connect(
            f"ws://{parts.netloc}/live",
            additional_headers=self._headers,
            subprotocols=[websockets.Subprotocol("channel.v1")],
            compression=None,
            proxy=None,
            open_timeout=ANSWER_S,
            close_timeout=0.1,
        ) as socket:
            self._is_in()
            cursor = {"stream": self.site.stream, "after": self.seq, "epoch": self._epoch}
            await socket.send(json.dumps({"type": "subscribe", "id": 1, "streams": [cursor]}))
            try:
                async for text in socket:
                    await self._take(json.loads(text))
            except asyncio.CancelledError:
                socket.transport.abort()
                raise


class SseFollower(Follower):
    """Over server-sent events, resuming by Last-Event-ID as a browser would."""

    def __init__(self, site: Site, token: str, address: str = "") -> None:
        super().__init__(site, token, address)
        self._last_id = ""

    async def _listen(self) -> None:
        headers = self._headers | ({"Last-Event-ID": self._last_id} if self._last_id else {})
        params = {"stream": self.site.stream, "after": str(self.seq)}
        address = f"{self._address}/live/sse"
        async with self.site.anybody.stream("GET", address, params=params, headers=headers) as answer:
            _served(answer)
            self._is_in()
            identity = ""
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                if name == "id":
                    identity = value
                elif name == "data":
                    await self._take(json.loads(value))
                    self._last_id = identity or self._last_id
                    identity = ""


class PollFollower(Follower):
    """Asks for what is new in the log, now and then, as a client without sockets does."""

    async def _listen(self) -> None:
        address = f"{self._address}/api/v1/streams/{self.site.stream}/events"
        while True:
            params = {"after": self.seq, "limit": PAGE}
            answer = await self.site.anybody.get(address, params=params, headers=self._headers)
            _served(answer)
            self._is_in()
            page = answer.json()
            self.faults["reset"] += page["head"] < self.seq or self._epoch not in (None, page["epoch"])
            self._epoch = page["epoch"]
            for event in page["items"]:
                self._apply(event)
            if page["next_cursor"] is None:
                await asyncio.sleep(ASK_EVERY_S)


def _served(answer: httpx2.Response) -> None:
    """A server that is about to end may say "not now", which is as good as no answer."""
    if answer.status_code == 503:
        raise ConnectionError("not now")
    answer.raise_for_status()

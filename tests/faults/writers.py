"""Writers that remember what was acknowledged, and repeat with the same key what was not."""

import asyncio
import itertools
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2

from tests.faults.site import Site

EDIT_EVERY = 5
JOIN_EVERY = 7
RETRY_S = 0.05


@dataclass(slots=True)
class Write:
    """One thing asked for. `mark` is what the caller noted at the moment of the answer."""

    kind: str  # post, edit or join
    canary: str
    post_id: str = ""
    seq: int = 0
    acknowledged: bool = False
    mark: int = 0


@dataclass(slots=True)
class Book:
    """Every write of a run, in the order in which it was first sent."""

    writes: list[Write] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    on_ack: Callable[[], int] = lambda: 0
    repeated: int = 0
    answers: int = 0

    def acknowledged(self, *kinds: str) -> list[Write]:
        return [write for write in self.writes if write.acknowledged and write.kind in kinds]

    def versions(self) -> dict[str, list[Write]]:
        """What each acknowledged post was to say, first and edited, in order."""
        versions = {write.post_id: [write] for write in self.acknowledged("post")}
        for write in self.writes:
            if write.kind == "edit":
                versions[write.post_id].append(write)
        return versions

    def sent(self) -> set[str]:
        return {write.canary for write in self.writes}


class Writer:
    """Posts, edits its last post now and then, and lets a newcomer join now and then. `chars`: how long posts are at least."""

    def __init__(self, site: Site, book: Book, number: int, *, chars: int = 0) -> None:
        self._site = site
        self._book = book
        self._number = number
        self._chars = chars
        self._last_post = ""

    async def run(self, stop: asyncio.Event, *, most: int | None = None) -> None:
        numbers: Iterator[int] = itertools.count() if most is None else iter(range(most))
        for n in numbers:
            if stop.is_set():
                return
            await self._write(n, stop)

    async def _write(self, n: int, stop: asyncio.Event) -> None:
        kind = "post"
        if self._last_post and n % EDIT_EVERY == EDIT_EVERY - 1:
            kind = "edit"
        elif n % JOIN_EVERY == JOIN_EVERY - 1:
            kind = "join"
        canary = f"CNRY:{kind}:{self._number}:{n}:{uuid.uuid4().hex[:12]}"
        if kind != "join":
            canary = canary.ljust(self._chars, "x")
        write = Write(kind, canary, self._last_post)
        self._book.writes.append(write)
        answer = await self._until_answered(write, stop)
        if answer is None:
            return
        if kind == "post":
            write.post_id, write.seq = answer["id"], answer["seq"]
            self._last_post = write.post_id

    async def _until_answered(self, write: Write, stop: asyncio.Event) -> dict[str, Any] | None:
        """Send until there is an answer. None: there was none before the end, so the write may be there or not."""
        client = self._site.anybody if write.kind == "join" else self._site.client
        request = self._request(client, write)
        while True:
            try:
                answer = await client.send(request)
            except httpx2.TransportError:
                answer = None
            if answer is not None and answer.is_success:
                return self._acknowledged(write, answer.json())
            if answer is not None and answer.status_code < 500:
                self._book.refused.append(f"{write.kind}: {answer.status_code} {answer.text}")
                return None
            if stop.is_set():
                return None
            self._book.repeated += 1
            await asyncio.sleep(RETRY_S)

    def _acknowledged(self, write: Write, body: dict[str, Any]) -> dict[str, Any]:
        write.mark = self._book.on_ack()
        write.acknowledged = True
        self._book.answers += 1
        return body

    def _request(self, client: httpx2.AsyncClient, write: Write) -> httpx2.Request:
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        method, path, body = "POST", f"/api/v1/rooms/{self._site.room_id}/posts", {"text": write.canary}
        if write.kind == "edit":
            method, path = "PATCH", f"/api/v1/posts/{write.post_id}"
        if write.kind == "join":
            path, body = f"/api/v1/invites/{self._site.invite}/accept", {"display_name": write.canary}
        return client.build_request(method, path, json=body, headers=headers)

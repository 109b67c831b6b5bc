"""A server with one creator, one community and one room, spoken to by its HTTP API."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

from tests.faults.crowd import Crowd
from tests.faults.process import ServerProcess

HANDLE = "anna"
PAGE = 100
REQUEST_S = 10.0
READ_S = 60.0  # longer than the heartbeat of a live stream


@dataclass(frozen=True, slots=True)
class Site:
    """What everybody in a test needs to know. `client` speaks as the creator, `anybody` as nobody."""

    server: ServerProcess
    client: httpx2.AsyncClient
    anybody: httpx2.AsyncClient
    room_id: str
    invite: str

    @property
    def stream(self) -> str:
        return f"room:{self.room_id}"

    async def log(self) -> list[dict[str, Any]]:
        """The room's whole log, as the API tells it."""
        return await self.events_after(0)

    async def events_after(self, seq: int, upto: int | None = None) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = []
        while upto is None or seq < upto:
            answer = await self.client.get(
                f"/api/v1/streams/{self.stream}/events", params={"after": seq, "limit": PAGE}
            )
            answer.raise_for_status()
            page = answer.json()["items"]
            if not page:
                break
            events += page
            seq = page[-1]["seq"]
        return [event for event in events if upto is None or event["seq"] <= upto]

    async def seqs(self) -> list[int]:
        """The seq of every post, in the order in which the room shows them."""
        return [post["seq"] for post in await self._all(f"/api/v1/rooms/{self.room_id}/posts")]

    async def texts(self) -> dict[str, str]:
        """What each post of the room says, by id."""
        return {post["id"]: post["text"] for post in await self._all(f"/api/v1/rooms/{self.room_id}/posts")}

    async def member_names(self) -> list[str]:
        """The display name of every member."""
        members = await self._all(f"/api/v1/communities/{HANDLE}/members")
        return [member["account"]["name"] for member in members]

    async def _all(self, path: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        params: dict[str, str | int] = {"limit": PAGE}
        while True:
            answer = await self.client.get(path, params=params)
            answer.raise_for_status()
            page = answer.json()
            items += page["items"]
            if page["next_cursor"] is None:
                return items
            params["cursor"] = page["next_cursor"]

    async def head(self) -> int:
        """The seq of the room's newest event."""
        answer = await self.client.get(f"/api/v1/streams/{self.stream}/events", params={"limit": 1})
        answer.raise_for_status()
        head: int = answer.json()["head"]
        return head

    async def crowd(self, count: int) -> Crowd:
        """So many new followers, who are yet to come."""
        out = self.server.data.parent / f"tokens-{uuid.uuid4().hex[:8]}"
        batch = {"count": count, "community": HANDLE, "out": str(out)}
        await asyncio.to_thread(self.server.asked, "account.batch", **batch)
        return await asyncio.to_thread(Crowd, self.server.port, self.stream, out.read_text().split())

    async def follow(self, name: str) -> str:
        """Join by the invite link as a new account, and return its token."""
        answer = await self.anybody.post(f"/api/v1/invites/{self.invite}/accept", json={"display_name": name})
        assert answer.status_code == 201, answer.text
        token: str = answer.json()["token"]
        return token


@asynccontextmanager
async def founded(server: ServerProcess) -> AsyncIterator[Site]:
    """Start the server on empty data and found the community."""
    server.start()
    server.wait_ready()
    creator = {"Authorization": f"Bearer {await asyncio.to_thread(server.token, HANDLE)}"}
    async with _client(server.url, creator) as client, _client(server.url, {}) as anybody:
        about = {"handle": HANDLE, "name": "Anna", "visibility": "public"}
        await _created(client, "/api/v1/communities", about)
        rooms = await client.get(f"/api/v1/communities/{HANDLE}/rooms")
        rooms.raise_for_status()
        invite = await _created(client, f"/api/v1/communities/{HANDLE}/invites", {"label": "test"})
        room_id = next(room["id"] for room in rooms.json()["items"] if room["slug"] == "news")
        yield Site(server, client, anybody, room_id, invite["code"])


@asynccontextmanager
async def beside(site: Site, server: ServerProcess, address: str = "") -> AsyncIterator[Site]:
    """The same community through another server of the installation, or by another address."""
    creator, address = {"Authorization": site.client.headers["Authorization"]}, address or server.url
    async with _client(address, creator) as client, _client(address, {}) as anybody:
        yield Site(server, client, anybody, site.room_id, site.invite)


def _client(url: str, headers: dict[str, str]) -> httpx2.AsyncClient:
    """As many connections as are asked for: each follower over SSE holds one."""
    timeout = httpx2.Timeout(REQUEST_S, read=READ_S)
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=10)
    return httpx2.AsyncClient(base_url=url, headers=headers, timeout=timeout, limits=limits, trust_env=False)


async def _created(client: httpx2.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post(path, json=body, headers={"Idempotency-Key": str(uuid.uuid4())})
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created

"""The API as its callers meet it: over HTTP, with bearer tokens, on both databases."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from channel import accounts, api
from channel.accounts import Account, tokens
from channel.accounts.uses import Uses
from channel.api.responses import problem
from channel.bus.local import LocalBus
from channel.errors import ChannelError
from channel.limiter import Limiter
from channel.media import Desk, Limits
from channel.media.local import LocalBlobs
from channel.media.staging import Staging
from channel.metrics import Answers
from channel.payments import Counter, Seal
from channel.payments.sandbox import Sandbox
from channel.routing import Services
from channel.settings import Settings
from channel.storage import Database
from channel.web.middleware import Gate, Identify
from tests.conftest import Clock

HOST = "http://channel.test"
EVERY_SCOPE = ("read", "post", "members", "manage")
Answer = httpx2.Response


async def on_error(request: Request, error: Exception) -> Response:
    return problem(request, error)


def page(request: Request, template: str, context: Mapping[str, Any]) -> Response:
    return HTMLResponse(template)


def build(settings: Settings, db: Database, bus: LocalBus) -> Starlette:
    """The API behind the gate that the whole app has, without pages and live readers."""
    app = Starlette(
        routes=api.routes(page),  # type: ignore[arg-type]
        middleware=[
            Middleware(Gate, settings=settings, on_error=on_error, answers=Answers()),
            Middleware(Identify, settings=settings),
        ],
        exception_handlers={ChannelError: on_error, HTTPException: on_error, Exception: on_error},
    )
    counter = Counter(db, {"sandbox": Sandbox(db, settings.url)}, Seal(b"k" * 32), settings.url)
    limits = Limits(dict(settings.media_limits), settings.media_quota)
    blobs, staging = LocalBlobs(settings.data / "media"), Staging(settings.data / "uploads")
    desk = Desk(db, blobs, staging, limits, scratch=settings.data / "scratch")
    app.state.services = Services(
        db, settings, bus, Limiter(settings.limit_scale), Uses(db), counter, desk, b"k" * 32
    )
    return app


@dataclass
class Caller:
    """A program that calls with one account's token, or with none."""

    http: httpx2.AsyncClient
    account: Account | None = None
    token: str | None = None

    async def call(self, method: str, path: str, body: object = None, **more: Any) -> Answer:
        headers = dict(more.pop("headers", {}))
        if self.token:
            headers.setdefault("authorization", f"Bearer {self.token}")
        if body is not None:
            more["json"] = body
        return await self.http.request(method, f"/api/v1{path}", headers=headers, **more)

    async def get(self, path: str, **query: object) -> Answer:
        return await self.call("GET", path, params=query)

    async def post(self, path: str, body: object = None, *, key: str | None = None) -> Answer:
        return await self.call("POST", path, body, headers={"idempotency-key": key} if key else {})

    async def patch(self, path: str, body: object) -> Answer:
        return await self.call("PATCH", path, body)

    async def put(self, path: str, body: object = None) -> Answer:
        return await self.call("PUT", path, body)

    async def delete(self, path: str) -> Answer:
        return await self.call("DELETE", path)

    async def made(self, path: str, body: object) -> Any:
        """POST that must succeed; what it made."""
        answer = await self.post(path, body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def found(self, path: str, **query: object) -> Any:
        """GET that must succeed; what it found."""
        answer = await self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()


@dataclass
class Site:
    """The API on an empty installation."""

    app: Starlette
    db: Database
    settings: Settings
    clock: Clock
    bus: LocalBus
    notes: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)
    _clients: list[httpx2.AsyncClient] = field(default_factory=list)

    def client(self, address: str = "203.0.113.7") -> httpx2.AsyncClient:
        transport = httpx2.ASGITransport(self.app, client=(address, 1234))
        client = httpx2.AsyncClient(transport=transport, base_url=self.settings.url)
        self._clients.append(client)
        return client

    def nobody(self, address: str = "203.0.113.7") -> Caller:
        return Caller(self.client(address))

    async def caller(self, name: str, *, scopes: tuple[str, ...] = EVERY_SCOPE) -> Caller:
        """A program of a fresh account."""
        async with self.db.write() as tx:
            account = await accounts.create(tx, name=name)
        return await self.program(account, scopes=scopes)

    async def program(self, account: Account, *, scopes: tuple[str, ...] = EVERY_SCOPE) -> Caller:
        async with self.db.write() as tx:
            _, token = await tokens.create_token(tx, account.id, name="test", scopes=scopes, days=None)
        return Caller(self.client(), account, token)

    async def creator(self, handle: str = "anna", **more: object) -> Caller:
        """Somebody who owns the community @handle."""
        caller = await self.caller(handle.title())
        await caller.made("/communities", {"handle": handle, "name": f"{handle.title()}s world", **more})
        return caller

    async def member(
        self, owner: Caller, handle: str = "anna", *, name: str = "Bob", **invite: object
    ) -> Caller:
        """Somebody who joined by an invite of `owner`, as programs do."""
        code = (await owner.made(f"/communities/{handle}/invites", invite))["code"]
        answer = await self.nobody().post(f"/invites/{code}/accept", {"display_name": name})
        assert answer.status_code == 201, answer.text
        async with self.db.read() as tx:
            account = await accounts.one(tx, answer.json()["account"]["id"])
        return Caller(self.client(), account, answer.json()["token"])

    async def close(self) -> None:
        for client in self._clients:
            await client.aclose()


@pytest.fixture
async def site(settings: Settings, db: Database, clock: Clock) -> AsyncIterator[Site]:
    bus = LocalBus()
    made = Site(build(settings, db, bus), db, settings, clock, bus)
    bus.listen(lambda stream, seq: None, lambda topic, data: made.notes.append((topic, data)))
    yield made
    await made.close()


def code_of(answer: Answer) -> tuple[int, str]:
    """Status and stable code of a refusal."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


def fields_of(answer: Answer) -> set[str]:
    """The fields that a refusal names."""
    assert answer.status_code == 422, answer.text
    return {error["field"] for error in answer.json()["errors"]}

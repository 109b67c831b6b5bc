"""A real server in the test's own loop, and the small cast that the live tests play with."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import uvicorn
import websockets
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection

from channel import accounts, members, posts, rooms
from channel.accounts import Account, tokens
from channel.app import build, doors, drain
from channel.communities import Community
from channel.members import actions as member_actions
from channel.members import governing, joining
from channel.posts import Draft
from channel.rooms import Room
from channel.server import listen, serve
from channel.settings import Settings
from channel.storage import Database

WAIT_S = 10


@dataclass
class Follower:
    """A client on a WebSocket: what it got, in order."""

    socket: ClientConnection

    async def next(self, *kinds: str) -> dict[str, Any]:
        """The next frame of one of these types (any but pings when none are named)."""
        async with asyncio.timeout(WAIT_S):
            while True:
                frame: dict[str, Any] = json.loads(await self.socket.recv())
                if frame["type"] in kinds or (not kinds and frame["type"] != "ping"):
                    return frame

    async def say(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def subscribe(
        self, *streams: str, after: int | None = None, epoch: str | None = None, form: str = "json"
    ) -> dict[str, Any]:
        cursors = [{"stream": name, "after": after, "epoch": epoch} for name in streams]
        await self.say(type="subscribe", id=1, streams=cursors, format=form)
        return await self.next("subscribed", "error")

    async def closed_with(self) -> int:
        """Read on until the server closes; return the code."""
        async with asyncio.timeout(WAIT_S):
            try:
                while True:
                    await self.socket.recv()
            except websockets.ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd else 1006


class Site:
    """One running installation with a creator, her community and its news room."""

    def __init__(self, app: Starlette, port: int) -> None:
        self.app = app
        self.port = port
        self.db: Database = app.state.services.db
        self._number = 0

    async def open(self) -> None:
        async with self.db.write() as tx:
            self.creator = await accounts.create(tx, name="Anna", handle="anna")
            self.community: Community = await members.found(
                tx, self.creator, handle="anna", name="Annas Club"
            )
            self.room: Room = (await rooms.of_community(tx, self.community.id))[0]
            by = await members.entitlement(tx, self.community, self.creator.id)
            self.gold = await governing.create_tier(tx, by, self.community, name="Gold", rank=10)

    @property
    def stream(self) -> str:
        return f"room:{self.room.id}"

    async def member(self, name: str, *, gold: bool = False) -> Account:
        async with self.db.write() as tx:
            account = await accounts.create(tx, name=name)
            await joining.join(tx, account, self.community)
        if gold:
            await self.give(account, self.gold.id)
        return account

    async def act(self, verb: Any, *arguments: Any, **more: Any) -> None:
        """Let the creator do something to members."""
        async with self.db.write() as tx:
            by = await members.entitlement(tx, self.community, self.creator.id)
            await verb(tx, by, self.community, *arguments, **more)

    async def give(self, account: Account, tier_id: str) -> None:
        await self.act(member_actions.give_tier, [account.id], tier_id)

    async def token(self, account: Account) -> str:
        async with self.db.write() as tx:
            _, secret = await tokens.create_token(
                tx, account.id, name="t", scopes={"read", "members"}, days=None
            )
        return secret

    async def post(self, text: str, **facts: Any) -> posts.queries.Post:
        rendered = await posts.prepare(Draft.parse(text, **facts), rooms={})
        self._number += 1
        async with self.db.write() as tx:
            by = await members.entitlement(tx, self.community, self.creator.id)
            made, _ = await posts.publish(tx, by, self.creator, self.room, rendered, f"k{self._number}")
        return made

    @contextlib.asynccontextmanager
    async def follow(self, account: Account | None = None, **headers: str) -> AsyncIterator[Follower]:
        """Connect and read the welcome."""
        if account is not None:
            headers["Authorization"] = f"Bearer {await self.token(account)}"
        url = f"ws://127.0.0.1:{self.port}/live"
        async with websockets.connect(
            url, additional_headers=headers, subprotocols=[websockets.Subprotocol("channel.v1")], proxy=None
        ) as socket:
            follower = Follower(socket)
            assert (await follower.next())["type"] == "welcome"
            yield follower


@contextlib.asynccontextmanager
async def running(settings: Settings, server: str = "ours") -> AsyncIterator[Site]:
    """Serve on a free port of the loopback for as long as the context lasts: by our own server, or by a stock one."""
    app = build(settings)
    served = serving_ours(app) if server == "ours" else serving_stock(app)
    async with served as port:
        site = Site(app, port)
        await site.open()
        try:
            yield site
        finally:
            await drain(app)


@contextlib.asynccontextmanager
async def serving_ours(app: Starlette) -> AsyncIterator[int]:
    sock, ready = listen("127.0.0.1", 0), asyncio.Event()
    port = sock.getsockname()[1]
    serving = asyncio.create_task(serve(app, sock, on_ready=ready.set, doors=doors(app)))
    started = asyncio.create_task(ready.wait())
    await asyncio.wait({serving, started}, return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        serving.result()
    yield port
    serving.cancel()
    await asyncio.wait({serving})


@contextlib.asynccontextmanager
async def serving_stock(app: Starlette) -> AsyncIterator[int]:
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        log_level="error",
        ws="websockets-sansio",
        lifespan="on",
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign, assignment]
    serving = asyncio.create_task(server.serve())
    while not server.started:
        if serving.done():
            serving.result()
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await serving

"""Running the pieces from the command line: the server, the demo, and commands beside or without a server."""

import asyncio
import contextlib
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

from starlette.applications import Starlette

from channel import app as composition
from channel import control
from channel.accounts import setup
from channel.bus.private import private_nats
from channel.control import archive
from channel.control.verbs import Ground, Progress
from channel.errors import Unavailable
from channel.logs import set_up_logging
from channel.secret import KEY_FILE
from channel.server import handed, listen, listen_shared, run, tune
from channel.server import serve as serve_app
from channel.server.workers import Line, Plan, Ready, Supervisor
from channel.settings import Settings, load
from channel.storage.migrate import head_revision
from channel.storage.migrate import migrate as migrate_schema
from channel.storage.open import (
    DATABASE_FILE,
    FolderLock,
    database_url,
    open_database,
    prepare_folder,
    settle_key,
)

# What these need cannot be in data that begins now. A backup of nothing that calls itself verified would be kept for years.
OF_WHAT_IS_THERE = frozenset({"account.link", "account.token", "account.batch", "backup"})


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve until SIGTERM. Raises Unavailable with one sentence when it cannot start."""
    set_up_logging(settings.log)
    sock = listen(host, port)
    settings = _with_port(settings, port, sock.getsockname()[1])
    app = composition.build(settings)

    async def ready() -> None:
        _say_where(settings, await _setup_secret(app))

    tune()
    run(_serving(app, sock, settings, on_ready=ready))


def serve_workers(settings: Settings, host: str, port: int, workers: int) -> None:
    """Serve with several processes until SIGTERM. Raises Unavailable with one sentence when it cannot start."""
    if settings.on_sqlite:
        raise Unavailable(
            "SQLite belongs to one process. For --workers set CHANNEL_DATABASE=postgresql://…, or start without --workers."
        )
    set_up_logging(settings.log)
    sockets = listen_shared(host, port, workers)
    given = sockets[0].getsockname()[1]
    settings = _with_port(settings, port, given)

    async def supervise() -> None:
        async with contextlib.AsyncExitStack() as stack:
            for sock in sockets:
                stack.callback(sock.close)
            bus = settings.bus or await stack.enter_async_context(private_nats())
            command = [*_this_program(), "work"]
            plan = Plan(host=host, port=given, command=command, url=settings.url, bus=bus)
            await Supervisor(plan, sockets).run(lambda secret: _say_where(settings, secret))

    asyncio.run(supervise())


def _this_program() -> list[str]:
    """The command that started this process, without its arguments."""
    started = Path(sys.argv[0])
    return (
        [sys.executable, "-m", "channel"] if started.name == "__main__.py" else [sys.executable, str(started)]
    )


def work(sock_fd: int, line_fd: int) -> None:
    """Be one of the processes of `serve_workers`, on the socket and the line it handed down, until it asks for an end."""
    line = Line(line_fd)
    orders = line.orders()
    settings = load(flags={"url": orders.url, "bus": orders.bus})
    set_up_logging(settings.log)
    app = composition.build(settings)

    async def ready() -> None:
        line.ready(Ready(await _setup_secret(app) if orders.first else None))

    tune()
    run(_serving(app, handed(sock_fd), settings, on_ready=ready, until=line.ended))


def _serving(
    app: Starlette, sock: socket.socket, settings: Settings, **more: Any
) -> Coroutine[Any, Any, None]:
    return serve_app(
        app,
        sock,
        trusted_proxies=settings.trusted_proxies,
        before_drain=lambda: composition.drain(app),
        doors=composition.doors(app),
        **more,
    )


async def _setup_secret(app: Starlette) -> str | None:
    async with app.state.services.db.write() as tx:
        return await setup.setup_token(tx)


def _say_where(settings: Settings, secret: str | None) -> None:
    say(f"Channel is at {settings.url}, its data in {settings.data.absolute()}")
    if secret is not None:
        say(f"Set it up here, once: {settings.url}/setup?token={secret}")


def _with_port(settings: Settings, asked: int, given: int) -> Settings:
    return replace(settings, url=settings.url.removesuffix(":0") + f":{given}") if asked == 0 else settings


def say(line: str) -> None:
    """A line for the person who started it."""
    print(line, flush=True)  # noqa: T201


def demo(settings: Settings, host: str, port: int, seed: int) -> None:
    """Fill a temporary folder with the demo and serve it; the folder goes with the process."""
    set_up_logging(settings.log)
    sock = listen(host, port)
    with tempfile.TemporaryDirectory(prefix="channel-demo-") as folder:
        settings = replace(_with_port(settings, port, sock.getsockname()[1]), data=Path(folder), database="")
        say("Making three communities …")
        for who, url in asyncio.run(_fill(settings, seed)):
            say(f"  {who}: {url}")
        app = composition.build(settings)
        say(f"The demo is at {settings.url}; nothing of it is kept.")
        doors = composition.doors(app)
        run(serve_app(app, sock, before_drain=lambda: composition.drain(app), doors=doors))


async def _fill(settings: Settings, seed: int) -> list[tuple[str, str]]:
    from channel.demo import build as demo_build  # a server has no use for three made-up communities

    prepare_folder(settings.data)
    return await demo_build.fill(settings, seed)


def ask(settings: Settings, verb: str, given: dict[str, Any], progress: Progress) -> Any:
    """Do a command's work through the running server, or on the data when none runs."""
    return asyncio.run(_ask(settings, verb, given, progress))


async def _ask(settings: Settings, verb: str, given: dict[str, Any], progress: Progress) -> Any:
    try:
        return await control.ask(settings.data, verb, given, progress)
    except ConnectionError:
        pass
    if verb in OF_WHAT_IS_THERE and settings.on_sqlite and not (settings.data / DATABASE_FILE).exists():
        raise Unavailable(
            f"There is no data in {settings.data.absolute()}. Set CHANNEL_DATA to the server's data folder, or run this where the server was started."
        )
    async with _alone(settings) as ground:
        return await control.VERBS[verb](ground, given, progress)


@contextlib.asynccontextmanager
async def _alone(settings: Settings) -> AsyncIterator[Ground]:
    """The data, opened by this command alone, with its key: a first command may come before a first start."""
    prepare_folder(settings.data)
    lock = FolderLock(settings.data) if settings.on_sqlite else None
    try:
        db = await open_database(settings)
        try:
            if not (
                settings.data / KEY_FILE
            ).exists():  # one that is damaged or wrong is for the doctor to tell
                await settle_key(db, settings.data)
            yield composition.ground(db, settings)
        finally:
            await db.close()
    finally:
        if lock is not None:
            lock.release()


def migrate(settings: Settings) -> str:
    """Bring the schema up to date and say what was done. Raises Unavailable beside a running server."""
    return asyncio.run(_migrate(settings))


async def _migrate(settings: Settings) -> str:
    with contextlib.suppress(ConnectionError):
        await control.ask(settings.data, "doctor", {}, lambda done, total: None)
        return "A server runs on this data; it brought the schema up to date when it started."
    prepare_folder(settings.data)
    lock = FolderLock(settings.data) if settings.on_sqlite else None
    try:
        before = await migrate_schema(database_url(settings), settings.data)
    finally:
        if lock is not None:
            lock.release()
    if before is None:
        return f"The schema is current ({head_revision()})."
    return f"The schema went from {before or 'nothing'} to {head_revision()}."


def restore(settings: Settings, file: Path) -> dict[str, Any]:
    """Put a backup in the place of empty data."""
    return asyncio.run(archive.restore(settings, file))

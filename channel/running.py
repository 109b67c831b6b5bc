"""Running the pieces from the command line: the server, the demo, and commands beside or without a server."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from channel import app as composition
from channel import control
from channel.accounts import setup
from channel.control import archive
from channel.control.verbs import Ground, Progress
from channel.logs import set_up_logging
from channel.secret import KEY_FILE, secret_key
from channel.server import listen, run
from channel.server import serve as serve_app
from channel.settings import Settings
from channel.storage.migrate import head_revision
from channel.storage.migrate import migrate as migrate_schema
from channel.storage.open import FolderLock, database_url, open_database, prepare_folder


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve until SIGTERM. Raises Unavailable with one sentence when it cannot start."""
    set_up_logging(settings.log)
    sock = listen(host, port)
    settings = _with_port(settings, port, sock.getsockname()[1])
    app = composition.build(settings)

    async def ready() -> None:
        async with app.state.services.db.write() as tx:
            secret = await setup.setup_token(tx)
        say(f"Channel is at {settings.url}, its data in {settings.data.absolute()}")
        if secret is not None:
            say(f"Set it up here, once: {settings.url}/setup?token={secret}")

    run(
        serve_app(
            app,
            sock,
            trusted_proxies=settings.trusted_proxies,
            on_ready=ready,
            before_drain=lambda: composition.drain(app),
            doors=composition.doors(app),
        )
    )


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
    async with _alone(settings) as ground:
        return await control.VERBS[verb](ground, given, progress)


@contextlib.asynccontextmanager
async def _alone(settings: Settings) -> AsyncIterator[Ground]:
    """The data, opened by this command alone, with its key: a first command may come before a first start."""
    prepare_folder(settings.data)
    lock = FolderLock(settings.data) if settings.on_sqlite else None
    try:
        if not (settings.data / KEY_FILE).exists():
            secret_key(settings.data)
        db = await open_database(settings)
        try:
            yield Ground(db, settings)
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

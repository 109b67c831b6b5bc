"""What is well and what is not: the preconditions of our promises, each with the remedy."""

import asyncio
import shutil
import sqlite3
import stat
import sys
from collections.abc import AsyncIterator, Mapping

from sqlalchemy import select, text

from channel import __version__, outbox
from channel.control import media
from channel.control.finding import Finding, Level
from channel.errors import ChannelError, Unavailable
from channel.incoming import bounces
from channel.incoming.mailbox import FAULTS, Where, opened
from channel.media.blobs import Blobs
from channel.media.scanning import Scanner
from channel.search import indexer
from channel.secret import KEY_FILE, fingerprint, secret_key
from channel.settings import Settings
from channel.storage import Database
from channel.storage.migrate import current_revision, head_revision
from channel.storage.open import database_url
from channel.storage.tables import instance

SAFE_SQLITE = (3, 51, 3)
LOW_DISK_BYTES = 1024**3
FEW_TO_FILE = 100  # what is written at this moment


async def examine(
    db: Database, settings: Settings, stores: Mapping[str, Blobs] | None = None
) -> list[Finding]:
    """Look at everything once, and at the `stores` of media. Never raises: what cannot be looked at is a finding."""
    found = [Finding("good", f"Channel {__version__} on Python {sys.version.split()[0]}")]
    for look in (
        _writes,
        _schema,
        _durability,
        _failover,
        _disk,
        _key,
        _jobs,
        _index,
        _scanner,
        _outside,
        _signing,
        _incoming,
    ):
        try:
            found += [finding async for finding in look(db, settings)]
        except ChannelError as error:
            found.append(Finding("bad", error.detail, "See the server's log."))
        except OSError as error:
            found.append(Finding("bad", f"{error.filename}: {error.strerror}", "Check the data folder."))
    return found + (await media.examine(db, settings, stores) if stores else [])


async def _writes(db: Database, settings: Settings) -> AsyncIterator[Finding]:
    await db.ping()
    yield Finding("good", "Writes are acknowledged")


async def _schema(db: Database, settings: Settings) -> AsyncIterator[Finding]:
    now, newest = await current_revision(database_url(settings)), head_revision()
    if now == newest:
        yield Finding("good", f"Schema {now} is current")
    else:
        yield Finding("bad", f"Schema {now} is not {newest}", "Run `channel migrate`.")


async def _durability(db: Database, settings: Settings) -> AsyncIterator[Finding]:
    if not settings.on_sqlite:
        async with db.read(heavy=True) as tx:
            commit = await tx.value(text("SHOW synchronous_commit"))
        level: Level = "good" if commit in ("on", "remote_apply", "remote_write", "local") else "bad"
        yield Finding(
            level, f"PostgreSQL synchronous_commit is {commit}", "" if level == "good" else "Switch it on."
        )
        return
    async with db.write() as tx:
        full = (
            await tx.value(text("PRAGMA synchronous")) == 2
            and await tx.value(text("PRAGMA journal_mode")) == "wal"
        )
    yield Finding("good" if full else "bad", "SQLite keeps what it acknowledged (WAL, synchronous=FULL)")
    if sqlite3.sqlite_version_info < SAFE_SQLITE:
        yield Finding(
            "warn",
            f"SQLite {sqlite3.sqlite_version} is older than 3.51.3",
            "Channel writes from one connection only, which avoids its WAL fault. Let no other program write to channel.db.",
        )


async def _failover(db: Database, settings: Settings) -> AsyncIterator[Finding]:
    if settings.on_sqlite:
        return
    if db.epoch.history:
        yield Finding("good", "A failover to another PostgreSQL is noticed")
    else:
        yield Finding(
            "warn",
            "This PostgreSQL does not tell its timeline, so a failover that loses something is not noticed",
            "After one, run in it: UPDATE instance SET epoch = md5(random()::text)",
        )


async def _disk(db: Database, settings: Settings) -> AsyncIterator[Finding]:
    free = shutil.disk_usage(settings.data).free
    level: Level = "good" if free > LOW_DISK_BYTES else "warn"
    yield Finding(
        level, f"{free // 1024**2} MiB free in {settings.data}", "" if level == "good" else "Make room soon."
    )


async def _key(db: Database, settings: Settings) -> AsyncIterator[Finding]:
    mine = fingerprint(secret_key(settings.data))  # raises when it is damaged
    async with db.read() as tx:
        known = await tx.value(select(instance.c.key_fingerprint))
    if known not in (None, mine):
        yield Finding(
            "bad",
            f"{KEY_FILE} is not the key of this database",
            "Copy it from the data folder of another server of this installation, or from a backup.",
        )
    mode = stat.S_IMODE((settings.data / KEY_FILE).stat().st_mode)
    if mode & 0o077:
        yield Finding(
            "bad", f"{KEY_FILE} may be read by others", f"Run: chmod 600 {settings.data / KEY_FILE}"
        )
    else:
        yield Finding("good", f"{KEY_FILE} is for this user alone")


async def _jobs(db: Database, settings: Settings) -> AsyncIterator[Finding]:
    async with db.read(heavy=True) as tx:
        dead, waiting = await outbox.dead_jobs(tx), await outbox.waiting_jobs(tx)
    if dead:
        yield Finding(
            "warn", f"{len(dead)} jobs failed for good", "Retry or drop them on the page /admin/jobs."
        )
    else:
        yield Finding("good", f"No job failed for good, {waiting} waiting")


async def _index(db: Database, settings: Settings) -> AsyncIterator[Finding]:
    async with db.read(heavy=True) as tx:
        waiting = await indexer.waiting(tx)
    if waiting <= FEW_TO_FILE:
        yield Finding("good", "The search index is up to date")
    else:
        yield Finding(
            "warn",
            f"{waiting} posts and comments are not in the search index yet",
            "A running server files them; look again later.",
        )


async def _scanner(db: Database, settings: Settings) -> AsyncIterator[Finding]:
    if settings.clamd is None:
        return
    try:
        await Scanner(settings.clamd).ping()
    except Unavailable:
        yield Finding(
            "bad",
            "clamd does not answer, so nothing that is sent becomes ready",
            "Start it, and check CHANNEL_CLAMD and who may use its socket.",
        )
    else:
        yield Finding("good", "clamd looks through what is sent")


async def _signing(db: Database, settings: Settings) -> AsyncIterator[Finding]:
    if not settings.smtp or settings.dkim is None:
        return
    from channel.notify.signing import Signer, seen_by_others  # brings a library with it that few have

    given = settings.dkim
    try:
        signer = Signer.load(given, db.clock)
    except Unavailable as error:
        yield Finding("bad", "Mail is not signed, and this server does not start again", error.detail)
        return
    if seen_by_others(given.key):
        yield Finding("bad", f"{given.key} may be read by others", f"Run: chmod 600 {given.key}")
    yield Finding(
        "good", f"Mail is signed ({signer.algorithm}) as {given.selector}._domainkey.{given.domain}"
    )


async def _incoming(db: Database, settings: Settings) -> AsyncIterator[Finding]:
    if not settings.smtp:
        return
    if not settings.incoming_address:
        yield Finding(
            "warn",
            "Letters that come back are not noticed",
            "Set CHANNEL_INCOMING_ADDRESS, and let mail for it come in: see docs/incoming-mail.md.",
        )
        return
    yield Finding("good", f"Mail comes in at {settings.incoming_address}")
    if settings.incoming_imap:
        yield await _mailbox(Where.parse(settings.incoming_imap))
    async with db.read(heavy=True) as tx:
        count = len(await bounces.paused(tx))
    if count:
        yield Finding("good", f"{count} addresses get no letters (`channel mail paused` lists them)")


async def _mailbox(where: Where) -> Finding:
    try:
        await asyncio.to_thread(_knock, where)
    except FAULTS:
        return Finding(
            "bad",
            f"The mailbox at {where.host} cannot be read",
            "Check CHANNEL_INCOMING_IMAP: host, user, password and folder.",
        )
    return Finding("good", f"The mailbox at {where.host} can be read")


def _knock(where: Where) -> None:
    with opened(where):
        return


async def _outside(db: Database, settings: Settings) -> AsyncIterator[Finding]:
    if settings.secure:
        yield Finding("good", f"Served as {settings.url}")
    else:
        yield Finding(
            "warn",
            f"Served as {settings.url}, without TLS",
            "Put a proxy with TLS in front and set CHANNEL_URL to https://…",
        )
    if not settings.smtp:
        yield Finding(
            "warn",
            "No mail is set up",
            "Set CHANNEL_SMTP and CHANNEL_MAIL_FROM so that people can sign in by mail.",
        )

"""Signed-in devices. The secret lives in the browser's cookie, its hash here; each can be seen and ended."""

from collections.abc import Collection

from sqlalchemy import bindparam, delete, select, update

from channel import outbox
from channel.accounts.model import MAX_LABEL_CHARS, How, Session, Signed
from channel.accounts.queries import ACCOUNT_STREAM, AT_SEQ, COLUMNS, account_of, active
from channel.accounts.tables import accounts, sessions
from channel.errors import NotFound
from channel.events import SessionEnded
from channel.ids import is_id, new_id, new_token, token_hash
from channel.outbox import streams
from channel.storage import Prepared, Tx

LASTS_MS = 90 * 24 * 3600 * 1000  # since the last use
TOUCH_MS = 10 * 60 * 1000  # a read becomes a write at most this often
MAX_PER_ACCOUNT = 20  # beyond it the one that was unused longest ends

_BEARER = Prepared(
    select(sessions.c.id.label("session_id"), sessions.c.seen_at, AT_SEQ, *COLUMNS)
    .join(accounts, accounts.c.id == sessions.c.account_id)
    .outerjoin(streams, ACCOUNT_STREAM)
    .where(
        sessions.c.token_hash == bindparam("hash"),
        sessions.c.expires_at > bindparam("now"),
        accounts.c.state == "active",
    )
)
_OPEN = Prepared(
    select(sessions.c.id)
    .join(accounts, accounts.c.id == sessions.c.account_id)
    .where(
        sessions.c.id == bindparam("id"),
        sessions.c.account_id == bindparam("account_id"),
        sessions.c.expires_at > bindparam("now"),
        accounts.c.state == "active",
    )
)
_TOUCH = Prepared(
    lambda words: (
        update(sessions)
        .where(
            words.among(sessions.c.id, "ids"),
            sessions.c.seen_at <= bindparam("before"),
            sessions.c.expires_at > bindparam("now"),  # a use that is written late revives nothing
        )
        .values(seen_at=bindparam("now"), expires_at=bindparam("until"))
    )
)


async def open_session(tx: Tx, account_id: str, *, device: str, how: How) -> tuple[str, str]:
    """Sign in: (session id, secret for the cookie). Always a fresh secret, so a planted cookie is worth nothing.

    Ends no other session but the oldest beyond MAX_PER_ACCOUNT; the caller ends the one whose cookie it replaces.
    Raises Forbidden (suspended), NotFound.
    """
    await active(tx, account_id)
    session_id, secret = new_id(tx.now), new_token()
    await tx.run(
        sessions.insert().values(
            id=session_id, account_id=account_id, token_hash=token_hash(secret), device=device[:MAX_LABEL_CHARS],
            how=how, created_at=tx.now, seen_at=tx.now, expires_at=tx.now + LASTS_MS,
        )
    )  # fmt: skip
    await _trim(tx, account_id, keep=session_id)
    return session_id, secret


async def _trim(tx: Tx, account_id: str, *, keep: str) -> None:
    others = select(sessions.c.id).where(sessions.c.account_id == account_id, sessions.c.id != keep)
    newest_first = others.order_by(sessions.c.seen_at.desc(), sessions.c.id.desc())
    for row in await tx.all(newest_first.offset(MAX_PER_ACCOUNT - 1).limit(MAX_PER_ACCOUNT)):
        await end_session(tx, account_id, row.id)


async def signed_by_session(tx: Tx, secret: str) -> Signed | None:
    """Who the cookie's secret belongs to; None for ended, expired and suspended alike. One query, writes nothing."""
    row = await tx.one(_BEARER, hash=token_hash(secret), now=tx.now)
    if row is None:
        return None
    due = row.seen_at <= tx.now - TOUCH_MS
    return Signed(account_of(row), row.session_id, None, None, touch_due=due, at_seq=row.at_seq)


async def is_open(tx: Tx, session_id: str, account_id: str) -> bool:
    """Whether this session of the account still signs somebody in."""
    return bool(await tx.value(_OPEN, id=session_id, account_id=account_id, now=tx.now))


async def touch(tx: Tx, session_ids: Collection[str]) -> None:
    """Write down that the sessions were used now, and let them last from here. For those with `touch_due`."""
    if session_ids:
        due = {"ids": sorted(session_ids), "before": tx.now - TOUCH_MS}
        await tx.run(_TOUCH, **due, now=tx.now, until=tx.now + LASTS_MS)


async def rotate(tx: Tx, account_id: str, session_id: str) -> str:
    """A new secret for the same session, for when what it may do has grown; the old cookie stops. Raises NotFound."""
    secret = new_token()
    mine = (sessions.c.id == session_id, sessions.c.account_id == account_id)
    if not await tx.run(update(sessions).where(*mine).values(token_hash=token_hash(secret))):
        raise NotFound("This session has ended. Sign in again.")
    return secret


async def listing(tx: Tx, account_id: str, current: str | None) -> list[Session]:
    """The account's sessions, last used first; `current` is the id of the one that asks."""
    mine = select(sessions).where(sessions.c.account_id == account_id, sessions.c.expires_at > tx.now)
    rows = await tx.all(
        mine.order_by(sessions.c.seen_at.desc(), sessions.c.id.desc()).limit(2 * MAX_PER_ACCOUNT)
    )
    return [
        Session(row.id, row.device, row.how, row.created_at, row.seen_at, row.expires_at, row.id == current)
        for row in rows
    ]


async def end_session(tx: Tx, account_id: str, session_id: str) -> None:
    """Sign one device out; its open sockets hear of it. Raises NotFound when it is not the account's."""
    mine = (sessions.c.id == session_id, sessions.c.account_id == account_id)
    if not is_id(session_id) or not await tx.run(delete(sessions).where(*mine)):
        raise NotFound("This session has ended already.")
    await outbox.emit(tx, SessionEnded(account_id=account_id, session_id=session_id))


async def end_other_sessions(tx: Tx, account_id: str, keep: str | None) -> int:
    """Sign out everywhere but in `keep` (None: everywhere); return how many ended."""
    rows = await tx.all(
        select(sessions.c.id).where(sessions.c.account_id == account_id, sessions.c.id != (keep or ""))
    )
    for row in rows:
        await end_session(tx, account_id, row.id)
    return len(rows)


async def sweep(tx: Tx) -> None:
    """Forget sessions that have expired."""
    await tx.run(delete(sessions).where(sessions.c.expires_at <= tx.now))

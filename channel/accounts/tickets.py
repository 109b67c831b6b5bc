"""A ticket carries credentials into a WebSocket URL, where the real ones must not be: once, within 30 s."""

import msgspec
from sqlalchemy import or_, select

from channel.accounts import one_time
from channel.accounts.model import Signed
from channel.accounts.queries import ACCOUNT_STREAM, AT_SEQ, COLUMNS, account_of
from channel.accounts.tables import accounts, sessions, tokens
from channel.errors import Gone
from channel.outbox import streams
from channel.storage import Tx

LASTS_MS = 30_000


class _Stub(msgspec.Struct, frozen=True):
    session_id: str | None
    token_id: str | None


async def live_ticket(tx: Tx, signed: Signed) -> str:
    """A secret that stands for `signed` until it is used or 30 s are over."""
    stub = msgspec.json.encode(_Stub(signed.session_id, signed.token_id)).decode()
    return await one_time.issue(tx, "ticket", lasts_ms=LASTS_MS, account_id=signed.account.id, data=stub)


async def redeem_ticket(tx: Tx, secret: str) -> Signed | None:
    """Whoever asked for the ticket, as far as their session or token is still good; None otherwise."""
    try:
        redeemed = await one_time.redeem(tx, secret, "ticket")
    except Gone:
        return None
    stub = msgspec.json.decode(redeemed.data.encode(), type=_Stub)
    return await (_by_session(tx, stub.session_id) if stub.session_id else _by_token(tx, stub.token_id))


async def _by_session(tx: Tx, session_id: str) -> Signed | None:
    holder = select(AT_SEQ, *COLUMNS).join(sessions, sessions.c.account_id == accounts.c.id)
    holder = holder.outerjoin(streams, ACCOUNT_STREAM)
    good = (sessions.c.id == session_id, sessions.c.expires_at > tx.now, accounts.c.state == "active")
    row = await tx.one(holder.where(*good))
    return None if row is None else Signed(account_of(row), session_id, None, None, at_seq=row.at_seq)


async def _by_token(tx: Tx, token_id: str | None) -> Signed | None:
    holder = select(tokens.c.scopes, AT_SEQ, *COLUMNS).join(tokens, tokens.c.account_id == accounts.c.id)
    holder = holder.outerjoin(streams, ACCOUNT_STREAM)
    lasting = or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > tx.now)
    row = await tx.one(holder.where(tokens.c.id == token_id, lasting, accounts.c.state == "active"))
    if row is None:
        return None
    return Signed(account_of(row), None, token_id, frozenset(row.scopes.split()), at_seq=row.at_seq)


async def still_signed(tx: Tx, signed: Signed) -> bool:
    """True while the session or token behind `signed` is good: what a long-lived connection asks once it is known."""
    found = await (
        _by_session(tx, signed.session_id) if signed.session_id else _by_token(tx, signed.token_id)
    )
    return found is not None

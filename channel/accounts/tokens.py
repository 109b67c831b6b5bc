"""Tokens for programs: named, limited in what they may do, shown once, ended at any time."""

from collections.abc import Collection, Iterable

from sqlalchemy import bindparam, delete, func, or_, select, update

from channel import outbox
from channel.accounts.model import Signed, Token, parse_label, parse_scopes
from channel.accounts.queries import ACCOUNT_STREAM, AT_SEQ, COLUMNS, account_of, active
from channel.accounts.tables import accounts, tokens
from channel.errors import Conflict, Invalid, NotFound
from channel.events import SessionEnded
from channel.ids import is_id, new_id, new_token, token_hash
from channel.outbox import streams
from channel.storage import Prepared, Tx

PREFIX = "ch_"  # so that secret scanners, and people, know what they have found
DAY_MS = 24 * 3600 * 1000
MAX_DAYS = 3650
MAX_PER_ACCOUNT = 50
TOUCH_MS = 10 * 60 * 1000

_BEARER = Prepared(
    select(tokens.c.id.label("token_id"), tokens.c.scopes, tokens.c.used_at, AT_SEQ, *COLUMNS)
    .join(accounts, accounts.c.id == tokens.c.account_id)
    .outerjoin(streams, ACCOUNT_STREAM)
    .where(
        tokens.c.token_hash == bindparam("hash"),
        or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > bindparam("now")),
        accounts.c.state == "active",
    )
)
_HELD = Prepared(
    select(func.count()).select_from(tokens).where(tokens.c.account_id == bindparam("account_id"))
)
_CREATE = Prepared(tokens.insert().values(**{column.name: bindparam(column.name) for column in tokens.c}))
_TOUCH = Prepared(
    lambda words: (
        update(tokens)
        .where(
            words.among(tokens.c.id, "ids"),
            or_(tokens.c.used_at.is_(None), tokens.c.used_at <= bindparam("before")),
        )
        .values(used_at=bindparam("now"))
    )
)


async def create_token(
    tx: Tx, account_id: str, *, name: str, scopes: Iterable[str], days: int | None
) -> tuple[Token, str]:
    """A token and its secret, which nobody can show again. `days` None: until it is revoked.

    Raises Invalid (name, scopes, days), Conflict at MAX_PER_ACCOUNT, Forbidden (suspended), NotFound.
    """
    account = await active(tx, account_id)
    if days is not None and not 1 <= days <= MAX_DAYS:
        raise Invalid(days="A token lasts 1 to 3650 days, or until you revoke it.")
    held = await tx.value(_HELD, account_id=account_id)
    if held >= MAX_PER_ACCOUNT:
        raise Conflict(
            "An account has at most 50 tokens. Revoke one that is no longer used.", code="too_many_tokens"
        )
    token = Token(
        id=new_id(tx.now),
        name=parse_label(name, default="Token"),
        scopes=parse_scopes(frozenset(scopes), is_admin=account.is_admin),
        created_at=tx.now,
        used_at=None,
        expires_at=None if days is None else tx.now + days * DAY_MS,
    )
    secret = PREFIX + new_token()
    await tx.run(
        _CREATE, id=token.id, account_id=account_id, name=token.name, token_hash=token_hash(secret),
        scopes=" ".join(token.scopes), created_at=tx.now, used_at=None, expires_at=token.expires_at,
    )  # fmt: skip
    return token, secret


async def signed_by_token(tx: Tx, secret: str) -> Signed | None:
    """Who the bearer is; None for revoked, expired and suspended alike. One query, writes nothing."""
    row = await tx.one(_BEARER, hash=token_hash(secret), now=tx.now)
    if row is None:
        return None
    due = row.used_at is None or row.used_at <= tx.now - TOUCH_MS
    scopes = frozenset(row.scopes.split())
    return Signed(account_of(row), None, row.token_id, scopes, touch_due=due, at_seq=row.at_seq)


async def touch(tx: Tx, token_ids: Collection[str]) -> None:
    """Write down that the tokens were used now. For those with `touch_due`."""
    if token_ids:
        await tx.run(_TOUCH, ids=sorted(token_ids), before=tx.now - TOUCH_MS, now=tx.now)


async def listing(tx: Tx, account_id: str) -> list[Token]:
    """The account's tokens, newest first, expired ones included."""
    mine = select(tokens).where(tokens.c.account_id == account_id)
    rows = await tx.all(mine.order_by(tokens.c.created_at.desc(), tokens.c.id.desc()).limit(MAX_PER_ACCOUNT))
    return [
        Token(row.id, row.name, tuple(row.scopes.split()), row.created_at, row.used_at, row.expires_at)
        for row in rows
    ]


async def revoke_token(tx: Tx, account_id: str, token_id: str) -> None:
    """The token stops at once; sockets opened with it hear of it under its id. Raises NotFound."""
    mine = (tokens.c.id == token_id, tokens.c.account_id == account_id)
    if not is_id(token_id) or not await tx.run(delete(tokens).where(*mine)):
        raise NotFound("This token has been revoked already.")
    await outbox.emit(tx, SessionEnded(account_id=account_id, session_id=token_id))

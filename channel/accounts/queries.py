"""Finding accounts."""

from collections.abc import Sequence

from sqlalchemy import bindparam, func, literal, or_, select, tuple_

from channel.accounts.model import Account
from channel.accounts.tables import accounts
from channel.errors import Forbidden, Invalid, NotFound
from channel.events import account_stream
from channel.ids import is_id
from channel.outbox import streams
from channel.storage import Prepared, Tx, reader

MAX_PAGE = 100
MAX_QUERY_CHARS = 100  # SQLite refuses patterns of some ten thousand
# The columns of an Account, for a join that wants one beside something else; `account_of` reads them back.
COLUMNS = [column.label(f"account_{column.name}") for column in accounts.c]
account_of = reader(Account, "account_")
# How far the account's own stream has come, for a Signed; ACCOUNT_STREAM joins it.
AT_SEQ = func.coalesce(streams.c.seq, 0).label("at_seq")
ACCOUNT_STREAM = streams.c.stream == literal(account_stream("")) + accounts.c.id
_BY_ID, _BY_HANDLE, _BY_EMAIL = (
    Prepared(select(*COLUMNS).where(column == bindparam("wanted")))
    for column in (accounts.c.id, accounts.c.handle, accounts.c.email)
)


async def one(tx: Tx, account_id: str) -> Account:
    """Raises NotFound. A deleted account is found: its posts still stand under it."""
    return await _found(tx, _BY_ID, account_id if is_id(account_id) else None)


async def several(tx: Tx, ids: Sequence[str]) -> dict[str, Account]:
    """Accounts by id, at most 1,000; who does not exist is missing."""
    rows = await tx.all(select(*COLUMNS).where(accounts.c.id.in_(ids[:1000])))
    return {row.account_id: account_of(row) for row in rows}


async def by_handle(tx: Tx, handle: str) -> Account:
    """Raises NotFound. `handle` may be written with @ and in capitals."""
    wanted = handle.strip().removeprefix("@").lower()
    return await _found(tx, _BY_HANDLE, wanted if wanted.isascii() and wanted.isprintable() else None)


async def by_email(tx: Tx, email: str) -> Account:
    """The account that has proven to read `email`. Raises NotFound."""
    wanted = email.strip().lower()
    return await _found(tx, _BY_EMAIL, wanted if wanted.isascii() and wanted.isprintable() else None)


async def active(tx: Tx, account_id: str) -> Account:
    """The account, if it may sign in. Raises NotFound for none, Forbidden (code suspended) for a suspended one."""
    account = await one(tx, account_id)
    if account.state == "deleted":
        raise NotFound("This account no longer exists.")
    if account.state != "active":
        raise Forbidden("This account is suspended. Ask the people who run this instance.", code="suspended")
    return account


async def _found(tx: Tx, query: Prepared, wanted: str | None) -> Account:
    """What cannot be an id, a handle or an address never reaches the database."""
    row = await tx.one(query, wanted=wanted) if wanted is not None else None
    if row is None:
        raise NotFound("There is no such account.")
    return account_of(row)


async def list_accounts(
    tx: Tx, q: str = "", cursor: str | None = None, limit: int = 50
) -> tuple[list[Account], str | None]:
    """Accounts for the admin, newest first, deleted ones left out, and the cursor of the next page.

    `q` is looked for in name, handle and address, in any case. Raises Invalid for a cursor that is not ours.
    """
    limit = max(1, min(limit, MAX_PAGE))
    query = select(*COLUMNS).where(accounts.c.state != "deleted")
    if word := "".join(filter(str.isprintable, q)).strip()[:MAX_QUERY_CHARS]:
        fields = (func.lower(accounts.c.name), accounts.c.handle, accounts.c.email)
        hits = [field.contains(word.lower(), autoescape=True) for field in fields]
        # As typed, too: SQLite's lower() knows ASCII only and leaves the Ä of Änne alone.
        query = query.where(or_(accounts.c.name.contains(word, autoescape=True), *hits))
    if cursor:
        query = query.where(tuple_(accounts.c.created_at, accounts.c.id) < tuple_(*_position(cursor)))
    query = query.order_by(accounts.c.created_at.desc(), accounts.c.id.desc()).limit(limit + 1)
    found = [account_of(row) for row in await tx.all(query)]
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], f"{last.created_at}.{last.id}"


def _position(cursor: str) -> tuple[int, str]:
    stamp, _, account_id = cursor.partition(".")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 16 and is_id(account_id)):
        raise Invalid(cursor="This cursor is not one of ours. Start from the first page.")
    return int(stamp), account_id

"""Making, changing, suspending and deleting accounts."""

import secrets
from collections.abc import Sequence
from dataclasses import asdict

import msgspec
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.exc import IntegrityError

from channel import outbox
from channel.accounts.model import (
    Account,
    Profile,
    parse_email,
    parse_language,
    parse_theme,
)
from channel.accounts.queries import one
from channel.accounts.tables import accounts, one_time, passkeys, recovery_codes, sessions, tokens
from channel.errors import Conflict, Invalid, NotFound
from channel.events import EmailProofAsked, PresenceSet, SessionEnded, SignInLinkAsked, account_stream
from channel.ids import is_id, new_id
from channel.storage import Prepared, Tx, locking
from channel.storage.tables import instance

HUES = 360
_CREATE = Prepared(
    lambda words: (
        words.insert(accounts)
        .values(**{column.name: bindparam(column.name) for column in accounts.c})
        .on_conflict_do_nothing()
    )
)


async def create(
    tx: Tx,
    *,
    name: str,
    handle: str | None = None,
    language: str | None = None,
    is_admin: bool = False,
    email: str | None = None,
    bot: bool = False,
) -> Account:
    """A new account. A follower needs only a name. `email` counts as proven: give one only if it is.

    Raises Invalid (name, handle, language, email; also when handle or address are taken).
    """
    profile = Profile.parse(
        name=name, handle=handle, avatar="", hue=secrets.randbelow(HUES), language=language, theme=None
    )
    account = Account(
        id=new_id(tx.now), handle=profile.handle, name=profile.name, avatar="", hue=profile.hue,
        language=profile.language, theme=None, email=parse_email(email) if email else None,
        is_admin=is_admin, state="active", created_at=tx.now, bot=bot,
    )  # fmt: skip
    row = {column.name: getattr(account, column.name) for column in accounts.c}
    if not await tx.run(_CREATE, **row):
        raise await _taken(tx, account)
    if is_admin:
        await _close_setup(tx)
    return account


async def _close_setup(tx: Tx) -> None:
    """An instance with an admin is set up, whichever way the admin came: the printed link stops working."""
    done = {"setup_token_hash": None, "setup_at": func.coalesce(instance.c.setup_at, tx.now)}
    await tx.run(update(instance).values(**done))


async def _taken(tx: Tx, account: Account) -> Invalid:
    if await tx.one(select(accounts.c.id).where(accounts.c.handle == account.handle)):
        return Invalid(handle="This handle is taken. Choose another one.")
    return Invalid(email="Another account uses this address. Sign in with it, or give another one.")


async def update_profile(
    tx: Tx,
    account_id: str,
    *,
    name: str,
    handle: str | None,
    avatar: str,
    hue: int,
    language: str | None,
    theme: str | None,
) -> Account:
    """Change how somebody appears. Raises Invalid with every wrong field at once, NotFound."""
    profile = Profile.parse(name=name, handle=handle, avatar=avatar, hue=hue, language=language, theme=theme)
    if avatar.startswith("own:") and avatar != (await one(tx, account_id)).avatar:
        raise Invalid(avatar="Choose one of the pictures, or send your own.")
    try:
        await _change(tx, account_id, **asdict(profile))
    except IntegrityError as error:
        raise Invalid(handle="This handle is taken. Choose another one.") from error
    return await one(tx, account_id)


async def set_language(tx: Tx, account_id: str, language: str | None) -> None:
    """Raises Invalid, NotFound."""
    await _change(tx, account_id, language=parse_language(language))


async def set_theme(tx: Tx, account_id: str, theme: str | None) -> None:
    """Raises Invalid, NotFound."""
    await _change(tx, account_id, theme=parse_theme(theme))


async def set_avatar(tx: Tx, account_id: str, avatar: str) -> Account:
    """What `channel.looks` made, or "" for initials. Raises NotFound."""
    await _change(tx, account_id, avatar=avatar)
    return await one(tx, account_id)


async def set_presence(tx: Tx, account_id: str, presence: bool) -> Account:
    """Show others that the account is here and writing, or do not. Its open connections follow. Raises NotFound."""
    await _change(tx, account_id, presence=presence)
    await outbox.emit(tx, PresenceSet(account_id=account_id, presence=presence))
    return await one(tx, account_id)


async def _change(tx: Tx, account_id: str, **changes: object) -> None:
    living = (accounts.c.id == account_id, accounts.c.state != "deleted")
    if not is_id(account_id) or not await tx.run(update(accounts).where(*living).values(**changes)):
        raise NotFound("There is no such account.")


async def suspend(tx: Tx, account_id: str) -> None:
    """Nobody comes in by this account any more: sessions end, links and codes wait unused, tokens rest.

    Raises Conflict for the only admin, NotFound. Twice is the same as once.
    """
    await _keep_an_admin(tx, account_id)
    await _change(tx, account_id, state="suspended")
    await _end_everything(tx, account_id)


async def unsuspend(tx: Tx, account_id: str) -> None:
    """The account may sign in again, and its tokens work again. Raises NotFound."""
    await _change(tx, account_id, state="active")


async def delete_account(tx: Tx, account_id: str, owned: Sequence[str]) -> None:
    """Erase what is personal. The row stays without a name, so that old posts can say "former member".

    `owned`: names of the communities that the account owns, as the caller found them. The caller also lets the account
    leave the rest, in the same transaction. Raises Conflict when it owns one or is the only admin, NotFound.
    """
    if owned:
        detail = f"Transfer or delete the communities you own first: {', '.join(owned)}."
        raise Conflict(detail, code="owns_communities", communities=list(owned))
    await _keep_an_admin(tx, account_id)
    await _end_everything(tx, account_id)
    for table in (tokens, passkeys, recovery_codes):
        await tx.run(table.delete().where(table.c.account_id == account_id))
    await _forget_addresses(tx, account_id)
    nothing: dict[str, object] = {
        "name": "", "handle": None, "avatar": "", "email": None, "language": None, "theme": None, "is_admin": False,
    }  # fmt: skip
    await _change(tx, account_id, **nothing, state="deleted")


async def _keep_an_admin(tx: Tx, account_id: str) -> None:
    # Locked, so that two admins cannot remove each other at the same moment.
    admins = (
        select(accounts.c.id).where(accounts.c.is_admin, accounts.c.state == "active").order_by(accounts.c.id)
    )
    rows = await tx.all(locking(tx.dialect, admins))
    if [row.id for row in rows] == [account_id]:
        raise Conflict("This is the only admin. Make another account an admin first.", code="last_admin")


async def _end_everything(tx: Tx, account_id: str) -> None:
    for table in (sessions, one_time):
        await tx.run(table.delete().where(table.c.account_id == account_id))
    await outbox.emit(tx, SessionEnded(account_id=account_id, session_id=None))


async def _forget_addresses(tx: Tx, account_id: str) -> None:
    """The log keeps its rows (seq has no gaps), but not the mail addresses in them."""
    log = outbox.events
    asked = log.c.kind.in_((SignInLinkAsked.kind, EmailProofAsked.kind))
    blank = msgspec.json.encode(SignInLinkAsked(account_id=account_id, email="", language="")).decode()
    await tx.run(update(log).where(log.c.stream == account_stream(account_id), asked).values(data=blank))

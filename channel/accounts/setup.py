"""The first admin: a link that the server prints, once, on an instance that has nobody yet."""

from sqlalchemy import ColumnElement, select, update

from channel.accounts.actions import create
from channel.accounts.model import Account
from channel.errors import Gone
from channel.ids import new_token, token_hash
from channel.storage import Tx
from channel.storage.tables import instance


async def setup_token(tx: Tx) -> str | None:
    """A fresh secret for the set-up link, or None when the instance has its admin. An earlier link stops working."""
    secret = new_token()
    fresh = update(instance).where(instance.c.setup_at.is_(None)).values(setup_token_hash=token_hash(secret))
    return secret if await tx.run(fresh) else None


async def is_set_up(tx: Tx) -> bool:
    """Whether the instance has its admin."""
    return await tx.value(select(instance.c.setup_at)) is not None


async def setup_waiting(tx: Tx, secret: str) -> None:
    """Raise Gone unless the secret opens the set-up now. Uses nothing up."""
    if await tx.one(select(instance.c.id).where(*_open(secret))) is None:
        raise Gone("This set-up link has been used or replaced. The newest one is in the server's output.")


async def redeem_setup(tx: Tx, secret: str, *, name: str, handle: str, language: str | None) -> Account:
    """Create the admin. Raises Gone, Invalid (the link stays good)."""
    await setup_waiting(tx, secret)
    if not await tx.run(
        update(instance).where(*_open(secret)).values(setup_token_hash=None, setup_at=tx.now)
    ):
        raise Gone("Somebody has set this instance up already. Sign in instead.")
    return await create(tx, name=name, handle=handle, language=language, is_admin=True)


def _open(secret: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return instance.c.setup_token_hash == token_hash(secret), instance.c.setup_at.is_(None)

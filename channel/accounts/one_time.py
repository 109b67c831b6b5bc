"""Secrets that open one door once: made, handed out, redeemed, gone. What they open is told by their purpose."""

from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import delete, select

from channel.accounts.tables import one_time
from channel.errors import Gone
from channel.i18n import noop as N_
from channel.ids import new_token, token_hash
from channel.storage import Tx

Purpose = Literal[
    "sign_in", "phone", "email", "ticket", "passkey_new", "passkey_sign_in", "follow", "follow_pass"
]


GONE: Final = N_("This link has been used or has expired. Ask for a new one.")


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What a secret stood for."""

    purpose: Purpose
    account_id: str | None
    data: str


async def issue(
    tx: Tx,
    purpose: Purpose,
    *,
    lasts_ms: int,
    account_id: str | None = None,
    data: str = "",
    replace: bool = False,
) -> str:
    """Return a fresh secret; only its hash is stored. `replace`: the account's earlier ones of this purpose go."""
    if replace:
        await tx.run(
            delete(one_time).where(one_time.c.account_id == account_id, one_time.c.purpose == purpose)
        )
    secret = new_token()
    await tx.run(
        one_time.insert().values(
            token_hash=token_hash(secret), purpose=purpose, account_id=account_id, data=data,
            created_at=tx.now, expires_at=tx.now + lasts_ms,
        )
    )  # fmt: skip
    return secret


async def redeem(tx: Tx, secret: str, *purposes: Purpose, gone: str = GONE) -> Redeemed:
    """Use the secret up. Of many who try at once exactly one succeeds. Raises Gone, in these words, for all other reasons alike.

    If the transaction fails afterwards, the secret was not used.
    """
    taken = delete(one_time).where(
        one_time.c.token_hash == token_hash(secret),
        one_time.c.purpose.in_(purposes),
        one_time.c.expires_at > tx.now,
    )
    row = await tx.one(taken.returning(one_time.c.purpose, one_time.c.account_id, one_time.c.data))
    if row is None:
        raise Gone(gone)
    return Redeemed(row.purpose, row.account_id, row.data)


async def look(tx: Tx, secret: str, *purposes: Purpose, gone: str = GONE) -> Redeemed:
    """What the secret would open, without using it up. Raises Gone as `redeem` would."""
    row = await tx.one(
        select(one_time.c.purpose, one_time.c.account_id, one_time.c.data).where(
            one_time.c.token_hash == token_hash(secret),
            one_time.c.purpose.in_(purposes),
            one_time.c.expires_at > tx.now,
        )
    )
    if row is None:
        raise Gone(gone)
    return Redeemed(row.purpose, row.account_id, row.data)


async def sweep(tx: Tx) -> None:
    """Forget what has expired."""
    await tx.run(delete(one_time).where(one_time.c.expires_at <= tx.now))

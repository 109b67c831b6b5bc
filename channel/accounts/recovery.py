"""Codes on paper, for when every device is lost. A set of ten, each opens the account once, a new set ends the old."""

import secrets

from sqlalchemy import delete, func, select

from channel.accounts import guesses
from channel.accounts.model import Account, WaysBack
from channel.accounts.queries import COLUMNS, account_of, active
from channel.accounts.tables import accounts, passkeys, recovery_codes
from channel.ids import token_hash
from channel.storage import Tx

CODES = 10
GROUPS = 4
GROUP_CHARS = 5
_ALPHABET = (
    "0123456789abcdefghjkmnpqrstvwxyz"  # 5 bit a character, without i, l, o, u: 20 of them are 100 bit
)
_MISREAD = str.maketrans({"o": "0", "i": "1", "l": "1"})


async def new_recovery_codes(tx: Tx, account_id: str) -> list[str]:
    """Ten fresh codes, shown once; all earlier ones stop. Raises Forbidden, NotFound."""
    await active(tx, account_id)
    await tx.run(delete(recovery_codes).where(recovery_codes.c.account_id == account_id))
    codes = [_new_code() for _ in range(CODES)]
    rows = [{"code_hash": _hash(code), "account_id": account_id, "created_at": tx.now} for code in codes]
    await tx.run_many(recovery_codes.insert(), rows)
    return codes


def _new_code() -> str:
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(GROUP_CHARS)) for _ in range(GROUPS))


def _hash(code: str) -> str:
    """Read as people write: any case, with or without dashes and spaces, O for 0, I and L for 1."""
    return token_hash("".join(char for char in code.lower().translate(_MISREAD) if char in _ALPHABET))


async def redeem_recovery(tx: Tx, handle_or_email: str, code: str, network: str) -> Account | None:
    """Whose code it was, used up now; None when name and code do not fit together, whatever the reason.

    None, and not an error, so that the transaction commits and the guess stays counted. An account that has neither
    handle nor address is found by its code alone, with an empty name.
    Raises TooMany, and Forbidden (suspended) for a right code.
    """
    name = handle_or_email.strip().removeprefix("@").lower()
    if name:
        await guesses.spend(tx, guesses.by_name("recovery", name), guesses.PER_NAME)
    await guesses.spend(tx, f"recovery:network:{network}", guesses.PER_NETWORK)
    holder = select(*COLUMNS).join(recovery_codes, recovery_codes.c.account_id == accounts.c.id)
    row = await tx.one(holder.where(recovery_codes.c.code_hash == _hash(code)))
    if row is None or not _fits(account_of(row), name):
        return None
    if not await tx.run(delete(recovery_codes).where(recovery_codes.c.code_hash == _hash(code))):
        return None
    return await active(tx, row.account_id)


def _fits(account: Account, name: str) -> bool:
    names = {account.handle, account.email} - {None}
    return name in names if names else name == ""


async def ways_back(tx: Tx, account_id: str) -> WaysBack:
    """How its owner could return to the account without a signed-in device."""
    counts = [
        select(func.count()).select_from(table).where(table.c.account_id == account_id).scalar_subquery()
        for table in (passkeys, recovery_codes)
    ]
    keys, codes = counts[0].label("keys"), counts[1].label("codes")
    row = await tx.one(select(keys, codes, accounts.c.email).where(accounts.c.id == account_id))
    return WaysBack(0, 0, False) if row is None else WaysBack(row.keys, row.codes, row.email is not None)

"""How often one may try: counted in the database, so that a restart or a second server forgets nothing.

A guess is counted before its answer is known. Counting the failures afterwards would let fifty guesses that run at the
same moment all pass the check before the first is written down.
"""

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

from sqlalchemy import delete, select

from channel.accounts.tables import guesses
from channel.errors import TooMany
from channel.ids import new_id, token_hash
from channel.storage import Tx

MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` in any `window_ms`."""

    count: int
    window_ms: int
    detail: str


TRIES = "Too many tries. Wait a quarter of an hour, or sign in another way."
PER_ACCOUNT = Limit(10, 15 * MINUTE_MS, TRIES)
PER_NETWORK = Limit(100, 15 * MINUTE_MS, TRIES)
# An account answers to two names, its handle and its address; which belong together is nobody's business, so they are
# counted apart, half of PER_ACCOUNT each. Names that nobody has are counted the same way.
PER_NAME = Limit(PER_ACCOUNT.count // 2, PER_ACCOUNT.window_ms, TRIES)
PER_ADDRESS = Limit(
    3, 60 * MINUTE_MS, "Three mails were asked for within the hour. Look for them, or wait a while."
)


def network_of(address: str | None) -> str:
    """The network that a limit counts: the address itself for IPv4, the /64 for IPv6, "unknown" for what is neither."""
    try:
        ip = ip_address((address or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is None:
            return str(ip_network((ip, 64), strict=False))
        ip = ip.ipv4_mapped
    return str(ip)


def by_name(purpose: str, name: str) -> str:
    """The bucket of a name or address that somebody typed. Hashed: people type passwords and friends' addresses."""
    return f"{purpose}:name:{token_hash(name.strip().lower())}"


async def check_guesses(tx: Tx, purpose: str, account_id: str | None, network: str) -> None:
    """Raise TooMany when there were too many already. Counts nothing, so it may run in a reading transaction."""
    for bucket, limit in _buckets(purpose, account_id, network):
        await _check(tx, bucket, limit)


async def note_guess(tx: Tx, purpose: str, account_id: str | None, network: str) -> None:
    """Count one guess, or raise TooMany. Call it before the guess is judged, in a transaction of its own.

    In the transaction of the verb that fails, the count would be rolled back with it and limit nothing.
    """
    for bucket, limit in _buckets(purpose, account_id, network):
        await spend(tx, bucket, limit)


def _buckets(purpose: str, account_id: str | None, network: str) -> list[tuple[str, Limit]]:
    # Account before network, everywhere: two transactions that lock the same two never wait for each other.
    account = [(f"{purpose}:account:{account_id}", PER_ACCOUNT)] if account_id else []
    return [*account, (f"{purpose}:network:{network}", PER_NETWORK)]


async def spend(tx: Tx, bucket: str, limit: Limit) -> None:
    """Count one more in `bucket`, or raise TooMany. Never exceeded, however many come at once."""
    # The anchor row (its id is the bucket) is there to be locked: on PostgreSQL the next one in line waits here until
    # this transaction ends, and then counts what this one wrote.
    anchor = tx.insert(guesses).values(id=bucket, bucket="", at=tx.now)
    await tx.run(anchor.on_conflict_do_update(index_elements=["id"], set_={"at": tx.now}))
    await _check(tx, bucket, limit)
    await tx.run(guesses.insert().values(id=new_id(tx.now), bucket=bucket, at=tx.now))


async def _check(tx: Tx, bucket: str, limit: Limit) -> None:
    recent = select(guesses.c.at).where(guesses.c.bucket == bucket, guesses.c.at > tx.now - limit.window_ms)
    rows = await tx.all(recent.order_by(guesses.c.at.desc()).limit(limit.count))
    if len(rows) >= limit.count:
        raise TooMany(limit.detail, retry_after_s=(rows[-1].at + limit.window_ms - tx.now) // 1000 + 1)


async def sweep(tx: Tx) -> None:
    """Forget guesses that are older than a day."""
    await tx.run(delete(guesses).where(guesses.c.at < tx.now - DAY_MS))

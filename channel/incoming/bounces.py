"""Letters that came back: which addresses are left alone from then on.

An address that is gone is paused by its first report, and so is one whose reader complained: mail services count every
further letter against the sender. One that fails for now is counted once a day, as Mailman does: five days on which
mail came back, none a week after the one before, pause it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, func, select

from channel import following
from channel.accounts import Account, one
from channel.accounts.tables import accounts
from channel.errors import NotFound
from channel.following.actions import refused as refused_follower
from channel.following.actions import stop
from channel.following.tables import follow_troubles
from channel.ids import token_hash
from channel.incoming.addresses import Addresses, Bounce
from channel.incoming.reports import Verdict
from channel.incoming.tables import mail_troubles
from channel.members.model import State
from channel.members.tables import memberships
from channel.notices.actions import pause, resume
from channel.notices.queries import refused
from channel.notices.tables import notice_times
from channel.storage import Tx

DAYS_TO_PAUSE: Final = 5
FORGOTTEN_DAYS: Final = 7
DAY_MS: Final = 24 * 3_600_000
MOST_LISTED: Final = 10_000


@dataclass(frozen=True, slots=True)
class Paused:
    """An account whose letters are paused. `why`: smtp, hard, soft or complaint; `since`: epoch ms."""

    account: Account
    why: str
    since: int


async def note(tx: Tx, addresses: Addresses, bounce: Bounce, verdict: Verdict) -> bool:
    """What a report says of the address of a reader. True when their letters are paused by it.

    Nothing happens for another address than they have now, or one that is paused already.
    """
    try:
        account = await one(tx, bounce.reader_id)
    except NotFound:
        return await _of_a_follower(tx, addresses, bounce, verdict)
    email = account.email
    if (
        verdict == "none"
        or account.state == "deleted"
        or not email
        or addresses.mark(email) != bounce.address_mark
    ):
        return False
    if await refused(tx, account.id, email):
        return False
    if verdict == "soft" and await _days(tx, account.id, email) < DAYS_TO_PAUSE:
        return False
    await pause(tx, account.id, email, verdict)
    await tx.run(delete(mail_troubles).where(mail_troubles.c.account_id == account.id))
    return True


async def _of_a_follower(tx: Tx, addresses: Addresses, bounce: Bounce, verdict: Verdict) -> bool:
    """Without an account there is nobody to ask to try again: who complained is forgotten, and an address that is gone,
    or failed on five days, rests as one that a mail server refused."""
    try:
        follower = await following.one(tx, bounce.reader_id)
    except NotFound:
        return False
    if addresses.mark(follower.email) != bounce.address_mark or follower.rests(tx.now):
        return False
    match verdict:
        case "complaint":
            await stop(tx, follower.id)
        case "hard":
            await refused_follower(tx, follower.id)
        case "soft" if await _days_of_follower(tx, follower.id) >= DAYS_TO_PAUSE:
            await tx.run(delete(follow_troubles).where(follow_troubles.c.follower_id == follower.id))
            await refused_follower(tx, follower.id)
        case _:
            return False
    return True


async def _days_of_follower(tx: Tx, follower_id: str) -> int:
    """As `_days`; they have one address for ever."""
    today, mine = tx.now // DAY_MS, follow_troubles.c.follower_id == follower_id
    last = await tx.value(select(func.max(follow_troubles.c.day)).where(mine))
    if last is not None and today - int(last) > FORGOTTEN_DAYS:
        await tx.run(delete(follow_troubles).where(mine))
    row = {"follower_id": follower_id, "day": today}
    await tx.run(tx.insert(follow_troubles).values(**row).on_conflict_do_nothing())
    return int(await tx.value(select(func.count()).select_from(follow_troubles).where(mine)))


async def _days(tx: Tx, account_id: str, email: str) -> int:
    """Write down today, and count the days in a row without a week between."""
    today, mine = tx.now // DAY_MS, mail_troubles.c.account_id == account_id
    last = await tx.value(
        select(func.max(mail_troubles.c.day)).where(mine, mail_troubles.c.address_hash == token_hash(email))
    )
    if last is None or today - int(last) > FORGOTTEN_DAYS:
        await tx.run(delete(mail_troubles).where(mine))
    row = {"account_id": account_id, "address_hash": token_hash(email), "day": today}
    await tx.run(tx.insert(mail_troubles).values(**row).on_conflict_do_nothing())
    return int(await tx.value(select(func.count()).select_from(mail_troubles).where(mine)))


async def confirmed(tx: Tx, account: Account) -> None:
    """Its owner has just opened a link that was mailed there: letters go there again."""
    await resume(tx, account.id)
    await tx.run(delete(mail_troubles).where(mail_troubles.c.account_id == account.id))


async def why(tx: Tx, account: Account) -> str:
    """Why its letters are paused: smtp, hard, soft or complaint; "" when they are not."""
    if not await refused(tx, account.id, account.email):
        return ""
    mine = notice_times.c.account_id == account.id
    return str(await tx.value(select(notice_times.c.refused_why).where(mine)) or "smtp")


async def paused(tx: Tx) -> list[Paused]:
    """All of the installation, the newest first, at most 10,000."""
    query = (
        select(accounts, notice_times.c.refused_hash, notice_times.c.refused_why, notice_times.c.refused_at)
        .join_from(notice_times, accounts, accounts.c.id == notice_times.c.account_id)
        .where(
            notice_times.c.refused_hash != "", accounts.c.email.is_not(None), accounts.c.state != "deleted"
        )
        .order_by(notice_times.c.refused_at.desc(), accounts.c.id)
        .limit(MOST_LISTED)
    )
    found = []
    for row in await tx.all(query):
        if row.refused_hash == token_hash(row.email):
            account = await one(tx, row.id)
            found.append(Paused(account, row.refused_why or "smtp", int(row.refused_at)))
    return found


def masked(email: str) -> str:
    """b…@example.net: enough to know one's own people by, and not enough to write to."""
    local, _, domain = email.partition("@")
    return f"{local[:1]}…@{domain}"


async def count(tx: Tx, community_id: str) -> int:
    """How many of a community get no letters because of their address: a number, and of whom nobody is told."""
    query = (
        select(accounts.c.email, notice_times.c.refused_hash)
        .join_from(notice_times, accounts, accounts.c.id == notice_times.c.account_id)
        .join(memberships, memberships.c.account_id == accounts.c.id)
        .where(
            memberships.c.community_id == community_id,
            memberships.c.state.in_((State.ACTIVE.value, State.MUTED.value)),
            notice_times.c.refused_hash != "",
            accounts.c.email.is_not(None),
            accounts.c.state == "active",
        )
        .limit(MOST_LISTED)
    )
    rows: Sequence[object] = await tx.all(query)
    return sum(row.refused_hash == token_hash(row.email) for row in rows)  # type: ignore[attr-defined]

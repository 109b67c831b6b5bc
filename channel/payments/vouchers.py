"""Gifts: a code that opens a tier for a time, once. Given by the creator or bought by anybody.

What the code opens is a grant of source `gift`, so it stays when a membership is left and found again.

Why there is no provider for them: a provider takes money for an order and is asked afterwards what came of it. Whoever
redeems a gift orders nothing, has no price, amount or currency, and there is nobody to ask: the code and what it opens
are in our own database, so one transaction decides of fifty who redeem, and nothing can be half done. Gifts of the same
tier add up, which purchases do not. The money is taken where a gift is bought, by whichever provider the community has
(an order of kind `gift`); `follow` makes the code when that is paid and takes it back when the money is.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import Row, select, update

from channel import communities, tiers
from channel.accounts import Account
from channel.communities import Community
from channel.errors import Gone, NotFound
from channel.events import LetterDue
from channel.ids import is_id, new_id, token_hash
from channel.members import grants, joining
from channel.members.model import Membership
from channel.outbox import emit
from channel.payments.codes import new_code, parse_code
from channel.payments.model import DAY_MS, NO_DETAILS, Details, Order
from channel.payments.seal import Seal
from channel.payments.tables import vouchers
from channel.storage import Tx
from channel.tiers import Tier

UNKNOWN: Final = "There is no such gift. Look at the code again."
OPEN_FOR_MS: Final = (
    3 * 365 * DAY_MS
)  # a gift that nobody redeems; three years is what German law gives a voucher


@dataclass(frozen=True, slots=True)
class Voucher:
    """See the table. `expires_at` is when it can no longer be redeemed."""

    id: str
    community_id: str
    tier_id: str
    days: int
    state: Literal["open", "redeemed", "revoked"]
    from_id: str | None
    order_id: str | None
    from_name: str
    to_name: str
    to_email: str | None
    message: str
    redeemed_by: str | None
    redeemed_at: int | None
    send_at: int | None
    sent_at: int | None
    expires_at: int | None
    created_at: int


def voucher_of(row: Row[Any]) -> Voucher:
    """A Voucher of a row that has its columns."""
    return Voucher(**{name: getattr(row, name) for name in Voucher.__dataclass_fields__})


async def make(  # noqa: PLR0913 - each is a field of the form
    tx: Tx,
    community_id: str,
    tier: Tier,
    seal: Seal,
    *,
    days: int,
    details: Details = NO_DETAILS,
    from_id: str | None = None,
    from_name: str = "",
    order_id: str | None = None,
) -> tuple[Voucher, str]:
    """A gift and its code. With a mail address the letter goes out at `details.send_at`, or now."""
    voucher_id, code = new_id(tx.now), new_code()
    row = {
        "id": voucher_id, "community_id": community_id, "tier_id": tier.id, "code_hash": token_hash(code),
        "code_sealed": seal.close_code(code, voucher_id), "days": days, "state": "open", "from_id": from_id,
        "order_id": order_id, "from_name": from_name, "to_name": details.to_name,
        "to_email": details.to_email or None, "message": details.message, "redeemed_by": None,
        "redeemed_at": None, "send_at": details.send_at, "sent_at": None,
        "expires_at": tx.now + OPEN_FOR_MS, "created_at": tx.now,
    }  # fmt: skip
    await tx.run(vouchers.insert().values(**row))
    if row["to_email"]:
        told = LetterDue(account_id=from_id or "", community_id=community_id, letter="gift", about=voucher_id)
        await emit(tx, told, after_ms=max(0, (details.send_at or tx.now) - tx.now))
    return await one(tx, voucher_id), code


async def one(tx: Tx, voucher_id: str) -> Voucher:
    """Raises NotFound."""
    row = await tx.one(select(vouchers).where(vouchers.c.id == voucher_id)) if is_id(voucher_id) else None
    if row is None:
        raise NotFound("There is no such gift.")
    return voucher_of(row)


async def behind(tx: Tx, code: str) -> tuple[Voucher, Community, Tier]:
    """What stands behind a code, also when it opens nothing any more: for a page that says why. Raises NotFound."""
    row = await tx.one(select(vouchers).where(vouchers.c.code_hash == token_hash(parse_code(code))))
    if row is None:
        raise NotFound(UNKNOWN)
    voucher = voucher_of(row)
    community = await communities.one(tx, voucher.community_id)
    if community.deleted:
        raise NotFound(UNKNOWN)
    return voucher, community, await tiers.one(tx, community.id, voucher.tier_id)


def over(voucher: Voucher, now: int) -> Gone | None:
    """Why it opens nothing: gift_redeemed, gift_revoked, gift_expired."""
    if voucher.state == "redeemed":
        return Gone("This gift was redeemed before.", code="gift_redeemed")
    if voucher.state == "revoked":
        return Gone("This gift was taken back.", code="gift_revoked")
    if voucher.expires_at is not None and voucher.expires_at <= now:
        return Gone("This gift is too old to be redeemed.", code="gift_expired")
    return None


async def redeem(tx: Tx, code: str, account: Account) -> tuple[Voucher, Membership]:
    """Open its tier to the account, which joins if it has not. Once: of many at the same moment, one.

    What the account has of the same tier from another gift is added to. Whoever has redeemed it may press again.
    Raises NotFound, Gone as `over` has it, and as `joining.join`.
    """
    voucher, community, tier = await behind(tx, code)
    fresh = {"state": "redeemed", "redeemed_by": account.id, "redeemed_at": tx.now}
    good = (vouchers.c.id == voucher.id, vouchers.c.state == "open", vouchers.c.expires_at > tx.now)
    first = await tx.run(update(vouchers).where(*good).values(**fresh))
    now = await one(tx, voucher.id)
    if not first and not (now.state == "redeemed" and now.redeemed_by == account.id):
        raise over(now, tx.now) or Gone("This gift was redeemed before.", code="gift_redeemed")
    joined = await joining.join(tx, account, community, invited=True)
    if not first:
        return now, joined
    starts = await grants.gift_ends(tx, community.id, account.id, tier.id)
    await grants.give(
        tx, community.id, account.id, tier.id, source="gift", source_id=voucher.id,
        ends_at=starts + voucher.days * DAY_MS if voucher.days else None,
    )  # fmt: skip
    await grants.settle(tx, community.id, account.id)
    return now, joined


async def revoke(tx: Tx, voucher: Voucher) -> None:
    """Take a gift back, also one that was redeemed. Twice is once."""
    await tx.run(update(vouchers).where(vouchers.c.id == voucher.id).values(state="revoked"))
    voucher = await one(tx, voucher.id)  # it may have been redeemed a moment ago
    if voucher.redeemed_by is not None:
        source: tuple[grants.Source, ...] = ("gift",)
        await grants.revoke(
            tx, voucher.community_id, voucher.redeemed_by, sources=source, source_id=voucher.id
        )
        await grants.settle(tx, voucher.community_id, voucher.redeemed_by)


async def of_order(tx: Tx, order_id: str) -> Voucher | None:
    """The gift that came of an order."""
    row = await tx.one(select(vouchers).where(vouchers.c.order_id == order_id)) if is_id(order_id) else None
    return None if row is None else voucher_of(row)


async def follow(tx: Tx, order: Order, seal: Seal, from_name: str, *, opens: bool) -> None:
    """A bought gift follows its payment: made when it is paid, taken back when the money is."""
    there = await of_order(tx, order.id)
    if not opens:
        if there is not None and there.state != "revoked":
            await revoke(tx, there)
        return
    if there is None and order.tier_id is not None:
        tier = await tiers.one(tx, order.community_id, order.tier_id)
        await make(
            tx, order.community_id, tier, seal, days=order.days, details=order.details, order_id=order.id,
            from_id=order.account_id, from_name=from_name,
        )  # fmt: skip


async def note_sent(tx: Tx, voucher_id: str) -> None:
    """Its letter has left. The first time counts."""
    still = update(vouchers).where(vouchers.c.id == voucher_id, vouchers.c.sent_at.is_(None))
    await tx.run(still.values(sent_at=tx.now))

"""Giving: what can be bought as a gift and for how long, codes that a creator makes by hand, and the list of all gifts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from channel import tiers
from channel.accounts import Account
from channel.accounts.model import MAX_NAME_CHARS, parse_email
from channel.accounts.queries import several
from channel.communities import Community
from channel.communities.fields import line, prose
from channel.errors import Conflict, Invalid, NotFound
from channel.ids import is_id
from channel.members import Action, Entitlement
from channel.members.rights import require
from channel.money import MAX_AMOUNT
from channel.payments import vouchers
from channel.payments.model import DAY_MS, Details
from channel.payments.orders import Wish
from channel.payments.seal import Seal
from channel.payments.tables import vouchers as table
from channel.payments.vouchers import Voucher, voucher_of
from channel.storage import Tx
from channel.tiers import Tier
from channel.tiers.model import Interval, Price

# How many periods are offered at once, and how many days one of them is: never fewer than it is called.
TIMES: Final[dict[Interval, tuple[int, ...]]] = {
    "month": (1, 3, 6, 12), "quarter": (1, 2), "year": (1, 2), "once": (1,),
}  # fmt: skip
DAYS: Final = {"month": 31, "quarter": 92, "year": 366}
MAX_DAYS: Final = 3_660
MAX_AT_ONCE: Final = 100
MAX_MESSAGE_CHARS: Final = 500
MAX_AHEAD_MS: Final = 366 * DAY_MS
MAX_SHOWN: Final = 100

_name = line("to_name", "A name has at most 60 characters. Write less.", at_most=MAX_NAME_CHARS)
_message = prose("message", "At most 500 characters fit here. Write less.", at_most=MAX_MESSAGE_CHARS)


@dataclass(frozen=True, slots=True)
class Offer:
    """A tier for so many periods of a price. `days` 0: for good."""

    price: Price
    count: int
    days: int

    @property
    def key(self) -> str:
        """Its name in a form."""
        return f"{self.price.id}:{self.count}"

    @property
    def amount(self) -> int:
        return self.price.amount * self.count


def offers(prices: Iterable[Price]) -> list[Offer]:
    """What a tier costs as a gift, shortest first. Twelve months are left to a yearly price where there is one."""
    all_prices = list(prices)
    yearly = {price.currency for price in all_prices if price.interval == "year"}
    made = [
        Offer(price, count, count * DAYS[price.interval] if price.recurs else price.days)
        for price in all_prices
        for count in TIMES[price.interval]
        if price.amount * count <= MAX_AMOUNT
        and not (price.interval == "month" and count == 12 and price.currency in yearly)
    ]
    return sorted(made, key=lambda offer: (offer.price.currency, offer.days or MAX_DAYS + 1, offer.amount))


def details(*, to_name: str, to_email: str, message: str, send_at: int | None, now: int) -> Details:
    """Whom a gift is for. Without an address there is nothing to send. Raises Invalid with every wrong field."""
    problems: dict[str, str] = {}
    good = {"to_name": "", "to_email": "", "message": ""}
    for field, check, typed in (("to_name", _name, to_name), ("message", _message, message)):
        try:
            good[field] = check(typed)
        except Invalid as error:
            problems |= error.fields
    if to_email.strip():
        try:
            good["to_email"] = parse_email(to_email)
        except Invalid as error:
            problems["to_email"] = error.detail
    if send_at is not None and not now - DAY_MS <= send_at <= now + MAX_AHEAD_MS:
        problems["send_on"] = "Choose a day from today on, at most a year ahead."
    if problems:
        raise Invalid(problems)
    return Details(**good, send_at=send_at if good["to_email"] else None)


def wish(tier: Tier, offer: Offer, about: Details, title: str) -> Wish:
    """The order of a gift."""
    return Wish(
        kind="gift", amount=offer.amount, currency=offer.price.currency, days=offer.days, tier=tier, title=title,
        details=about,
    )  # fmt: skip


async def make_by_hand(  # noqa: PLR0913 - each is a field of the form
    tx: Tx, by: Entitlement, community: Community, giver: Account, seal: Seal, *, tier_id: str, count: int, days: int,
    label: str,
) -> Sequence[Voucher]:  # fmt: skip
    """Codes that cost nothing, for whoever they are handed to. Raises Invalid with every wrong field, Forbidden."""
    require(by, community, Action.HANDLE_MONEY)
    problems: dict[str, str] = {}
    if not 1 <= count <= MAX_AT_ONCE:
        problems["count"] = "Make 1 to 100 codes at once."
    if not 0 <= days <= MAX_DAYS:
        problems["days"] = "A gift lasts 1 to 3,660 days, or for good."
    tier = await tiers.one(tx, community.id, tier_id)
    if tier.rank == 0:
        problems["tier_id"] = "Everybody has the free tier. Choose another one."
    if problems:
        raise Invalid(problems)
    about = Details(to_name=_name(label))
    return [
        (
            await vouchers.make(
                tx, community.id, tier, seal, days=days, details=about, from_id=giver.id, from_name=giver.name
            )
        )[0]
        for _ in range(count)
    ]


@dataclass(frozen=True, slots=True)
class Gift:
    """A gift as the studio lists it. `status`: open, redeemed, revoked, expired. `by`: who redeemed it."""

    voucher: Voucher
    tier: Tier
    status: str
    by: Account | None
    code: str | None


async def listing(
    tx: Tx, by: Entitlement, community: Community, seal: Seal, *, before: str = "", made_at: int | None = None
) -> list[Gift]:
    """All gifts, newest first, at most 100 from the one before `before` on; or those made together at `made_at`."""
    require(by, community, Action.HANDLE_MONEY)
    query = select(table).where(table.c.community_id == community.id)
    if is_id(before):
        query = query.where(table.c.id < before)
    if made_at is not None:
        query = query.where(table.c.created_at == made_at)
    rows = await tx.all(query.order_by(table.c.id.desc()).limit(MAX_SHOWN))
    there = {tier.id: tier for tier in await tiers.of_community(tx, community.id)}
    people = await several(tx, [row.redeemed_by for row in rows if row.redeemed_by])
    return [
        Gift(
            voucher=found, tier=there[found.tier_id], status=status(found, tx.now),
            by=people.get(found.redeemed_by or ""), code=seal.open_code(row.code_sealed, found.id),
        )
        for row in rows
        for found in [voucher_of(row)]
    ]  # fmt: skip


def status(voucher: Voucher, now: int) -> str:
    """open, redeemed, revoked, expired."""
    expired = voucher.state == "open" and voucher.expires_at is not None and voucher.expires_at <= now
    return "expired" if expired else voucher.state


async def code_of(tx: Tx, voucher: Voucher, seal: Seal) -> str:
    """The code, for its giver to see again. Raises Conflict (no_code) when it cannot be opened any more."""
    sealed = str(await tx.value(select(table.c.code_sealed).where(table.c.id == voucher.id)))
    code = seal.open_code(sealed, voucher.id)
    if code is None:
        raise Conflict("This code cannot be shown any more; it can still be redeemed.", code="no_code")
    return code


async def own(tx: Tx, account: Account, gift_or_order: str) -> Voucher:
    """A gift that the account bought, by its own id or its order's. Raises NotFound."""
    found = await vouchers.of_order(tx, gift_or_order) or await vouchers.one(tx, gift_or_order)
    if found.order_id is None or found.from_id != account.id:
        raise NotFound("There is no such gift.")
    return found


async def one(tx: Tx, by: Entitlement, community: Community, voucher_id: str) -> Voucher:
    """A gift of this very community. Raises NotFound, Forbidden."""
    require(by, community, Action.HANDLE_MONEY)
    found = await vouchers.one(tx, voucher_id)
    if found.community_id != community.id:
        raise NotFound("There is no such gift.")
    return found


async def take_back(tx: Tx, by: Entitlement, community: Community, voucher_id: str) -> None:
    """Nobody can redeem it any more, and what it opened closes. Money that was paid for it is refunded elsewhere."""
    await vouchers.revoke(tx, await one(tx, by, community, voucher_id))

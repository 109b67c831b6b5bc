"""One pass for one buyer: whether they can have it, and what exactly they ask for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from channel import communities, members, money, tiers
from channel.communities import Community
from channel.errors import Conflict, Invalid, NotFound
from channel.i18n import noop as N_
from channel.members import Entitlement, Role, State
from channel.members.lapsed import Lapsed, lapsed
from channel.payments import coupons, offers, seats
from channel.payments.coupons import Coupon
from channel.payments.model import Connection, Details, Holding, Order
from channel.payments.offers import Way
from channel.payments.orders import Wish
from channel.payments.provider import Provider
from channel.storage import Tx
from channel.tiers import Tier, prices
from channel.tiers.model import Price

# Why somebody cannot buy it, by code, in a sentence that names the remedy.
WHY_NOT: Final[dict[str, str]] = {
    "staff": N_("You run this, so you see it all. There is nothing to buy."),
    "have": N_("This pass is yours already, for good."),
    "included": N_("Your pass opens this, too. There is nothing to buy."),
    "paying": N_("You have a subscription here already. Switch it, so that you do not pay twice."),
    "community_closed": N_("This community is closed and takes nobody in."),
    "archived": N_("This pass is not given to anybody new."),
    "not_sold": N_("This pass cannot be bought at the moment. The people inside can give it to you."),
    "requested": N_("You have asked to join. Once they say yes, you can get this pass."),
    "approval": N_("Joining needs a yes here. Ask to join first; nothing is charged before."),
    "tier_full": N_("All seats of this tier are taken. Put yourself on the waiting list."),
}


@dataclass(frozen=True, slots=True)
class Sale:
    """What somebody may buy. `why_not`: a key of WHY_NOT, "" when it can be bought."""

    community: Community
    by: Entitlement
    tier: Tier
    prices: tuple[Price, ...]
    ways: tuple[Way, ...]
    left: int | None
    holding: Holding | None
    begun: tuple[Order, ...]
    had_trial: bool
    had: Lapsed | None
    waits: bool
    why_not: str

    def price(self, price_id: str) -> Price | None:
        """The price of that id, or the first one when none is named."""
        first = self.prices[0] if self.prices else None
        return next((one for one in self.prices if one.id == price_id), None) if price_id else first

    def ways_for(self, price: Price) -> list[Way]:
        return [way for way in self.ways if way.takes(price)]

    def free_days(self, price: Price, way: Way, coupon: Coupon | None) -> int:
        """How long nothing is charged; a trial is given once to each person."""
        if self.had_trial or not price.recurs or not way.abilities.trials:
            return 0
        given = coupon.value if coupon and coupon.kind == "trial" else 0
        return max(self.tier.trial_days, given)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a buyer asks for, not checked yet; "" is nothing chosen. `way`: the id of a connection, or a provider's name.

    `amount`: as it was typed, or minor units of the price's currency.
    """

    price: str = ""
    way: str = ""
    amount: str | int = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody chose of it, checked."""

    price: Price
    way: Way
    amount: int
    coupon: Coupon | None
    free_days: int


async def sale_of(
    tx: Tx, providers: Mapping[str, Provider], community: Community, by: Entitlement, tier_id: str
) -> Sale:
    """The pass for this buyer. Raises NotFound, also for the free one, which nobody buys."""
    tier = await tiers.one(tx, community.id, tier_id)
    if tier.rank == 0:
        raise NotFound("There is no such tier.")
    ways = await offers.ways(tx, providers, community.id)
    payable = offers.payable(await prices.of_tier(tx, tier.id), ways)
    mine = by.account_id
    left = await offers.seats_left(tx, tier, mine)
    holding = await offers.paying(tx, mine, community.id) if mine else None
    why_not = _of_place(community, by) or _of_tier(tier, payable, left, holding)
    if not why_not and mine is not None and by.rank >= tier.rank:
        why_not = await _of_pass(tx, by, tier, mine)
    return Sale(
        community, by, tier, tuple(payable), tuple(ways), left, holding,
        begun=tuple(await offers.begun(tx, mine, community.id)) if mine else (),
        had_trial=await offers.had_trial(tx, community.id, mine) if mine else False,
        had=await lapsed(tx, community.id, mine, by.rank) if mine else None,
        waits=tier.id in await seats.waits(tx, mine, [tier.id]) if mine else False,
        why_not=why_not,
    )  # fmt: skip


async def _of_pass(tx: Tx, by: Entitlement, tier: Tier, account_id: str) -> str:
    """Whoever has this very tier for a time may buy it; who has a higher one has no use for it."""
    if by.rank > tier.rank:
        return "included"
    return "have" if await offers.has_for_life(tx, account_id, tier) else ""


def _of_place(community: Community, by: Entitlement) -> str:
    """What the community says to this person."""
    if by.belongs and by.role is not Role.MEMBER:
        return "staff"
    if community.closed or community.deleted:
        return "community_closed"
    if by.state is State.REQUESTED:
        return "requested"
    return "approval" if community.approval and not by.belongs else ""


def _of_tier(tier: Tier, payable: Sequence[Price], left: int | None, holding: Holding | None) -> str:
    if holding is not None:
        return "paying"
    if tier.state == "archived":
        return "archived"
    if not payable:
        return "not_sold"
    return "tier_full" if left == 0 else ""


async def choice_of(tx: Tx, sale: Sale, chosen: Chosen) -> Choice:
    """What was asked for, checked. Raises Conflict (a key of WHY_NOT), Invalid with the field that is wrong."""
    if sale.why_not:
        raise Conflict(WHY_NOT[sale.why_not], code=sale.why_not)
    price = sale.price(chosen.price)
    if price is None:
        raise Invalid(price="This price is not offered any more. Choose one of these.")
    ways = sale.ways_for(price)
    named = (one for one in ways if chosen.way in (one.connection.id, one.connection.provider))
    way = next(named, None)
    if way is None and chosen.way:
        raise Invalid(way="This way to pay is not offered any more. Choose one of these.")
    way = way or ways[0]
    amount = _amount(price, chosen.amount)
    coupon = None
    if chosen.code:
        here, who = sale.tier.community_id, sale.by.account_id
        coupon = await coupons.good(tx, here, chosen.code, sale.tier.id, who)
        coupons.fits(coupon, price)
        if not way.abilities.coupons:
            raise Invalid(
                code="Codes do not work with this way to pay. Choose another one, or leave the code out."
            )
    return Choice(price, way, amount, coupon, sale.free_days(price, way, coupon))


def _amount(price: Price, asked: str | int) -> int:
    """What is paid: the price, or at least that much where one may choose."""
    if not price.open or asked == "":
        return price.amount
    amount = money.parse_amount(asked, price.currency) if isinstance(asked, str) else asked
    money.check_amount(amount)
    if amount < price.amount:
        raise Invalid(amount="That is less than the least that is asked for. Write at least that much.")
    return amount


def wish_of(sale: Sale, choice: Choice, onward: str = "") -> Wish:
    """The order's side of a choice. `onward`: a path of ours to go on to when it is paid."""
    price, coupon = choice.price, choice.coupon
    return Wish(
        kind="subscription" if price.recurs else "purchase", amount=choice.amount, currency=price.currency,
        interval=price.interval, days=price.days, tier=sale.tier, price_id=price.id,
        trial_days=choice.free_days, coupon_id=coupon.id if coupon else None,
        details=Details(onward=onward), title=f"{sale.community.name}: {sale.tier.name}",
        discount=coupons.as_discount(coupon) if coupon else None,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Basket:
    """What is ordered, by whom, in a form that can be looked at once more."""

    providers: Mapping[str, Provider]
    community_id: str
    account_id: str
    tier_id: str
    chosen: Chosen
    onward: str = ""

    async def wish(self, tx: Tx, connection: Connection) -> Wish:
        """Checked once more in the order's own transaction: the world may have moved on."""
        community = await communities.one(tx, self.community_id)
        by = await members.entitlement(tx, community, self.account_id)
        if not by.visible:
            raise NotFound("There is no such community.")
        sale = await sale_of(tx, self.providers, community, by, self.tier_id)
        choice = await choice_of(tx, sale, self.chosen)
        if choice.way.connection.id != connection.id:
            raise Conflict("This way to pay is switched off at the moment.", code="provider_off")
        return wish_of(sale, choice, self.onward)

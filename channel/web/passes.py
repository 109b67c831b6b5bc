"""The passes on a front door: what each costs, and what this viewer can do about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from channel.members import Role
from channel.members.lapsed import Lapsed, lapsed
from channel.members.model import Standing
from channel.payments import Counter, Holding, offers
from channel.payments.offers import Way
from channel.storage import Tx
from channel.tiers import Tier, prices
from channel.tiers.model import INTERVALS, Price, listed
from channel.web.places import Place

MAX_CURRENCIES: Final = 4  # to choose from on a card; static/css/pages/paying.css has a rule for each
# free: given to whoever joins | mine: without paying for it | paid: by a subscription | included: in a higher one |
# invite: nobody can buy it | staff: who runs the place needs none
Stands = Literal["free", "mine", "paid", "included", "invite", "closed", "staff", "full", "switch", "buy"]


@dataclass(frozen=True, slots=True)
class Offered:
    """A price on a card. `shown` are the choices of interval and currency at which it stands there, as classes."""

    price: Price
    shown: str


@dataclass(frozen=True, slots=True)
class Pass:
    """One card. `left`: seats, None without a limit."""

    tier: Tier
    stands: Stands
    offered: tuple[Offered, ...]
    left: int | None


@dataclass(frozen=True, slots=True)
class Shop:
    """All cards. `intervals`, `currencies`: what can be chosen from; `holding`: what the viewer pays for here."""

    passes: tuple[Pass, ...]
    intervals: tuple[str, ...]
    currencies: tuple[str, ...]
    note: str
    holding: Holding | None
    had: Lapsed | None

    @property
    def priced(self) -> bool:
        """Whether any card names its price, so that there is something to choose."""
        return any(
            one.stands in ("buy", "switch", "full", "closed", "staff") for one in self.passes if one.offered
        )

    @property
    def first(self) -> str:
        """The id of the tier that gets the one button to press; "" for none."""
        return next((one.tier.id for one in self.passes if one.stands in ("buy", "switch")), "")


async def of_door(
    tx: Tx, counter: Counter, place: Place, levels: Sequence[Tier], standing: Standing | None
) -> Shop:
    """The cards of a community: those that are listed, and the viewer's own."""
    account_id = place.by.account_id
    ways = await offers.ways(tx, counter.providers, place.community.id)
    sold = await prices.of_community(tx, place.community.id) if ways else {}
    member = place.by.role is Role.MEMBER
    holding = await offers.paying(tx, account_id, place.community.id) if account_id and member else None
    mine = standing.tier_id if standing and place.by.belongs else ""
    if (
        standing and member and place.by.rank < standing.rank
    ):  # it has ended, and nobody has written that down yet
        mine = next((one.id for one in levels if one.rank == 0), "")
    shown = [one for one in levels if one.id == mine and one.state != "listed"] + listed(levels)
    payable = {one.id: offers.payable(sold.get(one.id, ()), ways) for one in shown}
    intervals = [
        name for name in INTERVALS if any(name == p.interval for row in payable.values() for p in row)
    ]
    currencies = list(dict.fromkeys(p.currency for row in payable.values() for p in row))[:MAX_CURRENCIES]
    made = []
    for tier in shown:
        left = await offers.seats_left(tx, tier, account_id)
        stands = _stands(place, tier, mine, holding, sells=bool(payable[tier.id]), full=left == 0)
        made.append(Pass(tier, stands, _offered(payable[tier.id], intervals, currencies), left))
    had = await lapsed(tx, place.community.id, account_id, place.by.rank) if account_id and member else None
    return Shop(tuple(made), tuple(intervals), tuple(currencies), tax_note(ways), holding, had)


def _stands(
    place: Place, tier: Tier, mine: str, holding: Holding | None, *, sells: bool, full: bool
) -> Stands:
    if tier.rank == 0:
        return "mine" if place.by.role is Role.MEMBER and tier.id == mine else "free"
    if place.by.belongs and place.by.role is not Role.MEMBER:
        return "staff"
    if holding is not None and holding.tier_id == tier.id:
        return "paid"
    if tier.id == mine:
        return "mine"
    if place.by.rank >= tier.rank and (holding is None or not sells):
        return "included"
    if not sells:
        return "invite"
    if place.community.closed:
        return "closed"
    if full:
        return "full"
    return "buy" if holding is None else "switch"


def _offered(
    own: Sequence[Price], intervals: Sequence[str], currencies: Sequence[str]
) -> tuple[Offered, ...]:
    """Each choice of interval and currency shows one price of the tier: the one that fits it best."""
    classes: dict[str, list[str]] = {}
    for interval in intervals if own else ():
        for number, currency in enumerate(currencies):
            best = min(own, key=lambda one: (one.currency != currency, one.interval != interval))
            classes.setdefault(best.id, []).append(f"{interval}-c{number}")
    return tuple(Offered(one, " ".join(classes[one.id])) for one in own if one.id in classes)


def tax_note(ways: Sequence[Way]) -> str:
    """What the creator says about taxes beside a price."""
    return next((way.connection.options.tax_note for way in ways if way.connection.options.tax_note), "")

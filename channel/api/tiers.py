"""Tiers of a community, and what they cost."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, structs

from channel import tiers
from channel.api import places, shapes
from channel.api.endpoint import NO_CONTENT, Answer, Call, Endpoint, Nothing
from channel.api.places import changes
from channel.errors import Invalid
from channel.members import Action, governing
from channel.members.queries import standing
from channel.money import MAX_AMOUNT
from channel.render.json import iso
from channel.rooms.model import MAX_RANK
from channel.routing import VIEWER, role
from channel.storage import Tx
from channel.tiers import Tier, prices
from channel.tiers.model import (
    MAX_ABOUT_CHARS,
    MAX_BENEFIT_CHARS,
    MAX_BENEFITS,
    MAX_NAME_CHARS,
    MAX_SEATS,
    MAX_TRIAL_DAYS,
    MAX_WELCOME_CHARS,
    Price,
    TierState,
)
from channel.tiers.prices import MAX_DAYS, MAX_OFFERED

Name = Annotated[str, Meta(min_length=1, max_length=MAX_NAME_CHARS)]
Rank = Annotated[
    int, Meta(ge=0, le=MAX_RANK, description="a higher rank sees all that lower ones see; 0 is taken")
]
About = Annotated[str, Meta(max_length=MAX_ABOUT_CHARS)]
Benefits = Annotated[list[Annotated[str, Meta(max_length=MAX_BENEFIT_CHARS)]], Meta(max_length=MAX_BENEFITS)]
Colour = Annotated[int, Meta(ge=0, le=359, description="a hue; null: the community's")]
Position = Annotated[int, Meta(ge=0, le=1000, description="place among the listed; then by rank")]
Welcome = Annotated[str, Meta(max_length=MAX_WELCOME_CHARS)]
TrialDays = Annotated[int, Meta(ge=0, le=MAX_TRIAL_DAYS)]
Capacity = Annotated[int, Meta(ge=1, le=MAX_SEATS, description="seats; null: no limit")]


class NewPrice(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """What the tier is to be offered for."""

    amount: Annotated[int, Meta(ge=1, le=MAX_AMOUNT, description="minor units")]
    currency: Annotated[str, Meta(min_length=3, max_length=3, description="ISO 4217")]
    interval: Literal["month", "quarter", "year", "once"]
    days: Annotated[int, Meta(ge=0, le=MAX_DAYS, description="what `once` buys; 0: for life")] = 0
    open: Annotated[bool, Meta(description="pay what you want, from `amount` on")] = False


Prices = Annotated[list[NewPrice], Meta(max_length=MAX_OFFERED)]


class NewTier(Struct, forbid_unknown_fields=True, kw_only=True):
    """A tier to be."""

    name: Name
    rank: Rank
    about: About = ""
    benefits: Benefits = []
    colour: Colour | None = None
    state: TierState = "listed"
    position: Position = 0
    welcome: Welcome = ""
    trial_days: TrialDays = 0
    capacity: Capacity | None = None
    prices: Prices = []


class TierChanges(Struct, forbid_unknown_fields=True, kw_only=True):
    """Only what is sent changes."""

    name: Name | UnsetType = UNSET
    rank: Rank | UnsetType = UNSET
    about: About | UnsetType = UNSET
    benefits: Benefits | UnsetType = UNSET
    colour: Colour | UnsetType | None = UNSET
    state: TierState | UnsetType = UNSET
    position: Position | UnsetType = UNSET
    welcome: Welcome | UnsetType = UNSET
    trial_days: TrialDays | UnsetType = UNSET
    capacity: Capacity | UnsetType | None = UNSET
    prices: (
        Annotated[Prices, Meta(description="all that it is offered for; others are retired")] | UnsetType
    ) = UNSET


def brief(tier: Tier) -> shapes.TierBrief:
    """A tier in passing."""
    return shapes.TierBrief(id=tier.id, name=tier.name, rank=tier.rank)


def price_shape(price: Price) -> shapes.Price:
    """A price, on offer or not."""
    return shapes.Price(
        id=price.id,
        amount=price.amount,
        currency=price.currency,
        interval=price.interval,
        days=price.days,
        open=price.open,
    )


def _shape(tier: Tier, offered: Sequence[Price], *, staff: bool) -> shapes.Tier:
    return shapes.Tier(
        id=tier.id,
        name=tier.name,
        rank=tier.rank,
        about=tier.about,
        benefits=list(tier.benefits),
        colour=tier.colour,
        state=tier.state,
        position=tier.position,
        prices=[price_shape(price) for price in offered],
        trial_days=tier.trial_days,
        capacity=tier.capacity,
        welcome=tier.welcome if staff else None,
        created_at=iso(tier.created_at),
    )


async def list_tiers(call: Call, tx: Tx, given: places.PartQuery) -> Answer:
    """The tiers that are offered and one's own, lowest rank first; all of them for those who may change them."""
    place = await places.community(call, tx)
    staff = place.by.may(Action.EDIT_TIERS)
    offered = await prices.of_community(tx, place.community.id)
    mine = await standing(tx, place.community.id, call.account_id) if call.account_id else None
    items = [
        _shape(tier, offered.get(tier.id, ()), staff=staff)
        for tier in await tiers.of_community(tx, place.community.id)
        if staff or tier.state == "listed" or (mine is not None and mine.tier_id == tier.id)
    ]
    part, cursor = places.part_of(items, given, lambda one: one.id)
    return Answer(shapes.Tiers(items=part, next_cursor=cursor))


async def create_tier(call: Call, tx: Tx, given: NewTier) -> Answer:
    """Add a tier, and offer it for these prices."""
    place = await places.community(call, tx)
    fields = changes(given)
    wanted = fields.pop("prices")
    tier = await governing.create_tier(tx, place.by, place.community, **fields)  # type: ignore[arg-type]
    await _offer(tx, place, tier, wanted)
    return Answer(_shape(tier, await prices.of_tier(tx, tier.id), staff=True), 201)


async def edit_tier(call: Call, tx: Tx, given: TierChanges) -> Answer:
    """Change a tier. Another rank opens and closes rooms and posts for its members at once."""
    place = await places.community(call, tx)
    tier = await tiers.one(tx, place.community.id, call.id())
    fields = changes(given)
    wanted = fields.pop("prices", None)
    changed = await governing.edit_tier(tx, place.by, place.community, tier, **fields)
    if wanted is not None:
        await _offer(tx, place, changed, wanted)
    return Answer(_shape(changed, await prices.of_tier(tx, tier.id), staff=True))


async def _offer(tx: Tx, place: places.Place, tier: Tier, wanted: Any) -> None:
    """Make the prices that are wanted those that are offered; one that stays the same stays itself."""
    there = {_named(price): price for price in await prices.of_tier(tx, tier.id)}
    asked: list[NewPrice] = [NewPrice(**price) if isinstance(price, dict) else price for price in wanted]
    names = [_named(price) for price in asked]
    if len({name[1:4] for name in names}) < len(names):
        raise Invalid(prices="One price for each currency and interval. Leave one of them out.")
    for name, price in there.items():
        if name not in names:
            await governing.retire_price(tx, place.by, place.community, tier, price.id)
    for name, new in zip(names, asked, strict=True):
        if name not in there:
            await governing.offer_price(tx, place.by, place.community, tier, **structs.asdict(new))


def _named(price: Price | NewPrice) -> tuple[int, str, str, int, bool]:
    return price.amount, price.currency.upper(), price.interval, price.days, price.open


async def delete_tier(call: Call, tx: Tx, _: Nothing) -> Answer:
    """Delete a tier that nobody has."""
    place = await places.community(call, tx)
    tier = await tiers.one(tx, place.community.id, call.id())
    await governing.delete_tier(tx, place.by, place.community, tier)
    return NO_CONTENT


_ALL = "/communities/{handle}/tiers"
_ONE = "/communities/{handle}/tiers/{id}"
ENDPOINTS = (
    Endpoint(
        method="GET", path=_ALL, handler=list_tiers, query=places.PartQuery, policy=VIEWER, tag="tiers",
        summary="List the tiers", answers={200: shapes.Tiers},
    ),
    Endpoint(
        method="POST", path=_ALL, handler=create_tier, policy=role(Action.EDIT_TIERS), tag="tiers",
        summary="Add a tier", answers={201: shapes.Tier}, body=NewTier,
    ),
    Endpoint(
        method="PATCH", path=_ONE, handler=edit_tier, policy=role(Action.EDIT_TIERS), tag="tiers",
        summary="Change a tier", answers={200: shapes.Tier}, body=TierChanges,
    ),
    Endpoint(
        method="DELETE", path=_ONE, handler=delete_tier, policy=role(Action.EDIT_TIERS), tag="tiers",
        summary="Delete a tier",
    ),
)  # fmt: skip

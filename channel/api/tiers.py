"""Tiers of a community. Prices come with payments; until then a tier is given by hand or by an invite."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from channel import tiers
from channel.api import places, shapes
from channel.api.endpoint import NO_CONTENT, Answer, Call, Endpoint, Nothing
from channel.api.places import changes
from channel.members import Action, governing
from channel.render.json import iso
from channel.rooms.model import MAX_RANK
from channel.routing import VIEWER, role
from channel.storage import Tx
from channel.tiers import Tier
from channel.tiers.model import MAX_ABOUT_CHARS, MAX_BENEFIT_CHARS, MAX_BENEFITS, MAX_NAME_CHARS

Name = Annotated[str, Meta(min_length=1, max_length=MAX_NAME_CHARS)]
Rank = Annotated[
    int, Meta(ge=0, le=MAX_RANK, description="a higher rank sees all that lower ones see; 0 is taken")
]
About = Annotated[str, Meta(max_length=MAX_ABOUT_CHARS)]
Benefits = Annotated[list[Annotated[str, Meta(max_length=MAX_BENEFIT_CHARS)]], Meta(max_length=MAX_BENEFITS)]
Colour = Annotated[int, Meta(ge=0, le=359, description="a hue; null: the community's")]


class NewTier(Struct, forbid_unknown_fields=True, kw_only=True):
    """A tier to be."""

    name: Name
    rank: Rank
    about: About = ""
    benefits: Benefits = []
    colour: Colour | None = None


class TierChanges(Struct, forbid_unknown_fields=True, kw_only=True):
    """Only what is sent changes."""

    name: Name | UnsetType = UNSET
    rank: Rank | UnsetType = UNSET
    about: About | UnsetType = UNSET
    benefits: Benefits | UnsetType = UNSET
    colour: Colour | UnsetType | None = UNSET


def brief(tier: Tier) -> shapes.TierBrief:
    """A tier in passing."""
    return shapes.TierBrief(id=tier.id, name=tier.name, rank=tier.rank)


def _shape(tier: Tier) -> shapes.Tier:
    return shapes.Tier(
        id=tier.id,
        name=tier.name,
        rank=tier.rank,
        about=tier.about,
        benefits=list(tier.benefits),
        colour=tier.colour,
        created_at=iso(tier.created_at),
    )


async def list_tiers(call: Call, tx: Tx, _: Nothing) -> Answer:
    """All tiers, lowest rank first."""
    place = await places.community(call, tx)
    items = [_shape(tier) for tier in await tiers.of_community(tx, place.community.id)]
    return Answer(shapes.Tiers(items=items, next_cursor=None))


async def create_tier(call: Call, tx: Tx, given: NewTier) -> Answer:
    """Add a tier."""
    place = await places.community(call, tx)
    tier = await governing.create_tier(
        tx,
        place.by,
        place.community,
        name=given.name,
        rank=given.rank,
        about=given.about,
        benefits=tuple(given.benefits),
        colour=given.colour,
    )
    return Answer(_shape(tier), 201)


async def edit_tier(call: Call, tx: Tx, given: TierChanges) -> Answer:
    """Change a tier. Another rank opens and closes rooms and posts for its members at once."""
    place = await places.community(call, tx)
    tier = await tiers.one(tx, place.community.id, call.id())
    return Answer(_shape(await governing.edit_tier(tx, place.by, place.community, tier, **changes(given))))


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
        method="GET", path=_ALL, handler=list_tiers, policy=VIEWER, tag="tiers",
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

"""Writing tiers. No rights are checked here: call members.governing, which checks them and comes here."""

from typing import Final

import msgspec
from sqlalchemy import delete as delete_from
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from channel.communities.actions import hold
from channel.communities.fields import parsed
from channel.errors import Conflict, Invalid
from channel.ids import new_id
from channel.storage import Tx, locking
from channel.tiers.model import CHECKS, MAX_TIERS, Tier
from channel.tiers.queries import one
from channel.tiers.tables import tiers

TAKEN = "Another tier has this rank. Choose another number."
DEFAULTS: Final[dict[str, object]] = {
    "about": "", "benefits": (), "colour": None, "state": "listed", "position": 0, "welcome": "", "trial_days": 0,
    "capacity": None,
}  # fmt: skip


async def create_free(tx: Tx, community_id: str, name: str) -> Tier:
    """The tier of rank 0, which a community gets when it is founded and keeps."""
    return await _insert(tx, community_id, {"name": name, "rank": 0, **DEFAULTS})


async def create(tx: Tx, community_id: str, *, name: str, rank: int, **more: object) -> Tier:
    """`more`: what else CHECKS knows. Raises Invalid (also for a taken rank), Conflict at MAX_TIERS."""
    good = parsed(CHECKS, {**DEFAULTS, **more, "name": name, "rank": rank})
    await hold(tx, community_id)
    if await tx.value(select(func.count()).where(tiers.c.community_id == community_id)) >= MAX_TIERS:
        raise Conflict("A community has at most 50 tiers. Delete one first.", code="too_many_tiers")
    return await _insert(tx, community_id, good)


async def _insert(tx: Tx, community_id: str, good: dict[str, object]) -> Tier:
    row = _stored(good) | {"id": new_id(tx.now), "community_id": community_id, "created_at": tx.now}
    if not await tx.run(tx.insert(tiers).values(**row).on_conflict_do_nothing()):
        raise Invalid(rank=TAKEN)
    return await one(tx, community_id, str(row["id"]))


async def update_fields(tx: Tx, tier: Tier, **changes: object) -> Tier:
    """Change what CHECKS knows. The free tier keeps rank 0 and stays for everybody. Raises Invalid."""
    if tier.rank == 0 and changes.get("rank") == 0:
        del changes["rank"]
    good = parsed(CHECKS, changes)
    if tier.rank == 0:
        _keep_free(good)
    if good:
        try:
            await tx.run(update(tiers).where(tiers.c.id == tier.id).values(**_stored(good)))
        except IntegrityError as error:
            raise Invalid(rank=TAKEN) from error
    return await one(tx, tier.community_id, tier.id)


def _keep_free(good: dict[str, object]) -> None:
    if "rank" in good:
        raise Invalid(rank="The free tier keeps rank 0. Make another tier for another rank.")
    if good.get("state", "listed") != "listed":
        raise Invalid(state="Everyone who joins gets the free tier, so it stays listed.")
    if good.get("capacity") is not None:
        raise Invalid(capacity="The free tier has room for everybody. Leave the seats empty.")


def _stored(good: dict[str, object]) -> dict[str, object]:
    if "benefits" not in good:
        return good
    return good | {"benefits": msgspec.json.encode(good["benefits"]).decode()}


async def lock(tx: Tx, tier: Tier) -> None:
    """Let nobody be given the tier until this transaction ends: the database waits before it writes such a row."""
    await tx.one(locking(tx.dialect, select(tiers.c.id).where(tiers.c.id == tier.id)))


async def delete(tx: Tx, tier: Tier) -> None:
    """Remove a tier nobody has: the rows of who has it would go too, so the caller locks, looks, then deletes.

    Raises Conflict for the free tier.
    """
    if tier.rank == 0:
        raise Conflict("The free tier stays: everyone who joins gets it.", code="free_tier")
    await tx.run(delete_from(tiers).where(tiers.c.id == tier.id))

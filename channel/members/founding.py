"""A community with everything that one has from its first minute."""

from typing import Final

from sqlalchemy import func, select

from channel import communities, rooms, tiers
from channel.accounts import Account
from channel.communities import Community
from channel.errors import Conflict, Forbidden
from channel.members.model import Role, State
from channel.members.standing import insert
from channel.members.tables import memberships
from channel.storage import Tx

MAX_OWNED = 100  # communities of one account
FIRST_ROOM: Final = "news"
# Written into the community in its own language, for its owner to change: content, not interface.
NAMES: Final = {"en": ("Free", "News"), "de": ("Kostenlos", "Neues")}


async def found(
    tx: Tx,
    owner: Account,
    *,
    handle: str,
    name: str,
    about: str = "",
    visibility: str = "public",
    language: str = "en",
    hue: int | None = None,
) -> Community:
    """A community with the free tier, one channel and its owner in it. `hue` None: one is drawn.

    Raises Invalid (also for a taken handle), Forbidden (suspended), Conflict at MAX_OWNED.
    """
    if owner.state != "active":
        raise Forbidden("This account is suspended. Ask the people who run this instance.", code="suspended")
    owned = (memberships.c.account_id == owner.id) & (memberships.c.role == Role.OWNER)
    if await tx.value(select(func.count()).where(owned)) >= MAX_OWNED:
        raise Conflict(
            "An account owns at most 100 communities. Delete or transfer one first.", code="too_many_owned"
        )
    community = await communities.create(
        tx, handle=handle, name=name, about=about, visibility=visibility, language=language
    )
    if hue is not None:
        await communities.update_fields(tx, community.id, hue=hue)
    tier_name, room_name = NAMES[community.language]
    free = await tiers.create_free(tx, community.id, tier_name)
    await rooms.create(tx, community.id, slug=FIRST_ROOM, name=room_name)
    await insert(tx, community.id, owner.id, {"role": Role.OWNER, "tier_id": free.id, "state": State.ACTIVE})
    return await communities.one(tx, community.id)

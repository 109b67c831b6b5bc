"""Putting pictures on and taking them off. They were made, and are in the store, before one of these is called."""

import secrets
from collections.abc import Sequence
from typing import Literal

from sqlalchemy import delete, exists, insert, literal, or_, select

from channel.accounts import Account
from channel.accounts import actions as account_actions
from channel.accounts.tables import accounts
from channel.communities import Community
from channel.communities.tables import communities
from channel.looks.model import OWN, Purpose
from channel.looks.tables import look_files, looks
from channel.media.minting import Made
from channel.members import governing
from channel.members.model import Entitlement
from channel.storage import Tx

Place = Literal["avatar", "cover"]  # of a community
GRACE_MS = 3_600_000
AT_ONCE = 500
PURPOSES: dict[Place, Purpose] = {"avatar": "icon", "cover": "cover"}


async def wear(tx: Tx, account_id: str, made: Sequence[Made]) -> Account:
    """The account shows this face from now on. Raises NotFound."""
    await tx.run(delete(looks).where(looks.c.account_id == account_id))
    look_id = await _keep(tx, "avatar", made, account_id=account_id)
    return await account_actions.set_avatar(tx, account_id, OWN + look_id)


async def unwear(tx: Tx, account_id: str) -> Account:
    """Initials again. Twice is once. Raises NotFound."""
    await tx.run(delete(looks).where(looks.c.account_id == account_id))
    return await account_actions.set_avatar(tx, account_id, "")


async def dress(
    tx: Tx, by: Entitlement, community: Community, place: Place, made: Sequence[Made]
) -> Community:
    """The community shows this icon or cover from now on. Raises NotFound, Forbidden."""
    governing.require_look(by, community)
    await _drop(tx, community.id, place)
    look_id = await _keep(tx, PURPOSES[place], made, community_id=community.id)
    return await governing.set_look(tx, by, community, place, OWN + look_id)


async def undress(tx: Tx, by: Entitlement, community: Community, place: Place) -> Community:
    """The generated one again. Twice is once. Raises NotFound, Forbidden."""
    governing.require_look(by, community)
    await _drop(tx, community.id, place)
    return await governing.set_look(tx, by, community, place, "")


async def _drop(tx: Tx, community_id: str, place: Place) -> None:
    theirs = (looks.c.community_id == community_id, looks.c.purpose == PURPOSES[place])
    await tx.run(delete(looks).where(*theirs))


async def _keep(
    tx: Tx,
    purpose: Purpose,
    made: Sequence[Made],
    *,
    account_id: str | None = None,
    community_id: str | None = None,
) -> str:
    # Random rather than the hash of what is in it: whoever has the same photo could ask whether it is worn here.
    look_id = secrets.token_hex(16)
    row = {"id": look_id, "purpose": purpose, "account_id": account_id, "community_id": community_id}
    await tx.run(insert(looks).values(**row, created_at=tx.now))
    files = [
        {"look_id": look_id, "width": one.width, "height": one.height, "sha256": one.sha256, "size": one.size}
        for one in made
    ]
    await tx.run_many(look_files.insert(), files)
    return look_id


async def sweep(tx: Tx) -> None:
    """Looks that somebody took off by choosing another one."""
    name = literal(OWN) + looks.c.id
    worn = or_(
        exists().where(accounts.c.id == looks.c.account_id, accounts.c.avatar == name),
        exists().where(
            communities.c.id == looks.c.community_id,
            or_(communities.c.avatar == name, communities.c.cover == name),
        ),
    )
    old = select(looks.c.id).where(looks.c.created_at < tx.now - GRACE_MS, ~worn).limit(AT_ONCE)
    await tx.run(delete(looks).where(looks.c.id.in_(old)))

"""Writing communities. No rights are checked here: call members.governing, which checks them and comes here."""

import secrets

from sqlalchemy import Integer, bindparam, delete, update

from channel.communities.fields import parsed
from channel.communities.model import CHANGEABLE, CHECKS, HUES, UNDO_MS, Community, CommunityState
from channel.communities.queries import one
from channel.communities.tables import communities
from channel.errors import Conflict, Invalid, NotFound
from channel.ids import new_id
from channel.markdown import render
from channel.storage import Prepared, Tx

_COUNT = Prepared(
    update(communities)
    .where(communities.c.id == bindparam("of_id"))
    .values(member_count=communities.c.member_count + bindparam("more", type_=Integer))
)


async def create(
    tx: Tx, *, handle: str, name: str, about: str = "", visibility: str = "public", language: str = "en"
) -> Community:
    """The row alone; members.found adds what every community has. Raises Invalid, also for a taken handle."""
    good = parsed(
        CHECKS,
        {"handle": handle, "name": name, "about": about, "visibility": visibility, "language": language},
    )
    community_id = new_id(tx.now)
    row = good | {
        "id": community_id, "about_html": _html(good["about"]), "hue": secrets.randbelow(HUES),
        "cover": "", "avatar": "", "state": "open", "member_count": 0, "approval": False, "created_at": tx.now,
    }  # fmt: skip
    if not await tx.run(tx.insert(communities).values(**row).on_conflict_do_nothing()):
        raise Invalid(handle="This address is taken. Choose another one.")
    return await one(tx, community_id)


async def update_fields(tx: Tx, community_id: str, **changes: object) -> Community:
    """Change some of CHANGEABLE. Raises Invalid with every wrong field at once."""
    good = parsed({field: CHECKS[field] for field in CHANGEABLE}, changes)
    if "about" in good:
        good["about_html"] = _html(good["about"])
    return await _set(tx, community_id, **good)


async def set_state(tx: Tx, community_id: str, state: CommunityState) -> Community:
    """Closed: no joins and no posts, reading goes on."""
    return await _set(tx, community_id, state=state)


async def mark_deleted(tx: Tx, community_id: str) -> Community:
    """Gone for all but the owner; for good UNDO_MS from now. The handle stays taken until then. Raises Conflict."""
    undeleted = update(communities).where(
        communities.c.id == community_id, communities.c.deleted_at.is_(None)
    )
    if not await tx.run(undeleted.values(deleted_at=tx.now, purge_at=tx.now + UNDO_MS)):
        raise Conflict("This community is deleted already.")
    return await one(tx, community_id)


async def undo_delete(tx: Tx, community_id: str) -> Community:
    """As if it had not been deleted. Raises Conflict when it is not, or when the time for it is over."""
    waiting = update(communities).where(communities.c.id == community_id, communities.c.purge_at > tx.now)
    if not await tx.run(waiting.values(deleted_at=None, purge_at=None)):
        raise Conflict("There is nothing to undo: the community is not deleted, or the 14 days are over.")
    return await one(tx, community_id)


async def purge(tx: Tx, community_id: str) -> bool:
    """Remove a deleted community whose time is over, with all that belongs to it. False when it is not due."""
    due = delete(communities).where(communities.c.id == community_id, communities.c.purge_at <= tx.now)
    return bool(await tx.run(due))


async def hold(tx: Tx, community_id: str) -> None:
    """Let nobody else change the community until this transaction ends: what is counted under it stays true.

    An UPDATE rather than SELECT FOR UPDATE, which on PostgreSQL would also stop every insert that refers to the row.
    """
    if not await tx.run(
        update(communities).where(communities.c.id == community_id).values(state=communities.c.state)
    ):
        raise NotFound("There is no such community.")


async def count_member(tx: Tx, community_id: str, change: int) -> None:
    """Add to `member_count`, which only members/standing.py does, in the transaction of what it counts."""
    await tx.run(_COUNT, of_id=community_id, more=change)


def _html(about: str) -> str:
    try:
        return render(about, rooms={})
    except Invalid as problem:  # it speaks of the field it knows
        raise Invalid(about=problem.detail) from problem


async def _set(tx: Tx, community_id: str, **values: object) -> Community:
    if values:
        await tx.run(update(communities).where(communities.c.id == community_id).values(**values))
    return await one(tx, community_id)

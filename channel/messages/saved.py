"""Saved answers: named texts that the team of a community keeps and puts into what it writes."""

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from channel.communities import Community
from channel.communities.tables import communities
from channel.errors import Conflict, Invalid, NotFound
from channel.ids import is_id, new_id
from channel.members.model import Action, Entitlement
from channel.members.rights import require
from channel.messages import queries
from channel.messages.model import MAX_SAVED, Saved, parse_saved
from channel.messages.tables import saved_answers
from channel.storage import Tx, locking

TAKEN = "There is a saved answer of this name. Choose another one."


async def listing(tx: Tx, by: Entitlement, community: Community) -> list[Saved]:
    """By name. Raises NotFound, Forbidden."""
    require(by, community, Action.ANSWER)
    return await queries.saved(tx, community.id)


async def keep(tx: Tx, by: Entitlement, community: Community, *, name: str, text: str) -> Saved:
    """A new one. Raises NotFound, Forbidden, Invalid (name, text), Conflict (code too_many_saved)."""
    require(by, community, Action.ANSWER)
    name, text = parse_saved(name, text)
    # Held, so that two who keep one at the same moment do not make one too many.
    mine = select(communities.c.id).where(communities.c.id == community.id)
    await tx.one(locking(tx.dialect, mine, key_share=True))
    many = select(func.count()).select_from(saved_answers).where(saved_answers.c.community_id == community.id)
    if await tx.value(many) >= MAX_SAVED:
        raise Conflict("Fifty answers can be kept. Delete one first.", code="too_many_saved")
    made = Saved(new_id(tx.now), name, text)
    row = {"id": made.id, "community_id": community.id, "name": name, "text": text, "created_at": tx.now}
    if not await tx.run(tx.insert(saved_answers).values(**row).on_conflict_do_nothing()):
        raise Invalid(name=TAKEN)
    return made


async def change(
    tx: Tx, by: Entitlement, community: Community, saved_id: str, *, name: str | None, text: str | None
) -> Saved:
    """Another name or other words; None stays. Raises NotFound, Forbidden, Invalid (name, text)."""
    now = await _one(tx, by, community, saved_id)
    good = parse_saved(now.name if name is None else name, now.text if text is None else text)
    own = saved_answers.c.id == saved_id
    try:
        await tx.run(update(saved_answers).where(own).values(name=good[0], text=good[1]))
    except IntegrityError as error:
        raise Invalid(name=TAKEN) from error
    return Saved(saved_id, *good)


async def drop(tx: Tx, by: Entitlement, community: Community, saved_id: str) -> None:
    """Raises NotFound, Forbidden."""
    await _one(tx, by, community, saved_id)
    await tx.run(saved_answers.delete().where(saved_answers.c.id == saved_id))


async def _one(tx: Tx, by: Entitlement, community: Community, saved_id: str) -> Saved:
    require(by, community, Action.ANSWER)
    there = await queries.saved(tx, community.id) if is_id(saved_id) else []
    found = next((one for one in there if one.id == saved_id), None)
    if found is None:
        raise NotFound("There is no such saved answer.")
    return found

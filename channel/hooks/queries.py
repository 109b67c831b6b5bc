"""Finding hooks, their messages, and addresses by which posts come in."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Row, bindparam, func, select, tuple_

from channel.communities import Community
from channel.errors import Gone, NotFound
from channel.hooks.model import AT_ONCE, MIRRORS, Delivery, Hook, Incoming, Try
from channel.hooks.seal import Seal
from channel.hooks.tables import deliveries, hooks, incoming
from channel.ids import is_id, token_hash
from channel.members import Action, Entitlement
from channel.members.paging import Page, cursor_of, place, within
from channel.members.rights import require
from channel.storage import Prepared, Tx

_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_COMES_IN = Prepared(select(incoming).where(incoming.c.secret_hash == bindparam("hash")))


def hook_of(row: Row[Any]) -> Hook:
    """The Hook in a row of the table."""
    return Hook(
        id=row.id, community_id=row.community_id, owner_id=row.owner_id, kind=row.kind, name=row.name,
        where=row.place, kinds=msgspec.json.decode(row.kinds, type=tuple[str, ...]), room_id=row.room_id,
        content=row.content, invite_id=row.invite_id, state=row.state, problem=row.problem,
        failing_since=row.failing_since, success_at=row.success_at, old_until=row.old_until,
        created_at=row.created_at,
    )  # fmt: skip


def delivery_of(row: Row[Any]) -> Delivery:
    log = tuple(Try(*one) for one in msgspec.json.decode(row.log))
    return Delivery(
        row.id, row.hook_id, row.kind, row.state, row.status, row.problem, row.tries, row.due_at, row.created_at,
        row.settled_at, log,
    )  # fmt: skip


def require_hooks(by: Entitlement, community: Community) -> None:
    """Hooks carry all that goes on: for those who say how the community is. Raises NotFound, Forbidden."""
    require(by, community, Action.EDIT_COMMUNITY)


async def row_of(tx: Tx, by: Entitlement, community: Community, hook_id: str) -> Row[Any]:
    """Raises NotFound, Forbidden."""
    require_hooks(by, community)
    wanted = select(hooks).where(hooks.c.id == hook_id, hooks.c.community_id == community.id)
    row = await tx.one(wanted) if is_id(hook_id) else None
    if row is None:
        raise NotFound("There is no such hook.")
    return row


async def one(tx: Tx, by: Entitlement, community: Community, hook_id: str) -> Hook:
    """Raises NotFound, Forbidden."""
    return hook_of(await row_of(tx, by, community, hook_id))


async def secret_of(tx: Tx, by: Entitlement, community: Community, hook_id: str, seal: Seal) -> str | None:
    """What a signed hook signs with; None: it signs nothing, or was sealed with another key. Raises NotFound, Forbidden."""
    row = await row_of(tx, by, community, hook_id)
    return seal.open(row.secret_sealed, hook_id)


async def listing(tx: Tx, by: Entitlement, community: Community) -> list[Hook]:
    """The community's hooks, oldest first. Raises NotFound, Forbidden."""
    require_hooks(by, community)
    query = select(hooks).where(hooks.c.community_id == community.id).order_by(hooks.c.created_at, hooks.c.id)
    return [hook_of(row) for row in await tx.all(query)]


async def own_links(tx: Tx, community_id: str) -> set[str]:
    """The ids of the invites by which mirrors are counted: they are theirs, and nobody is to be given them."""
    theirs = select(hooks.c.invite_id).where(
        hooks.c.community_id == community_id, hooks.c.invite_id.is_not(None)
    )
    return {row.invite_id for row in await tx.all(theirs)}


async def active(tx: Tx, community_ids: Collection[str]) -> Mapping[str, list[Hook]]:
    """Those that hear, by community."""
    query = select(hooks).where(hooks.c.community_id.in_(sorted(community_ids)), hooks.c.state == "active")
    found: dict[str, list[Hook]] = {}
    for row in await tx.all(query.order_by(hooks.c.id)):
        found.setdefault(row.community_id, []).append(hook_of(row))
    return found


async def mirrors(tx: Tx, community_id: str) -> bool:
    """Whether posts of the community are shown elsewhere."""
    some = select(hooks.c.id).where(hooks.c.community_id == community_id, hooks.c.kind.in_(MIRRORS))
    return await tx.one(some.limit(1)) is not None


async def messages(
    tx: Tx, by: Entitlement, community: Community, hook_id: str, *, cursor: str | None = None, limit: int = 50
) -> Page[Delivery]:
    """What was sent and is to be, newest first. Raises NotFound, Forbidden, Invalid (cursor)."""
    await row_of(tx, by, community, hook_id)
    query = select(deliveries).where(deliveries.c.hook_id == hook_id)
    if cursor is not None:
        query = query.where(tuple_(deliveries.c.created_at, deliveries.c.id) < tuple_(*place(cursor)))
    query = query.order_by(deliveries.c.created_at.desc(), deliveries.c.id.desc())
    size = within(limit)
    rows = await tx.all(query.limit(size + 1))
    more = cursor_of(rows[size - 1].created_at, rows[size - 1].id) if len(rows) > size else None
    return Page([delivery_of(row) for row in rows[:size]], more)


async def failed(tx: Tx, hook_id: str) -> int:
    """How many messages one click would send again."""
    some = select(deliveries.c.id).where(deliveries.c.hook_id == hook_id, deliveries.c.state == "failed")
    return int(await tx.value(select(func.count()).select_from(some.limit(AT_ONCE).subquery())))


async def counts(tx: Tx, hook_ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """How many messages of each hook wait, went, failed or were not needed."""
    query = select(deliveries.c.hook_id, deliveries.c.state, func.count().label("many"))
    query = query.where(deliveries.c.hook_id.in_(hook_ids)).group_by(deliveries.c.hook_id, deliveries.c.state)
    found: dict[str, dict[str, int]] = {hook_id: {} for hook_id in hook_ids}
    for row in await tx.all(query):
        found[row.hook_id][row.state] = int(row.many)
    return found


def incoming_of(row: Row[Any], seal: Seal | None = None) -> Incoming:
    secret = seal.open(row.secret_sealed, row.id) if seal else None
    return Incoming(
        row.id, row.community_id, row.room_id, row.bot_id, row.owner_id, row.name, row.state, row.posts,
        row.used_at, row.created_at, secret,
    )  # fmt: skip


async def ways_in(tx: Tx, by: Entitlement, community: Community, seal: Seal | None = None) -> list[Incoming]:
    """Addresses by which posts come in and that are not revoked, oldest first. Raises NotFound, Forbidden."""
    require_hooks(by, community)
    mine = (incoming.c.community_id == community.id, incoming.c.state == "active")
    rows = await tx.all(select(incoming).where(*mine).order_by(incoming.c.created_at, incoming.c.id))
    return [incoming_of(row, seal) for row in rows]


async def way_in(
    tx: Tx, by: Entitlement, community: Community, incoming_id: str, seal: Seal | None = None
) -> Incoming:
    """One that is not revoked. Raises NotFound, Forbidden."""
    require_hooks(by, community)
    mine = (
        incoming.c.id == incoming_id,
        incoming.c.community_id == community.id,
        incoming.c.state == "active",
    )
    row = await tx.one(select(incoming).where(*mine)) if is_id(incoming_id) else None
    if row is None:
        raise NotFound("There is no such address.")
    return incoming_of(row, seal)


async def by_secret(tx: Tx, secret: str) -> Incoming:
    """Raises Gone (code hook_revoked) for one that was revoked, NotFound for one that never was."""
    row = await tx.one(_COMES_IN, hash=token_hash(secret)) if _SECRET.fullmatch(secret) else None
    if row is None:
        raise NotFound("There is no such address.")
    if row.state != "active":
        raise Gone("This address was revoked. Ask whoever gave it to you for a new one.", code="hook_revoked")
    return incoming_of(row)

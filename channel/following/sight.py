"""Asking which devices follow, and what was chosen for them."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select, union_all

from channel.accounts.tables import accounts
from channel.errors import NotFound
from channel.following.model import FollowDevice
from channel.following.tables import follow_device_rules, follow_device_tags, follow_devices, follow_pushes
from channel.ids import is_id, token_hash
from channel.members.model import State
from channel.members.tables import memberships
from channel.notices.model import Times, key_of
from channel.posts.tables import posts
from channel.push.model import Subscription
from channel.push.tables import push_devices
from channel.storage import Tx


def _device(row: Row[Any], chosen: dict[str, Any]) -> FollowDevice:
    times = Times(
        row.zone,
        quiet_from=row.quiet_from,
        quiet_to=row.quiet_to,
        important_passes=bool(row.important_passes),
    )
    to = Subscription(row.endpoint, row.p256dh, row.auth)
    return FollowDevice(
        row.id,
        row.community_id,
        to,
        row.how,
        row.language,
        times,
        row.muted_until,
        row.problem,
        chosen,
        row.per_week,
    )


async def _with_choices(tx: Tx, rows: Sequence[Row[Any]]) -> list[FollowDevice]:
    chosen: dict[str, dict[str, Any]] = {row.id: {} for row in rows}
    rooms, tags = follow_device_rules.c, follow_device_tags.c
    query = union_all(
        select(rooms.device_id, rooms.room_id.label("key"), rooms.how).where(rooms.device_id.in_([*chosen])),
        select(tags.device_id, (key_of("") + tags.tag).label("key"), tags.how).where(
            tags.device_id.in_([*chosen])
        ),
    )
    for rule in await tx.all(query) if rows else ():
        chosen[rule.device_id][rule.key] = rule.how
    return [_device(row, chosen[row.id]) for row in rows]


async def device(tx: Tx, device_id: str) -> FollowDevice:
    """Raises NotFound for one that was ended."""
    found = await many(tx, [device_id]) if is_id(device_id) else {}
    if device_id not in found:
        raise NotFound("No device follows by this link any more. Nothing is sent, and nothing is kept.")
    return found[device_id]


async def many(tx: Tx, device_ids: Collection[str]) -> dict[str, FollowDevice]:
    """By id; those that were ended are missing."""
    rows = (
        await tx.all(select(follow_devices).where(follow_devices.c.id.in_(device_ids))) if device_ids else []
    )
    return {one.id: one for one in await _with_choices(tx, rows)}


async def device_of(tx: Tx, community_id: str, endpoint_hash: str) -> FollowDevice | None:
    """The one that follows that community already."""
    here = (follow_devices.c.community_id == community_id, follow_devices.c.endpoint_hash == endpoint_hash)
    found = await _with_choices(tx, await tx.all(select(follow_devices).where(*here)))
    return found[0] if found else None


async def of_browser(tx: Tx, to: Subscription) -> list[FollowDevice]:
    """All that a browser follows: those with its endpoint and its keys."""
    of = follow_devices.c
    here = (of.endpoint_hash == token_hash(to.endpoint), of.p256dh == to.p256dh, of.auth == to.auth)
    return await _with_choices(tx, await tx.all(select(follow_devices).where(*here).order_by(of.id)))


async def some_devices(tx: Tx, community_id: str, after: str, limit: int) -> list[FollowDevice]:
    """Those of a community, by id, after `after`."""
    here = (follow_devices.c.community_id == community_id, follow_devices.c.id > after)
    query = select(follow_devices).where(*here).order_by(follow_devices.c.id)
    return await _with_choices(tx, await tx.all(query.limit(limit)))


async def count_devices(tx: Tx, community_id: str) -> int:
    """How many follow a community so."""
    query = select(func.count()).where(follow_devices.c.community_id == community_id)
    return int(await tx.value(query))


async def told_as_members(tx: Tx, community_id: str, device_ids: Collection[str]) -> set[str]:
    """Those of these whose browser is switched on for an account that is in the community: it is told as that one's,
    or not at all, as they chose."""
    here = (follow_devices.c.id.in_(device_ids), follow_devices.c.community_id == community_id)
    query = select(follow_devices.c.id).where(*here, browsers_of_members())
    return {row.id for row in await tx.all(query)} if device_ids else set()


def browsers_of_members() -> ColumnElement[bool]:
    """As told_as_members, of each row of `follow_devices`."""
    query = (
        select(push_devices.c.id)
        .join_from(push_devices, accounts, accounts.c.id == push_devices.c.account_id)
        .join(memberships, memberships.c.account_id == accounts.c.id)
        .where(
            push_devices.c.endpoint_hash == follow_devices.c.endpoint_hash,
            # Whoever knows an endpoint and not its keys must not make it silent.
            push_devices.c.p256dh == follow_devices.c.p256dh,
            push_devices.c.auth == follow_devices.c.auth,
            accounts.c.state == "active",
            memberships.c.community_id == follow_devices.c.community_id,
            memberships.c.state.in_((State.ACTIVE.value, State.MUTED.value)),
        )
    )
    return query.correlate(follow_devices).exists()


async def not_shown_yet(tx: Tx, device_id: str) -> dict[str, int]:
    """By room, the seq of the first post whose notice has not left yet: it is still news there."""
    query = (
        select(posts.c.room_id, func.min(posts.c.seq).label("seq"))
        .join_from(follow_pushes, posts, posts.c.id == follow_pushes.c.post_id)
        .where(follow_pushes.c.device_id == device_id, follow_pushes.c.state == "waiting")
        .group_by(posts.c.room_id)
    )
    return {row.room_id: int(row.seq) for row in await tx.all(query)}

"""Asking which devices there are, and what was chosen for them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, or_, select

from channel.errors import NotFound
from channel.ids import is_id
from channel.notices.model import Rule
from channel.push.model import MAX_DEVICES, Device, PushHow, Subscription
from channel.push.tables import push_devices, push_rules
from channel.storage import Prepared, Tx

_RULE = (
    push_rules.c.community_id,
    push_rules.c.room_id,
    push_rules.c.how,
    push_rules.c.chosen_at,
    push_rules.c.tag,
    push_rules.c.turned_at,
)
_RULES_OF = Prepared(
    lambda words: select(push_rules.c.account_id, *_RULE).where(
        push_rules.c.community_id == bindparam("community_id"),
        words.among(push_rules.c.account_id, "ids"),
        or_(
            push_rules.c.place == bindparam("community_id"),
            push_rules.c.place == bindparam("room_id"),
            push_rules.c.tag != "",
        ),
    )
)


def _device(row: Row[Any], current: str | None) -> Device:
    here = row.session_id is not None and row.session_id == current
    return Device(row.id, row.name, row.shows_text, row.created_at, row.success_at, row.problem, here)


async def devices(tx: Tx, account_id: str, current: str | None = None) -> list[Device]:
    """Those of the account, newest first; `current`: the session that asks."""
    mine = select(push_devices).where(push_devices.c.account_id == account_id)
    newest = mine.order_by(push_devices.c.created_at.desc(), push_devices.c.id.desc())
    return [_device(row, current) for row in await tx.all(newest.limit(MAX_DEVICES))]


async def device(tx: Tx, account_id: str, device_id: str, current: str | None = None) -> Device:
    """Raises NotFound when it is not the account's."""
    return _device(await _row(tx, account_id, device_id), current)


async def subscription(tx: Tx, account_id: str, device_id: str) -> tuple[Subscription, str]:
    """Where one device of the account is pushed to, and its language. Raises NotFound."""
    row = await _row(tx, account_id, device_id)
    return Subscription(row.endpoint, row.p256dh, row.auth), row.language


async def owner_of(tx: Tx, device_id: str) -> str:
    """Whose device it is. Raises NotFound for one that was switched off."""
    row = await tx.one(select(push_devices.c.account_id).where(push_devices.c.id == device_id))
    if row is None:
        raise NotFound("There is no such device.")
    return str(row.account_id)


async def _row(tx: Tx, account_id: str, device_id: str) -> Row[Any]:
    mine = (push_devices.c.id == device_id, push_devices.c.account_id == account_id)
    row = await tx.one(select(push_devices).where(*mine)) if is_id(device_id) else None
    if row is None:
        raise NotFound("There is no such device.")
    return row


def rule_of(row: Row[Any]) -> Rule:
    return Rule(row.community_id, row.room_id, row.how, row.chosen_at, row.tag, row.turned_at)


async def rules(tx: Tx, account_id: str) -> list[Rule]:
    """What the account chose for its devices, in all communities."""
    rows = await tx.all(select(*_RULE).where(push_rules.c.account_id == account_id))
    return [rule_of(row) for row in rows]


async def unasked(tx: Tx, account_id: str) -> PushHow:
    """What the account is told where it chose nothing: without a device nobody is told anything."""
    one = select(push_devices.c.id).where(push_devices.c.account_id == account_id).limit(1)
    return "instant" if await tx.one(one) is not None else "none"


async def rules_of(
    tx: Tx, community_id: str, room_id: str, account_ids: Sequence[str]
) -> dict[str, list[Rule]]:
    """The rules of these accounts that may hold for a post of a room, whatever tags it has."""
    found: dict[str, list[Rule]] = {account_id: [] for account_id in account_ids}
    for row in await tx.all(_RULES_OF, community_id=community_id, room_id=room_id, ids=account_ids):
        found[row.account_id].append(rule_of(row))
    return found

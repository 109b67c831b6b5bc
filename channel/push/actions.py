"""Switching devices on and off, and choosing what is pushed to them."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, select, update

from channel.accounts.tables import accounts
from channel.communities import Community
from channel.errors import Conflict, NotFound
from channel.ids import is_id, new_id, token_hash
from channel.members import Entitlement
from channel.notices.actions import NO_TAGS
from channel.notices.model import MAX_RULES, Rule, by_place, require_few_tags, turned
from channel.push.model import MAX_DEVICES, Device, PushHow, Subscription
from channel.push.queries import device, rules, unasked
from channel.push.tables import push_devices, push_rules, pushes
from channel.rooms import Room
from channel.storage import Tx, locking
from channel.topics import telling

_TAKEN = "This device could not be switched on. Switch notices off and on again in this browser."


@dataclass(frozen=True, slots=True)
class Owner:
    """Who switches a device on: the session in whose browser it is (None: a program's), what it is called, its language."""

    account_id: str
    session_id: str | None
    name: str = ""
    language: str = "en"


async def switch_on(tx: Tx, owner: Owner, wanted: Subscription, *, shows_text: bool | None = None) -> Device:
    """From now on the account is told there. The same browser again is the same device, with its newest keys; without a
    name or a choice of what it shows, it keeps those that it had.

    Raises Conflict: there are 16 already; or the endpoint is somebody else's, and who asks does not have the keys
    that the browser keeps to itself. With them it is the same browser, and whoever signed in there last is told.
    """
    hashed = token_hash(wanted.endpoint)
    row = await tx.one(select(push_devices).where(push_devices.c.endpoint_hash == hashed))
    if row is not None and row.account_id != owner.account_id:
        if not _same_keys(row, wanted):
            raise Conflict(_TAKEN)
        await _end(tx, push_devices.c.id == row.id)  # with what waits for the other one
        row = None
    older = await _older(tx, owner, hashed)
    before = older or row
    if row is None and older is None and await _count(tx, owner.account_id) >= MAX_DEVICES:
        raise Conflict(f"{MAX_DEVICES} devices are as many as there can be. Remove one first.")
    values: dict[str, Any] = {
        "session_id": owner.session_id, "name": owner.name or (before.name if before else ""),
        "endpoint": wanted.endpoint, "p256dh": wanted.p256dh, "auth": wanted.auth,
        "shows_text": bool(before and before.shows_text) if shows_text is None else shows_text,
        "language": owner.language, "problem": "",
    }  # fmt: skip
    ids = {"id": row.id if row else new_id(tx.now), "account_id": owner.account_id, "endpoint_hash": hashed}
    fresh: Any = tx.insert(push_devices).values(**ids, created_at=tx.now, success_at=None, **values)
    mine = (
        push_devices.c.account_id == owner.account_id
    )  # of two that claim it at once, the second changes nothing
    if not await tx.run(
        fresh.on_conflict_do_update(index_elements=["endpoint_hash"], set_=values, where=mine)
    ):
        raise Conflict(_TAKEN)
    found = await tx.value(select(push_devices.c.id).where(push_devices.c.endpoint_hash == hashed))
    if older is not None:
        if row is None:  # the same browser under another address: what waits for it comes there
            await tx.run(update(pushes).where(pushes.c.device_id == older.id).values(device_id=found))
        await _end(tx, push_devices.c.id == older.id)
    return await device(tx, owner.account_id, str(found), owner.session_id)


def _same_keys(row: Any, wanted: Subscription) -> bool:
    return hmac.compare_digest(f"{row.p256dh} {row.auth}", f"{wanted.p256dh} {wanted.auth}")


async def _older(tx: Tx, owner: Owner, hashed: str) -> Any:
    """A browser has one subscription: that which it had before, which is over now."""
    if owner.session_id is None:
        return None
    here = (push_devices.c.session_id == owner.session_id, push_devices.c.endpoint_hash != hashed)
    return await tx.one(select(push_devices).where(*here))


async def _end(tx: Tx, which: ColumnElement[bool]) -> int:
    """These devices go, with what waits for them; what they were told stays known (see notify/ladder). Returns how many."""
    of_them = pushes.c.device_id.in_(select(push_devices.c.id).where(which))
    await tx.run(delete(pushes).where(of_them, pushes.c.state == "waiting"))
    return await tx.run(delete(push_devices).where(which))


async def _count(tx: Tx, account_id: str) -> int:
    """Held by the account's row: of two that switch the last one on at once, the second sees the first."""
    await tx.one(locking(tx.dialect, select(accounts.c.id).where(accounts.c.id == account_id)))
    query = select(func.count()).select_from(push_devices).where(push_devices.c.account_id == account_id)
    return int(await tx.value(query))


async def allow_text(tx: Tx, account_id: str, device_id: str, allowed: bool) -> None:
    """Whether words that not everybody in a room may read stand in notices there. Raises NotFound."""
    mine = (push_devices.c.id == device_id, push_devices.c.account_id == account_id)
    if not is_id(device_id) or not await tx.run(update(push_devices).where(*mine).values(shows_text=allowed)):
        raise NotFound("There is no such device.")


async def switch_off(tx: Tx, account_id: str, device_id: str) -> None:
    """Nothing is pushed there any more, not even what waits. Raises NotFound."""
    mine = and_(push_devices.c.id == device_id, push_devices.c.account_id == account_id)
    if not is_id(device_id) or not await _end(tx, mine):
        raise NotFound("There is no such device.")


async def drop(tx: Tx, device_ids: Sequence[str]) -> None:
    """The push service says that these are gone."""
    if device_ids:
        await _end(tx, push_devices.c.id.in_(device_ids))


async def note(tx: Tx, device_ids: Sequence[str], problem: str = "") -> None:
    """How the last try went, with each of these."""
    values: dict[str, Any] = {"problem": problem[:200]} if problem else {"problem": "", "success_at": tx.now}
    await tx.run(update(push_devices).where(push_devices.c.id.in_(device_ids)).values(**values))


async def told(tx: Tx, account_id: str, push_id: str, *, opened: bool = False) -> None:
    """The browser says that it has shown a notice, or that it was opened. Twice is once. Raises NotFound."""
    mine = (pushes.c.id == push_id, pushes.c.account_id == account_id)
    values: dict[str, Any] = {"shown_at": func.coalesce(pushes.c.shown_at, tx.now)}
    if opened:
        values["opened_at"] = func.coalesce(pushes.c.opened_at, tx.now)
    if not is_id(push_id) or not await tx.run(update(pushes).where(*mine).values(**values)):
        raise NotFound("There is no such notice.")


async def choose(
    tx: Tx,
    by: Entitlement,
    community: Community,
    how: PushHow | None,
    *,
    rooms: Sequence[tuple[Room, PushHow | None]] = (),
    tags: Mapping[str, PushHow | None] = NO_TAGS,
) -> None:
    """What is pushed to `by`, of the community (None: as it is), of single rooms of it, and of its posts with a tag (folded;
    for both None: as of the others).

    Raises NotFound for who is not in it, and for a room that they may not enter or that has no posts but messages;
    Conflict for too many rules; Invalid (tag).
    """
    if by.account_id is None or not by.belongs or by.community_id != community.id:
        raise NotFound("There is no such community.")
    held = await _held(tx, by.account_id)
    if how is not None:
        await _write(tx, by.account_id, Rule(community.id, None, how, tx.now), held)
    for room, chosen in rooms:
        if room.community_id != community.id or room.is_group or not by.reads(room.min_rank):
            raise NotFound("There is no such room.")
        rule = Rule(community.id, room.id, chosen or "none", tx.now)
        await _choose(tx, by.account_id, rule, held, taken_back=chosen is None)
    for tag, chosen in tags.items():
        rule = Rule(community.id, None, chosen or "none", tx.now, tag)
        await _choose(tx, by.account_id, rule, held, taken_back=chosen is None)
    await _require_few(tx, by.account_id, community.id)


async def _require_few(tx: Tx, account_id: str, community_id: str) -> None:
    held = await rules(tx, account_id)
    if len(held) > MAX_RULES:
        raise Conflict("That are too many rules. Take some back first.")
    require_few_tags(rule.tag for rule in held if rule.community_id == community_id)


@dataclass(frozen=True, slots=True)
class _Held:
    """What was chosen before, by place, and what comes where nothing was."""

    rules: Mapping[str, Rule]
    unasked: PushHow


async def _held(tx: Tx, account_id: str) -> _Held:
    return _Held(by_place(await rules(tx, account_id)), await unasked(tx, account_id))


async def _choose(tx: Tx, account_id: str, rule: Rule, held: _Held, *, taken_back: bool) -> None:
    if taken_back:
        mine = (push_rules.c.account_id == account_id, push_rules.c.place == rule.place)
        await tx.run(delete(push_rules).where(*mine))
    else:
        await _write(tx, account_id, rule, held)


async def change(tx: Tx, account_id: str, community_id: str, how: PushHow) -> None:
    """From a notice: no more than this of the whole community, where what was switched off stays off; or ("instant") all of it,
    whatever was chosen before. What is not told at once is not told of its topics, either. Whether the account is in it is
    for the caller to say."""
    here = (push_rules.c.account_id == account_id, push_rules.c.community_id == community_id)
    if how != "instant":
        await telling.quieter(tx, account_id, community_id, push="none")
    if how == "important":
        fresh: Any = tx.insert(push_rules).values(_row(account_id, Rule(community_id, None, how, tx.now)))
        await tx.run(fresh.on_conflict_do_nothing())
        await tx.run(update(push_rules).where(*here, push_rules.c.how == "instant").values(how=how))
        return
    held = await _held(tx, account_id)
    told = [rule for rule in held.rules.values() if rule.community_id == community_id and rule.how != "none"]
    if told:  # by a rule for one room, too: it ends all of it
        held = _Held({community_id: told[0]}, held.unasked)
    await tx.run(delete(push_rules).where(*here))
    await _write(tx, account_id, Rule(community_id, None, how, tx.now), held)


async def replace(tx: Tx, account_id: str, wanted: Sequence[Rule]) -> None:
    """These are the rules of the account, and no others. Whether it may have them is for the caller to say."""
    held = await _held(tx, account_id)
    await tx.run(delete(push_rules).where(push_rules.c.account_id == account_id))
    for rule in wanted:
        await _write(tx, account_id, rule, held)


async def _write(tx: Tx, account_id: str, rule: Rule, held: _Held) -> None:
    rule = turned(rule, held.rules, unasked=held.unasked)
    fresh: Any = tx.insert(push_rules).values(_row(account_id, rule))
    changed = {"how": rule.how, "chosen_at": rule.chosen_at, "turned_at": rule.turned_at}
    await tx.run(fresh.on_conflict_do_update(index_elements=["account_id", "place"], set_=changed))


def _row(account_id: str, rule: Rule) -> dict[str, Any]:
    return {
        "account_id": account_id, "place": rule.place, "community_id": rule.community_id, "room_id": rule.room_id,
        "how": rule.how, "chosen_at": rule.chosen_at, "tag": rule.tag, "turned_at": rule.turned_at,
    }  # fmt: skip


async def forget(tx: Tx, account_id: str) -> None:
    """Nothing is kept of somebody who is erased, and nothing is pushed to them."""
    await telling.quieter(tx, account_id, push="none")
    for table in (pushes, push_rules, push_devices):
        await tx.run(delete(table).where(table.c.account_id == account_id))

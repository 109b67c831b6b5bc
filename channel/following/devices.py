"""Following on a device without an account: switched on, chosen, quiet for a while, ended, and taken into an account.

Whoever switches one on proves with the keys that the browser keeps to itself that it is that browser; from then on the
sealed link is the authority (links.py).
"""

import hmac
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import case, delete, func, select, update

from channel import communities, members, push
from channel.accounts import guesses
from channel.accounts.guesses import Limit
from channel.communities import Community
from channel.errors import Conflict, Forbidden, Invalid, TooMany
from channel.following import sight
from channel.following.actions import HOUR_MS, count_end, require_open, turned
from channel.following.choices import ON_DEVICES
from channel.following.model import DAY_MS, FollowDevice
from channel.following.sight import device, device_of
from channel.following.tables import follow_devices, follow_pushes
from channel.ids import new_id, token_hash
from channel.members.queries import readable_rooms
from channel.notices.actions import inherit_times
from channel.notices.limits import NO_LIMIT, limit, limits
from channel.notices.model import MOST_MUTED_DAYS, Times, key_of, tags_of, zone_of_browser
from channel.notices.model import Limit as Quiet
from channel.push.model import PushHow, Subscription
from channel.push.tables import push_devices
from channel.rooms import Room
from channel.storage import Tx

PER_NETWORK: Final = Limit(20, HOUR_MS, "Too many devices from one network within the hour. Wait a while.")
MOST_AN_HOUR: Final = 5_000  # fresh ones, of all communities and networks together
MOST_IN_ALL: Final = 500_000
MOST_COMMUNITIES: Final = 100  # of one browser
_TAKEN = "This device could not be switched on. Block and allow notices of this site in this browser, and try again."
_FULL = "This server cannot take more devices now. Follow by mail or in a feed, or come back later."
_OTHER = "Open this page in the browser that is told, so that it comes along."


async def switch_on(
    tx: Tx,
    community: Community,
    wanted: Subscription,
    *,
    language: str,
    zone: str,
    network: str,
    tag: str = "",
) -> FollowDevice:
    """It is told from now on; of posts with `tag` alone, if there is one. The same browser again is the same device, with
    what was chosen for it.

    Raises NotFound for a community that strangers see nothing of; Conflict: the endpoint is known with other keys;
    TooMany.
    """
    await require_open(tx, community)
    hashed = token_hash(wanted.endpoint)
    await _require_keys(tx, hashed, wanted)
    there = await device_of(tx, community.id, hashed)
    if there is not None:
        await _write(tx, there.id, language=language)
        return await _with_tag(tx, there, tag)
    await _spend(tx, hashed, network)
    plain = Times(zone_of_browser(zone) or Times().zone)
    row = {
        "id": new_id(tx.now), "community_id": community.id, "endpoint": wanted.endpoint, "endpoint_hash": hashed,
        "p256dh": wanted.p256dh, "auth": wanted.auth, "how": "none" if tag else "instant", "language": language, "zone": plain.zone,
        "quiet_from": None, "quiet_to": None, "muted_until": None, "problem": "", "created_at": tx.now,
        "success_at": None,
    }  # fmt: skip
    await tx.run(tx.insert(follow_devices).values(**row).on_conflict_do_nothing())
    found = await device_of(tx, community.id, hashed)
    if found is None or not _same_keys(found.to, wanted):
        raise Conflict(_TAKEN)
    return await _with_tag(tx, found, tag)


async def _with_tag(tx: Tx, one: FollowDevice, tag: str) -> FollowDevice:
    if not tag:
        return one
    await ON_DEVICES.write(tx, one.id, {key_of(tag): "instant"})
    return await device(tx, one.id)


async def _require_keys(tx: Tx, hashed: str, wanted: Subscription) -> None:
    """Wherever the endpoint is known, it is with these keys: else it is somebody else's. Raises Conflict."""
    for table in (follow_devices, push_devices):
        known = select(table.c.endpoint, table.c.p256dh, table.c.auth).where(table.c.endpoint_hash == hashed)
        row = await tx.one(known.limit(1))
        if row is not None and not _same_keys(Subscription(row.endpoint, row.p256dh, row.auth), wanted):
            raise Conflict(_TAKEN)


def _same_keys(one: Subscription, other: Subscription) -> bool:
    return hmac.compare_digest(f"{one.p256dh} {one.auth}", f"{other.p256dh} {other.auth}")


async def _spend(tx: Tx, hashed: str, network: str) -> None:
    await guesses.spend(tx, f"follow:device:network:{network}", PER_NETWORK)
    of = follow_devices.c
    fresh = await tx.value(select(func.count()).where(of.created_at > tx.now - HOUR_MS))
    same = await tx.value(select(func.count()).where(of.endpoint_hash == hashed))
    if (
        fresh >= MOST_AN_HOUR
        or await tx.value(select(func.count()).select_from(follow_devices)) >= MOST_IN_ALL
    ):
        raise TooMany(_FULL, retry_after_s=HOUR_MS // 1000)
    if same >= MOST_COMMUNITIES:
        raise Conflict(f"One browser can follow {MOST_COMMUNITIES} communities. End another one first.")


async def move(tx: Tx, device_id: str, wanted: Subscription) -> None:
    """The push service gave the browser another address. Raises NotFound; Conflict: that one is somebody else's."""
    one = await device(tx, device_id)
    hashed = token_hash(wanted.endpoint)
    await _require_keys(tx, hashed, wanted)
    there = await device_of(tx, one.community_id, hashed)
    if there is not None and there.id != one.id:
        await stop(tx, one.id)
        return
    values = {
        "endpoint": wanted.endpoint, "endpoint_hash": hashed, "p256dh": wanted.p256dh, "auth": wanted.auth, "problem": "",
    }  # fmt: skip
    await _write(tx, device_id, **values)


async def change(
    tx: Tx, device_id: str, how: PushHow, times: Times, chosen: Mapping[str, PushHow | None]
) -> None:
    """What comes there from the next post on; quiet hours hold for what waits already, too (see set_times). `chosen`: for
    rooms and tags, see Choices.write. Raises NotFound; Invalid (tag)."""
    values = {
        "how": how, "zone": times.zone, "quiet_from": times.quiet_from, "quiet_to": times.quiet_to,
        "important_passes": times.important_passes, "turned_at": turned(follow_devices, how, tx.now),
    }  # fmt: skip
    await _write(tx, device_id, **values)
    await ON_DEVICES.write(tx, device_id, chosen)


async def be_quiet(tx: Tx, device_id: str, days: int) -> None:
    """Nothing is told there for so many days; 0: it is told again. Raises NotFound, Invalid (days)."""
    if parse_days(days):
        await _write(tx, device_id, muted_until=tx.now + days * DAY_MS, turned_at=tx.now)
    else:
        of = follow_devices.c
        still = case((of.how == "none", of.turned_at), else_=None)
        await _write(tx, device_id, muted_until=None, turned_at=still)


async def limit_to(tx: Tx, device_id: str, per_week: int | None) -> None:
    """So many posts in seven days at most; None: all of them. Raises NotFound, Invalid (per_week)."""
    await _write(tx, device_id, per_week=Quiet.parse(per_week, None, tx.now).per_week)


def parse_days(days: int | None) -> int:
    """Raises Invalid (days)."""
    if days is None or not 0 <= days <= MOST_MUTED_DAYS:
        raise Invalid(days="Choose from a day to 90 days, or 0 to be told again.")
    return days


async def _write(tx: Tx, device_id: str, **values: object) -> None:
    if not await tx.run(update(follow_devices).where(follow_devices.c.id == device_id).values(**values)):
        await device(tx, device_id)


async def stop(tx: Tx, device_id: str) -> None:
    """It is told no more, and nothing is kept of it. Twice is as once."""
    await tx.run(delete(follow_pushes).where(follow_pushes.c.device_id == device_id))
    await ON_DEVICES.forget(tx, device_id)
    await tx.run(delete(follow_devices).where(follow_devices.c.id == device_id))


async def end(tx: Tx, device_id: str) -> None:
    """As stop, by the will of whoever holds it. Its community is told that somebody did that day, and not who."""
    here = await tx.value(select(follow_devices.c.community_id).where(follow_devices.c.id == device_id))
    await stop(tx, device_id)
    if here is not None:
        await count_end(tx, here)


async def drop(tx: Tx, device_ids: Sequence[str]) -> None:
    """The push service says that these browsers are gone: from every community that they followed."""
    if device_ids:
        gone = select(follow_devices.c.endpoint_hash).where(follow_devices.c.id.in_(device_ids))
        hashes = [row.endpoint_hash for row in await tx.all(gone)]
        await tx.run(delete(follow_devices).where(follow_devices.c.endpoint_hash.in_(hashes)))


async def note(tx: Tx, device_ids: Sequence[str], problem: str = "") -> None:
    """How the last try went, with each of these."""
    values: dict[str, Any] = {"problem": problem[:200]} if problem else {"problem": "", "success_at": tx.now}
    await tx.run(update(follow_devices).where(follow_devices.c.id.in_(device_ids)).values(**values))


def require_same(one: FollowDevice, given: Subscription) -> None:
    """Whoever takes it into an account has its keys: a link that was passed on does not do. Raises Forbidden."""
    if given.endpoint != one.to.endpoint or not _same_keys(one.to, given):
        raise Forbidden(_OTHER, code="other_device")


async def hand_over(
    tx: Tx,
    one: FollowDevice,
    by: members.Entitlement,
    community: Community,
    here: Sequence[Room],
    owner: push.Owner,
) -> None:
    """Give the device, and all that was chosen for it, to the account of `by`, which is in. What the account has chosen
    itself stays. Raises Conflict: it has as many devices as there can be."""
    await _give(tx, one, by, community, here)
    await push.switch_on(tx, owner, one.to)
    await stop(tx, one.id)


async def take_in(tx: Tx, account_id: str, to: Subscription) -> None:
    """A browser was switched on for an account: what it followed of communities in which the account is comes along."""
    for one in await sight.of_browser(tx, to):
        community = await communities.one(tx, one.community_id)
        by = await members.entitlement(tx, community, account_id)
        if by.belongs:
            await _give(tx, one, by, community, await readable_rooms(tx, by))
            await stop(tx, one.id)


async def _give(
    tx: Tx, one: FollowDevice, by: members.Entitlement, community: Community, here: Sequence[Room]
) -> None:
    assert by.account_id is not None
    if not any(rule.community_id == community.id for rule in await push.rules(tx, by.account_id)):
        named = [room for room in here if room.id in one.chosen and not room.is_group]
        rooms = [(room, one.chosen[room.id]) for room in named]
        tags = {tag: one.chosen[key_of(tag)] for tag in tags_of(one.chosen)}
        await push.choose(tx, by, community, one.how, rooms=rooms, tags=tags)
    await inherit_times(tx, by.account_id, one.times)
    held_back = Quiet(one.per_week, one.muted_until if one.mutes(tx.now) else None)
    if held_back != NO_LIMIT and community.id not in await limits(tx, by.account_id):
        await limit(tx, by.account_id, community.id, held_back)

"""Whether a room tells its people more than they want: what its own history says.

Counted are people, each once a day, whatever they did: chose to be told nothing, by letter or on a device, here or of the
whole community; asked for quiet for a while; left. Members and those who follow without an account alike.
"""

from collections import Counter
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, select

from channel.following.tables import follow_devices, follow_ends, followers
from channel.members.model import State
from channel.members.tables import memberships
from channel.notices.model import HOUR_MS
from channel.notices.tables import notice_limits, notice_rules
from channel.posts.tables import posts
from channel.push.tables import push_rules
from channel.reach.floor import FLOOR
from channel.reach.model import times
from channel.rooms.model import Room
from channel.storage import Tx

DAY_MS: Final = 24 * HOUR_MS
LOOKED_BACK_MS: Final = 90 * DAY_MS
MANY_A_DAY: Final = 3
MOST_LOOKED_AT: Final = 5_000


async def weariness(tx: Tx, room: Room) -> tuple[int, int]:
    """The number that the next post of these 24 hours has, and how many times as many people turned their notices down on
    days with that many (2 to 4; 0: no news, or too few to say). From the last 90 days of the room."""
    today = await _count_since(tx, room, tx.now - DAY_MS) + 1
    if today < MANY_A_DAY:
        return today, 0
    since = tx.now - LOOKED_BACK_MS
    sent = await _days(
        tx, select(posts.c.created_at.label("at"), posts.c.id.label("who")).where(*_loud(room, since))
    )
    turned = await _days(tx, *_turned_down(room, since)) + await _ended(tx, room, since)
    many = {day for day, count in sent.items() if count >= MANY_A_DAY}
    few = {day for day, count in sent.items() if 0 < count < MANY_A_DAY}
    on_many, on_few = (sum(turned[day] for day in days) for days in (many, few))
    if on_many < FLOOR or not few:
        return today, 0
    return today, times((on_many / len(many)) / max(on_few / len(few), 0.1))


def _loud(room: Room, since: int) -> tuple[ColumnElement[bool], ...]:
    return posts.c.room_id == room.id, posts.c.created_at > since, posts.c.silent.is_(False)


async def _count_since(tx: Tx, room: Room, since: int) -> int:
    return int(await tx.value(select(func.count()).select_from(posts).where(*_loud(room, since))))


def _turned_down(room: Room, since: int) -> list[Select[Any]]:
    """When somebody who could have been told chose not to be, or left; and who."""
    community, here = room.community_id, (room.id, room.community_id)
    rules = [
        _acts(rule.c.turned_at, rule.c.account_id, since).where(rule.c.place.in_(here))
        for rule in (notice_rules, push_rules)
    ]
    left = _acts(memberships.c.changed_at, memberships.c.account_id, since).where(
        memberships.c.community_id == community, memberships.c.state == State.LEFT.value
    )
    muted = _acts(notice_limits.c.muted_at, notice_limits.c.account_id, since)
    outside = [
        _acts(one.c.turned_at, one.c.id, since).where(one.c.community_id == community)
        for one in (followers, follow_devices)
    ]
    return [*rules, left, muted.where(notice_limits.c.community_id == community), *outside]


def _acts(at: ColumnElement[Any], who: ColumnElement[Any], since: int) -> Select[Any]:
    return select(at.label("at"), who.label("who")).where(at > since)


async def _days(tx: Tx, *queries: Select[Any]) -> Counter[int]:
    """How many did something on each day (UTC), each of them once: of the newest 5,000 acts of each query."""
    found: set[tuple[int, str]] = set()
    for query in queries:
        rows = await tx.all(query.order_by(query.selected_columns["at"].desc()).limit(MOST_LOOKED_AT))
        found.update((row.at // DAY_MS, row.who) for row in rows)
    return Counter(day for day, _ in found)


async def _ended(tx: Tx, room: Room, since: int) -> Counter[int]:
    """By day, how many stopped following without an account."""
    of = follow_ends.c
    query = select(of.day, of.ended).where(of.community_id == room.community_id, of.day >= since // DAY_MS)
    return Counter({row.day: row.ended for row in await tx.all(query)})

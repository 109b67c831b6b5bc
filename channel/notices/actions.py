"""Choosing which letters one gets, and ending them."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import and_, delete, update

from channel.communities import Community
from channel.errors import Conflict, Invalid, NotFound
from channel.ids import token_hash
from channel.members import Entitlement
from channel.notices.model import (
    HOWS,
    LOUDER,
    MAX_RULES,
    How,
    Rule,
    Times,
    by_place,
    require_few_tags,
    turned,
)
from channel.notices.queries import rules, times
from channel.notices.tables import letter_pictures, notice_limits, notice_rules, notice_times, notices
from channel.rooms import Room
from channel.storage import Tx
from channel.topics import telling

NO_TAGS: Final[Mapping[str, Any]] = {}
_HOW = "Choose: at once, important ones, daily, weekly, or not at all."


def parse_how(text: str, field: str = "how") -> How:
    """Raises Invalid."""
    for how in HOWS:
        if text == how:
            return how
    raise Invalid({field: _HOW})


async def choose(
    tx: Tx,
    by: Entitlement,
    community: Community,
    how: How | None,
    *,
    rooms: Sequence[tuple[Room, How | None]] = (),
    tags: Mapping[str, How | None] = NO_TAGS,
) -> None:
    """What `by` gets of the community (None: as it is), of single rooms of it, and of its posts with a tag (folded; for
    both None: as of the others).

    Twice is the same as once. Raises NotFound for who is not in it, and for a room that they may not enter or that has no
    posts but messages; Conflict for too many rules; Invalid (tag).
    """
    here = community.id
    if by.account_id is None or not by.belongs or by.community_id != here:
        raise NotFound("There is no such community.")
    before = by_place(await rules(tx, by.account_id, here))
    if how is not None:
        await _write(tx, by.account_id, Rule(here, None, how, tx.now), before)
    for room, chosen in rooms:
        if room.community_id != here or room.is_group or not by.reads(room.min_rank):
            raise NotFound("There is no such room.")
        rule = Rule(here, room.id, chosen or "none", tx.now)
        await _choose(tx, by.account_id, rule, before, taken_back=chosen is None)
    for tag, chosen in tags.items():
        rule = Rule(here, None, chosen or "none", tx.now, tag)
        await _choose(tx, by.account_id, rule, before, taken_back=chosen is None)
    held = await rules(tx, by.account_id)
    if len(held) > MAX_RULES:
        raise Conflict("That are too many rules. Take some back first.")
    if tags:
        require_few_tags(rule.tag for rule in held if rule.community_id == here)


async def _choose(
    tx: Tx, account_id: str, rule: Rule, before: Mapping[str, Rule], *, taken_back: bool
) -> None:
    if taken_back:
        mine = (notice_rules.c.account_id == account_id) & (notice_rules.c.place == rule.place)
        await tx.run(delete(notice_rules).where(mine))
    else:
        await _write(tx, account_id, rule, before)


async def _write(tx: Tx, account_id: str, rule: Rule, before: Mapping[str, Rule]) -> None:
    """`before`: what held, by place."""
    rule = turned(rule, before, unasked="none")
    row: dict[str, Any] = {
        "account_id": account_id, "place": rule.place, "community_id": rule.community_id, "room_id": rule.room_id,
        "how": rule.how, "chosen_at": rule.chosen_at, "tag": rule.tag, "turned_at": rule.turned_at,
    }  # fmt: skip
    fresh: Any = tx.insert(notice_rules).values(**row)
    changed = {"how": rule.how, "chosen_at": rule.chosen_at, "turned_at": rule.turned_at}
    await tx.run(fresh.on_conflict_do_update(index_elements=["account_id", "place"], set_=changed))


async def replace(tx: Tx, account_id: str, wanted: Sequence[Rule]) -> None:
    """These are the rules of the account, and no others. Whether it may have them is for the caller to say.

    Raises Conflict for more than MAX_RULES.
    """
    if len(wanted) > MAX_RULES:
        raise Conflict("That are too many rules. Take some back first.")
    before = by_place(await rules(tx, account_id))
    await tx.run(delete(notice_rules).where(notice_rules.c.account_id == account_id))
    for rule in wanted:
        await _write(tx, account_id, rule, before)


async def set_times(tx: Tx, account_id: str, times: Times) -> None:
    """From the next post on; quiet hours hold for what waits already, too. What waits for their end goes on waiting, also
    when important posts may pass now."""
    values = {
        "zone": times.zone,
        "hour": times.hour,
        "quiet_from": times.quiet_from,
        "quiet_to": times.quiet_to,
        "wait_hours": times.wait_hours,
        "important_passes": times.important_passes,
    }
    fresh: Any = tx.insert(notice_times).values(account_id=account_id, **values)
    await tx.run(fresh.on_conflict_do_update(index_elements=["account_id"], set_=values))


async def keep_zone(tx: Tx, account_id: str, zone: str) -> None:
    """Where the browser of the account is, for who never chose when notices come ("": it does not say). What was chosen
    stays, and so does what an earlier browser said."""
    if not zone:
        return
    plain = Times(zone)
    row = {"account_id": account_id, "zone": zone, "hour": plain.hour, "quiet_from": None, "quiet_to": None}
    of = notice_times.c
    # The row of who chose nothing is there when their address was refused: see pause.
    nothing = and_(
        of.refused_hash != "", of.zone == Times().zone, of.hour == plain.hour, of.quiet_from.is_(None),
        of.wait_hours == plain.wait_hours, of.important_passes.is_(plain.important_passes),
    )  # fmt: skip
    fresh: Any = tx.insert(notice_times).values(**row)
    await tx.run(
        fresh.on_conflict_do_update(index_elements=["account_id"], set_={"zone": zone}, where=nothing)
    )


async def inherit_times(tx: Tx, account_id: str, given: Times) -> None:
    """Those that somebody chose who followed without an account, for one that has chosen no hours itself. A zone that it
    has stays: it is where its browser was."""
    mine = await times(tx, account_id)
    if dataclasses.replace(mine, zone=Times().zone) == Times():
        await set_times(
            tx, account_id, given if mine == Times() else dataclasses.replace(given, zone=mine.zone)
        )


async def stop(tx: Tx, account_id: str, *, community_id: str | None = None) -> None:
    """No letters about posts and topics of this community, or (None) of any. What waits is not sent: it is looked at again
    then."""
    await telling.quieter(tx, account_id, community_id, mail="none")
    loud = {
        rule.community_id: rule for rule in await rules(tx, account_id, community_id) if rule.how != "none"
    }
    mine = (notice_rules.c.account_id == account_id, notice_rules.c.community_id.in_(list(loud)))
    await tx.run(delete(notice_rules).where(*mine))
    for here, told in loud.items():
        await _write(tx, account_id, Rule(here, None, "none", tx.now), {here: told})


async def change(
    tx: Tx, account_id: str, community_id: str, how: How, *, room_id: str | None = None, tag: str = ""
) -> None:
    """From a link in a letter: less of this room, of what has this tag, or of the whole community with its topics, where
    what was switched off stays off and what tells less stays as it is. Only where there is a rule already, so that an old
    link never starts anything anew."""
    if room_id is None and not tag:
        await telling.quieter(
            tx, account_id, community_id, mail=how if how in ("daily", "weekly") else "none"
        )
        await _soften(tx, account_id, community_id, how)
    elif held := await rules(tx, account_id, community_id):
        await _write(tx, account_id, Rule(community_id, room_id, how, tx.now, tag), by_place(held))


async def _soften(tx: Tx, account_id: str, community_id: str, how: How) -> None:
    of = notice_rules.c
    mine = (of.account_id == account_id, of.community_id == community_id, of.how.in_(LOUDER[how]))
    await tx.run(update(notice_rules).where(*mine).values(how=how))


async def pause(tx: Tx, account_id: str, email: str, why: str = "smtp") -> None:
    """No more letters about posts go to this address, and the account is told. `why`: smtp (a mail server refused it
    for good), hard, soft or complaint (a report said so)."""
    values = {"refused_hash": token_hash(email), "refused_at": tx.now, "refused_why": why}
    plain = Times()
    row = {"zone": plain.zone, "hour": plain.hour, "quiet_from": None, "quiet_to": None}
    fresh: Any = tx.insert(notice_times).values(account_id=account_id, **row, **values)
    await tx.run(fresh.on_conflict_do_update(index_elements=["account_id"], set_=values))


async def resume(tx: Tx, account_id: str) -> None:
    """Try the address again."""
    mine = notice_times.c.account_id == account_id
    await tx.run(update(notice_times).where(mine).values(refused_hash="", refused_at=None, refused_why=""))


async def forget(tx: Tx, account_id: str) -> None:
    """Nothing is kept of somebody who is erased, and no letter goes to them."""
    await telling.quieter(tx, account_id, mail="none")
    for table in (notice_rules, notice_times, letter_pictures, notice_limits, notices):
        await tx.run(delete(table).where(table.c.account_id == account_id))

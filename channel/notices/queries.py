"""Asking what somebody chose."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, or_, select

from channel import tags
from channel.ids import token_hash
from channel.notices.model import Rule, Times
from channel.notices.tables import notice_rules, notice_times
from channel.storage import Prepared, Tx
from channel.tags import Tagged

_RULE = (
    notice_rules.c.community_id,
    notice_rules.c.room_id,
    notice_rules.c.how,
    notice_rules.c.chosen_at,
    notice_rules.c.tag,
    notice_rules.c.turned_at,
)
_OF_ACCOUNT = select(*_RULE).where(notice_rules.c.account_id == bindparam("account_id"))
_RULES = Prepared(_OF_ACCOUNT)
_RULES_HERE = Prepared(_OF_ACCOUNT.where(notice_rules.c.community_id == bindparam("community_id")))
_RULES_OF = Prepared(
    lambda words: select(notice_rules.c.account_id, *_RULE).where(
        notice_rules.c.community_id == bindparam("community_id"),
        words.among(notice_rules.c.account_id, "ids"),
        or_(
            notice_rules.c.place == bindparam("community_id"),
            notice_rules.c.place == bindparam("room_id"),
            notice_rules.c.tag != "",
        ),
    )
)
_TIMES = Prepared(select(notice_times).where(notice_times.c.account_id == bindparam("account_id")))


def rule_of(row: Row[Any]) -> Rule:
    """The Rule of a row."""
    return Rule(row.community_id, row.room_id, row.how, row.chosen_at, row.tag, row.turned_at)


async def tags_if_asked(tx: Tx, post_id: str, chosen: Iterable[Sequence[Rule]]) -> Tagged:
    """Those of the post, where anybody chose anything by tag: else nobody has to know."""
    asked = any(rule.tag for rules in chosen for rule in rules)
    return await tags.of_post(tx, post_id) if asked else Tagged()


def times_of(row: Row[Any] | None) -> Times:
    """The Times of a row; those that nobody chose for None, or for a row of an outer join that is not there."""
    if row is None or row.zone is None:
        return Times()
    return Times(row.zone, row.hour, row.quiet_from, row.quiet_to, row.wait_hours, bool(row.important_passes))


async def rules(tx: Tx, account_id: str, community_id: str | None = None) -> list[Rule]:
    """What the account chose, in all communities or in one."""
    if community_id is None:
        return [rule_of(row) for row in await tx.all(_RULES, account_id=account_id)]
    rows = await tx.all(_RULES_HERE, account_id=account_id, community_id=community_id)
    return [rule_of(row) for row in rows]


async def times(tx: Tx, account_id: str) -> Times:
    """When the account wants letters."""
    return times_of(await tx.one(_TIMES, account_id=account_id))


async def chose_times(tx: Tx, account_id: str) -> bool:
    """Whether it is known when the account wants notices, or at least where it lives; else hours are those of UTC."""
    row = await tx.one(_TIMES, account_id=account_id)
    return row is not None and not (row.refused_hash and times_of(row) == Times())


async def refused(tx: Tx, account_id: str, email: str | None) -> bool:
    """Whether letters to this address of the account are paused, because a mail server refused it for good."""
    if not email:
        return False
    row = await tx.one(_TIMES, account_id=account_id)
    return row is not None and bool(row.refused_hash) and row.refused_hash == token_hash(email)


async def rules_of(
    tx: Tx, community_id: str, room_id: str, account_ids: Sequence[str]
) -> dict[str, list[Rule]]:
    """The rules of these accounts that may hold for a post of a room, whatever tags it has."""
    found: dict[str, list[Rule]] = {account_id: [] for account_id in account_ids}
    for row in await tx.all(_RULES_OF, community_id=community_id, room_id=room_id, ids=account_ids):
        found[row.account_id].append(rule_of(row))
    return found

"""What people chose for the tags of a post, in the queries that count whom it reaches: as notices.model.for_post has it."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Table, case, func, select

from channel.notices.model import FAINT, LOUD, key_of


def of_members(
    rules: Table, here: Any, tags: Collection[str], *, important: bool, joined: bool
) -> ColumnElement[Any] | None:
    """Of each row of `here` (memberships): what its rules say of posts with these tags; null where they say nothing. None
    for no tags. `joined`: only what was chosen since they came counts."""
    if not tags:
        return None
    query = select(func.min(_rank(rules.c.how, important=important))).where(
        rules.c.account_id == here.c.account_id,
        rules.c.place.in_([here.c.community_id + key_of(tag) for tag in sorted(tags)]),
    )
    if joined:
        query = query.where(rules.c.chosen_at >= here.c.joined_at)
    return _named(query.correlate(here).scalar_subquery(), important=important)


def of_followers(
    chosen: Table, owner: str, here: Table, tags: Collection[str], *, important: bool
) -> ColumnElement[Any] | None:
    """The same of each row of `here`, who follow without an account. `owner`: the column of `chosen` with whose it is."""
    if not tags:
        return None
    query = select(func.min(_rank(chosen.c.how, important=important))).where(
        chosen.c[owner] == here.c.id, chosen.c.tag.in_(sorted(tags))
    )
    return _named(query.correlate(here).scalar_subquery(), important=important)


def _rank(how: ColumnElement[str], *, important: bool) -> ColumnElement[int]:
    order = LOUD if important else FAINT
    return case(*((how == name, place) for place, name in enumerate(order)), else_=len(order))


def _named(rank: Any, *, important: bool) -> ColumnElement[Any]:
    order = LOUD if important else FAINT
    return case(*((rank == place, name) for place, name in enumerate(order)))

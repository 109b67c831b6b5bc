"""The lists of the inbox: what the sources say, with what the team did, what has waited longest first."""

from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Integer,
    Row,
    Select,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    tuple_,
)

from channel.accounts.model import Account
from channel.accounts.queries import COLUMNS as ACCOUNT
from channel.accounts.queries import account_of
from channel.accounts.tables import accounts
from channel.communities import Community
from channel.errors import Invalid, NotFound
from channel.inbox.model import KINDS, MOST_COUNTED, WINDOW_MS, Item, Key, Kind, Show, Whose
from channel.inbox.sources import COMMUNITY, OF_KIND, SOURCES, Source
from channel.inbox.tables import acts
from channel.members.model import MATRIX, Action, Entitlement, Role, State
from channel.members.paging import Page, cursor_of, place, within
from channel.members.rights import require
from channel.members.tables import memberships
from channel.storage import Tx

MAX_TEAM = 100
_NOW = bindparam("now", type_=acts.c.later_until.type)
_ME: BindParameter[str] = bindparam("account_id")


def kinds_of(by: Entitlement) -> tuple[Kind, ...]:
    """Those that are this viewer's business."""
    return tuple(source.kind for source in SOURCES if by.may(source.sees))


async def listing(
    tx: Tx,
    by: Entitlement,
    community: Community,
    *,
    kinds: Collection[Kind] = KINDS,
    whose: Whose = "all",
    show: Show = "open",
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Item]:
    """What waits, longest first. Raises NotFound, Forbidden, Invalid for a cursor that is not ours."""
    require(by, community, Action.SEE_STUDIO)
    after = _parsed(cursor) if cursor else None
    size = within(limit)
    found: list[Item] = []
    for kind in kinds_of(by):
        if kind in kinds:
            query = _page(kind, whose, show, after)
            values = _values(tx, by) | {"size": size + 1}
            found += [_item(kind, row) for row in await tx.all(query, **values)]
    found.sort(key=lambda item: (item.since, item.key))
    more = len(found) > size
    last = found[size - 1] if more else None
    return Page(found[:size], cursor_of(last.since, str(last.key)) if last else None)


def _parsed(cursor: str) -> tuple[int, Key]:
    at, text = place(cursor)
    try:
        return at, Key.parse(text)
    except NotFound as error:
        raise Invalid(cursor="This cursor is not one of ours. Start from the first page.") from error


async def one(tx: Tx, by: Entitlement, community: Community, key: Key) -> Item:
    """The item as it is now. Raises NotFound, also for one that is no longer waiting; Forbidden."""
    require(by, community, Action.SEE_STUDIO)
    source = OF_KIND[key.kind]
    if not by.may(source.sees):
        raise NotFound("There is no such item.")
    waiting, query = _with_acts(source)
    query = query.where(waiting.c.what == key.what, waiting.c.who == key.who)
    row = await tx.one(query, **_values(tx, by))
    if row is None:
        raise NotFound("This has left the inbox: it was answered, or it is gone.", code="left_inbox")
    return _item(key.kind, row)


async def counts(tx: Tx, by: Entitlement, *, whose: Whose | None = "all") -> dict[Kind, int]:
    """How many of each kind are open, at most 100 of each. `whose` None: what is nobody else's: the viewer's or nobody's."""
    kinds = kinds_of(by)
    if not kinds:
        return {}
    query = _counting(kinds, whose)
    row = await tx.one(query, **_values(tx, by))
    return {kind: int(getattr(row, kind)) for kind in kinds}


async def team(tx: Tx, community_id: str) -> list[tuple[Account, Role]]:
    """Those who run the community, by name: to whom things can be given, each what their role allows."""
    here = (memberships.c.community_id == community_id, memberships.c.state == State.ACTIVE.value)
    query = select(*ACCOUNT, memberships.c.role).join_from(
        memberships, accounts, accounts.c.id == memberships.c.account_id
    )
    staff = query.where(
        *here, memberships.c.role.in_(_roles(Action.SEE_STUDIO)), accounts.c.state == "active"
    )
    rows = await tx.all(staff.order_by(accounts.c.name, accounts.c.id).limit(MAX_TEAM))
    return [(account_of(row), Role(row.role)) for row in rows]


def _roles(action: Action) -> list[str]:
    return sorted(role.value for role in MATRIX[action])


def _values(tx: Tx, by: Entitlement) -> dict[str, Any]:
    return {
        "community_id": by.community_id, "account_id": by.account_id, "now": tx.now,
        "window_from": tx.now - WINDOW_MS,
    }  # fmt: skip


def _with_acts(source: Source) -> tuple[FromClause, Select[Any]]:
    """What waits, each with what was done with it and to whom it was given, if they still have a say in it."""
    waiting = source.waiting.subquery("waiting")
    touched = and_(
        acts.c.community_id == COMMUNITY, acts.c.kind == source.kind, acts.c.what == waiting.c.what,
        acts.c.who == waiting.c.who,
    )  # fmt: skip
    given = and_(
        memberships.c.community_id == COMMUNITY, memberships.c.account_id == acts.c.assigned_to,
        memberships.c.state == State.ACTIVE.value, memberships.c.role.in_(_roles(source.sees)),
    )  # fmt: skip
    query = select(
        waiting.c.what, waiting.c.who, waiting.c.since, waiting.c.mark, acts.c.done_at, acts.c.later_until,
        acts.c.mark.label("put_mark"), memberships.c.account_id.label("assigned_to"), acts.c.by_id,
        func.coalesce(acts.c.rev, 0).label("rev"),
    )  # fmt: skip
    return waiting, query.select_from(waiting.outerjoin(acts, touched).outerjoin(memberships, given))


def _item(kind: Kind, row: Row[Any]) -> Item:
    return Item(
        Key(kind, row.what, row.who), int(row.since), int(row.mark), row.done_at, row.later_until, row.put_mark,
        row.assigned_to, row.by_id, int(row.rev),
    )  # fmt: skip


def _in_list(waiting: FromClause, show: Show) -> ColumnElement[bool]:
    """The same as Item.show, for rows: what was never touched has nulls, so each list says what it wants."""
    put_away = and_(acts.c.mark.is_not(None), waiting.c.mark <= acts.c.mark)
    later = and_(acts.c.done_at.is_(None), acts.c.later_until.is_not(None), acts.c.later_until > _NOW)
    match show:
        case "done":
            return and_(put_away, acts.c.done_at.is_not(None))
        case "later":
            return and_(put_away, later)
        case "open":
            back = and_(
                acts.c.done_at.is_(None), or_(acts.c.later_until.is_(None), acts.c.later_until <= _NOW)
            )
            return or_(acts.c.mark.is_(None), waiting.c.mark > acts.c.mark, back)


def _of_whom(whose: Whose | None) -> ColumnElement[bool]:
    given = memberships.c.account_id
    match whose:
        case "mine":
            return given == _ME
        case "unassigned":
            return given.is_(None)
        case "all":
            return literal(True)
        case None:
            return or_(given.is_(None), given == _ME)


def _page(kind: Kind, whose: Whose, show: Show, after: tuple[int, Key] | None) -> Select[Any]:
    waiting, query = _with_acts(OF_KIND[kind])
    query = query.where(_in_list(waiting, show), _of_whom(whose))
    if after is not None:
        query = query.where(_beyond(waiting, kind, *after))
    in_order = (waiting.c.since, waiting.c.what, waiting.c.who)
    return query.order_by(*in_order).limit(bindparam("size", type_=Integer))


def _beyond(waiting: FromClause, kind: Kind, at: int, key: Key) -> ColumnElement[bool]:
    """Of those that began to wait at the same moment, kinds come in their order."""
    later = waiting.c.since > at
    same = waiting.c.since == at
    if kind < key.kind:
        return later
    if kind > key.kind:
        return or_(later, same)
    beyond = tuple_(waiting.c.what, waiting.c.who) > tuple_(literal(key.what), literal(key.who))
    return or_(later, and_(same, beyond))


@cache
def _counting(kinds: tuple[Kind, ...], whose: Whose | None) -> Select[Any]:
    """One statement with a number for each kind, each of at most so many rows."""
    numbers = []
    for kind in kinds:
        waiting, query = _with_acts(OF_KIND[kind])
        some = query.with_only_columns(waiting.c.what).where(_in_list(waiting, "open"), _of_whom(whose))
        number = select(func.count()).select_from(some.limit(MOST_COUNTED).subquery(f"{kind}s"))
        numbers.append(number.scalar_subquery().label(kind))
    return select(*numbers)

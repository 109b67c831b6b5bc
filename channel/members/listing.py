"""The member list: search, filters, pages, counts, and the whole of it as a table."""

from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, func, or_, select, tuple_

from channel.accounts.model import clean_line
from channel.accounts.queries import COLUMNS as ACCOUNT
from channel.accounts.queries import account_of
from channel.accounts.tables import accounts
from channel.communities import Community
from channel.errors import NotFound
from channel.ids import is_id
from channel.members import spreadsheet
from channel.members.model import Action, Entitlement, Member, Role, State, state_at
from channel.members.paging import Page, cursor_of, place, within
from channel.members.rights import require
from channel.members.tables import memberships
from channel.storage import Tx
from channel.tiers.queries import COLUMNS as TIER
from channel.tiers.queries import tier_of
from channel.tiers.tables import tiers

MAX_WORD_CHARS = 80
EXPORT_ROWS = 1_000
in_list_order = tuple_(memberships.c.joined_at, memberships.c.account_id)
MEMBERSHIP = [column.label(f"member_{column.name}") for column in memberships.c]


def _state(now: int) -> ColumnElement[str]:
    """The state that holds now, in SQL; model.state_at says the same of a row."""
    over = memberships.c.until <= now
    return case(
        (over & (memberships.c.state == State.MUTED), State.ACTIVE.value),
        (over & (memberships.c.state == State.BANNED), State.LEFT.value),
        else_=memberships.c.state,
    )


async def listing(  # noqa: PLR0913 - each is a field of the form
    tx: Tx,
    by: Entitlement,
    community: Community,
    *,
    q: str = "",
    tier: str | None = None,
    role: Role | None = None,
    state: State | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Member]:
    """Members, last joined first. `q` is looked for in name and handle; `tier` is an id.

    `state` None: everyone but those who left. Raises Invalid for a cursor that is not ours.
    """
    require(by, community, Action.SEE_MEMBERS)
    wanted = _keys(community).where(_state(tx.now) == state if state else _state(tx.now) != State.LEFT)
    if tier is not None:
        if not is_id(tier):
            raise NotFound("There is no such tier.")
        wanted = wanted.where(memberships.c.tier_id == tier)
    if role:
        wanted = wanted.where(memberships.c.role == role)
    if word := clean_line(q, "q").removeprefix("@")[:MAX_WORD_CHARS]:
        wanted = wanted.join(accounts, accounts.c.id == memberships.c.account_id).where(named(word))
    if cursor:
        wanted = wanted.where(in_list_order < tuple_(*place(cursor)))
    newest = (memberships.c.joined_at.desc(), memberships.c.account_id.desc())
    return await _page(tx, community, wanted.order_by(*newest), within(limit))


def named(word: str) -> ColumnElement[bool]:
    """Whether the word stands in the name or the handle of an account."""
    # SQLite folds the case of a to z only, so the forms in which an ö may stand in a name are tried beside it.
    forms = {word, word.lower(), word.upper(), word.title()}
    names = [func.lower(accounts.c.name).contains(word.lower(), autoescape=True)]
    names += [accounts.c.name.contains(form, autoescape=True) for form in sorted(forms)]
    return or_(accounts.c.handle.contains(word.lower(), autoescape=True), *names)


async def one_member(tx: Tx, by: Entitlement, community: Community, account_id: str) -> Member:
    """Raises NotFound for somebody who was never here."""
    require(by, community, Action.SEE_MEMBERS)
    own = memberships.c.account_id == account_id
    row = await tx.one(_of(community).where(own)) if is_id(account_id) else None
    if row is None:
        raise NotFound("This person is not a member of the community.")
    return _member(row, tx.now)


async def counts(tx: Tx, by: Entitlement, community: Community) -> dict[State, int]:
    """How many are in each state now."""
    require(by, community, Action.SEE_MEMBERS)
    state = _state(tx.now).label("state")
    mine = select(state, func.count().label("size")).where(memberships.c.community_id == community.id)
    rows = await tx.all(mine.group_by(state))
    return dict.fromkeys(State, 0) | {State(row.state): row.size for row in rows}


async def export_csv(
    tx: Tx, by: Entitlement, community: Community, *, cursor: str | None = None
) -> tuple[str, str | None]:
    """The next thousand lines of the whole list, first joined first, and the cursor of the rest (None: that was all).

    In pieces, each in a transaction of its own, so that a large list holds up nobody.
    """
    require(by, community, Action.EXPORT_MEMBERS)
    wanted = _keys(community).order_by(memberships.c.joined_at, memberships.c.account_id)
    if cursor:
        wanted = wanted.where(in_list_order > tuple_(*place(cursor)))
    page = await _page(tx, community, wanted, EXPORT_ROWS)
    return ("" if cursor else spreadsheet.head()) + spreadsheet.lines(page.items), page.next_cursor


def _keys(community: Community) -> Select[Any]:
    return select(memberships.c.joined_at, memberships.c.account_id).where(
        memberships.c.community_id == community.id
    )


def _of(community: Community) -> Select[Any]:
    joined = memberships.join(accounts, accounts.c.id == memberships.c.account_id)
    joined = joined.join(tiers, tiers.c.id == memberships.c.tier_id)
    rows = select(*MEMBERSHIP, *ACCOUNT, *TIER).select_from(joined)
    return rows.where(memberships.c.community_id == community.id)


async def _page(tx: Tx, community: Community, wanted: Select[Any], size: int) -> Page[Member]:
    """The first `size` of what `_keys` wants. Sorting keys alone and joining after it is ten times as fast."""
    keys = await tx.all(wanted.limit(size + 1))
    rows = await tx.all(_of(community).where(memberships.c.account_id.in_([key.account_id for key in keys])))
    members = {row.member_account_id: _member(row, tx.now) for row in rows}
    found = [members[key.account_id] for key in keys[:size] if key.account_id in members]
    more = len(keys) > size
    return Page(found, cursor_of(keys[size - 1].joined_at, keys[size - 1].account_id) if more else None)


def _member(row: Row[Any], now: int) -> Member:
    state = state_at(State(row.member_state), row.member_until, now)
    ends = state in (State.MUTED, State.BANNED)
    return Member(
        account=account_of(row), role=Role(row.member_role), tier=tier_of(row), state=state,
        until=row.member_until if ends else None, reason=row.member_reason if ends else "",
        note=row.member_note, joined_at=row.member_joined_at, invite_id=row.member_invite_id,
    )  # fmt: skip

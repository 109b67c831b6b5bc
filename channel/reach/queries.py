"""Counting whom a post reaches. Whatever the size of the community, it is one query that answers in groups."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    and_,
    case,
    exists,
    false,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from channel import tags
from channel.accounts.tables import accounts
from channel.members.model import Role, State, needed
from channel.members.tables import memberships
from channel.notices.model import FIRST_HOUR, Times, after_quiet
from channel.notices.tables import notice_limits, notice_rules, notice_times, notices
from channel.posts.model import Post
from channel.push.tables import push_devices, push_rules, pushes
from channel.reach import tagged
from channel.reach.model import (
    PLAIN,
    Choice,
    Fate,
    Forecast,
    Report,
    Sending,
    Wording,
    add_up,
    foresee,
)
from channel.reach.outside import PLANNED_MS, strangers, until
from channel.rooms.model import Room
from channel.rooms.tables import reads
from channel.storage import Tx
from channel.tiers.tables import tiers

IN: Final = (State.ACTIVE.value, State.MUTED.value)
_ROOM_RULE, _REST_RULE = notice_rules.alias("room_rule"), notice_rules.alias("rest_rule")
_ROOM_PUSH, _REST_PUSH = push_rules.alias("room_push"), push_rules.alias("rest_push")


async def forecast(
    tx: Tx, room: Room, author_id: str, sendings: Sequence[Sending], *, mail: bool, of: Wording = PLAIN
) -> dict[Sending, Forecast]:
    """What sending a post of `author_id` to the room at this moment does. `mail`: whether the server sends any. `of`: the
    post; whether it is important, each way of sending says."""
    found: dict[Sending, Forecast] = {}
    for important in (
        (False, True) if of.tags.all else (False,)
    ):  # of several tags the one that tells most counts
        here = [one for one in sendings if not of.tags.all or (one == "important") is important]
        columns = _chosen(tx.now, room, replace(of, important=important), mail=mail)
        query = _audience(room, author_id, tx.now, columns)
        groups = [(_choice(row), int(row.size)) for row in await tx.all(_grouped(query, columns))]
        found |= {sending: foresee(groups, sending, tx.now) for sending in here}
    return found


async def report(tx: Tx, post: Post, room: Room, *, mail: bool) -> Report:
    """What became of the post until this moment, with every member in one class, and those without an account apart."""
    told = _told(post)
    fate = [
        *(func.coalesce(told.c[name], "").label(name) for name in (*_STATES, "mail_how")),
        *(func.coalesce(told.c[name], 0).label(name) for name in ("shown", "opened")),
        (func.coalesce(reads.c.seq, 0) >= post.seq).label("seen"),
    ]
    wording = Wording(post.min_rank, await tags.of_post(tx, post.id), post.important)
    columns = [*_chosen(tx.now, room, wording, mail=mail), *fate]
    query = _audience(room, post.author.id, tx.now, columns, told=told)
    rows = await tx.all(_grouped(query, columns))
    fates = [(_fate(row, tx.now, post), int(row.size)) for row in rows]
    members, by_tier = await _members(tx, room, post.author.id)
    lapsed, outside = await _lapsed(tx, post, room), await strangers(tx, post, room)
    return add_up(fates, members=members, by_tier=by_tier, lapsed=lapsed, outside=outside)


def _rank(now: int) -> ColumnElement[int]:
    """Of members; staff read everything. As members.entitlement judges them: a tier that ended has no rank."""
    ended = and_(memberships.c.tier_until.is_not(None), memberships.c.tier_until <= now)
    return case((ended, 0), else_=tiers.c.rank)


def _reads(min_rank: int | None, now: int) -> ColumnElement[bool]:
    return or_(memberships.c.role != Role.MEMBER.value, _rank(now) >= needed(min_rank))


def _of_tags(rules: Table, room: Room, of: Wording, now: int, *, joined: bool) -> list[ColumnElement[Any]]:
    """What was chosen for the tags that each may know of: those of a locked post only by its teaser."""
    every, teased = (
        tagged.of_members(rules, memberships, tags, important=of.important, joined=joined)
        for tags in (of.tags.all, of.tags.open)
    )
    if every is None:
        return []
    reads = and_(_reads(room.min_rank, now), _reads(of.min_rank, now))
    return [case((reads, every), else_=teased if teased is not None else null())]


def _chosen(now: int, room: Room, of: Wording, *, mail: bool) -> list[ColumnElement[Any]]:
    """The columns of what somebody chose; see _choice."""
    has_device = exists().where(push_devices.c.account_id == memberships.c.account_id)
    by_tag = _of_tags(notice_rules, room, of, now, joined=True)
    how = func.coalesce(*by_tag, _ROOM_RULE.c.how, _REST_RULE.c.how, "none")
    pushed = _of_tags(push_rules, room, of, now, joined=False)
    on_devices = func.coalesce(*pushed, _ROOM_PUSH.c.how, _REST_PUSH.c.how, "instant")
    has_mail = accounts.c.email.is_not(None) if mail else literal(False)
    muted = and_(notice_limits.c.muted_until.is_not(None), notice_limits.c.muted_until > now)
    return [
        case((has_mail, how), else_="").label("mail_chosen"),
        case((has_device, on_devices), else_="").label("push_chosen"),
        muted.label("muted"),
        until(notice_limits.c.muted_until, now).label("muted_until"),
        and_(accounts.c.email.is_not(None), func.coalesce(notice_times.c.refused_hash, "") != "").label(
            "refused"
        ),
        func.coalesce(notice_times.c.zone, "UTC").label("zone"),
        func.coalesce(notice_times.c.hour, FIRST_HOUR).label("hour"),
        notice_times.c.quiet_from.label("quiet_from"),
        notice_times.c.quiet_to.label("quiet_to"),
        func.coalesce(notice_times.c.important_passes, false()).label("important_passes"),
    ]


def _audience(
    room: Room, author_id: str, now: int, columns: Sequence[ColumnElement[Any]], told: Any = None
) -> Select[Any]:
    """Everybody but the author who may be in the room, with what they chose for it."""
    me, here, community_id = memberships.c.account_id, room.id, room.community_id
    source = memberships.join(tiers, tiers.c.id == memberships.c.tier_id).join(accounts, accounts.c.id == me)
    for rule, place in (
        (_ROOM_RULE, here), (_REST_RULE, community_id), (_ROOM_PUSH, here), (_REST_PUSH, community_id),
    ):  # fmt: skip
        holds = and_(rule.c.account_id == me, rule.c.place == place)
        if rule in (_ROOM_RULE, _REST_RULE):
            holds = and_(holds, rule.c.chosen_at >= memberships.c.joined_at)
        source = source.outerjoin(rule, holds)
    source = source.outerjoin(notice_times, notice_times.c.account_id == me)
    limited = and_(notice_limits.c.account_id == me, notice_limits.c.community_id == community_id)
    source = source.outerjoin(notice_limits, limited)
    if told is not None:
        source = source.outerjoin(told, told.c.account_id == me)
        source = source.outerjoin(reads, and_(reads.c.account_id == me, reads.c.room_id == room.id))
    return select(*columns).select_from(source).where(
        _reads(room.min_rank, now), memberships.c.community_id == community_id, memberships.c.state.in_(IN), me != author_id,
        accounts.c.state == "active",
    )  # fmt: skip


def _grouped(query: Select[Any], columns: Sequence[ColumnElement[Any]]) -> Select[Any]:
    inner = query.subquery()
    return select(inner, func.count().label("size")).group_by(*(inner.c[one.name] for one in columns))


def _choice(row: Any) -> Choice:
    held = Times(
        row.zone,
        row.hour,
        row.quiet_from,
        row.quiet_to,
        important_passes=bool(row.important_passes),
    )
    return Choice(row.mail_chosen, row.push_chosen, held, bool(row.muted), bool(row.refused), row.muted_until)


_STATES: Final = ("mail", "mail_problem", "push", "push_problem")


def _told(post: Post) -> Any:
    """One row for each account for which anything about the post was planned. Of several devices the best counts: the states
    are sent, waiting, failed, cancelled in that order."""
    blank = literal("")
    letters = select(
        notices.c.account_id, _ranked(notices.c.state).label("mail"), notices.c.how.label("mail_how"),
        notices.c.problem.label("mail_problem"), literal(0).label("push"), blank.label("push_problem"),
        literal(0).label("shown"), literal(0).label("opened"),
    ).where(notices.c.post_id == post.id)  # fmt: skip
    devices = select(
        pushes.c.account_id, literal(0).label("mail"), blank.label("mail_how"), blank.label("mail_problem"),
        _ranked(pushes.c.state).label("push"), pushes.c.problem.label("push_problem"),
        case((pushes.c.shown_at.is_not(None), 1), else_=0).label("shown"),
        case((pushes.c.opened_at.is_not(None), 1), else_=0).label("opened"),
    ).where(pushes.c.post_id == post.id, or_(pushes.c.device_id.is_not(None), pushes.c.state != "waiting"))  # fmt: skip
    both = union_all(letters, devices).subquery()
    return select(
        both.c.account_id, _named(func.max(both.c.mail)).label("mail"), _named(func.max(both.c.push)).label("push"),
        _kind(func.max(both.c.mail_problem)).label("mail_problem"), _kind(func.max(both.c.push_problem)).label("push_problem"),
        func.max(both.c.mail_how).label("mail_how"), func.max(both.c.shown).label("shown"),
        func.max(both.c.opened).label("opened"),
    ).group_by(both.c.account_id).subquery()  # fmt: skip


_ORDER: Final = ("", "cancelled", "failed", "handed", "waiting", "sent")


def _ranked(state: ColumnElement[str]) -> ColumnElement[int]:
    return case(*((state == name, place) for place, name in enumerate(_ORDER)), else_=0)


def _named(place: ColumnElement[int]) -> ColumnElement[str]:
    return case(*((place == number, name) for number, name in enumerate(_ORDER)), else_="")


def _kind(problem: ColumnElement[str]) -> ColumnElement[str]:
    """What mail servers and push services say is each time another sentence; what we say, two are asked for."""
    return case((problem.in_(("muted", "limit")), problem), else_="")


def _fate(row: Any, now: int, post: Post) -> Fate:
    choice = _choice(row)
    return Fate(
        choice, row.mail, row.mail_how, row.mail_problem, row.push, row.push_problem, bool(row.shown),
        bool(row.opened), bool(row.seen), after_quiet(choice.times, now, important=post.important) > now,
        important=post.important, silent=post.silent, fresh=now - post.created_at < PLANNED_MS,
    )  # fmt: skip


async def _members(tx: Tx, room: Room, author_id: str) -> tuple[int, dict[str, int]]:
    """All, and by the tier's name those who may see the room."""
    each = select(tiers.c.name, tiers.c.rank, _reads(room.min_rank, tx.now).label("reads"))
    each = each.join_from(memberships, tiers, tiers.c.id == memberships.c.tier_id).join(
        accounts, accounts.c.id == memberships.c.account_id
    )
    inner = each.where(
        memberships.c.community_id == room.community_id, memberships.c.state.in_(IN), accounts.c.state == "active",
        memberships.c.account_id != author_id,
    ).subquery()  # fmt: skip
    query = select(inner, func.count().label("size")).group_by(inner.c.name, inner.c.rank, inner.c.reads)
    rows = await tx.all(query.order_by(inner.c.rank, inner.c.name))
    by_tier: dict[str, int] = {}
    for row in rows:
        if row.reads:
            by_tier[row.name] = by_tier.get(row.name, 0) + int(row.size)
    return sum(int(row.size) for row in rows), by_tier


async def _lapsed(tx: Tx, post: Post, room: Room) -> int:
    """For whom something was planned, and who may not be in the room any more."""
    lost = ("left", "closed", "gone")
    letters = select(notices.c.account_id).where(notices.c.post_id == post.id, notices.c.problem.in_(lost))
    devices = select(pushes.c.account_id).where(pushes.c.post_id == post.id, pushes.c.problem.in_(lost))
    both = letters.union(devices).subquery()
    return int(await tx.value(select(func.count()).select_from(both)))

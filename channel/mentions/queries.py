"""Who may be named by whom: found when a text is laid out, and offered while it is written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, column, false, func, or_, select, table

from channel import tiers
from channel.accounts.model import Account
from channel.accounts.queries import COLUMNS as ACCOUNT
from channel.accounts.queries import account_of
from channel.accounts.tables import accounts
from channel.communities import Community
from channel.ids import is_id
from channel.members.listing import named
from channel.members.model import STAFF_RANK, Action, Entitlement, Role, State
from channel.members.tables import memberships
from channel.mentions.model import EVERYONE, MAX_PEOPLE, ROLE_WORDS, Call, Group, tier_word
from channel.mentions.tables import comment_mentions, mentions
from channel.naming import Names, called
from channel.rooms import Room
from channel.storage import Tx
from channel.tiers.tables import tiers as tier_table

MAX_WORDS = 4 * MAX_PEOPLE  # that are looked up of one text; what comes after them names nobody
OFFERED = 8
LOOKED_THROUGH = 1_000  # posts of a room, for who wrote in it
_IN = (State.ACTIVE, State.MUTED)
# What is asked of posts and comments here is only who wrote in a room or a thread; they are the business of a layer above.
_posts = table("posts", column("room_id"), column("author_id"), column("seq"), column("deleted_at"))
_comments = table("comments", column("thread_id"), column("author_id"), column("seq"), column("state"))


@dataclass(frozen=True, slots=True)
class Groups:
    """The words of a community that stand for several people. `usable`: this writer may use them."""

    by_word: Mapping[str, Group]
    usable: bool


@dataclass(frozen=True, slots=True)
class Known:
    """Whom and what a text may name, and what each word means when it is kept."""

    names: Names
    calls: Mapping[str, Call] = field(default_factory=dict)


NOBODY_KNOWN = Known(Names())


async def groups(tx: Tx, by: Entitlement) -> Groups:
    """Everyone, the roles, and the tiers that cost something: the free one is everyone. Of two alike, the lower one."""
    found = {EVERYONE: Group(EVERYONE, "everyone")}
    found |= {word: Group(word, "role") for word in ROLE_WORDS}
    for tier in sorted(await tiers.of_community(tx, by.community_id), key=lambda tier: tier.rank):
        word = tier_word(tier.name)
        if word and tier.rank > 0 and word not in found:
            found[word] = Group(word, "tier", tier.name, tier.id, tier.rank)
    return Groups(found, by.may(Action.MENTION_MANY))


async def names(
    tx: Tx,
    by: Entitlement,
    community: Community,
    text: str,
    *,
    room: Room | None,
    since: int = 0,
    thread_id: str | None = None,
    edited_id: str | None = None,
) -> Known:
    """Whom `text` may name. `room` None: any room of the community, and `since` the first seq of it that the writer sees.
    `thread_id`: it is a comment under this post. `edited_id`: a post, or a comment, whose names keep their meaning.

    Nobody is found whom the writer may not know to be here: see `_seen_by`. Their number is bounded.
    """
    tags = f"/@{community.handle}/tag/"
    words, ids = called(text)
    if not words and not ids:
        return Known(Names(tags=tags))
    words, ids = set(sorted(words)[:MAX_WORDS]), set(sorted(filter(is_id, ids))[:MAX_WORDS])
    there = await groups(tx, by)
    of_groups = [there.by_word[word] for word in sorted(words & there.by_word.keys())] if there.usable else []
    calls = {one.word: Call(one.word, one.kind, tier_id=one.tier_id) for one in of_groups}
    before = await _before(tx, edited_id, in_comment=thread_id is not None) if edited_id else {}
    asked = words - there.by_word.keys() - before.keys()
    people = await _people(tx, _seen_by(by, room, since, thread_id), asked, ids | set(before.values()))
    for account in people.values():
        if account.handle in asked:
            calls[account.handle] = Call(account.handle, "person", account.id)
        if account.id in ids:
            calls[account.id] = Call(account.id, "person", account.id)
    calls |= {
        word: Call(word, "person", account_id) for word, account_id in before.items() if account_id in people
    }
    by_word = {
        word: (call.account_id, people[call.account_id].name)
        for word, call in calls.items()
        if call.account_id
    }
    return Known(Names(by_word, frozenset(one.word for one in of_groups), tags), calls)


async def _before(tx: Tx, edited_id: str, *, in_comment: bool) -> dict[str, str]:
    """Whom the words of a text meant when it was written; an id is looked up like any other."""
    kept = comment_mentions if in_comment else mentions
    of_text = (kept.c.comment_id if in_comment else kept.c.post_id) == edited_id
    rows = await tx.all(select(kept.c.word, kept.c.account_id).where(of_text, kept.c.account_id.is_not(None)))
    return {row.word: row.account_id for row in rows if row.word != row.account_id}


async def _people(
    tx: Tx, seen: Select[Any], handles: Iterable[str], ids: Iterable[str]
) -> dict[str, Account]:
    """Those of them who are in and whom this writer may know to be, by id."""
    wanted = or_(accounts.c.handle.in_(sorted(handles)), accounts.c.id.in_(sorted(ids)))
    rows = await tx.all(seen.where(wanted).limit(2 * MAX_WORDS))
    return {row.account_id: account_of(row) for row in rows}


def _seen_by(by: Entitlement, room: Room | None, since: int, thread_id: str | None) -> Select[Any]:
    """Those who are in. Staff may name any of them; others name staff and who wrote there, whom all see anyway."""
    if by.may(Action.MENTION_MANY):
        return _those_in(by)
    return _those_in(by).where(_in_the_open(room, since, thread_id))


def _those_in(by: Entitlement) -> Select[Any]:
    query = select(*ACCOUNT).join_from(memberships, accounts, accounts.c.id == memberships.c.account_id)
    here = (memberships.c.community_id == by.community_id, memberships.c.state.in_(_IN))
    return query.where(*here, accounts.c.state == "active")


def _in_the_open(room: Room | None, since: int, thread_id: str | None) -> ColumnElement[bool]:
    staff = memberships.c.role != Role.MEMBER
    if room is None:
        return staff
    commented: ColumnElement[bool] = false()
    if thread_id is not None:
        said = select(_comments.c.author_id).where(
            _comments.c.thread_id == thread_id, _comments.c.state == "shown"
        )
        last = said.order_by(_comments.c.seq.desc()).limit(LOOKED_THROUGH).subquery()
        commented = memberships.c.account_id.in_(select(last.c.author_id))
    wrote = select(_posts.c.author_id).where(
        _posts.c.room_id == room.id, _posts.c.seq >= since, _posts.c.deleted_at.is_(None)
    )
    newest = wrote.order_by(_posts.c.seq.desc()).limit(LOOKED_THROUGH).subquery()
    return or_(staff, memberships.c.account_id.in_(select(newest.c.author_id)), commented)


async def offered(
    tx: Tx, by: Entitlement, room: Room, q: str, *, since: int = 0, thread_id: str | None = None
) -> list[Account]:
    """Whom the writer may want to name, by a part of name or handle: staff first. At most 8, without the writer.

    The list of members is only for those who may see it; all others find staff and who wrote in the room, or under the
    post `thread_id`.
    """
    query = _those_in(by).where(accounts.c.id != by.account_id)
    if not by.may(Action.SEE_MEMBERS):
        query = query.where(_in_the_open(room, since, thread_id))
    if q:
        query = query.where(named(q))
    query = query.order_by(memberships.c.role == Role.MEMBER, accounts.c.name, accounts.c.id)
    return [account_of(row) for row in await tx.all(query.limit(OFFERED))]


async def sizes(
    tx: Tx, by: Entitlement, room: Room, wanted: Iterable[Group], *, min_rank: int | None = None
) -> dict[str, int]:
    """How many each of them means, besides the writer: of those who may enter the room, and from `min_rank` on."""
    kinds = await _kinds(tx, by, room, min_rank)
    return {one.word: sum(many for kind, many in kinds if one.means(kind)) - one.means(by) for one in wanted}


async def told(
    tx: Tx, by: Entitlement, room: Room, calls: Sequence[Call], *, min_rank: int | None = None
) -> int:
    """How many a text with these names calls by groups, everybody once and without the writer; 0 without a group."""
    words = {call.word for call in calls if call.kind != "person"}
    if not words:
        return 0
    there = await groups(tx, by)
    meant = [there.by_word[word] for word in words if word in there.by_word]
    kinds = await _kinds(tx, by, room, min_rank)
    many = sum(many for kind, many in kinds if any(one.means(kind) for one in meant))
    return many - any(one.means(by) for one in meant)


async def _kinds(tx: Tx, by: Entitlement, room: Room, min_rank: int | None) -> list[tuple[Entitlement, int]]:
    """Those who may enter the room, counted by role and rank: somebody of each kind, and how many they are."""
    query = select(memberships.c.role, tier_table.c.rank, func.count().label("many"))
    query = query.join_from(memberships, tier_table, tier_table.c.id == memberships.c.tier_id)
    query = query.where(memberships.c.community_id == by.community_id, memberships.c.state.in_(_IN))
    found = []
    for row in await tx.all(query.group_by(memberships.c.role, tier_table.c.rank)):
        role = Role(row.role)
        kind = replace(by, role=role, rank=row.rank if role is Role.MEMBER else STAFF_RANK)
        if kind.reads(room.min_rank, min_rank):
            found.append((kind, int(row.many)))
    return found


def word_for(account: Account, taken: Sequence[str] | Mapping[str, object]) -> str:
    """What the composer writes to name somebody: the handle, or name and id where there is none or a group has it."""
    if account.handle and account.handle not in taken:
        return f"@{account.handle}"
    return f"@[{account.name.translate(_BRACKETS)}]({account.id})"


_BRACKETS = str.maketrans("[]", "()")

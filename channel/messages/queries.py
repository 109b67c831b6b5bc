"""Finding conversations and messages. They come whole; what is shown of them is decided in render/messages.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from sqlalchemy import Integer, Row, Select, bindparam, func, literal, or_, select, tuple_

from channel.accounts.queries import COLUMNS as ACCOUNT
from channel.accounts.queries import account_of
from channel.accounts.tables import accounts
from channel.communities.tables import communities
from channel.errors import NotFound
from channel.ids import is_id
from channel.members.paging import Page, cursor_of, place, within
from channel.messages.model import Box, Conversation, Message, Saved
from channel.messages.tables import boxes, conversations, messages, saved_answers
from channel.storage import Prepared, Tx, reader

BEYOND_ANY_SEQ = 2**62
MAX_OWN = 500  # conversations of one account: as many as it can be in communities
_CONVERSATION_FIELDS = [field for field in Conversation.__dataclass_fields__ if field != "account"]
_MESSAGE_FIELDS = [field for field in Message.__dataclass_fields__ if field != "author"]
_conversation_values = attrgetter(*_CONVERSATION_FIELDS)
_message_values = attrgetter(*_MESSAGE_FIELDS)
_CONVERSATION = select(*(conversations.c[field] for field in _CONVERSATION_FIELDS), *ACCOUNT).join_from(
    conversations, accounts, accounts.c.id == conversations.c.account_id
)
_MESSAGE = select(*(messages.c[field] for field in _MESSAGE_FIELDS), *ACCOUNT).join_from(
    messages, accounts, accounts.c.id == messages.c.author_id
)
_ONE = Prepared(_CONVERSATION.where(conversations.c.id == bindparam("id")))
_OF = Prepared(
    _CONVERSATION.where(
        conversations.c.account_id == bindparam("account_id"),
        conversations.c.community_id == bindparam("community_id"),
    )
)
_MESSAGE_BY_ID = Prepared(_MESSAGE.where(messages.c.id == bindparam("id")))
_BY_KEY = Prepared(
    _MESSAGE.where(messages.c.author_id == bindparam("author_id"), messages.c.key == bindparam("key"))
)
_BEFORE = Prepared(
    _MESSAGE.where(
        messages.c.conversation_id == bindparam("conversation_id"), messages.c.seq < bindparam("before")
    )
    .order_by(messages.c.seq.desc())
    .limit(bindparam("limit", type_=Integer))
)
_UNREAD = (messages.c.side == "team") & messages.c.deleted_at.is_(None)
_OWN = Prepared(
    select(conversations.c.id, conversations.c.community_id, conversations.c.last_at, func.count(messages.c.id).label("unread"))
    .outerjoin(
        messages,
        (messages.c.conversation_id == conversations.c.id) & (messages.c.seq > conversations.c.read_seq) & _UNREAD,
    )
    .where(conversations.c.account_id == bindparam("account_id"))
    .group_by(conversations.c.id, conversations.c.community_id, conversations.c.last_at)
    .order_by(conversations.c.last_at.desc(), conversations.c.id)
    .limit(MAX_OWN)
)  # fmt: skip
_BESIDE = Prepared(
    select(
        boxes.c.on, boxes.c.min_rank, conversations.c.id,
        select(func.count())
        .where(messages.c.conversation_id == conversations.c.id, messages.c.seq > conversations.c.read_seq, _UNREAD)
        .scalar_subquery()
        .label("unread"),
    )
    .select_from(
        communities.outerjoin(boxes, boxes.c.community_id == communities.c.id).outerjoin(
            conversations,
            (conversations.c.community_id == communities.c.id)
            & (conversations.c.account_id == bindparam("account_id")),
        )
    )
    .where(communities.c.id == bindparam("community_id"))
)  # fmt: skip
_saved_of = reader(Saved)


@dataclass(frozen=True, slots=True)
class Beside:
    """What a page of a community says of messages to its team, to one viewer. `begun`: they have a conversation."""

    box: Box
    begun: bool
    unread: int


@dataclass(frozen=True, slots=True)
class Own:
    """One of the conversations of an account: where, when something was last written, what it has not read."""

    id: str
    community_id: str
    last_at: int
    unread: int


def _conversation(row: Row[Any]) -> Conversation:
    values = dict(zip(_CONVERSATION_FIELDS, _conversation_values(row), strict=True))
    return Conversation(account=account_of(row), **values)


def message_of(row: Row[Any]) -> Message:
    """A Message of a row with its author's columns beside it."""
    values = dict(zip(_MESSAGE_FIELDS, _message_values(row), strict=True))
    return Message(author=account_of(row), **values | {"as_team": bool(row.as_team)})


async def one(tx: Tx, conversation_id: str) -> Conversation:
    """Whoever is not of the team may not know of it: ask rights.require_answering. Raises NotFound."""
    row = await tx.one(_ONE, id=conversation_id) if is_id(conversation_id) else None
    if row is None:
        raise NotFound("There is no such conversation.")
    return _conversation(row)


async def find(tx: Tx, community_id: str, account_id: str | None) -> Conversation | None:
    """The follower's own conversation with the team of a community; None: nothing was ever written."""
    if account_id is None:
        return None
    row = await tx.one(_OF, account_id=account_id, community_id=community_id)
    return None if row is None else _conversation(row)


async def message(tx: Tx, message_id: str) -> Message:
    """Raises NotFound."""
    row = await tx.one(_MESSAGE_BY_ID, id=message_id) if is_id(message_id) else None
    if row is None:
        raise NotFound("There is no such message.")
    return message_of(row)


async def by_key(tx: Tx, author_id: str, key: str) -> Message | None:
    """What this author sent under this key."""
    row = await tx.one(_BY_KEY, author_id=author_id, key=key)
    return None if row is None else message_of(row)


async def page(
    tx: Tx, conversation_id: str, *, before: int | None = None, limit: int = 50
) -> tuple[list[Message], int | None]:
    """The last messages before the seq `before`, oldest first, and the `before` of those older still (None: no more)."""
    size = within(limit)
    asked = {"before": BEYOND_ANY_SEQ if before is None else before, "limit": size + 1}
    rows = await tx.all(_BEFORE, conversation_id=conversation_id, **asked)
    found = [message_of(row) for row in rows[:size]][::-1]
    return found, found[0].seq if len(rows) > size else None


async def at_seqs(tx: Tx, wanted: Sequence[tuple[str, int]]) -> dict[str, Message]:
    """Of each of these conversations the message with this seq, by conversation; at most as many as a page has."""
    if not wanted:
        return {}
    places = [
        (messages.c.conversation_id == conversation_id) & (messages.c.seq == seq)
        for conversation_id, seq in wanted
    ]
    rows = await tx.all(_MESSAGE.where(or_(*places)))
    return {row.conversation_id: message_of(row) for row in rows}


async def listing(
    tx: Tx, community_id: str, *, cursor: str | None = None, limit: int = 50
) -> Page[Conversation]:
    """All conversations of a community, for its team: where something was last written first."""
    query = _CONVERSATION.where(conversations.c.community_id == community_id)
    if cursor:
        at, last_id = place(cursor)
        query = query.where(
            tuple_(conversations.c.last_at, conversations.c.id) < tuple_(literal(at), literal(last_id))
        )
    size = within(limit)
    query = query.order_by(conversations.c.last_at.desc(), conversations.c.id.desc()).limit(size + 1)
    found = [_conversation(row) for row in await tx.all(query)]
    more = len(found) > size
    return Page(found[:size], cursor_of(found[size - 1].last_at, found[size - 1].id) if more else None)


async def own(tx: Tx, account_id: str) -> list[Own]:
    """The conversations of an account, where something was last written first."""
    rows = await tx.all(_OWN, account_id=account_id)
    return [Own(row.id, row.community_id, row.last_at, int(row.unread)) for row in rows]


async def unread(tx: Tx, conversation: Conversation) -> int:
    """How many answers the follower has not read."""
    query: Select[Any] = select(func.count()).select_from(messages)
    query = query.where(messages.c.conversation_id == conversation.id, messages.c.seq > conversation.read_seq)
    return int(await tx.value(query.where(_UNREAD)))


async def beside(tx: Tx, community_id: str, account_id: str) -> Beside:
    """All of it in one look."""
    row = await tx.one(_BESIDE, community_id=community_id, account_id=account_id)
    if row is None:
        return Beside(Box(community_id), False, 0)
    return Beside(Box(community_id, bool(row.on), row.min_rank or 0), row.id is not None, int(row.unread))


async def box(tx: Tx, community_id: str) -> Box:
    """Who may write to the team; a box that nobody has touched is off."""
    row = await tx.one(select(boxes).where(boxes.c.community_id == community_id))
    return Box(community_id) if row is None else Box(row.community_id, bool(row.on), row.min_rank)


async def saved(tx: Tx, community_id: str) -> list[Saved]:
    """The saved answers of a community, by name; at most 50."""
    query = select(saved_answers.c.id, saved_answers.c.name, saved_answers.c.text)
    query = query.where(saved_answers.c.community_id == community_id)
    rows = await tx.all(query)
    return sorted((_saved_of(row) for row in rows), key=lambda one: (one.name.casefold(), one.id))

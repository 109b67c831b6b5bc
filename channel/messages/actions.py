"""Writing to the team, answering, deleting, reading on.

Each verb holds the conversation first, so that its messages are numbered and what waits in it follows from them. The
follower's own stream tells of each (`message.sent`, `message.deleted`), so all of their devices show the same.
"""

import secrets
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, func, select, update

from channel import markdown
from channel.accounts.model import Account
from channel.communities import Community
from channel.errors import Conflict, Forbidden
from channel.events import MessageDeleted, MessageSent
from channel.ids import new_id
from channel.members.model import Action, Entitlement
from channel.members.rights import require
from channel.messages import queries
from channel.messages.model import MAX_MESSAGES, MAX_WAITING, Box, Conversation, Message, Rendered, parse_text
from channel.messages.places import Found
from channel.messages.rights import require_answering, require_writing
from channel.messages.tables import boxes, conversations, messages
from channel.outbox import emit
from channel.posts.model import normal, parse_key
from channel.storage import Tx, locking


async def prepare(text: str, *, rooms: dict[str, str]) -> Rendered:
    """Check the text and turn its Markdown into HTML, before the transaction. Raises Invalid (text)."""
    text = parse_text(normal(text).strip())
    return Rendered(text, (await markdown.in_thread(text, rooms=rooms, small=True)).html)


async def write(
    tx: Tx, by: Entitlement, author: Account, rendered: Rendered, key: str | None = None
) -> tuple[Message, bool]:
    """Write to the team of the community that `by` is about. The same author and key again: the first message, False.

    Raises what rights.require_writing raises, Invalid (key), Conflict (code too_many_messages).
    """
    if by.account_id != author.id:
        raise Forbidden("You can only write as yourself.")
    if (first := await _first(tx, author, key)) is not None:
        return first, False
    require_writing(by, await queries.box(tx, by.community_id))
    conversation = await _begun(tx, by.community_id, author.id)
    await _require_patience(tx, conversation)
    return await _add(tx, conversation, author, rendered, {"side": "follower", "as_team": False, "key": key})


async def answer(
    tx: Tx, found: Found, author: Account, rendered: Rendered, key: str | None = None, *, as_team: bool = True
) -> tuple[Message, bool]:
    """Answer as the team, or as oneself. The same author and key again gives the first message and False.

    Raises NotFound, Invalid (key), Conflict (code too_many_messages).
    """
    require_answering(found.by, found.conversation)
    if found.by.account_id != author.id:
        raise Forbidden("You can only write as yourself.")
    if (first := await _first(tx, author, key)) is not None:
        return first, False
    conversation = await _held(tx, found.conversation.id)
    return await _add(tx, conversation, author, rendered, {"side": "team", "as_team": as_team, "key": key})


async def _first(tx: Tx, author: Account, key: str | None) -> Message | None:
    return None if key is None else await queries.by_key(tx, author.id, parse_key(key))


async def _begun(tx: Tx, community_id: str, account_id: str) -> Conversation:
    """The conversation of this follower, held; made when this is the first message."""
    row = {
        "id": new_id(tx.now), "community_id": community_id, "account_id": account_id, "last_seq": 0,
        "last_at": tx.now, "created_at": tx.now,
    }  # fmt: skip
    await tx.run(tx.insert(conversations).values(**row).on_conflict_do_nothing())
    known = await queries.find(tx, community_id, account_id)
    if known is None:
        raise Conflict("Somebody changed this at the same moment. Try again.")
    return await _held(tx, known.id)


async def _held(tx: Tx, conversation_id: str) -> Conversation:
    """The conversation as it stands, which nobody else changes until the transaction ends. Raises NotFound."""
    own = select(conversations.c.id).where(conversations.c.id == conversation_id)
    await tx.one(locking(tx.dialect, own))
    return await queries.one(tx, conversation_id)


async def _require_patience(tx: Tx, conversation: Conversation) -> None:
    answered = select(func.coalesce(func.max(messages.c.seq), 0)).where(*_of(conversation.id, "team"))
    waiting = select(func.count()).select_from(messages)
    waiting = waiting.where(*_of(conversation.id, "follower"), messages.c.seq > answered.scalar_subquery())
    if await tx.value(waiting) >= MAX_WAITING:
        raise Conflict(
            "Twenty of your messages wait here. Wait for an answer, or delete some.", code="too_many_messages"
        )


def _of(conversation_id: str, side: str) -> tuple[ColumnElement[bool], ...]:
    """What one side said, as far as it is still there."""
    mine = messages.c.conversation_id == conversation_id
    return mine, messages.c.side == side, messages.c.deleted_at.is_(None)


async def _add(
    tx: Tx, conversation: Conversation, author: Account, rendered: Rendered, more: dict[str, Any]
) -> tuple[Message, bool]:
    """The next message of a conversation that is held."""
    if conversation.last_seq >= MAX_MESSAGES:
        raise Conflict(
            "A conversation has at most 10,000 messages. This one is full.", code="too_many_messages"
        )
    key = more["key"] or secrets.token_urlsafe(16)
    row = more | {
        "id": new_id(tx.now), "conversation_id": conversation.id, "community_id": conversation.community_id,
        "seq": conversation.last_seq + 1, "author_id": author.id, "key": key, "text": rendered.text,
        "html": rendered.html, "renderer": markdown.RENDERER, "created_at": tx.now, "deleted_at": None,
    }  # fmt: skip
    if not await tx.run(
        tx.insert(messages).values(**row).on_conflict_do_nothing(index_elements=["author_id", "key"])
    ):
        first = await queries.by_key(tx, author.id, key)
        if first is None:
            raise Conflict("Somebody changed this at the same moment. Try again.")
        return first, False
    grown = {"last_seq": row["seq"], "last_at": tx.now}
    await tx.run(update(conversations).where(conversations.c.id == conversation.id).values(**grown))
    await _settle(tx, conversation.id)
    await emit(tx, MessageSent(**_told(conversation, row["id"])))
    return await queries.message(tx, row["id"]), True


def _told(conversation: Conversation, message_id: str) -> dict[str, str]:
    return {
        "account_id": conversation.account.id,
        "community_id": conversation.community_id,
        "conversation_id": conversation.id,
        "message_id": message_id,
    }


async def _settle(tx: Tx, conversation_id: str) -> None:
    """What waits in a conversation that is held: looked up in its messages, whatever was done to them."""
    answered = select(func.coalesce(func.max(messages.c.seq), 0)).where(*_of(conversation_id, "team"))
    waiting = select(func.min(messages.c.created_at).label("since"), func.max(messages.c.seq).label("newest"))
    waiting = waiting.where(*_of(conversation_id, "follower"), messages.c.seq > answered.scalar_subquery())
    row = await tx.one(waiting)
    waits = {"waits_from": row.since if row else None, "waits_seq": row.newest if row else None}
    await tx.run(update(conversations).where(conversations.c.id == conversation_id).values(**waits))


async def delete(tx: Tx, found: Found, message: Message) -> Message:
    """Empty one's own message; both sides see that something stood there. Twice is once. Raises Forbidden, NotFound."""
    if message.author.id != found.by.account_id:
        raise Forbidden("Only who wrote a message can delete it.")
    await _held(tx, found.conversation.id)
    message = await queries.message(tx, message.id)
    if not message.there:
        return message
    gone: dict[str, Any] = {"text": "", "html": "", "deleted_at": tx.now}
    await tx.run(update(messages).where(messages.c.id == message.id).values(**gone))
    await _settle(tx, found.conversation.id)
    await emit(tx, MessageDeleted(**_told(found.conversation, message.id)))
    return replace(message, **gone)


async def mark_read(tx: Tx, conversation: Conversation, seq: int) -> None:
    """The follower has read up to `seq`. It never moves backwards, nor beyond the newest message."""
    own = conversations.c.id == conversation.id
    further = (conversations.c.read_seq < seq) & (conversations.c.last_seq >= seq)
    await tx.run(update(conversations).where(own, further).values(read_seq=seq))


async def set_box(tx: Tx, by: Entitlement, community: Community, *, on: bool, min_rank: int = 0) -> Box:
    """Let followers write to the team, from this rank on, or no longer. Raises NotFound, Forbidden."""
    require(by, community, Action.EDIT_COMMUNITY)
    told = {"on": on, "min_rank": min_rank}
    row = tx.insert(boxes).values(community_id=community.id, **told)
    await tx.run(row.on_conflict_do_update(index_elements=["community_id"], set_=told))
    return await queries.box(tx, community.id)


async def forget(tx: Tx, account_id: str, community_id: str | None = None) -> None:
    """The conversation of somebody who leaves a community, or all of one who is erased: both sides' words are gone.

    What was written there was meant for the two of them, and one of them is no longer there.
    """
    own = conversations.c.account_id == account_id
    wanted = own if community_id is None else own & (conversations.c.community_id == community_id)
    await tx.run(conversations.delete().where(wanted))

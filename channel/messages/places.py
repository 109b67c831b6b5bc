"""From an id to all that decides about it, as far as somebody may know of it."""

from dataclasses import dataclass

from channel import communities, members
from channel.communities import Community
from channel.errors import NotFound
from channel.members.model import Entitlement
from channel.messages import queries
from channel.messages.model import Conversation, Message
from channel.messages.rights import answers, require_answering
from channel.storage import Tx


@dataclass(frozen=True, slots=True)
class Found:
    """A conversation that the viewer may read."""

    conversation: Conversation
    community: Community
    by: Entitlement


async def for_team(tx: Tx, conversation_id: str, account_id: str | None) -> Found:
    """A conversation, for somebody of the team. Raises NotFound for everybody else."""
    found = await _found(tx, await queries.one(tx, conversation_id), account_id)
    require_answering(found.by, found.conversation)
    return found


async def of_message(tx: Tx, message_id: str, account_id: str | None) -> tuple[Found, Message]:
    """A message, for the two sides of its conversation. Raises NotFound for everybody else."""
    message = await queries.message(tx, message_id)
    found = await _found(tx, await queries.one(tx, message.conversation_id), account_id)
    own = account_id is not None and found.conversation.account.id == account_id and found.by.visible
    if not own and not answers(found.by):
        raise NotFound("There is no such message.")
    return found, message


async def _found(tx: Tx, conversation: Conversation, account_id: str | None) -> Found:
    community = await communities.one(tx, conversation.community_id)
    return Found(conversation, community, await members.entitlement(tx, community, account_id))

"""Who may write, and why not. `Entitlement` decides; here its answers become errors a person understands."""

from channel.errors import ChannelError, Conflict, Forbidden, NotFound
from channel.members.model import Action, Entitlement, Role
from channel.members.voice import refusal_of
from channel.messages.model import Box, Conversation


def answers(by: Entitlement) -> bool:
    """Those who read what followers write to the team, and answer it."""
    return by.visible and by.may(Action.ANSWER)


def refusal(by: Entitlement, box: Box) -> ChannelError | None:
    """Why this viewer cannot write to the team; None: they can."""
    if not by.visible:
        return NotFound("There is no such community.")
    if by.account_id is None or not by.belongs:
        return Forbidden("Only members write to the people who run this. Join first.", code="join_first")
    if by.role is not Role.MEMBER:
        return Conflict("You run this community: what members write to it is in your inbox.", code="own_team")
    if (muted := refusal_of(by)) is not None:
        return muted
    if by.closed:
        return Forbidden("The community is closed: nothing new is written here.", code="community_closed")
    if not box.on:
        return Forbidden("The people who run this take no messages at the moment.", code="messages_off")
    if by.rank < box.min_rank:
        return Forbidden("Messages to them are for members of a higher tier.", code="tier_too_low")
    return None


def offered(by: Entitlement, box: Box, *, begun: bool) -> bool:
    """Whether a page leads to the conversation: it is there, or may be begun as far as tier and role go."""
    if by.role is not Role.MEMBER:
        return False
    return begun or (box.on and by.rank >= box.min_rank)


def require_writing(by: Entitlement, box: Box) -> str:
    """The account of a member who may write to the team now.

    Raises NotFound, Forbidden (join_first, muted, community_closed, messages_off, tier_too_low), Conflict (own_team).
    """
    refused = refusal(by, box)
    if refused is not None:
        raise refused
    assert by.account_id is not None
    return by.account_id


def require_answering(by: Entitlement, conversation: Conversation) -> None:
    """Raises NotFound for everybody but the team: nobody else may know that there is a conversation."""
    if by.community_id != conversation.community_id or not answers(by):
        raise NotFound("There is no such conversation.")

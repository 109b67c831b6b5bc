"""Who may write in a group, start a topic and change one. `Entitlement` decides; here its answers become errors."""

from typing import NoReturn

from channel.errors import Forbidden, NotFound
from channel.members.model import OUTSIDER_RANK, STAFF_RANK, Action, Entitlement, State
from channel.members.voice import require_unmuted
from channel.rooms.model import TEAM_ONLY, Room
from channel.rooms.rules import quiet_until
from channel.topics.model import Topic, state_of


def require_sight(by: Entitlement, room: Room) -> None:
    """Raises NotFound for a group that is not theirs to know, or no group; Forbidden (room_locked) above their rank."""
    if by.community_id != room.community_id or not by.visible or not room.is_group:
        raise NotFound("There is no such group.")
    if not by.reads(room.min_rank):
        raise Forbidden("Your tier does not open this room.", code="room_locked")


def require_voice(by: Entitlement, room: Room) -> str:
    """The account of one who may say something here at all. Raises as above, and Forbidden (muted, community_closed)."""
    require_sight(by, room)
    if not by.belongs or by.account_id is None:
        raise Forbidden("Only members write here. Join the community first.", code="not_in")
    require_unmuted(by)
    if by.closed:
        raise Forbidden("The community is closed. Open it again first.", code="community_closed")
    return by.account_id


def require_writer(by: Entitlement, room: Room, topic: Topic, now: int) -> None:
    """Raises Forbidden: muted, rank_too_low, quiet_hours, topic_closed. Slow mode is asked for when it is written."""
    require_voice(by, room)
    if by.rank < (OUTSIDER_RANK if room.write_rank is None else room.write_rank):
        _too_low(
            "Writing here is for the team. You can read.", "Your tier does not write here.", room.write_rank
        )
    until = quiet_until(room, now)
    if until is not None and by.rank < STAFF_RANK:
        raise Forbidden(
            f"It is quiet here until {_clock(until)} UTC. Your text is not lost: send it then.",
            code="quiet_hours",
        )
    if state_of(topic, room, now) == "closed":
        raise Forbidden(
            "This topic is closed. Write in another one, or ask a moderator to open it.", code="topic_closed"
        )


def refusal(by: Entitlement, room: Room, topic: Topic, now: int) -> Forbidden | None:
    """Why this viewer, who may enter the group, may not write in the topic now; None: they may, if not too fast."""
    try:
        require_writer(by, room, topic, now)
    except Forbidden as error:
        return error
    return None


def require_starter(by: Entitlement, room: Room) -> None:
    """Raises Forbidden (muted, rank_too_low) for who may not start a topic."""
    require_voice(by, room)
    needed = max(OUTSIDER_RANK if rank is None else rank for rank in (room.write_rank, room.topic_rank))
    if by.rank < needed:
        _too_low("Topics are started by the team. Write in one that is there.",
                 "Your tier does not start topics here. Write in one that is there.", needed)  # fmt: skip


def require_change(by: Entitlement, room: Room, topic: Topic) -> None:
    """Whoever started it, and those who moderate. Raises NotFound, Forbidden."""
    if topic.room_id != room.id:
        raise NotFound("There is no such topic.")
    if may_change(by, room, topic):
        return
    require_voice(by, room)
    raise Forbidden("Only who started the topic and the moderators can change it.")


def may_change(by: Entitlement, room: Room, topic: Topic) -> bool:
    """The same as a question, for what a page offers."""
    if not by.reads(room.min_rank) or by.community_id != room.community_id:
        return False
    if by.may(Action.MODERATE):
        return True
    own = by.account_id == topic.created_by and not topic.is_general
    return own and by.belongs and by.state is State.ACTIVE and not by.closed


def require_moderator(by: Entitlement, room: Room) -> None:
    """Raises Forbidden for who may not move messages of others."""
    require_sight(by, room)
    if not by.may(Action.MODERATE):
        raise Forbidden("Your role here does not allow this. Ask a moderator.")


def _too_low(for_team: str, for_tier: str, needed: int | None) -> NoReturn:
    raise Forbidden(for_team if needed == TEAM_ONLY else for_tier, code="rank_too_low")


def _clock(at: int) -> str:
    minutes = at // 60_000 % (24 * 60)
    return f"{minutes // 60:02}:{minutes % 60:02}"

"""Who may write, change and pin. `Entitlement` decides; here its answers become errors a person understands."""

from channel.errors import Forbidden, NotFound
from channel.members.model import MATRIX, Action, Entitlement
from channel.members.voice import require_unmuted
from channel.posts.model import Post
from channel.rooms.model import Room


def require_author(by: Entitlement, author_id: str, room: Room) -> None:
    """May `by` publish in the room, as themselves? Raises NotFound, Forbidden (code community_closed when that is why)."""
    if by.community_id != room.community_id or not by.reads(room.min_rank):
        raise NotFound("There is no such room.")
    if by.account_id != author_id:
        raise Forbidden("You can only publish as yourself.")
    if room.is_group:
        return  # whose turn it is there decides talk.require_turn
    require_writer(by)
    if not by.may(Action.POST):
        raise Forbidden("The community is closed. Open it again first.", code="community_closed")


def require_writer(by: Entitlement) -> str:
    """The account of one who writes here, drafts included, even while the community is closed. Raises as above."""
    if not by.visible:
        raise NotFound("There is no such community.")
    if by.account_id is None or by.role not in MATRIX[Action.POST]:
        raise Forbidden("Your role here does not allow posting. Ask the owner of the community.")
    return by.account_id


def require_change(by: Entitlement, post: Post) -> None:
    """May `by` edit the post? Their own while they write here, also in a closed community; else admins.

    In a group every member writes; who is muted changes nothing.
    """
    _require_sight(by, post)
    if by.may(Action.EDIT_ANY_POST):
        return
    if post.topic_id is not None:
        if by.account_id != post.author.id or not by.belongs:
            raise Forbidden("Only its author and the admins can change this message.")
        require_unmuted(by)
        return
    if require_writer(by) != post.author.id:
        raise Forbidden("Only its author and the admins can change this post.")


def require_delete(by: Entitlement, post: Post) -> None:
    """The same for taking it away: a message of a group also by its muted author, and by who moderates."""
    if post.topic_id is None:
        require_change(by, post)
        return
    _require_sight(by, post)
    own = by.belongs and by.account_id == post.author.id
    if not own and not by.may(Action.MODERATE):
        raise Forbidden("Only its author and the moderators can delete this message.")


def require_pin(by: Entitlement, post: Post) -> None:
    _require_sight(by, post)
    if not by.may(Action.PIN):
        raise Forbidden("Your role here does not allow pinning. Ask the owner of the community.")


def _require_sight(by: Entitlement, post: Post) -> None:
    if by.community_id != post.community_id or not by.visible:
        raise NotFound("There is no such post.")

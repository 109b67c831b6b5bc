"""The two questions before every act: may they at all, and may they towards this person?"""

from channel.communities import Community
from channel.errors import Forbidden, Invalid, NotFound
from channel.members.model import MATRIX, POWER, Action, Entitlement, Role


def require(by: Entitlement, community: Community, action: Action) -> Role:
    """The role that allows it. Raises NotFound when they may not know of the community, else Forbidden."""
    if by.community_id != community.id or not by.visible:
        raise NotFound("There is no such community.")
    if by.role is None or by.role not in MATRIX[action]:
        raise Forbidden("Your role here does not allow this. Ask the owner of the community.")
    if not by.may(action):
        raise Forbidden("The community is closed. Open it again first.", code="community_closed")
    return by.role


def require_power(role: Role, target: Role) -> None:
    """Raises Forbidden (code `rank`) towards an equal or a higher role; hence towards oneself too."""
    if POWER[role] <= POWER[target]:
        raise Forbidden(
            "You cannot do this to somebody whose role is as high as yours or higher.", code="rank"
        )


def require_typed(community: Community, typed_handle: str) -> None:
    """What cannot be taken back is confirmed by typing the handle. Raises Invalid (typed_handle)."""
    if typed_handle.strip().removeprefix("@").lower() != community.handle:
        raise Invalid(typed_handle="Type the address of the community exactly to confirm.")

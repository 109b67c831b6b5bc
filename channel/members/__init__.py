"""Who is in a community, as what, and what follows from it: `entitlement` is the one judge.

Here are the words and the questions. Each other file tells one story and is used by its name: `joining` (come and
go), `actions` (what staff do to people), `governing` (what staff do to the community, its rooms and tiers), `listing`.
"""

from .founding import found
from .model import STAFF_RANK, Action, Entitlement, Member, Role, State
from .queries import entitlement, entitlement_by_room, entitlements

__all__ = [
    "STAFF_RANK",
    "Action",
    "Entitlement",
    "Member",
    "Role",
    "State",
    "entitlement",
    "entitlement_by_room",
    "entitlements",
    "found",
]

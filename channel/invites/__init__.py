"""Links that let people join: what they grant, how often, until when, and who came by them. `qr.svg` draws one."""

from .actions import accept, create, preview, set_state
from .model import Invite
from .queries import joins, landing, listing, one
from .seal import Seal

__all__ = ["Invite", "Seal", "accept", "create", "joins", "landing", "listing", "one", "preview", "set_state"]

"""Letters about posts: judged, written and brought at the moment when they are due. Whom they are for: channel.notices."""

from .postman import Postman
from .writing import Desk

__all__ = ["Desk", "Postman"]

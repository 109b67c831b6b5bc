"""Emoji of a community's own: small pictures with a name, for its reactions.

`:name:` is how one is written and told. Kept is the id instead, so a new name costs no reaction its count.
"""

from .actions import add, remove, rename, require_known
from .model import Emote, Pictures, address
from .queries import of_community, pictures, wanted

__all__ = [
    "Emote",
    "Pictures",
    "add",
    "address",
    "of_community",
    "pictures",
    "remove",
    "rename",
    "require_known",
    "wanted",
]

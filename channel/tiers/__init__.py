"""Levels of membership. The writing verbs check no rights: outside this layer go through channel.members.governing."""

from .actions import create, create_free, delete, lock, update_fields
from .model import Tier, opening
from .queries import free, of_community, one

__all__ = [
    "Tier",
    "create",
    "create_free",
    "delete",
    "free",
    "lock",
    "of_community",
    "one",
    "opening",
    "update_fields",
]

"""Rooms of a community. The writing verbs check no rights: outside this layer go through channel.members.governing."""

from .actions import create, delete, mark_read, move, update_fields
from .model import Room
from .queries import by_slug, of_community, one, read_positions

__all__ = [
    "Room",
    "by_slug",
    "create",
    "delete",
    "mark_read",
    "move",
    "of_community",
    "one",
    "read_positions",
    "update_fields",
]

"""What a creator owns. The verbs check no rights: outside this layer go through channel.members.governing."""

from .actions import create, mark_deleted, purge, set_state, undo_delete, update_fields
from .model import Community
from .queries import by_handle, listed, one

__all__ = [
    "Community",
    "by_handle",
    "create",
    "listed",
    "mark_deleted",
    "one",
    "purge",
    "set_state",
    "undo_delete",
    "update_fields",
]

"""Messages between a follower and those who run a community: one conversation of each follower in each community.

Each file tells one story and is used by its name: `actions` (write, answer, delete, read), `queries`, `rights`,
`places` (from an id to what decides about it), `saved` (texts that staff keep to answer with).
"""

from .actions import answer, delete, forget, mark_read, prepare, set_box, write
from .model import Box, Conversation, Message

__all__ = [
    "Box",
    "Conversation",
    "Message",
    "answer",
    "delete",
    "forget",
    "mark_read",
    "prepare",
    "set_box",
    "write",
]

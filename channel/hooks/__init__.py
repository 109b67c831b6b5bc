"""Hooks: what goes on here told to other servers, posts shown elsewhere, and addresses by which programs post.

What is told is decided when it is sent, by the rights that a hook's owner has then; mirrors tell what everybody may
read. `kinds` are the events there are, `queue` what is to be sent; how it leaves stands in notify/hooked.
"""

from .actions import change, create, remove, replay, rotate, test
from .model import Delivery, Hook
from .queue import sweep
from .seal import Seal

__all__ = ["Delivery", "Hook", "Seal", "change", "create", "remove", "replay", "rotate", "sweep", "test"]

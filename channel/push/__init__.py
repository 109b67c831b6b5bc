"""Notices on devices (web push): which devices there are, what is wanted there, and what is due. Sending: notify/pushed."""

from .actions import Owner, choose, forget, switch_off, switch_on
from .keys import public_key
from .model import Subscription
from .planning import planner
from .queries import devices, rules

__all__ = [
    "Owner",
    "Subscription",
    "choose",
    "devices",
    "forget",
    "planner",
    "public_key",
    "rules",
    "switch_off",
    "switch_on",
]

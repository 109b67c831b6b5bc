"""What a reaction is, and how many there may be. Pure."""

from dataclasses import dataclass
from typing import Final

from channel.accounts.model import Account

MAX_KINDS: Final = 20  # different emoji under one post
MAX_MINE: Final = 3  # of them from one account: enough for a mixed feeling, too few to fill the row alone

Tally = tuple[tuple[str, int], ...]  # emoji and how many, the one that was there first first


@dataclass(frozen=True, slots=True)
class Reactor:
    """Who reacted, and when (epoch ms)."""

    account: Account
    emoji: str
    at: int

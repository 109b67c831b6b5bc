"""The letters that are due to those who follow without an account."""

from typing import Final

from channel.following.tables import follow_letters
from channel.notices.queue import Queue

CLAIM_LOCK: Final = 0x666F6C6C  # "foll"
LETTERS: Final = Queue(follow_letters, "follower_id", CLAIM_LOCK)

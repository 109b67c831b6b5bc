"""What is due to those who follow without an account: letters, and notices on devices."""

from typing import Final

from channel.following.tables import follow_devices, follow_letters, follow_pushes, followers
from channel.notices.queue import Queue
from channel.push.queue import Queue as Pushes

CLAIM_LOCK: Final = 0x666F6C6C  # "foll"
PUSH_LOCK: Final = 0x666F6C70  # "folp"
LETTERS: Final = Queue(follow_letters, "follower_id", followers, CLAIM_LOCK)
PUSHES: Final = Pushes(follow_pushes, follow_devices, reader="device_id", lock=PUSH_LOCK)

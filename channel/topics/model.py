"""What a topic of a group is, and the rules for it. Pure."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from channel.communities.fields import line
from channel.errors import Invalid
from channel.rooms.model import Room

MAX_TOPIC_CHARS = 80
MAX_TOPICS = 10_000  # in one group
GENERAL: Final = "General"
GENERAL_NUMBER = 1
DAY_MS = 24 * 3_600_000

State = Literal["open", "closed", "resolved"]
Level = Literal["", "follow", "mute"]
LEVELS: Final[tuple[Level, ...]] = get_args(Level)
PushWay = Literal["instant", "none"]
MailWay = Literal["instant", "daily", "weekly", "none"]
Way = Literal["push", "mail"]
PUSH_WAYS: Final[tuple[PushWay, ...]] = get_args(PushWay)
MAIL_WAYS: Final[tuple[MailWay, ...]] = get_args(MailWay)

_name: Callable[[Any], str] = line(
    "name",
    "A topic has a name of 1 to 80 characters. Write one that fits.",
    at_least=1,
    at_most=MAX_TOPIC_CHARS,
)


@dataclass(frozen=True, slots=True)
class Topic:
    """What messages of a group are about. `number` is its address: 1, 2, 3 … in its room, 1 being "General".

    `state` is as stored: whether it has closed by itself says `state_of`. `answer_id`: the message that answers it.
    `posts`: how many there are, traces left out. `last_seq`: of the newest of them. `stirred_at`: when somebody last
    wrote or opened it again. `moved_to`: the topic that took its messages over, so that old links lead there.
    """

    id: str
    room_id: str
    community_id: str
    number: int
    name: str
    state: State
    answer_id: str | None
    created_by: str
    created_at: int
    last_at: int
    last_seq: int
    stirred_at: int
    posts: int
    moved_to: str | None

    @property
    def is_general(self) -> bool:
        return self.number == GENERAL_NUMBER


@dataclass(frozen=True, slots=True)
class Ref:
    """A topic in passing, as a message names it."""

    id: str
    number: int
    name: str


@dataclass(frozen=True, slots=True)
class Mark:
    """What one account made of a topic: read up to `seq`, how much it wants to hear, whether it keeps it on top.

    `push`, `mail`: how it is told of messages, on devices and by letter, as long as it follows; chosen at `chosen_at`
    (epoch ms).
    """

    seq: int = 0
    level: Level = ""
    starred: bool = False
    push: PushWay = "none"
    mail: MailWay = "none"
    chosen_at: int | None = None

    @property
    def told(self) -> bool:
        """Whether it is told of messages by any way."""
        return self.level == "follow" and (self.push, self.mail) != ("none", "none")

    def way(self, of: Way, joined_at: int | None) -> MailWay:
        """How a member who joined then (epoch ms) is told, by letter or on devices.

        What was chosen before somebody left and came back is over: nobody is told what they have not asked for.
        """
        holds = self.level == "follow" and joined_at is not None and (self.chosen_at or 0) >= joined_at
        if not holds:
            return "none"
        return self.push if of == "push" else self.mail


def parse_name(text: str) -> str:
    """Raises Invalid (name)."""
    return _name(text)


def parse_level(level: str) -> Level:
    """Raises Invalid (level)."""
    for known in LEVELS:
        if level == known:
            return known
    raise Invalid(level="Choose follow, mute or neither.")


def parse_push_way(text: str, field: str = "push") -> PushWay:
    """Raises Invalid."""
    for known in PUSH_WAYS:
        if text == known:
            return known
    raise Invalid({field: "Choose: at once, or not at all."})


def parse_mail_way(text: str, field: str = "mail") -> MailWay:
    """Raises Invalid."""
    for known in MAIL_WAYS:
        if text == known:
            return known
    raise Invalid({field: "Choose: at once, daily, weekly, or not at all."})


def key_of(name: str) -> str:
    """What two names have in common that nobody would tell apart."""
    return unicodedata.normalize("NFKC", name).casefold()


def state_of(topic: Topic, room: Room, now: int) -> State:
    """The state that holds at `now`: an open topic in which nobody wrote for so many days is closed; General is not."""
    if topic.state != "open" or room.close_days is None or topic.is_general:
        return topic.state
    return "closed" if topic.stirred_at + room.close_days * DAY_MS <= now else "open"

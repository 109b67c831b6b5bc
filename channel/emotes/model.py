"""What an emoji of a community's own is, and how it may be called. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from channel import emoji
from channel.errors import Invalid
from channel.looks.model import MAX_BYTES as MAX_BYTES  # noqa: PLC0414 - as much may be sent as for a face
from channel.media.pictures.model import Cut

MAX_EMOTES: Final = 200  # of one community
MIN_NAME_CHARS: Final = 2
MAX_NAME_CHARS: Final = 32
SIDE: Final = 128  # pixels; all are squares, so that nothing moves while they load
CUT: Final = Cut(((SIDE, SIDE),), whole=True)
_NAME: Final = re.compile(r"[a-z0-9_]{2,32}")
_KEY: Final = re.compile(r"[0-9a-f]{32}")
_NAMES: Final = Path(__file__).parent.parent / "emoji_names.txt"

Pictures = Mapping[str, str]  # where the picture of each `:name:` lies


@dataclass(frozen=True, slots=True)
class Emote:
    """`key`: the secret part of its address, another one for each picture; empty: it was removed. `size`: bytes."""

    id: str
    community_id: str
    name: str
    key: str
    sha256: str
    size: int
    used: bool
    created_at: int

    @property
    def shown(self) -> str:
        """As people write it, and as it is told."""
        return f":{self.name}:"

    @property
    def kept(self) -> str:
        """As reactions keep it."""
        return f":{self.id}:"

    @property
    def gone(self) -> bool:
        return not self.key


def parse_name(typed: str, field: str = "name") -> str:
    """The name that was typed, with or without its colons. Raises Invalid naming `field`."""
    name = typed.strip().removeprefix(":").removesuffix(":").lower()
    if not _NAME.fullmatch(name):
        raise Invalid({field: "A name has 2 to 32 characters: a to z, 0 to 9 and _. Choose one like party."})
    if name in _standard():
        raise Invalid({field: "This is the name of an emoji that everybody has. Choose another one."})
    return name


def name_of(shown: str) -> str | None:
    """The name in `:name:`; None for what is no emoji of a community's own."""
    return shown[1:-1] if emoji.is_own(shown) else None


def unknown(shown: str) -> str:
    """Says that there is none of that name."""
    return f"This community has no emoji {shown}. Choose another one."


def is_name(text: str) -> bool:
    """Whether one can be called so, so that a database may be asked."""
    return _NAME.fullmatch(text) is not None


def is_key(text: str) -> bool:
    """Whether it can be the secret part of an address, so that a database may be asked."""
    return _KEY.fullmatch(text) is not None


def address(key: str) -> str:
    """Where its picture lies, for everybody who was told; empty for one that was removed."""
    return f"/emoji/{key}.webp" if key else ""


@cache
def _standard() -> frozenset[str]:
    """The names of the standard emoji, those of the picker's own data. Read when they are first needed."""
    return frozenset(_NAMES.read_text("utf-8").split())

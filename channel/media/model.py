"""What a picture, sound, video or file of a community is, and what may be one. Pure."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from channel.errors import Invalid
from channel.ids import is_id

Kind = Literal["picture", "sound", "video", "file"]
State = Literal["processing", "ready", "failed"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

MAX_MEDIA = 10  # of one post
MAX_NAME_CHARS = 120
MAX_ALT_CHARS = 1_500
MAX_UNFINISHED = 30  # uploads of one account at a time
MIB, GIB = 1024**2, 1024**3


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes that one upload may have by kind, and all media of one community together."""

    kinds: Mapping[str, int]
    quota: int

    @property
    def most(self) -> int:
        return max(self.kinds.values())


@dataclass(frozen=True, slots=True)
class Variant:
    """A prepared picture of some width, in pixels and bytes."""

    width: int
    height: int
    format: str
    sha256: str
    size: int

    @property
    def name(self) -> str:
        """Its part of the address."""
        return f"{self.width}.{self.format}"


@dataclass(frozen=True, slots=True)
class Media:
    """One medium as stored. Only render/media turns it into what somebody may see.

    `width`, `height`: pixels, once they are known. `focal_x`, `focal_y`: percent, of what must stay in sight.
    """

    id: str
    community_id: str
    owner_id: str
    kind: Kind
    name: str
    type: str
    size: int
    sha256: str
    width: int | None
    height: int | None
    animated: bool
    placeholder: str
    alt: str
    focal_x: int
    focal_y: int
    sensitive: bool
    state: State
    problem: str
    created_at: int
    variants: tuple[Variant, ...] = ()

    def variant(self, name: str) -> Variant | None:
        return next((one for one in self.variants if one.name == name), None)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way: `received` of `size` bytes are safe. Its id becomes that of the medium."""

    id: str
    community_id: str
    account_id: str
    size: int
    received: int
    name: str
    alt: str
    created_at: int
    expires_at: int

    @property
    def complete(self) -> bool:
        return self.received == self.size


def parse_ids(ids: Sequence[str]) -> tuple[str, ...]:
    """The media of a post in their order. Raises Invalid (media)."""
    wanted = tuple(ids)
    if len(wanted) > MAX_MEDIA:
        raise Invalid(media=f"A post carries at most {MAX_MEDIA} pictures and files. Make two posts of it.")
    if len(set(wanted)) < len(wanted):
        raise Invalid(media="Each picture or file stands in a post once. Leave the second one out.")
    if not all(map(is_id, wanted)):
        raise Invalid(media="One of these is no picture or file of this community. Leave it out.")
    return wanted


def parse_name(text: str) -> str:
    """A file's name as it may be shown and saved under: no path, nothing invisible, at most 120 characters."""
    name = text.replace("\\", "/").rpartition("/")[2]
    plain = "".join(" " if char.isspace() else char for char in name if _visible(char) or char.isspace())
    name = " ".join(plain.split()).lstrip(".") or "file"
    if len(name) <= MAX_NAME_CHARS:
        return name
    stem, dot, suffix = name.rpartition(".")
    if not dot or len(suffix) > 12:
        return name[:MAX_NAME_CHARS]
    return stem[: MAX_NAME_CHARS - len(suffix) - 1] + dot + suffix


def _visible(char: str) -> bool:
    """Not a control or formatting character (which may turn the order of letters round), nor half a character."""
    return unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def parse_alt(text: str) -> str:
    """Words for who does not see the picture. Raises Invalid (alt)."""
    alt = " ".join(text.split())
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in alt):
        raise Invalid(alt="Leave out invisible control characters.")
    if len(alt) > MAX_ALT_CHARS:
        raise Invalid(
            alt=f"A description has at most 1,500 characters; this has {len(alt):,}. Make it shorter."
        )
    return alt


def parse_focal(x: int, y: int) -> tuple[int, int]:
    """The point that stays in sight when a picture is cut, in percent. Raises Invalid (focal)."""
    if not (0 <= x <= 100 and 0 <= y <= 100):
        raise Invalid(focal="The point to keep in sight is given in percent: 0 to 100 across and down.")
    return x, y

"""What a community is, and the rules for what its owner may write into it. Pure."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from channel.accounts.model import RESERVED_HANDLES
from channel.communities import podcasting
from channel.communities.fields import Check, choice, flag, line, number, prose
from channel.errors import Invalid

MAX_NAME_CHARS = 80
MAX_ABOUT_CHARS = 4_000
UNDO_MS = 14 * 24 * 3600 * 1000
PATTERNS = 12  # generated covers: pattern:0 … pattern:11
HUES = 360

Visibility = Literal["public", "unlisted", "private"]
Language = Literal["en", "de"]
CommunityState = Literal["open", "closed"]

HANDLE = re.compile(r"[a-z][a-z0-9_-]{1,29}")
_PATTERN = re.compile(r"pattern:(0|[1-9][0-9]?)")
_PICTURE = re.compile(r"art:[a-z0-9-]{1,40}|own:[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Community:
    """What a creator owns. `deleted_at` set: gone for all but the owner, who may undo it until `purge_at`."""

    id: str
    handle: str
    name: str
    about: str
    about_html: str
    visibility: Visibility
    approval: bool
    hue: int
    cover: str
    avatar: str
    language: Language
    state: CommunityState
    member_count: int
    grace_days: int
    embeddable: bool
    reach_shown: bool
    created_at: int
    deleted_at: int | None
    purge_at: int | None
    # Of its podcasts, where a room does not say otherwise: see podcasting. Both are told to everybody; "" is not said.
    podcast_category: str = ""
    podcast_email: str = ""

    @property
    def closed(self) -> bool:
        """No joins and no posts; reading goes on."""
        return self.state == "closed"

    @property
    def deleted(self) -> bool:
        return self.deleted_at is not None

    @property
    def shown_elsewhere(self) -> bool:
        """Whether other sites may show what everybody may see of it."""
        return self.embeddable and self.visibility != "private" and not self.deleted


def parse_handle(text: str) -> str:
    """An address under /@: lower case, 2 to 30 of a-z, 0-9, - and _, a letter first, not reserved. Raises Invalid."""
    handle = text.strip().removeprefix("@").lower()
    if not HANDLE.fullmatch(handle):
        raise Invalid(
            handle="An address has 2 to 30 characters: a to z, 0 to 9, - and _, and starts with a letter. "
            "Choose one like brandt-keramik."
        )
    if handle.replace("-", "_") in RESERVED_HANDLES:
        raise Invalid(handle="This address is reserved. Choose another one.")
    return handle


def _cover(value: str) -> str:
    pattern = _PATTERN.fullmatch(value)
    if value and not (pattern and int(pattern[1]) < PATTERNS) and not _PICTURE.fullmatch(value):
        raise Invalid(cover="Choose one of the covers.")
    return value


def _avatar(value: str) -> str:
    if value and not _PICTURE.fullmatch(value):
        raise Invalid(avatar="Choose one of the pictures, or none.")
    return value


CHECKS: Final[dict[str, Check]] = {
    "handle": parse_handle,
    "name": line(
        "name", "A name has 1 to 80 characters. Write one that fits.", at_least=1, at_most=MAX_NAME_CHARS
    ),
    "about": prose("about", "At most 4,000 characters fit here. Write less.", at_most=MAX_ABOUT_CHARS),
    "visibility": choice(
        "visibility", "Choose public, unlisted or private.", "public", "unlisted", "private"
    ),
    "approval": flag("approval"),
    "embeddable": flag("embeddable"),
    "reach_shown": flag("reach_shown"),
    "hue": number("hue", "A hue is a number from 0 to 359.", least=0, most=HUES - 1),
    "cover": _cover,
    "avatar": _avatar,
    "language": choice("language", "Choose English or German.", "en", "de"),
    "grace_days": number(
        "grace_days", "Access stays for 0 to 60 days while a payment fails.", least=0, most=60
    ),
    **podcasting.CHECKS,
}
# The handle stays what it was: every link to a post carries it.
CHANGEABLE: Final = CHECKS.keys() - {"handle"}

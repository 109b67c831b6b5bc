"""What a preview is, and how what a stranger's page says becomes words that may stand beside ours. Pure."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol
from urllib.parse import urlsplit

from channel.errors import Invalid
from channel.outside import Target

MAX_TITLE_CHARS: Final = 200
MAX_DESCRIPTION_CHARS: Final = 300
MAX_SITE_CHARS: Final = 60
MAX_LINKS: Final = 5  # of a text, that are looked through for one that does not lead to ourselves

_JOINERS: Final = "\u200c\u200d"  # emoji and several scripts need them; all other invisible signs can mislead
_VIDEO: Final = (
    (r"(?:www\.|m\.|music\.)?youtube\.com", r"/(?:watch|shorts/[\w-]+|live/[\w-]+|embed/[\w-]+)"),
    (r"youtu\.be", r"/[\w-]{6,}"),
    (r"(?:www\.|player\.)?vimeo\.com", r"/(?:video/)?\d+(?:/\w+)?"),
    (r"(?:www\.)?dailymotion\.com", r"/video/\w+"),
    (r"dai\.ly", r"/\w+"),
    (r"(?:www\.|clips\.)?twitch\.tv", r"/(?:videos/\d+|\w+(?:/clip/[\w-]+)?)"),
    (r"(?:www\.)?ardmediathek\.de|(?:www\.)?zdf\.de|(?:www\.)?arte\.tv", r"/.*video.*"),
    # PeerTube, wherever it runs: a short or a long id.
    (r".+", r"/w/[1-9A-HJ-NP-Za-km-z]{21,22}"),
    (r".+", r"/videos/(?:watch|embed)/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
)


@dataclass(frozen=True, slots=True)
class Found:
    """What a page says of itself, cleaned; `picture` and `icon` are addresses elsewhere, which no browser is given."""

    title: str = ""
    description: str = ""
    site: str = ""
    picture: str = ""
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Pictures:
    """What we made of the page's picture and icon: blobs of our store and their bytes; "" where there is none."""

    picture_key: str = ""
    picture_size: int = 0
    icon_key: str = ""
    icon_size: int = 0


Part = Literal["picture", "icon"]


class Draw(Protocol):
    """Makes a stranger's picture one of ours and keeps it in the store."""

    async def __call__(self, content: bytes, part: Part) -> tuple[str, int]:
        """The key of the blob and its bytes; ("", 0) for what cannot be made. Never raises for what bytes can be."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What stands below a post. `link` is the address as the post writes it; the pictures are as of Pictures."""

    post_id: str
    link: str
    title: str
    description: str
    site: str
    picture_key: str = ""
    picture_size: int = 0
    icon_key: str = ""
    icon_size: int = 0

    def blob(self, key: str) -> int | None:
        """How many bytes it has, if it is one of this preview's pictures."""
        return {self.picture_key: self.picture_size, self.icon_key: self.icon_size}.get(key) if key else None

    @property
    def host(self) -> str:
        """Who is asked when somebody opens it."""
        return shown_host(self.link)

    @property
    def is_video(self) -> bool:
        return is_video(self.link)


def shown_host(link: str) -> str:
    """The host as people know it."""
    return (urlsplit(link).hostname or "").removeprefix("www.")


def is_video(link: str) -> bool:
    """Whether it leads to a film at one of the places known for them."""
    parts = urlsplit(link)
    host = parts.hostname or ""
    return any(re.fullmatch(site, host) and re.fullmatch(path, parts.path) for site, path in _VIDEO)


def foreign(links: Sequence[str], own: str) -> tuple[str, Target] | None:
    """The first link that may be asked for and is not ours, as written and as asked."""
    for link in links:
        try:
            target = Target.parse(link.partition("#")[0])
        except Invalid:
            continue
        if target.host != own:
            return link, target
    return None


def clean(text: str, most_chars: int) -> str:
    """One line of it: no control, bidi or other invisible characters, nothing private, at most so many characters."""
    kept = "".join(
        char
        if char in _JOINERS or unicodedata.category(char)[0] != "C"
        else " "
        if char in "\t\n\r\f\v"
        else ""
        for char in text[: most_chars * 8]
    )
    line = " ".join(unicodedata.normalize("NFC", kept).split())
    if len(line) <= most_chars:
        return line
    head, space, _ = line[: most_chars - 1].rpartition(" ")
    cut = head if space and len(head) > most_chars // 2 else line[: most_chars - 2]
    return cut.rstrip(" ,;:–-") + " …"


def parse_words(title: str, description: str) -> tuple[str, str]:
    """What a creator writes instead. Raises Invalid (title, description)."""
    problems = {}
    if len(title) > MAX_TITLE_CHARS or not clean(title, MAX_TITLE_CHARS):
        problems["title"] = "A title has 1 to 200 characters. Write one that fits, or remove the preview."
    if len(description) > MAX_DESCRIPTION_CHARS:
        problems["description"] = "At most 300 characters fit here. Write less."
    if problems:
        raise Invalid(problems)
    return clean(title, MAX_TITLE_CHARS), clean(description, MAX_DESCRIPTION_CHARS)

"""What a picture, sound, video or file of a community is, and what may be one. Pure."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from channel.errors import Invalid
from channel.ids import is_id
from channel.media.credentials.model import Credentials
from channel.media.credentials.model import State as CredentialsState
from channel.media.pictures.model import WHOLE, Frame

Kind = Literal["picture", "sound", "video", "file"]
State = Literal["processing", "ready", "failed", "refused"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
Format = Literal["avif", "webp", "m4a", "weba", "mp4", "m3u8", "m4s"]
TYPES: Final[dict[Format, str]] = {
    "avif": "image/avif", "webp": "image/webp", "m4a": "audio/mp4", "weba": "audio/webm", "mp4": "video/mp4",
    "m3u8": "application/vnd.apple.mpegurl", "m4s": "video/mp4",
}  # fmt: skip

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
    """What was made of a medium: a picture (also a video's poster), a sound, a film, a playlist or what it names.

    In pixels and bytes; sounds, and the playlist of playlists, have neither width nor height.
    """

    width: int
    height: int
    format: Format
    sha256: str
    size: int
    version: int = 0  # of a picture: how often it was made anew, in another frame

    @property
    def name(self) -> str:
        """Its part of the address. Playlists name each other and their files by these, so they stay as they are."""
        match self.format:
            case "avif" | "webp":
                made_anew = f"-{self.version}" if self.version else ""
                return f"{self.width}{made_anew}.{self.format}"
            case "m4a" | "weba":
                return f"sound.{self.format}"
            case "mp4":
                return "video.mp4"
            case "m3u8" | "m4s":
                return f"{min(self.width, self.height) or 'stream'}.{self.format}"

    @property
    def type(self) -> str:
        return TYPES[self.format]


@dataclass(frozen=True, slots=True)
class Caption:
    """Words to a video in one language (BCP 47). `digest`: of what is served."""

    language: str
    digest: str

    @property
    def name(self) -> str:
        return f"captions-{self.language}.vtt"


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of what is played, from `at_ms` to the next one."""

    at_ms: int
    title: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What the credentials of a file say, and the blob with them; `sha256` "" where they could not be taken out."""

    said: Credentials
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Media:
    """One medium as stored. Only render/media turns it into what somebody may see.

    `width`, `height`: pixels, once they are known. `focal_x`, `focal_y`: percent, of what must stay in sight.
    `waveform`: loudnesses, 0 to 100. `progress`: percent of what is being made. `pages`: of a document of whose first page
    there is a picture, in `variants`. `keep_credentials`: they are handed out beside it. `original_gone`: what was sent is
    not kept. `frame`: what of a picture is shown. `version`: how often it was to be made anew. `proof`: the credentials
    that it came with, where it had some.
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
    duration_ms: int | None = None
    waveform: tuple[int, ...] = ()
    progress: int = 0
    pages: int | None = None
    credentials_state: CredentialsState = "not_checked"
    keep_credentials: bool = False
    original_gone: bool = False
    frame: Frame = WHOLE
    version: int = 0
    chapters: tuple[Chapter, ...] = ()
    variants: tuple[Variant, ...] = ()
    captions: tuple[Caption, ...] = ()
    proof: Proof | None = None

    @property
    def as_sent(self) -> bool:
        """Whether what was sent is what is handed out: no picture ever, and a sound or video only while it is all there is."""
        return self.state == "ready" and (
            self.kind == "file" or (self.kind != "picture" and not self.variants)
        )

    @property
    def credentials_fit(self) -> bool:
        """Whether the credentials themselves may be handed out: they hold small pictures of all that was sent."""
        return not self.frame.cuts

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

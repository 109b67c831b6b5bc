"""Pictures and files as they are shown: addresses, sizes, words. Only an open post has any."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from channel.media.chapters import JSON_NAME, VTT_NAME, inside
from channel.media.model import KINDS, TYPES, Chapter, Format, Kind, Media, State
from channel.media.pictures.model import SCALE, WHOLE, Frame
from channel.posts.teasing import Teased
from channel.render.credentials import NOTHING, CredentialsView, credentials_json, credentials_view

THUMB_WIDTH = 640  # of the picture that is loaded where srcset is not understood
POSTER_WIDTH = 960  # of the one that stands for a video; a browser chooses nothing there
PIXELS: Final = ("avif", "webp")
PLAYED: Final = ("weba", "m4a", "mp4")  # the best one first; the last one plays everywhere
LANGUAGES: Final = {
    "ar": "العربية", "cs": "Čeština", "da": "Dansk", "de": "Deutsch", "el": "Ελληνικά", "en": "English", "es": "Español",
    "fi": "Suomi", "fr": "Français", "he": "עברית", "hu": "Magyar", "it": "Italiano", "ja": "日本語", "ko": "한국어",
    "nl": "Nederlands", "no": "Norsk", "pl": "Polski", "pt": "Português", "ro": "Română", "ru": "Русский", "sv": "Svenska",
    "tr": "Türkçe", "uk": "Українська", "zh": "中文",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SourceView:
    """One size of a picture, or one file that is played, at its address."""

    href: str
    format: Format
    width: int
    height: int
    size: int

    @property
    def type(self) -> str:
        return TYPES[self.format]


@dataclass(frozen=True, slots=True)
class CaptionView:
    """Words to a video. `label`: the language in itself."""

    language: str
    label: str
    href: str


@dataclass(frozen=True, slots=True)
class ChaptersView:
    """The parts of what is played, and where they lie as WebVTT and as JSON; "" where there are none."""

    listed: tuple[Chapter, ...] = ()
    track: str = ""
    json: str = ""


@dataclass(frozen=True, slots=True)
class MediaView:
    """One medium of an open post. `href`: the whole of it; "" while it is prepared, or when it could not be.

    `sources`: pictures, also those that stand for a video. `played`: what is played, empty for what goes out as it was
    sent (`as_sent`). `stream`: a video's HLS playlist, or "".
    """

    id: str
    kind: Kind
    name: str
    type: str
    size: int
    width: int | None
    height: int | None
    animated: bool
    placeholder: str
    alt: str
    focal: tuple[int, int]
    sensitive: bool
    state: State
    problem: str
    href: str
    sources: tuple[SourceView, ...]
    played: tuple[SourceView, ...]
    stream: str
    as_sent: bool
    duration_ms: int | None
    waveform: tuple[int, ...]
    progress: int
    pages: int | None
    captions: tuple[CaptionView, ...]
    chapters: ChaptersView
    credentials: CredentialsView

    @property
    def poster(self) -> str:
        fitting = [one for one in self.sources if one.format == "webp"]
        return min(fitting, key=lambda one: abs(one.width - POSTER_WIDTH)).href if fitting else ""

    @property
    def formats(self) -> list[tuple[str, str]]:
        """(type, srcset) of each format, the best one first."""
        found: list[tuple[str, str]] = []
        for name in PIXELS:
            listed = [f"{one.href} {one.width}w" for one in self.sources if one.format == name]
            if listed:
                found.append((f"image/{name}", ", ".join(listed)))
        return found

    @property
    def plain(self) -> SourceView | None:
        """What a browser loads that chooses nothing."""
        fitting = [one for one in self.sources if one.format == "webp"] or [*self.sources]
        return min(fitting, key=lambda one: abs(one.width - THUMB_WIDTH), default=None)

    def within(self, width: int) -> SourceView | None:
        """The largest of it for programs that know no AVIF, at most so wide: in mails."""
        fitting = [one for one in self.sources if one.format == "webp" and one.width <= width]
        return max(fitting, key=lambda one: one.width, default=None)

    @property
    def ratio(self) -> float:
        """Width by height; 1 while it is not known."""
        return self.width / self.height if self.width and self.height else 1.0


def media_view(one: Media) -> MediaView:
    """As who may read a post that carries it sees it."""
    made = [
        SourceView(f"/media/{one.id}/{each.name}", each.format, each.width, each.height, each.size)
        for each in sorted(one.variants, key=lambda made: (made.format, made.width))
    ]
    sources = tuple(each for each in made if each.format in PIXELS)
    played = sorted(
        (each for each in made if each.format in PLAYED), key=lambda each: PLAYED.index(each.format)
    )
    stream = one.variant("stream.m3u8")
    return MediaView(
        id=one.id,
        kind=one.kind,
        name=one.name,
        type=one.type,
        size=one.size,
        width=one.width,
        height=one.height,
        animated=one.animated,
        placeholder=one.placeholder,
        alt=one.alt,
        focal=(one.focal_x, one.focal_y),
        sensitive=one.sensitive,
        state=one.state,
        problem=one.problem,
        href=_whole(one, played or sources),
        sources=sources,
        played=tuple(played),
        stream=f"/media/{one.id}/{stream.name}" if stream else "",
        as_sent=one.as_sent,
        duration_ms=one.duration_ms,
        waveform=one.waveform,
        progress=one.progress,
        pages=one.pages,
        captions=_captions(one),
        chapters=_chapters(one),
        credentials=credentials_view(one),
    )


def _chapters(one: Media) -> ChaptersView:
    found = inside(one.chapters, one.duration_ms)
    root = f"/media/{one.id}/"
    return ChaptersView(found, root + VTT_NAME, root + JSON_NAME) if found else ChaptersView()


def _captions(one: Media) -> tuple[CaptionView, ...]:
    return tuple(
        CaptionView(
            each.language, LANGUAGES.get(each.language[:2], each.language), f"/media/{one.id}/{each.name}"
        )
        for each in one.captions
    )


@dataclass(frozen=True, slots=True)
class TeaserView:
    """The picture on a locked card. Blurred, `picture` has no address and no words: its placeholder is all there is."""

    blurred: bool
    picture: MediaView


def teaser_view(teased: Teased | None, *, is_open: bool = False) -> TeaserView | None:
    """None while it is prepared. `is_open`: for who may read the post."""
    if teased is None:
        return None
    chosen, one = teased
    shown = media_view(one)
    if one.state != "ready" or not shown.plain:
        return None
    if not chosen.blurred and not one.sensitive:
        return TeaserView(False, shown)
    known = shown.id if is_open else ""
    return TeaserView(
        True,
        replace(shown, id=known, name="", type="", size=0, alt="", href="", sources=(), credentials=NOTHING),
    )


def _whole(one: Media, sources: Sequence[SourceView]) -> str:
    if one.state != "ready":
        return ""
    if one.as_sent:
        return f"/media/{one.id}/file"
    largest = [source for source in sources if source.format not in ("avif", "weba")] or sources
    return max(largest, key=lambda source: source.width).href if largest else ""


class Counted(NamedTuple):
    """How many of a kind, and how long they are together, in whole seconds; None where nothing lasts or it is not known."""

    kind: Kind
    many: int
    duration_ms: int | None


def counted(media: Sequence[Media]) -> tuple[Counted, ...]:
    """All that is told of what is locked. Exact lengths are not: by them one could know a file again."""
    found = [(kind, [one.duration_ms for one in media if one.kind == kind]) for kind in KINDS]
    return tuple(Counted(kind, len(lengths), _together(lengths)) for kind, lengths in found if lengths)


def _together(lengths: Sequence[int | None]) -> int | None:
    known = [one for one in lengths if one]
    return max(1, round(sum(known) / 1000)) * 1000 if len(known) == len(lengths) else None


def titled(views: Sequence[MediaView]) -> str:
    """A post of pictures alone in one line: what the first one shows, or is called. What is covered until somebody wants
    to see it is not described there either."""
    return next((one.alt or one.name for one in views if not one.sensitive), "")


def as_json(view: MediaView) -> dict[str, Any]:
    """As the contract prints it. Originals are not handed out where something was made of them: see `as_sent`."""
    return {
        "id": view.id,
        "kind": view.kind,
        "name": view.name,
        "type": view.type,
        "size": view.size,
        "width": view.width,
        "height": view.height,
        "animated": view.animated,
        "placeholder": view.placeholder,
        "alt": view.alt,
        "focal": {"x": view.focal[0], "y": view.focal[1]},
        "sensitive": view.sensitive,
        "state": view.state,
        "problem": view.problem or None,
        "url": view.href or None,
        "as_sent": view.as_sent,
        "progress": view.progress if view.state == "processing" else None,
        "duration_ms": view.duration_ms,
        "pages": view.pages,
        "waveform": [*view.waveform],
        "stream": view.stream or None,
        "poster": view.poster or None if view.kind == "video" else None,
        "captions": [{"language": one.language, "url": one.href} for one in view.captions],
        "chapters": [{"at_ms": one.at_ms, "title": one.title} for one in view.chapters.listed],
        "chapters_url": view.chapters.track or None,
        "credentials": credentials_json(view.credentials),
        "variants": _variants(view),
    }


def teaser_json(view: TeaserView | None) -> dict[str, Any] | None:
    """As the contract prints it."""
    if view is None:
        return None
    one = view.picture
    return {
        "id": one.id or None,
        "blurred": view.blurred,
        "width": one.width,
        "height": one.height,
        "placeholder": one.placeholder,
        "alt": one.alt,
        "focal": {"x": one.focal[0], "y": one.focal[1]},
        "url": one.href or None,
        "variants": _variants(one),
    }


def _variants(view: MediaView) -> list[dict[str, Any]]:
    return [
        {"url": one.href, "format": one.format, "width": one.width, "height": one.height, "size": one.size}
        for one in (*view.sources, *view.played)
    ]


def as_crop(frame: Frame) -> dict[str, Any] | None:
    """As the contract prints it: fractions; None for all of a picture."""
    if frame == WHOLE:
        return None
    parts = {name: getattr(frame, name) / SCALE for name in ("x", "y", "width", "height")}
    return parts | {"turn": frame.turn}

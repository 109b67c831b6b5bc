"""Pictures and files as they are shown: addresses, sizes, words. Only an open post has any."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from channel.media.model import KINDS, Kind, Media, State

THUMB_WIDTH = 640  # of the picture that is loaded where srcset is not understood


@dataclass(frozen=True, slots=True)
class SourceView:
    """One size of a picture at its address."""

    href: str
    format: str
    width: int
    height: int
    size: int


@dataclass(frozen=True, slots=True)
class MediaView:
    """One medium of an open post. `href`: the whole of it; "" while it is prepared, or when it could not be."""

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

    @property
    def formats(self) -> list[tuple[str, str]]:
        """(type, srcset) of each format, the best one first."""
        found: list[tuple[str, str]] = []
        for name in ("avif", "webp"):
            listed = [f"{one.href} {one.width}w" for one in self.sources if one.format == name]
            if listed:
                found.append((f"image/{name}", ", ".join(listed)))
        return found

    @property
    def plain(self) -> SourceView | None:
        """What a browser loads that chooses nothing."""
        fitting = [one for one in self.sources if one.format == "webp"] or [*self.sources]
        return min(fitting, key=lambda one: abs(one.width - THUMB_WIDTH), default=None)

    @property
    def ratio(self) -> float:
        """Width by height; 1 while it is not known."""
        return self.width / self.height if self.width and self.height else 1.0


def media_view(one: Media) -> MediaView:
    """As who may read a post that carries it sees it."""
    sources = tuple(
        SourceView(f"/media/{one.id}/{made.name}", made.format, made.width, made.height, made.size)
        for made in sorted(one.variants, key=lambda made: (made.format, made.width))
    )
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
        href=_whole(one, sources),
        sources=sources,
    )


def _whole(one: Media, sources: Sequence[SourceView]) -> str:
    if one.state != "ready":
        return ""
    if one.kind != "picture":
        return f"/media/{one.id}/file"
    largest = [source for source in sources if source.format == "webp"] or sources
    return max(largest, key=lambda source: source.width).href if largest else ""


def counted(media: Sequence[Media]) -> tuple[tuple[Kind, int], ...]:
    """How many of each kind: all that is told of what is locked."""
    found = [(kind, sum(one.kind == kind for one in media)) for kind in KINDS]
    return tuple((kind, count) for kind, count in found if count)


def titled(views: Sequence[MediaView]) -> str:
    """A post of pictures alone in one line: what the first one shows, or is called."""
    return next((one.alt or one.name for one in views), "")


def as_json(view: MediaView) -> dict[str, Any]:
    """As the contract prints it. Originals of pictures are not handed out: they may say where they were taken."""
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
        "variants": [
            {
                "url": one.href,
                "format": one.format,
                "width": one.width,
                "height": one.height,
                "size": one.size,
            }
            for one in view.sources
        ],
    }

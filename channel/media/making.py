"""What each kind of medium becomes: the preparing packages, told in the words of the tables."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from channel.media import pictures, sound, video
from channel.media.children import NoFfmpeg
from channel.media.model import Format, Kind, Media

Progress = Callable[[float], None]
SUFFIXES: Final[Mapping[str, Format]] = {"audio/mp4": "m4a", "audio/webm": "weba"}
RECORDED: Final = "audio/webm"  # by a browser: a voice, unless it is too long for one
AS_SENT: Final = (
    "This server has no ffmpeg, so this goes out as it was sent, with whatever its device wrote into it. "
    "Whoever runs the server can install it."
)

__all__ = ["AS_SENT", "MAKERS", "File", "Made", "Make", "NoFfmpeg", "Progress", "Refused"]


@dataclass(frozen=True, slots=True)
class File:
    """One to keep. `width` and `height`: 0 for what has none."""

    path: Path
    width: int
    height: int
    format: Format


@dataclass(frozen=True, slots=True)
class Made:
    """`facts`: columns of the medium."""

    facts: Mapping[str, Any]
    files: tuple[File, ...]


class Refused(Exception):
    """It cannot be shown or played. `reason` is for the log, `detail` for who sent it."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason)
        self.reason, self.detail = reason, detail


# Makes of (medium, its original, in a folder that it makes) what is shown. Raises Refused, or NoFfmpeg.
Make = Callable[[Media, Path, Path, Progress], Awaitable[Made]]


async def picture(one: Media, source: Path, into: Path, told: Progress) -> Made:
    try:
        made = await pictures.prepare(source, into, frame=one.frame)
    except pictures.Unreadable as error:
        raise Refused(error.reason, error.detail) from error
    facts = {
        "width": made.width, "height": made.height, "animated": made.animated, "placeholder": made.placeholder,
    }  # fmt: skip
    return Made(facts, _pixels(made))


async def paged(one: Media, source: Path, into: Path, told: Progress) -> Made:
    """A picture of its first page: beside the file, which goes out as it was sent whatever becomes of this."""
    try:
        made = await pictures.first_page(source, into)
    except pictures.Unreadable as error:
        raise Refused(error.reason, error.detail) from error
    facts = {
        "width": made.width, "height": made.height, "placeholder": made.placeholder, "pages": made.pages,
    }  # fmt: skip
    return Made(facts, _pixels(made))


async def heard(one: Media, source: Path, into: Path, told: Progress) -> Made:
    try:
        return await _heard(source, into, note=one.type == RECORDED)
    except sound.Unreadable as error:
        raise Refused(error.reason, error.detail) from error


async def _heard(source: Path, into: Path, *, note: bool) -> Made:
    try:
        made = await sound.prepare(source, into, note=note)
    except sound.Unreadable as error:
        if error.reason != "note_too_long":
            raise
        return await _heard(source, into, note=False)
    facts = {"kind": "sound", "duration_ms": made.duration_ms, "waveform": " ".join(map(str, made.waveform))}
    return Made(facts, tuple(File(each.path, 0, 0, SUFFIXES[each.type]) for each in made.variants))


async def filmed(one: Media, source: Path, into: Path, told: Progress) -> Made:
    """Some recorders write sound alone into what begins like a video: then it is one."""
    try:
        made = await video.prepare(source, into, progress=told)
    except video.Unreadable as error:
        if error.reason == "broken":
            try:
                return await _heard(source, into, note=False)
            except sound.Unreadable:
                pass  # neither: it is told as the video that it says it is
        raise Refused(error.reason, error.detail) from error
    largest = made.renditions[-1]
    files = [*_pixels(made.poster), File(made.stream, 0, 0, "m3u8")]
    files += [File(made.fallback, largest.width, largest.height, "mp4")]
    for each in made.renditions:
        files += [File(each.playlist, each.width, each.height, "m3u8")]
        files += [File(each.segments, each.width, each.height, "m4s")]
    facts = {
        "duration_ms": made.duration_ms, "width": made.width, "height": made.height,
        "placeholder": made.poster.placeholder,
    }  # fmt: skip
    return Made(facts, tuple(files))


def _pixels(made: pictures.Prepared) -> tuple[File, ...]:
    return tuple(File(each.path, each.width, each.height, each.format) for each in made.variants)


MAKERS: Final[Mapping[Kind, Make]] = {"picture": picture, "sound": heard, "video": filmed, "file": paged}

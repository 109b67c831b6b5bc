"""Video made into what plays everywhere: looked at, one picture taken, encoded once in each size, cut into segments."""

import asyncio
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from weakref import WeakKeyDictionary

from channel.media import pictures
from channel.media.children import DEMUXERS, Ended, Limits, reading, work
from channel.media.sniff import HEAD_BYTES, sniff

from .model import MAX_MS, PreparedVideo, Rendition, Unreadable, bandwidth, master, sizes

# All that may stand in a playlist, besides the name of its file.
TAGS: Final = (
    "#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-TARGETDURATION:[0-9]+", "#EXT-X-MEDIA-SEQUENCE:0", "#EXT-X-PLAYLIST-TYPE:VOD",
    "#EXT-X-INDEPENDENT-SEGMENTS", r"#EXTINF:[0-9]+\.[0-9]+,", "#EXT-X-BYTERANGE:[0-9]+@[0-9]+", "#EXT-X-ENDLIST",
)  # fmt: skip
MAX_PLAYLIST_BYTES = 1 << 20  # four hours are 300 KB
AT_ONCE = 1  # ffmpeg takes all cores
SEGMENT_S = 4
LOOK: Final = Limits(memory=3 << 30, cpu_s=300, file_bytes=6 << 30, seconds=1_800, files=64, processes=None)
CPU_S_PER_S = (
    20  # tests/bench/video.py measures what it takes; slow machines and 60 pictures a second take more
)
SECONDS_PER_S = 60
MOST_HEARD = 64 << 20  # a few hundred bytes of progress, twice a second, for hours
SQUARE: Final = "scale=w=trunc(iw*sar/2)*2:h=trunc(ih/2)*2,setsar=1"
PLAIN: Final = ("-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact")  # fmt: skip
ENCODED: Final = (
    "-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-profile:v", "main", "-level", "4.0", "-pix_fmt", "yuv420p",
    "-sc_threshold", "0", "-force_key_frames", f"expr:gte(t,n_forced*{SEGMENT_S})", "-fpsmax", "30",
    "-c:a", "aac", "-b:a", "128k", "-ac", "2", "-ar", "48000", "-movflags", "+faststart",
)  # fmt: skip

_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()
Progress = Callable[[float], None]


class _Time:
    """Hears `out_time_us=` of -progress: how far ffmpeg is, in microseconds."""

    def __init__(self, tell: Callable[[int], None] | None = None) -> None:
        self.us = 0
        self._rest = b""
        self._tell = tell

    def hear(self, piece: bytes) -> None:
        *lines, self._rest = (self._rest + piece).split(b"\n")
        self._rest = self._rest[-200:]
        for line in lines:
            name, _, value = line.strip().partition(b"=")
            if name == b"out_time_us" and value.isdigit():
                self.us = max(self.us, int(value[:18]))
                if self._tell is not None:
                    self._tell(self.us)


@dataclass(frozen=True, slots=True)
class _Seen:
    source: Path
    into: Path
    type: str
    duration_ms: int
    sound: bool

    @property
    def work(self) -> Path:
        """The one folder in which a child may write that reads the stranger's bytes; only what is named is taken out."""
        return self.into / "work"

    @property
    def limits(self) -> Limits:
        seconds = self.duration_ms // 1000
        return replace(LOOK, cpu_s=300 + seconds * CPU_S_PER_S, seconds=1_800 + seconds * SECONDS_PER_S)


async def prepare(source: Path, into: Path, *, progress: Progress | None = None) -> PreparedVideo:
    """Make `source` into what can be served, in the folder `into`, which is made and must not have anything of it yet.

    `progress` hears how much is done, 0 to 1, about twice a second, in the loop of the caller. One at a time, others
    wait. Raises Unreadable, or NoFfmpeg where the server has none, and then, as when it is cancelled, `into` is gone:
    begin again. `source` stays as it is. What can take longer than the video itself belongs into a worker.
    """
    turn = _turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))
    done = False
    try:
        type_ = await asyncio.to_thread(_check, source, into)
        async with turn:
            seen = await _look(source, into, type_)
            poster = await _poster(seen)
            of = sizes(poster.width, poster.height)
            seen = replace(seen, duration_ms=await _encode(seen, of, progress))
            renditions = tuple([await _cut(seen, size) for size in of])
        prepared = await asyncio.to_thread(_finished, seen, poster, renditions)
        done = True
        return prepared
    finally:
        if not done:
            await asyncio.to_thread(shutil.rmtree, into, ignore_errors=True)


def _check(source: Path, into: Path) -> str:
    with source.open("rb") as file:
        found = sniff(file.read(HEAD_BYTES))
    if found is None or found.kind != "video" or found.type not in DEMUXERS:
        raise Unreadable("not_video")
    into.mkdir(parents=True, exist_ok=True)
    for folder in ("stream", "work"):
        (into / folder).mkdir()
    return found.type


def _went_well(ended: Ended) -> None:
    if ended.exhausted:
        raise Unreadable("too_heavy")
    if ended.code != 0 or ended.flooded:
        raise Unreadable("broken")


async def _look(source: Path, into: Path, type_: str) -> _Seen:
    """How long it is, found by passing over it: what its head says of that may be missing or a lie."""
    time, upto = _Time(), ("-t", str(MAX_MS // 1000 + 1))
    counted = (
        *upto,
        *reading(source, type_),
        "-map",
        "0:v:0",
        "-c",
        "copy",
        "-f",
        "null",
        "-progress",
        "pipe:1",
        "-",
    )
    _went_well(await work(counted, source, into / "work", limits=LOOK, hear=time.hear, most_heard=MOST_HEARD))
    if time.us // 1000 > MAX_MS:
        raise Unreadable("too_long")
    heard = ("-t", "1", *reading(source, type_), "-map", "0:a:0", "-f", "null", "-")
    sound = (await work(heard, source, into / "work", limits=LOOK)).code == 0
    return _Seen(source, into, type_, max(1, time.us // 1000), sound)


async def _poster(seen: _Seen) -> pictures.Prepared:
    """A picture from a tenth of it on, the most typical of a second; prepared as every other picture is."""
    taken = seen.work / "poster.png"
    for at_ms in (seen.duration_ms // 10, 0):
        begin = ("-ss", f"{at_ms / 1000:.3f}", *reading(seen.source, seen.type), "-map", "0:v:0")
        asked = (
            *begin,
            "-vf",
            f"thumbnail=n=24,{SQUARE}",
            "-frames:v",
            "1",
            *PLAIN,
            "-f",
            "image2",
            "-update",
            "1",
        )
        await work(
            (*asked, f"file:{await asyncio.to_thread(taken.absolute)}"), seen.source, seen.into, limits=LOOK
        )
        if await asyncio.to_thread(_filled, taken):
            break
    else:
        raise Unreadable("broken")
    try:
        return await pictures.prepare(taken, seen.into / "poster")
    except pictures.Unreadable as refused:
        raise Unreadable(
            "too_large" if refused.reason in ("too_many_pixels", "too_heavy") else "broken"
        ) from refused
    finally:
        await asyncio.to_thread(taken.unlink)


def _filled(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


async def _encode(seen: _Seen, of: Sequence[tuple[int, int]], progress: Progress | None) -> int:
    """Decoded once for all sizes. How long it is, in milliseconds: only what is decoded says it exactly."""

    def tell(us: int) -> None:
        if progress is not None:
            progress(min(1.0, us / 1000 / seen.duration_ms))

    time = _Time(tell)
    names = [f"v{number}" for number in range(len(of))]
    split = f"[0:v:0]{SQUARE},split={len(of)}" + "".join(f"[s{name}]" for name in names)
    scaled = [f"[s{name}]scale={w}:{h},setsar=1[{name}]" for name, (w, h) in zip(names, of, strict=True)]
    asked = ["-t", str(MAX_MS // 1000 + 1), *reading(seen.source, seen.type)]
    asked += ["-progress", "pipe:1", "-filter_complex", ";".join([split, *scaled])]
    folder = await asyncio.to_thread(seen.work.absolute)
    for name, size in zip(names, of, strict=True):
        rate = bandwidth(size, sound=False)
        sound = ("-map", "0:a:0") if seen.sound else ()
        asked += [
            "-map",
            f"[{name}]",
            *sound,
            *PLAIN,
            *ENCODED,
            "-maxrate",
            str(rate),
            "-bufsize",
            str(rate * 2),
        ]
        asked += ["-f", "mp4", f"file:{folder / _whole(size)}"]
    _went_well(
        await work(asked, seen.source, seen.work, limits=seen.limits, hear=time.hear, most_heard=MOST_HEARD)
    )
    return max(1, time.us // 1000)


def _whole(size: tuple[int, int]) -> str:
    return f"{min(size)}.mp4"


async def _cut(seen: _Seen, size: tuple[int, int]) -> Rendition:
    """Nothing is encoded again. All segments are parts of one file: a long film would be thousands of them else."""
    whole = await asyncio.to_thread((seen.work / _whole(size)).absolute)
    name = str(min(size))
    folder = seen.into / "stream" / name
    await asyncio.to_thread(folder.mkdir)
    here = await asyncio.to_thread(folder.absolute)
    asked = [*reading(whole, "video/mp4"), "-map", "0", "-c", "copy", *PLAIN, "-f", "hls"]
    asked += ["-hls_time", str(SEGMENT_S), "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4"]
    asked += [
        "-hls_flags",
        "single_file",
        "-hls_segment_filename",
        f"{here}/{name}.m4s",
        f"{here}/{name}.m3u8",
    ]
    _went_well(await work(asked, whole, folder, limits=LOOK))
    playlist, segments = folder / f"{name}.m3u8", folder / f"{name}.m4s"
    return Rendition(playlist, segments, *size, bandwidth(size, sound=seen.sound))


def _finished(seen: _Seen, poster: pictures.Prepared, renditions: tuple[Rendition, ...]) -> PreparedVideo:
    for one in renditions:
        _only_ours(one)
    largest = renditions[-1]
    whole = seen.work / _whole((largest.width, largest.height))
    if whole.is_symlink() or not _filled(whole):
        raise Unreadable("broken")
    fallback = whole.rename(seen.into / "fallback.mp4")
    shutil.rmtree(seen.work)
    stream = seen.into / "stream" / "stream.m3u8"
    stream.write_text(master(renditions, sound=seen.sound), "utf-8")
    size = fallback.stat().st_size
    return PreparedVideo(
        seen.duration_ms, poster.width, poster.height, seen.sound, poster, fallback, size, stream, renditions
    )


def _only_ours(one: Rendition) -> None:
    """Raises Unreadable unless the playlist names parts of the file beside it and nothing else, and nothing else lies there."""
    folder = one.playlist.parent
    beside = {entry.name for entry in folder.iterdir() if entry.is_file() and not entry.is_symlink()}
    if beside != {one.playlist.name, one.segments.name} or len(list(folder.iterdir())) != len(beside):
        raise Unreadable("broken")
    text = one.playlist.read_bytes()[:MAX_PLAYLIST_BYTES].decode("ascii", "replace")
    allowed = (
        re.escape(one.segments.name),
        f'#EXT-X-MAP:URI="{re.escape(one.segments.name)}",BYTERANGE="[0-9]+@0"',
        *TAGS,
    )
    line = re.compile("|".join(f"(?:{pattern})" for pattern in allowed))
    if not text.startswith("#EXTM3U\n") or not text.endswith("#EXT-X-ENDLIST\n"):
        raise Unreadable("broken")
    if not all(line.fullmatch(each) for each in text.splitlines()):
        raise Unreadable("broken")

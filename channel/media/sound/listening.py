"""Sound made into what every telephone plays, and looked at while it passes: its length and how loud it is where."""

import asyncio
import contextlib
import math
import os
import shutil
import stat
from pathlib import Path
from typing import Final, Literal
from weakref import WeakKeyDictionary

from channel.media.children import DEMUXERS, Ended, Limits, reading, work
from channel.media.sniff import HEAD_BYTES, sniff

from .model import MAX_NOTE_MS, MAX_SOUND_MS, PreparedSound, Unreadable, Variant, waveform

WINDOW_MS = 100
RATE = 8_000  # for looking at it only
AT_ONCE: Final = min(2, os.cpu_count() or 1)
# ffmpeg makes AAC of four hours in a few minutes on an old core; what it writes of that is 230 MB.
NOTE: Final = Limits(memory=2 << 30, cpu_s=120, file_bytes=64 << 20, seconds=600, files=64, processes=None)
SOUND: Final = Limits(
    memory=2 << 30, cpu_s=1_800, file_bytes=400 << 20, seconds=7_200, files=64, processes=None
)
LEVELS: Final = (
    f"aresample={RATE},asetnsamples=n={RATE * WINDOW_MS // 1000}:p=0,astats=metadata=1:reset=1:measure_perchannel=none"
    ":measure_overall=Peak_level,ametadata=mode=print:key=lavfi.astats.Overall.Peak_level:file=pipe\\\\:1"
)
MOST_HEARD: Final = 200 * (MAX_SOUND_MS // WINDOW_MS + 100)
PLAIN: Final = ("-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact")
OPUS: Final = frozenset({"audio/webm", "video/webm", ".opus"})

_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


class _Levels:
    """Hears what ametadata prints: `lavfi.astats.Overall.Peak_level=-12.3`, one for each window, in decibels."""

    def __init__(self) -> None:
        self.found: list[float] = []
        self._rest = b""

    def hear(self, piece: bytes) -> None:
        *lines, self._rest = (self._rest + piece).split(b"\n")
        self._rest = self._rest[-200:]
        self.found += [
            self._amplitude(line) for line in lines if line.startswith(b"lavfi.astats.Overall.Peak_level=")
        ]

    @staticmethod
    def _amplitude(line: bytes) -> float:
        try:
            decibels = float(line.partition(b"=")[2])
        except ValueError:
            return 0.0
        return 0.0 if math.isnan(decibels) else min(1.0, 10 ** (min(decibels, 0.0) / 20))


async def prepare(source: Path, into: Path, *, note: bool = False) -> PreparedSound:
    """Make `source` into what can be served, in the folder `into`, which is made and must not have anything of it yet.

    `note`: a voice, ten minutes at most; else four hours. Others wait for their turn. Raises Unreadable, or NoFfmpeg
    where the server has none, and then, as when it is cancelled, `into` is gone. `source` stays as it is.
    """
    turn = _turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))
    done = False
    try:
        type_, opus = await asyncio.to_thread(_check, source, into)
        async with turn:
            levels = _Levels()
            ended = await work(
                _arguments(source, into, type_, opus=opus, note=note), source, into,
                limits=NOTE if note else SOUND, hear=levels.hear, most_heard=MOST_HEARD,
            )  # fmt: skip
        prepared = await asyncio.to_thread(_understood, ended, levels.found, into, note)
        done = True
        return prepared
    finally:
        if not done:
            await asyncio.to_thread(shutil.rmtree, into, ignore_errors=True)


def _check(source: Path, into: Path) -> tuple[str, bool]:
    with source.open("rb") as file:
        found = sniff(file.read(HEAD_BYTES))
    # A recorder writes sound alone into what begins like a video.
    if found is None or found.kind not in ("sound", "video") or found.type not in DEMUXERS:
        raise Unreadable("not_sound")
    into.mkdir(parents=True, exist_ok=True)
    return found.type, found.type in OPUS or found.suffix in OPUS


def _arguments(source: Path, into: Path, type_: str, *, opus: bool, note: bool) -> list[str]:
    """One pass: decoded once for what is kept and for what is looked at."""
    most_s = str((MAX_NOTE_MS if note else MAX_SOUND_MS) // 1000 + 1)
    channels, rate = ("1", "64k") if note else ("2", "128k")
    kept = into.absolute()
    asked = [
        "-t",
        most_s,
        *reading(source, type_),
        "-filter_complex",
        f"[0:a:0]asplit[kept][seen];[seen]{LEVELS}[told]",
    ]
    asked += ["-map", "[kept]", *PLAIN, "-c:a", "aac", "-ac", channels, "-ar", "44100", "-b:a", rate]
    asked += ["-movflags", "+faststart", "-f", "ipod", f"file:{kept / 'sound.m4a'}"]
    if opus:
        asked += ["-map", "0:a:0", *PLAIN, "-c:a", "copy", "-f", "webm", f"file:{kept / 'sound.weba'}"]
    return [*asked, "-map", "[told]", "-f", "null", "-"]


def _understood(ended: Ended, levels: list[float], into: Path, note: bool) -> PreparedSound:
    if ended.exhausted:
        raise Unreadable("too_heavy")
    if ended.code != 0 or ended.flooded or not levels:
        raise Unreadable("broken")
    duration_ms = len(levels) * WINDOW_MS
    if duration_ms > (MAX_NOTE_MS if note else MAX_SOUND_MS):
        raise Unreadable("note_too_long" if note else "too_long")
    variants = [_variant(into / "sound.m4a", "audio/mp4")]
    if (into / "sound.weba").exists():
        variants.append(_variant(into / "sound.weba", "audio/webm"))
    if len(list(into.iterdir())) != len(variants):
        raise Unreadable("broken")
    return PreparedSound(duration_ms, waveform(levels), tuple(variants))


def _variant(path: Path, type_: Literal["audio/mp4", "audio/webm"]) -> Variant:
    """Raises Unreadable when the child, which handled a stranger's bytes, has put something else there."""
    with contextlib.suppress(OSError):
        if stat.S_ISREG(path.lstat().st_mode):
            with path.open("rb") as file:
                found = sniff(file.read(HEAD_BYTES))
            if found is not None and found.type == type_:
                return Variant(path, type_, path.stat().st_size)
    raise Unreadable("broken")

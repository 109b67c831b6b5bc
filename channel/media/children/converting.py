"""ffmpeg on a stranger's file: one named format, files only, none but ours, and with limits."""

import asyncio
import importlib
import json
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Final

from channel.errors import Unavailable

from .confine import Limits
from .spawn import Ended, run

LAUNCH: Final = Path(__file__).with_name("launch.py")
# What a program linked to libraries reads to begin with.
LIBRARIES: Final = (
    "/usr",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/dev/urandom",
    "/proc/self",
    "/sys/devices/system/cpu",
)
DEMUXERS: Final = {
    "video/mp4": "mov", "video/quicktime": "mov", "audio/mp4": "mov", "video/webm": "matroska", "audio/webm": "matroska",
    "audio/mpeg": "mp3", "audio/ogg": "ogg", "audio/wav": "wav", "audio/flac": "flac",
}  # fmt: skip


class NoFfmpeg(Unavailable):
    """Neither on the PATH nor as the extra [video]."""

    def __init__(self) -> None:
        super().__init__(
            "Sound and video need ffmpeg, which this server lacks. Whoever runs it can install it.",
            retry_after_s=3_600,
        )


@cache
def ffmpeg() -> str | None:
    """Where it is; None where it is not. Asked once: who installs it starts the server again."""
    found = shutil.which("ffmpeg")
    if found is not None:
        return str(Path(found).resolve())
    try:
        return str(Path(importlib.import_module("imageio_ffmpeg").get_ffmpeg_exe()).resolve())
    except (ImportError, RuntimeError):
        return None


def reading(source: Path, type_: str) -> tuple[str, ...]:
    """The arguments that read `source`, which begins like `type_`, and nothing that it names."""
    demuxer = DEMUXERS[type_]
    only = ("-protocol_whitelist", "file,pipe", "-format_whitelist", demuxer, "-f", demuxer)
    return (*only, "-i", f"file:{source.absolute()}")


async def work(
    arguments: Sequence[str],
    source: Path,
    into: Path,
    *,
    limits: Limits,
    hear: Callable[[bytes], None] | None = None,
    most_heard: int = 65_536,
) -> Ended:
    """Run ffmpeg; it may read `source` and write in the folder `into`. Raises NoFfmpeg."""
    argv = await asyncio.to_thread(_command, arguments, source, into, limits)
    return await run(argv, b"", limits.seconds, hear=hear, most_heard=most_heard)


def _command(arguments: Sequence[str], source: Path, into: Path, limits: Limits) -> tuple[str, ...]:
    program = ffmpeg()
    if program is None:
        raise NoFfmpeg
    order = {
        "limits": asdict(limits),
        "readable": [*LIBRARIES, program, str(source.absolute())],
        "writable": [str(into.absolute()), "/dev/null"],
    }
    quiet = ("-nostdin", "-hide_banner", "-loglevel", "error", "-y")
    return (sys.executable, "-I", str(LAUNCH), json.dumps(order), program, *quiet, *arguments)

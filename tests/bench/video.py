"""`python -m tests.bench.video`: CPU seconds for a minute of video and of sound.

The film is ffmpeg's test picture with noise at 1920×1080, 30 pictures a second, as a telephone would send it: harder to
encode than most of what people film.
"""

import asyncio
import resource
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path

from channel.media import sound, video
from tests.media import recordings

FILM_S = 20
SOUND_S = 600


async def measured(name: str, seconds: int, work: Awaitable[object]) -> None:
    before, at = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    await work
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    took = time.perf_counter() - at
    print(f"{name}: {used * 60 / seconds:.1f} CPU seconds and {took * 60 / seconds:.1f} s for a minute")
    print(f"  largest child {after.ru_maxrss / 1024:.0f} MiB")


async def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        speech = recordings.tone(folder / "a.mp3", SOUND_S)
        await measured("sound", SOUND_S, sound.prepare(speech, folder / "sound"))
        film = recordings.film(
            folder / "a.mp4", "1920x1080", FILM_S, "-vf", "noise=alls=12:allf=t", "-preset", "ultrafast"
        )
        await measured("video", FILM_S, video.prepare(film, folder / "video"))
        made = (folder / "video").rglob("*.*")
        sizes = {path.relative_to(folder / "video"): path.stat().st_size for path in made if path.is_file()}
        print(f"  original {film.stat().st_size:,} bytes, all that is kept {sum(sizes.values()):,}")


if __name__ == "__main__":
    asyncio.run(main())

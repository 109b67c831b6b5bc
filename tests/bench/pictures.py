"""`python -m tests.bench.pictures`: what a photo of 12 million pixels costs, and how many bytes its variants have.

The photo is made up: gradients and noise of several sizes, which compress worse than what a camera sees. Then the
hostile files of tests/media, twenty at once: how much the server's memory grows and how long its loop stands still.
"""

import asyncio
import os
import resource
import tempfile
import time
from pathlib import Path

from PIL import Image, ImageChops

from channel.media import pictures
from channel.media.pictures.ordering import AT_ONCE
from tests.media import corpus, peak

PHOTOS = 10
SIZE = (4_000, 3_000)
HOSTILE_AT_ONCE = 20
TICK_S = 0.005


def photo(path: Path) -> None:
    image = Image.merge(
        "RGB", [Image.linear_gradient("L").rotate(turn).resize(SIZE) for turn in (0, 90, 180)]
    )
    for coarse, strength in ((1, 14), (4, 24), (16, 28), (100, 60)):
        noise = Image.effect_noise((SIZE[0] // coarse, SIZE[1] // coarse), strength).resize(SIZE)
        image = ImageChops.add(image, Image.merge("RGB", (noise, noise, noise)), 1, -128)
    image.save(path, "JPEG", quality=90)


def cpu_s(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


async def album(folder: Path) -> None:
    source = folder / "photo.jpg"
    photo(source)
    before, started, own = cpu_s(resource.RUSAGE_CHILDREN), time.perf_counter(), cpu_s(resource.RUSAGE_SELF)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(pictures.prepare(source, folder / str(n))) for n in range(PHOTOS)]
    took, used = time.perf_counter() - started, cpu_s(resource.RUSAGE_CHILDREN) - before
    variants = tasks[0].result().variants
    original = source.stat().st_size
    print(f"{PHOTOS} photos of {SIZE[0]}×{SIZE[1]}, {AT_ONCE} at once on {os.cpu_count()} cores")
    print(
        f"  CPU seconds per photo  {used / PHOTOS:.2f} (server's own: {(cpu_s(resource.RUSAGE_SELF) - own) / PHOTOS:.3f})"
    )
    print(f"  all of them after      {took:.1f} s")
    print(f"  largest child          {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MiB")
    print(f"  original               {original:>9,} bytes")
    for variant in variants:
        print(
            f"  {variant.width:>5} {variant.format}             {variant.size:>9,} bytes, {variant.size / original:.1%}"
        )


async def ticking(gaps: list[float]) -> None:
    """How much later than asked for the loop comes back, until cancelled."""
    while True:
        at = time.perf_counter()
        await asyncio.sleep(TICK_S)
        gaps.append(time.perf_counter() - at - TICK_S)


async def hostile(folder: Path) -> None:
    files = corpus.written(folder)
    turn = asyncio.Semaphore(HOSTILE_AT_ONCE)
    outcomes: dict[str, int] = {}

    async def one(path: Path) -> None:
        async with turn:
            try:
                await pictures.prepare(path, folder / f"{path.name}.out")
                outcome = "prepared"
            except pictures.Unreadable as refused:
                outcome = refused.reason
            outcomes[outcome] = outcomes.get(outcome, 0) + 1

    before, gaps = peak.anew(), [0.0]
    async with asyncio.TaskGroup() as outer:
        ticks = outer.create_task(ticking(gaps))
        async with asyncio.TaskGroup() as group:
            for path in files:
                group.create_task(one(path))
        ticks.cancel()
    grown = peak.bytes_now() - before
    print(f"{len(files)} hostile files, {HOSTILE_AT_ONCE} at once: {outcomes}")
    print(
        f"  server's memory grew by {grown / 1024 / 1024:.0f} MiB; longest stall of its loop {max(gaps) * 1000:.0f} ms"
    )
    print(
        f"  largest child           {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MiB"
    )


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        await album(Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        await hostile(Path(folder))


if __name__ == "__main__":
    asyncio.run(main())

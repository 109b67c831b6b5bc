"""T2: whatever a power failure leaves of what was not synced, everything acknowledged is there.

The server runs under a recorder of its file operations. From the record the disk is rebuilt as it would be found had
the power failed right after an acknowledgement, with none, half or torn sectors of the writes that were not synced.
"""

import asyncio
import os
import random
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.faults.powerloss.image import Image, open_image
from tests.faults.powerloss.replay import Disk, Keep, as_synchronous_normal
from tests.faults.powerloss.trace import Record, Recorder
from tests.faults.process import ServerProcess
from tests.faults.site import founded
from tests.faults.writers import Book, Writer

CRASH_POINTS = int(os.environ.get("CHANNEL_CRASH_POINTS", "100"))
WRITERS = 4
WRITES_EACH = 80
RESTARTS = 3

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(shutil.which("gcc") is None, reason="the recorder is compiled with gcc"),
]


@dataclass(slots=True)
class Losses:
    """What crash images lacked. `points` counts the images looked at."""

    points: int = 0
    lost: list[str] = field(default_factory=list)
    unopenable: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Run:
    """A recorded run of the server: what it did to the disk and what it acknowledged, with its moment in the trace."""

    records: list[Record]
    book: Book
    secret: bytes


@pytest.fixture(scope="module")
async def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("powerloss")
    server = ServerProcess(folder)
    server.anew = True  # all that the disk holds is written while it is recorded
    recorder = Recorder(server.data, folder)
    server.environment.update(recorder.environment)
    with server:
        async with founded(server) as site:
            book = Book(on_ack=recorder.mark)
            async with asyncio.TaskGroup() as writers:
                for number in range(WRITERS):
                    writers.create_task(Writer(site, book, number).run(asyncio.Event(), most=WRITES_EACH))
        server.kill()
        return Run(recorder.records(), book, (server.data / "secret.key").read_bytes())


def crash_everywhere(run: Run, records: list[Record], scratch: Path) -> Losses:
    """Crash at CRASH_POINTS acknowledgements, with each way of keeping what was not synced."""
    chance, losses, disk = random.Random(1), Losses(), Disk()
    marks = sorted(write.mark for write in run.book.writes if write.acknowledged)
    rest = iter(records)
    record = next(rest, None)
    for mark in sorted(chance.choices(marks, k=CRASH_POINTS)):
        while record is not None and record.end <= mark:
            disk.apply(record)
            record = next(rest, None)
        for keep in Keep:
            folder = scratch / "image"
            folder.mkdir()
            disk.crash(folder, keep, chance)
            _look(open_image(folder), run, f"{keep.value} at {mark}", mark, losses)
            shutil.rmtree(folder)
    return losses


def _look(image: Image, run: Run, where: str, mark: int, losses: Losses) -> None:
    losses.points += 1
    if image.problem:
        losses.unopenable.append(f"{where}: {image.problem}")
        return
    if image.secret != run.secret:
        losses.lost.append(f"{where}: secret.key")
    for post_id, versions in run.book.versions().items():
        answered = [n for n, write in enumerate(versions) if write.acknowledged and write.mark <= mark]
        if answered and image.texts.get(post_id) not in {write.canary for write in versions[answered[-1] :]}:
            losses.lost.append(f"{where}: {versions[answered[-1]].canary}")
    for write in run.book.acknowledged("join"):
        if write.mark <= mark and write.canary not in image.members:
            losses.lost.append(f"{where}: {write.canary}")


async def test_a_power_failure_loses_nothing_that_was_acknowledged(run: Run, tmp_path: Path) -> None:
    assert run.book.refused == []
    assert len(run.book.acknowledged("post", "edit", "join")) == WRITERS * WRITES_EACH
    losses = crash_everywhere(run, run.records, tmp_path)
    assert losses == Losses(points=3 * CRASH_POINTS)


async def test_the_same_run_with_synchronous_normal_loses_much(run: Run, tmp_path: Path) -> None:
    """Proves the test above: were the WAL not synced at each commit, it would fail."""
    losses = crash_everywhere(run, as_synchronous_normal(run.records, "channel.db-wal"), tmp_path)
    assert len(losses.lost) + len(losses.unopenable) > CRASH_POINTS


async def test_the_server_starts_on_what_a_power_failure_left(run: Run, tmp_path: Path) -> None:
    chance = random.Random(2)
    marks = [write.mark for write in run.book.writes if write.acknowledged]
    for number, keep in enumerate((Keep.NONE, Keep.HALF, Keep.TORN)[:RESTARTS]):
        mark, disk = chance.choice(marks), Disk()
        for record in run.records:
            if record.end <= mark:
                disk.apply(record)
        with ServerProcess(tmp_path / str(number)) as server:
            disk.crash(server.data, keep, chance)
            server.start()
            await asyncio.to_thread(server.wait_ready)
            assert server.stop() == 0
            assert "Traceback" not in server.said()

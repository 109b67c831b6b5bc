"""What a child that has given up its rights can still do: compute, and write to what it has open."""

import json
import signal
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from channel.media.children import Limits, run
from channel.media.pictures import ordering, work

ROOM = Limits(memory=512 << 20, cpu_s=5, file_bytes=1 << 20, seconds=60)
BEGIN = """
import json, os, socket, sys
sys.path.insert(0, {folder!r})
import confine
limits = confine.Limits(**json.loads({limits!r}))
kept = open({kept!r}, "wb")
confine.confine(limits)
def can(deed):
    try:
        deed()
    except (OSError, MemoryError) as error:
        return type(error).__name__
    return "yes"
"""
CHILDREN = Path(sys.modules[run.__module__].__file__ or "").parent


async def answered(tmp_path: Path, deed: str, limits: Limits = ROOM) -> tuple[int, str]:
    begin = BEGIN.format(folder=str(CHILDREN), limits=json.dumps(asdict(limits)), kept=str(tmp_path / "kept"))
    ended = await run([sys.executable, "-I", "-c", begin + deed], b"", 60)
    return ended.code, ended.answer.decode().strip()


@pytest.mark.parametrize(
    "deed",
    [
        "open('/etc/passwd')", "open({new!r}, 'w')", "socket.socket()", "os.pipe()", "os.listdir('/')", "os.dup(0)",
        "bytearray(600 << 20)",
    ],
)  # fmt: skip
async def test_nothing_more_can_be_opened(deed: str, tmp_path: Path) -> None:
    said = deed.format(new=str(tmp_path / "new"))
    code, answer = await answered(tmp_path, f"print(can(lambda: {said}))")
    assert (code, answer) in ((0, "OSError"), (0, "MemoryError"))
    assert not (tmp_path / "new").exists()


async def test_what_is_open_can_be_written_up_to_a_limit(tmp_path: Path) -> None:
    assert await answered(tmp_path, "print(can(lambda: kept.write(bytes(1 << 19))))") == (0, "yes")
    code, _ = await answered(tmp_path, "signal = 25\nkept.write(bytes(3 << 20)); kept.flush(); print('all')")
    assert code != 0
    assert (tmp_path / "kept").stat().st_size <= 1 << 20


async def test_time_is_limited_without_the_server(tmp_path: Path) -> None:
    code, _ = await answered(tmp_path, "while True: pass", replace(ROOM, cpu_s=1))
    assert code == -signal.SIGXCPU
    code, _ = await answered(tmp_path, "import signal\nsignal.pause()", replace(ROOM, seconds=1))
    assert code == -signal.SIGALRM


def test_the_child_for_pictures_takes_all_of_them() -> None:
    assert ordering.LIMITS.files == 0
    assert ordering.LIMITS.processes == 0
    assert ordering.LIMITS.memory <= 768 << 20
    assert work.FILES >= 9

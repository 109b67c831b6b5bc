"""The power-loss harness itself, on bare SQLite: it loses nothing under FULL, and much under NORMAL."""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.powerloss.replay import Disk, Keep, as_synchronous_normal
from tests.faults.powerloss.trace import Kind, Record, Recorder

ROWS = 300
POINTS = 40
WRITE_ROWS = """
import os, sqlite3, sys
folder, synchronous, rows, trace = sys.argv[1], sys.argv[2], int(sys.argv[3]), os.environ["POWERLOSS_TRACE"]
database = sqlite3.connect(folder + "/channel.db", isolation_level=None)
for pragma in ("journal_mode=WAL", f"synchronous={synchronous}", "wal_autocheckpoint=50"):
    database.execute(f"PRAGMA {pragma}")
database.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, padding TEXT)")
for n in range(rows):
    database.execute("INSERT INTO t VALUES (?, ?)", (n, "x" * 300))
    print(os.stat(trace).st_size)
sys.stdout.flush()
os._exit(0)
"""

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(shutil.which("gcc") is None, reason="the recorder is compiled with gcc"),
]


@dataclass(frozen=True, slots=True)
class Recorded:
    records: list[Record]
    marks: list[int]


def _record(folder: Path, synchronous: str) -> Recorded:
    data = folder / synchronous
    data.mkdir()
    scratch = folder / f"{synchronous}-trace"
    scratch.mkdir()
    recorder = Recorder(data, scratch)
    done = subprocess.run(
        [sys.executable, "-c", WRITE_ROWS, str(data), synchronous, str(ROWS)],
        env={**os.environ, **recorder.environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return Recorded(recorder.records(), [int(line) for line in done.stdout.split()])


def _lost(recorded: Recorded, scratch: Path) -> int:
    """At how many of the crash images something committed is missing, or the database is damaged."""
    chance, disk, lost = random.Random(1), Disk(), 0
    rest = iter(recorded.records)
    record = next(rest, None)
    for row in sorted(chance.sample(range(ROWS), POINTS)):
        while record is not None and record.end <= recorded.marks[row]:
            disk.apply(record)
            record = next(rest, None)
        for keep in Keep:
            folder = scratch / "image"
            folder.mkdir()
            disk.crash(folder, keep, chance)
            lost += not _holds(folder / "channel.db", row + 1)
            shutil.rmtree(folder)
    return lost


def _holds(path: Path, rows: int) -> bool:
    database = sqlite3.connect(path)
    try:
        whole = database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        [found] = database.execute("SELECT count(*) FROM t WHERE n < ?", (rows,)).fetchone()
    except sqlite3.DatabaseError:
        return False
    finally:
        database.close()
    return bool(whole and found == rows)


def test_full_loses_nothing_and_normal_loses_much(tmp_path: Path) -> None:
    full, normal = _record(tmp_path, "FULL"), _record(tmp_path, "NORMAL")
    as_if_normal = Recorded(as_synchronous_normal(full.records, "channel.db-wal"), full.marks)
    assert any(record.kind is Kind.TRUNCATE or record.offset == 0 for record in full.records)
    assert _lost(full, tmp_path) == 0
    assert _lost(normal, tmp_path) > POINTS
    # What stands for NORMAL in the test of the server is what NORMAL does.
    assert _syncs(as_if_normal.records) == _syncs(normal.records)
    assert _lost(as_if_normal, tmp_path) > POINTS


def _syncs(records: list[Record]) -> int:
    return sum(record.kind is Kind.SYNC for record in records)


def test_a_rename_is_durable_only_once_its_folder_is_synced(tmp_path: Path) -> None:
    def record(kind: Kind, *, file: int = 0, path: str = "", data: bytes = b"") -> Record:
        return Record(kind, file, 0, path, data, 0)

    before = [
        record(Kind.OPEN, file=7, path="media/x.tmp"),
        record(Kind.WRITE, file=7, data=b"picture"),
        record(Kind.SYNC, file=7),
        record(Kind.RENAME, path="media/x.tmp\0media/x"),
    ]
    for number, (records, name) in enumerate(
        [(before, "media/x.tmp"), ([*before, record(Kind.SYNC_FOLDER, path="media")], "media/x")]
    ):
        disk, folder = Disk(), tmp_path / str(number)
        for one in records:
            disk.apply(one)
        disk.crash(folder, Keep.NONE, random.Random(1))
        assert [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()] == [name]
        assert (folder / name).read_bytes() == b"picture"


def test_what_was_never_synced_is_gone_and_sectors_are_torn(tmp_path: Path) -> None:
    disk = Disk()
    disk.apply(Record(Kind.OPEN, 7, 0, "a", b"", 0))
    disk.apply(Record(Kind.SYNC, 7, 0, "", b"", 0))
    disk.apply(Record(Kind.WRITE, 7, 0, "", b"\1" * 512 * 64, 0))
    disk.crash(tmp_path / "none", Keep.NONE, random.Random(1))
    assert (tmp_path / "none/a").read_bytes() == b""
    for seed in range(8):
        (tmp_path / str(seed)).mkdir()
        disk.crash(tmp_path / str(seed), Keep.TORN, random.Random(seed))
    found = {(tmp_path / str(seed) / "a").read_bytes() for seed in range(8)}
    sectors = {content[at : at + 512] for content in found for at in range(0, len(content), 512)}
    assert sectors == {bytes(512), b"\1" * 512}


def test_a_name_that_was_removed_and_given_again_stays_given(tmp_path: Path) -> None:
    """SQLite removes a WAL and makes the next one; the folder is synced after the new one was."""
    disk = Disk()
    for record in (
        Record(Kind.OPEN, 7, 0, "wal", b"", 0),
        Record(Kind.UNLINK, 0, 0, "wal", b"", 0),
        Record(Kind.OPEN, 7, 0, "wal", b"", 0),
        Record(Kind.WRITE, 7, 0, "", b"header", 0),
        Record(Kind.SYNC, 7, 0, "", b"", 0),
        Record(Kind.SYNC_FOLDER, 0, 0, "", b"", 0),
    ):
        disk.apply(record)
    disk.crash(tmp_path, Keep.NONE, random.Random(1))
    assert (tmp_path / "wal").read_bytes() == b"header"

"""Folders on the disk, wherever those of other tests lie: a kill meets servers that wait for it, as in life."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

DISK = Path("/var/tmp")


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest) -> Iterator[Path]:
    """As pytest's: it stays when the test has failed."""
    failed = request.session.testsfailed
    folder = Path(tempfile.mkdtemp(prefix="channel-faults-", dir=DISK if DISK.is_dir() else None))
    yield folder
    if request.session.testsfailed == failed:
        shutil.rmtree(folder, ignore_errors=True)

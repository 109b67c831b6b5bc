"""What others wrote lies here as it was taken, and says whose it is."""

import hashlib
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SHELVES = [ROOT / "static/vendor", ROOT / "tests/browser/vendor"]
TOLD = {"name", "version", "sha256", "licence", "by", "source"}


@pytest.mark.parametrize("shelf", SHELVES, ids=lambda shelf: shelf.parent.name)
def test_every_copy_is_the_one_that_was_taken(shelf: Path) -> None:
    told = tomllib.loads((shelf / "vendor.toml").read_text("utf-8"))
    there = {path.relative_to(shelf).as_posix() for path in shelf.rglob("*") if path.is_file()}
    assert there - {"vendor.toml"} == told.keys()
    for name, about in told.items():
        assert about.keys() >= TOLD, name
        assert hashlib.sha256((shelf / name).read_bytes()).hexdigest() == about["sha256"], name

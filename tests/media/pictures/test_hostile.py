"""T24: whatever arrives is prepared or refused, twenty at once, and the server notices little of it."""

import asyncio
import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from channel.media import pictures
from channel.media.pictures import ordering
from channel.media.sniff import HEAD_BYTES, sniff
from tests.media import corpus, peak
from tests.media.left import children

AT_ONCE = 20
MOST_GROWN_BYTES = 256 * 1024 * 1024
RUN_BY_BROWSERS = ("html", "svg", "xml", "javascript", "text/")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return corpus.written(tmp_path_factory.mktemp("hostile"))


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


async def test_every_hostile_file_is_prepared_or_refused(hostile: list[Path], tmp_path: Path) -> None:
    assert len(hostile) >= 120
    before, given = children(), digests(hostile[0].parent)
    before_bytes = peak.anew()
    turn, became = asyncio.Semaphore(AT_ONCE), {}

    async def one(path: Path) -> None:
        async with turn:
            try:
                became[path.name] = await pictures.prepare(path, tmp_path / path.name)
            except pictures.Unreadable as refused:
                became[path.name] = refused.reason

    async with asyncio.TaskGroup() as group:
        for path in hostile:
            group.create_task(one(path))

    assert peak.bytes_now() - before_bytes <= MOST_GROWN_BYTES
    assert len(became) == len(hostile)
    prepared = {name for name, outcome in became.items() if isinstance(outcome, pictures.Prepared)}
    assert {path.name for path in tmp_path.iterdir()} == prepared, "a refused file leaves something"
    assert digests(hostile[0].parent) == given, "an original is not what it was"
    assert children() <= before
    assert (
        became["50000-wide-1-bit.png"]
        == became["65500-wide.jpg"]
        == became["16383-wide.webp"]
        == "too_many_pixels"
    )
    assert became["10000-frames.gif"] == became["1000-large-frames.gif"] == "too_long"
    assert became["script-as.png"] == became["script.svg"] == became["huge.tif"] == "not_a_picture"
    assert {"js-and-jpeg.jpg", "page-behind.png", "gifar.gif", "jpeg-and-zip.jpg", "comments.jpg"} <= prepared
    for name in prepared:
        for served in (tmp_path / name).iterdir():
            content = served.read_bytes()
            assert not any(
                evil in content for evil in (b"alert", b"PK\x03\x04", b"\xca\xfe\xba\xbe", b"<script")
            )


def test_nothing_is_taken_for_what_a_browser_runs(hostile: list[Path]) -> None:
    for path in hostile:
        with path.open("rb") as file:
            found = sniff(file.read(HEAD_BYTES))
        assert found is None or not any(word in found.type for word in RUN_BY_BROWSERS), path.name
    for page in (
        b"<!doctype html>",
        b"<svg",
        b"<?xml",
        b"\xef\xbb\xbf<html>",
        b"import x",
        b"",
        b"\x00" * 64,
    ):
        assert sniff(page) is None


@pytest.fixture
def chattering(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for a child that somebody took over: it answers what the test writes there."""
    child = tmp_path / "child.py"
    monkeypatch.setattr(ordering, "CHILD", child)
    return child


GOOD = '{"width": 1, "height": 1, "placeholder": "", "variants": [%s]}'
TOLD = {
    "another folder": (
        GOOD % '{"name": "../taken", "format": "webp", "width": 1, "height": 1}',
        "open(into + '/../taken', 'w')",
    ),
    "a link": (
        GOOD % '{"name": "1.webp", "format": "webp", "width": 1, "height": 1}',
        "open(into + '/../real', 'wb').write(b'RIFF    WEBPVP8 '); os.symlink(into + '/../real', into + '/1.webp')",
    ),
    "a page": (
        GOOD % '{"name": "1.webp", "format": "webp", "width": 1, "height": 1}',
        "open(into + '/1.webp', 'w').write('<html>')",
    ),
    "no answer": ("", "None"),
    "no JSON": ("hello", "None"),
    "other words": ('{"width": "<b>", "variants": 3}', "None"),
    "too much": ("x" * 200_000, "None"),
    "an unknown reason": ('{"reason": "<script>"}', "None"),
    "an address": (
        '{"width": 1, "height": 1, "placeholder": "https://192.0.2.1/", "variants": '
        '[{"name": "1.webp", "format": "webp", "width": 1, "height": 1}]}',
        "open(into + '/1.webp', 'wb').write(b'RIFF    WEBPVP8 ')",
    ),
}


@pytest.mark.parametrize("told", TOLD)
async def test_a_child_that_was_taken_over_is_not_believed(
    chattering: Path, tmp_path: Path, told: str
) -> None:
    answer, deed = TOLD[told]
    chattering.write_text(
        f"import json, os, sys\ninto = json.load(sys.stdin)['into']\n{deed}\nprint({answer!r}, flush=True)\n"
    )
    picture = tmp_path / "a.jpg"
    picture.write_bytes(corpus.good()["jpg"])
    with pytest.raises(pictures.Unreadable) as refused:
        await pictures.prepare(picture, tmp_path / "into")
    assert refused.value.reason == "broken"
    assert not (tmp_path / "into").exists()


async def test_the_child_inherits_no_secret(
    chattering: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHANNEL_STRIPE_KEY", "SECRET")
    seen = tmp_path / "seen"
    chattering.write_text(
        f"import os, sys\nopen({str(seen)!r}, 'w').write(repr((dict(os.environ), os.listdir('/proc/self/fd'))))\n"
    )
    picture = tmp_path / "a.jpg"
    picture.write_bytes(corpus.good()["jpg"])
    reader = os.open(picture, os.O_RDONLY)
    try:
        with pytest.raises(pictures.Unreadable):
            await pictures.prepare(picture, tmp_path / "into")
    finally:
        os.close(reader)
    assert "LANG" in seen.read_text()
    assert "SECRET" not in seen.read_text()
    assert "['0', '1', '2'" in seen.read_text()


async def test_a_cancelled_preparation_leaves_no_child_and_no_folder(
    chattering: Path, tmp_path: Path
) -> None:
    started = tmp_path / "started"
    os.mkfifo(started)
    chattering.write_text(f"import signal\nopen({str(started)!r}, 'w').close()\nsignal.pause()\n")
    picture = tmp_path / "a.jpg"
    picture.write_bytes(corpus.good()["jpg"])
    before = children()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(pictures.prepare(picture, tmp_path / "into"))
        await asyncio.to_thread(started.read_bytes)
        assert len(children() - before) == 1
        task.cancel()
    assert children() <= before
    assert not (tmp_path / "into").exists()


async def test_a_child_that_never_ends_is_ended(
    chattering: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ordering, "LIMITS", replace(ordering.LIMITS, seconds=1))
    chattering.write_text("import signal\nsignal.pause()\n")
    picture = tmp_path / "a.jpg"
    picture.write_bytes(corpus.good()["jpg"])
    before = children()
    with pytest.raises(pictures.Unreadable) as refused:
        await pictures.prepare(picture, tmp_path / "into")
    assert refused.value.reason == "too_heavy"
    assert children() <= before


@pytest.mark.parametrize(
    ("limit", "reason"), [({"memory": 250 << 20}, "too_heavy"), ({"file_bytes": 400}, "broken")]
)
async def test_the_limits_reach_the_child(
    limit: dict[str, int], reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = tmp_path / "a.png"
    picture.write_bytes(
        corpus.saved(Image.new("RGBA", (6_000, 6_000), (9, 9, 9, 9)), "PNG", compress_level=1)
    )
    monkeypatch.setattr(ordering, "LIMITS", replace(ordering.LIMITS, **limit))
    with pytest.raises(pictures.Unreadable) as refused:
        await pictures.prepare(picture, tmp_path / "into")
    assert refused.value.reason == reason

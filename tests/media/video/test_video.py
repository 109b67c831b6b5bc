"""Videos: three sizes as a stream, one file for the rest, a poster, upright, and nothing of what they say of themselves."""

import re
import subprocess
from pathlib import Path

import pytest

from channel.media import video
from channel.media.children import converting as programs
from channel.media.children import ffmpeg
from channel.media.video import converting
from channel.media.video.model import sizes
from tests.media import recordings
from tests.media.left import children


def told(path: Path) -> str:
    """What ffmpeg says of a file of ours."""
    program = ffmpeg()
    assert program is not None
    asked = [program, "-nostdin", "-hide_banner", "-i", str(path)]
    return subprocess.run(asked, check=False, capture_output=True, text=True).stderr


def lasting(text: str) -> float:
    found = re.search(r"Duration: 00:00:([0-9.]+)", text)
    assert found is not None
    return float(found[1])


async def test_a_film_is_streamed_in_three_sizes(tmp_path: Path) -> None:
    source = recordings.film(tmp_path / "a.mov", "1280x720", 10)
    heard: list[float] = []
    made = await video.prepare(source, tmp_path / "into", progress=heard.append)
    assert (made.width, made.height, made.sound) == (1280, 720, True)
    assert made.duration_ms == pytest.approx(10_000, abs=100)
    assert [(r.width, r.height) for r in made.renditions] == [(640, 360), (960, 540), (1280, 720)]
    assert heard == sorted(heard)
    assert heard[-1] == pytest.approx(1, abs=0.05)
    assert [line for line in made.stream.read_text().splitlines() if line[0] != "#"] == [
        r.playlist.name for r in made.renditions
    ]
    for rendition in made.renditions:
        text = told(rendition.playlist)
        assert f"{rendition.width}x{rendition.height}" in text
        assert "Video: h264" in text
        assert "Audio: aac" in text
        assert lasting(text) == pytest.approx(10, abs=0.2)
        assert rendition.playlist.read_text().count("#EXT-X-BYTERANGE:") == 3
        assert {path.name for path in rendition.playlist.parent.iterdir()} == {
            f"{rendition.height}.m3u8",
            f"{rendition.height}.m4s",
        }
    text = told(made.fallback)
    assert "1280x720" in text
    assert lasting(text) == pytest.approx(10, abs=0.2)
    content = made.fallback.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat"), "plays before all of it is there"
    assert made.fallback_size == len(content)
    assert made.poster.variants[-1].width == 1280
    assert {path.name for path in (tmp_path / "into").iterdir()} == {"fallback.mp4", "poster", "stream"}
    for path in (tmp_path / "into").rglob("*.*"):
        assert b"SECRET" not in path.read_bytes(), path.name


async def test_a_film_from_a_telephone_stands_upright(tmp_path: Path) -> None:
    lying = recordings.film(tmp_path / "lying.mp4", "640x480", 1)
    turned = recordings.made(
        tmp_path / "a.mp4",
        "-display_rotation",
        "90",
        "-i",
        str(lying),
        "-c",
        "copy",
        "-metadata",
        "location=+52.5/",
    )
    made = await video.prepare(turned, tmp_path / "into")
    assert (made.width, made.height) == (480, 640)
    assert [(r.width, r.height) for r in made.renditions] == [(360, 480)]
    assert "rotation" not in told(made.fallback)
    assert (made.poster.width, made.poster.height) == (480, 640)


async def test_a_short_film_without_sound_from_a_browser(tmp_path: Path) -> None:
    source = recordings.film(tmp_path / "a.webm", "320x240", 0.5, "-c:v", "libvpx", sound=False)
    made = await video.prepare(source, tmp_path / "into")
    assert not made.sound
    assert [(r.width, r.height) for r in made.renditions] == [(320, 240)]
    assert "Audio" not in told(made.fallback)
    assert "mp4a" not in made.stream.read_text()


@pytest.mark.parametrize(
    ("of", "made"),
    [
        ((1920, 1080), ((640, 360), (960, 540), (1280, 720))), ((1080, 1920), ((360, 640), (540, 960), (720, 1280))),
        ((320, 240), ((320, 240),)), ((641, 361), ((640, 360),)), ((10_000, 100), ((1900, 20),)), ((3, 3), ((4, 4),)),
        ((3440, 1440), ((860, 360), (1290, 540), (1720, 720))),
    ],
)  # fmt: skip
def test_no_rendition_is_larger_than_the_film(of: tuple[int, int], made: tuple[tuple[int, int], ...]) -> None:
    assert sizes(*of) == made


async def test_harmful_files_become_a_film_or_are_refused(tmp_path: Path) -> None:
    (tmp_path / "given").mkdir()
    (tmp_path / "made").mkdir()
    before, became = children(), {}
    for path in recordings.harmful(tmp_path / "given"):
        try:
            became[path.name] = await video.prepare(path, tmp_path / "made" / path.name)
        except video.Unreadable as refused:
            became[path.name] = refused.reason
    prepared = {name for name, outcome in became.items() if isinstance(outcome, video.PreparedVideo)}
    assert {path.name for path in (tmp_path / "made").iterdir()} == prepared
    assert became["playlist.mp4"] == became["concat.mp4"] == became["noise.mp3"] == "not_video"
    assert became["url.mp4"] == became["file-url.mp4"] == became["behind-a-head.mp4"] == "broken"
    assert "film-called.mp3" in prepared
    assert children() <= before
    for path in (tmp_path / "made").rglob("*.*"):
        assert not path.is_file() or b"root:" not in path.read_bytes()


async def test_a_film_can_be_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converting, "MAX_MS", 1_000)
    source = recordings.film(tmp_path / "a.mp4", "64x48", 3)
    with pytest.raises(video.Unreadable) as refused:
        await video.prepare(source, tmp_path / "into")
    assert refused.value.reason == "too_long"
    assert not (tmp_path / "into").exists()


async def test_ffmpeg_reaches_no_other_file(tmp_path: Path) -> None:
    """Even one that is told to: the kernel refuses. Where it has no Landlock this test has nothing to show."""
    source, folder = recordings.film(tmp_path / "a.mp4", "64x48", 1), tmp_path / "into"
    folder.mkdir()
    other = recordings.film(tmp_path / "other.mp4", "64x48", 1)
    null = ("-f", "null", "-")
    own = await programs.work(("-i", f"file:{source}", *null), source, folder, limits=converting.LOOK)
    reads = await programs.work(("-i", f"file:{other}", *null), source, folder, limits=converting.LOOK)
    elsewhere = f"file:{tmp_path}/out.mp4"
    writes = await programs.work(("-i", f"file:{source}", elsewhere), source, folder, limits=converting.LOOK)
    assert own.code == 0
    if await _has_landlock():
        assert reads.code != 0
        assert writes.code != 0
        assert not (tmp_path / "out.mp4").exists()


async def _has_landlock() -> bool:
    import ctypes

    return bool(ctypes.CDLL(None).syscall(444, None, 0, 1) >= 1)


GOOD = """#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:4
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-MAP:URI="360.m4s",BYTERANGE="1336@0"
#EXTINF:4.000000,
#EXT-X-BYTERANGE:404984@1336
360.m4s
#EXT-X-ENDLIST
"""
HARM = "https://192.0.2.1/a.m4s"


@pytest.mark.parametrize(
    "bad",
    [
        GOOD.replace("\n360.m4s", f"\n{HARM}"),
        GOOD.replace('"360.m4s"', f'"{HARM}"'),
        GOOD.replace("#EXT-X-ENDLIST", f'#EXT-X-KEY:METHOD=AES-128,URI="{HARM}"\n#EXT-X-ENDLIST'),
        GOOD.replace("#EXT-X-ENDLIST", "540.m4s\n#EXT-X-ENDLIST"),
        GOOD.replace("#EXT-X-ENDLIST", f"360.m4s\u2028{HARM}\n#EXT-X-ENDLIST"),
        GOOD.replace("#EXTM3U", "<script>"),
        GOOD.replace("#EXT-X-ENDLIST\n", ""),
        "",
    ],
)
async def test_a_child_that_writes_something_else_is_not_believed(tmp_path: Path, bad: str) -> None:
    one = video.Rendition(tmp_path / "360.m3u8", tmp_path / "360.m4s", 640, 360, 800_000)
    one.segments.write_bytes(b"x")
    one.playlist.write_text(GOOD)
    converting._only_ours(one)
    one.playlist.write_text(bad)
    with pytest.raises(video.Unreadable):
        converting._only_ours(one)


async def test_nothing_else_may_lie_there(tmp_path: Path) -> None:
    one = video.Rendition(tmp_path / "360.m3u8", tmp_path / "360.m4s", 640, 360, 800_000)
    one.segments.write_bytes(b"x")
    one.playlist.write_text(GOOD)
    (tmp_path / "evil.html").write_text("<script>")
    with pytest.raises(video.Unreadable):
        converting._only_ours(one)
    (tmp_path / "evil.html").unlink()
    one.segments.unlink()
    one.segments.symlink_to("/etc/passwd")
    with pytest.raises(video.Unreadable):
        converting._only_ours(one)

"""Voice notes and sound files: their length and shape, playable everywhere, and nothing of what they say of themselves."""

from pathlib import Path

import pytest

from channel.media import sound
from channel.media.children import converting, ffmpeg, reading
from channel.media.sound import listening
from channel.media.sound.model import PEAKS, waveform
from tests.media import recordings
from tests.media.left import children

KINDS = {
    "a.mp3": (), "a.wav": (), "a.flac": (), "a.m4a": (), "a.opus": ("-c:a", "libopus"), "a.ogg": ("-c:a", "libopus"),
    "a.webm": ("-c:a", "libopus"),
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
async def test_each_kind_becomes_what_every_telephone_plays(name: str, tmp_path: Path) -> None:
    source = recordings.tone(tmp_path / name, 4, *KINDS[name])
    made = await sound.prepare(source, tmp_path / "into", note=True)
    assert abs(made.duration_ms - 4_000) <= 100
    assert len(made.waveform) == PEAKS
    assert max(made.waveform) == 100
    assert sum(made.waveform[:28]) / 28 < 50 < sum(made.waveform[36:]) / 28
    types = ["audio/mp4", "audio/webm"] if name in ("a.opus", "a.ogg", "a.webm") else ["audio/mp4"]
    assert [variant.type for variant in made.variants] == types
    assert sorted((tmp_path / "into").iterdir()) == sorted(variant.path for variant in made.variants)
    for variant in made.variants:
        content = variant.path.read_bytes()
        assert variant.size == len(content)
        assert b"SECRET" not in content
        assert b"52.5" not in content
        again = await sound.prepare(variant.path, tmp_path / f"again-{variant.path.name}")
        assert abs(again.duration_ms - 4_000) <= 200


async def test_lengths_have_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = recordings.tone(tmp_path / "a.mp3", 5)
    monkeypatch.setattr(listening, "MAX_NOTE_MS", 3_000)
    with pytest.raises(sound.Unreadable) as refused:
        await sound.prepare(source, tmp_path / "note", note=True)
    assert refused.value.reason == "note_too_long"
    assert (await sound.prepare(source, tmp_path / "file")).duration_ms == pytest.approx(5_000, abs=100)
    monkeypatch.setattr(listening, "MAX_SOUND_MS", 3_000)
    with pytest.raises(sound.Unreadable) as refused:
        await sound.prepare(source, tmp_path / "long")
    assert refused.value.reason == "too_long"


async def test_harmful_files_become_sound_or_are_refused(tmp_path: Path) -> None:
    (tmp_path / "given").mkdir()
    (tmp_path / "made").mkdir()
    before, became = children(), {}
    for path in recordings.harmful(tmp_path / "given"):
        try:
            became[path.name] = await sound.prepare(path, tmp_path / "made" / path.name)
        except sound.Unreadable as refused:
            became[path.name] = refused.reason
    prepared = {name for name, outcome in became.items() if isinstance(outcome, sound.PreparedSound)}
    assert {path.name for path in (tmp_path / "made").iterdir()} == prepared
    assert became["playlist.mp4"] == became["concat.mp4"] == became["file.m3u8"] == "not_sound"
    assert became["behind-a-head.mp4"] == became["id3-playlist.mp3"] == became["boxes.mp4"] == "broken"
    assert "film-called.mp3" in prepared, "the sound of a film, whatever it is called"
    assert children() <= before
    for path in (tmp_path / "made").rglob("*.*"):
        assert not path.is_file() or b"root:" not in path.read_bytes()


async def test_a_server_without_ffmpeg_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = recordings.tone(tmp_path / "a.mp3", 1)
    monkeypatch.setattr(converting, "ffmpeg", lambda: None)
    with pytest.raises(sound.NoFfmpeg, match="ffmpeg"):
        await sound.prepare(source, tmp_path / "into")
    assert not (tmp_path / "into").exists()


def test_only_the_format_that_was_found_is_read(tmp_path: Path) -> None:
    assert ffmpeg() is not None
    asked = reading(tmp_path / "a", "audio/mpeg")
    assert asked[:6] == ("-protocol_whitelist", "file,pipe", "-format_whitelist", "mp3", "-f", "mp3")
    assert asked[-1].startswith("file:/")


def test_waveforms_of_little_and_of_nothing() -> None:
    assert waveform([]) == waveform([0.0] * 100) == (0,) * PEAKS
    assert waveform([0.5]) == (100,) * PEAKS
    assert waveform([0.25, 1.0]) == (50,) * 32 + (100,) * 32

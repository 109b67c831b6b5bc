"""Sounds and videos as they are handed out and shown: what was made of them, never what was sent."""

import itertools
from pathlib import Path

import pytest

from channel.media import Media, actions, queries
from channel.posts.model import Post
from tests.media import recordings
from tests.media.sending import prepared, send
from tests.posts import writing
from tests.web.conftest import Site

WORDS = "WEBVTT\n\n00:00.500 --> 00:01.500\nThe kiln is open\n"
FILM = ("stream.m3u8", "240.m3u8", "240.m4s", "video.mp4", "320.webp", "320.avif", "captions-en.vtt")
VOICE = ("sound.m4a", "sound.weba")


async def film(site: Site, folder: Path, **more: object) -> tuple[Media, Post]:
    content = recordings.film(folder / "film.mp4", "320x240", 2).read_bytes()
    one, post = await shown(site, content, "film.mp4", **more)
    async with site.db.write() as tx:
        by = await site.anna.by(tx, site.anna.owner)
        one = await actions.describe(tx, by, await queries.one(tx, one.id), captions={"en": WORDS})
    return one, post


async def voice(site: Site, folder: Path, **more: object) -> tuple[Media, Post]:
    content = recordings.tone(folder / "voice.webm", 2, "-c:a", "libopus").read_bytes()
    return await shown(site, content, "voice.webm", **more)


async def shown(site: Site, content: bytes, name: str, **more: object) -> tuple[Media, Post]:
    desk = site.app.state.services.media
    one = await send(desk, site.anna, content, name=name)
    post = await writing.post(site.anna, "Listen", media=[one.id], **more)
    await prepared(site.db, desk, site.settings.data, one)
    async with site.db.read() as tx:
        return await queries.one(tx, one.id), post


@pytest.mark.parametrize(
    ("name", "type_"),
    [("stream.m3u8", "application/vnd.apple.mpegurl"), ("240.m3u8", "application/vnd.apple.mpegurl"),
     ("240.m4s", "video/mp4"), ("video.mp4", "video/mp4"), ("320.webp", "image/webp"), ("captions-en.vtt", "text/vtt; charset=utf-8")],
)  # fmt: skip
async def test_a_film_is_handed_out_in_parts(site: Site, tmp_path: Path, name: str, type_: str) -> None:
    one, _ = await film(site, tmp_path)
    address = f"/media/{one.id}/{name}"
    got = await site.stranger().get(address)
    headers = got.answer.headers
    assert (got.status, headers["content-type"]) == (200, type_)
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-disposition"] == f"inline; filename*=UTF-8''film.{name.rpartition('.')[2]}"
    again = "no-cache" if name.endswith(".vtt") else "max-age=31536000, immutable"
    assert headers["cache-control"] == f"private, {again}"
    part = await site.stranger().get(address, range="bytes=2-5")
    assert (part.status, part.answer.content) == (206, got.answer.content[2:6])
    assert (await site.stranger().get(address, **{"if-none-match": headers["etag"]})).status == 304
    assert b"SECRET" not in got.answer.content


async def test_playlists_lead_to_parts_of_files_that_are_there(site: Site, tmp_path: Path) -> None:
    one, _ = await film(site, tmp_path)
    stream = await site.stranger().get(f"/media/{one.id}/stream.m3u8")
    [name] = [line for line in stream.answer.text.splitlines() if line and line[0] != "#"]
    lines = (await site.stranger().get(f"/media/{one.id}/{name}")).answer.text.splitlines()
    for told, address in itertools.pairwise(lines):
        if told.startswith("#EXT-X-BYTERANGE:"):
            length, start = map(int, told.partition(":")[2].split("@"))
            asked = f"bytes={start}-{start + length - 1}"
            part = await site.stranger().get(f"/media/{one.id}/{address}", range=asked)
            assert (part.status, len(part.answer.content)) == (206, length)


@pytest.mark.parametrize(("make", "names"), [(film, FILM), (voice, VOICE)])
async def test_what_was_sent_is_handed_out_to_nobody(site: Site, tmp_path: Path, make, names) -> None:  # type: ignore[no-untyped-def]
    one, _ = await make(site, tmp_path)
    for browser in (site.stranger(), await site.browser(site.anna.owner)):
        assert (await browser.get(f"/media/{one.id}/file")).status == 404
        for name in names:
            assert (await browser.get(f"/media/{one.id}/{name}")).status == 200, name


@pytest.mark.parametrize(("make", "names"), [(film, FILM), (voice, VOICE)])
async def test_a_paid_one_is_for_those_who_read_the_post(site: Site, tmp_path: Path, make, names) -> None:  # type: ignore[no-untyped-def]
    gold = await site.anna.tier("Gold", 10)
    fan, free = await site.anna.member("fan", tier=gold), await site.anna.member("free")
    one, post = await make(site, tmp_path, min_rank=10)
    pays, refused = await site.browser(fan), await site.browser(free)
    for name in names:
        got = await pays.get(f"/media/{one.id}/{name}")
        assert (got.status, got.answer.headers["cache-control"]) == (200, "private, no-store")
        for other in (refused, site.stranger()):
            for more in ({}, {"range": "bytes=0-3"}, {"if-none-match": got.answer.headers["etag"]}):
                assert (await other.get(f"/media/{one.id}/{name}", **more)).status == 404, name
    page = await refused.get(f"/@anna/news/{post.seq}")
    assert one.id not in page
    assert not one.placeholder or one.placeholder not in page


async def test_a_film_in_the_page(site: Site, tmp_path: Path) -> None:
    one, post = await film(site, tmp_path)
    page = await site.stranger().get(f"/@anna/news/{post.seq}")
    start = f"/media/{one.id}"
    assert f'poster="{start}/320.webp" width="320" height="240" data-stream="{start}/stream.m3u8"' in page
    assert f'<source src="{start}/stream.m3u8" type="application/vnd.apple.mpegurl">' in page
    assert f'<source src="{start}/video.mp4" type="video/mp4">' in page
    assert f'<track kind="captions" srclang="en" label="English" src="{start}/captions-en.vtt">' in page


async def test_a_voice_in_the_page(site: Site, tmp_path: Path) -> None:
    one, post = await voice(site, tmp_path)
    page = await site.stranger().get(f"/@anna/news/{post.seq}")
    assert f'data-voice="{one.id}"' in page
    assert page.text.count("M") > 64
    for name in ("sound.weba", "sound.m4a"):
        assert f'<source src="/media/{one.id}/{name}"' in page


async def test_while_it_is_prepared_the_post_says_so(site: Site, tmp_path: Path) -> None:
    content = recordings.film(tmp_path / "film.mp4", "320x240", 1).read_bytes()
    one = await send(site.app.state.services.media, site.anna, content, name="film.mp4")
    post = await writing.post(site.anna, "Soon", media=[one.id])
    page = await site.stranger().get(f"/@anna/news/{post.seq}")
    assert "This video is being prepared …" in page
    assert f"/media/{one.id}" not in page
    assert (await site.stranger().get(f"/media/{one.id}/file")).status == 404


async def test_without_ffmpeg_it_plays_as_it_was_sent(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = recordings.tone(tmp_path / "a.mp3", 1).read_bytes()
    monkeypatch.setattr("channel.media.children.converting.ffmpeg", lambda: None)
    one, post = await shown(site, content, "a.mp3")
    page = await site.stranger().get(f"/@anna/news/{post.seq}")
    assert f'<source src="/media/{one.id}/file">' in page
    assert (await site.stranger().get(f"/media/{one.id}/file")).answer.content == content


STAYS = [
    ("stream.m3u8", 200),
    ("240.m3u8", 200),
    ("240.m4s", 200),
    ("captions-en.vtt", 200),
    ("video.mp4", 307),
]


async def test_what_is_streamed_lies_in_one_place(two_hosts: Site, tmp_path: Path) -> None:
    """A list that came from elsewhere would have its pieces looked for there, where nothing has that address."""
    one, _ = await film(two_hosts, tmp_path)
    for name, status in STAYS:
        assert (await two_hosts.stranger().get(f"/media/{one.id}/{name}")).status == status, name


async def test_what_is_streamed_comes_through_us_from_a_bucket(in_bucket: Site, tmp_path: Path) -> None:
    one, _ = await film(in_bucket, tmp_path)
    sent_there = in_bucket.settings.media_serving == "redirect"
    for name, status in STAYS:
        got = await in_bucket.stranger().get(f"/media/{one.id}/{name}")
        assert got.status == (status if sent_there else 200), name

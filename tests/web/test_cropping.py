"""A cropped picture as it is handed out: only its piece, at new addresses, whatever else was made of the file."""

import io
import re
from pathlib import Path
from uuid import UUID

from PIL import Image

from channel import rooms
from channel.media import Media, actions, changing, queries
from channel.media.credentials import Credentials
from channel.media.model import Proof
from channel.media.pictures import Frame
from channel.members import governing
from channel.posts import carrying
from channel.posts.model import Post
from channel.render.media import as_json, media_view
from tests.feeds.readers import own_feed
from tests.media.sending import prepared, send
from tests.posts import writing
from tests.web.conftest import Site
from tests.web.test_playing import film, voice

RIGHT = Frame(5_000, 0, 5_000, 10_000)


def halves() -> bytes:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (640, 400), "red")
    image.paste("blue", (320, 0, 640, 400))
    held = io.BytesIO()
    image.save(held, "PNG")
    return held.getvalue()


async def shown(site: Site, **more: object) -> tuple[Media, Post]:
    desk = site.app.state.services.media
    one = await send(desk, site.anna, halves(), name="halves.png", alt="Two halves")
    post = await writing.post(site.anna, "Look", media=[one.id], **more)
    await prepared(site.db, desk, site.settings.data, one)
    return await now(site, one), post


async def now(site: Site, one: Media) -> Media:
    async with site.db.read() as tx:
        return await queries.one(tx, one.id)


async def cropped(site: Site, one: Media, frame: Frame = RIGHT) -> Media:
    async with site.db.write() as tx:
        by = await site.anna.by(tx, site.anna.owner)
        await changing.frame(tx, by, one, frame)
        await carrying.tell_all(tx, [one.id])
    await prepared(site.db, site.app.state.services.media, site.settings.data, one)
    return await now(site, one)


def red(content: bytes) -> int:
    with Image.open(io.BytesIO(content)) as image:
        return max(image.convert("RGB").getchannel("R").tobytes())


async def test_the_old_addresses_are_gone_and_the_new_ones_hold_the_piece(site: Site) -> None:
    one, _ = await shown(site)
    before = [made.name for made in one.variants]
    page = (await site.stranger().get("/@anna/news")).text
    assert f"/media/{one.id}/320.webp" in page
    one = await cropped(site, one)
    for name in before:
        assert (await site.stranger().get(f"/media/{one.id}/{name}")).status == 404
    for made in one.variants:
        got = await site.stranger().get(f"/media/{one.id}/{made.name}")
        assert got.status == 200 and red(got.answer.content) < 60
    page = (await site.stranger().get("/@anna/news")).text
    addresses = set(re.findall(rf"/media/{one.id}/([^\"' ]+)", page))
    assert addresses and all("-1." in name for name in addresses), addresses


async def test_all_of_it_is_for_who_may_crop_it(site: Site) -> None:
    one, _ = await shown(site)
    one = await cropped(site, one)
    address = f"/media/{one.id}/whole"
    owner = await site.browser(site.anna.owner)
    got = await owner.get(address)
    assert got.status == 200, got.text
    with Image.open(io.BytesIO(got.answer.content)) as image:
        assert (image.format, image.size) == ("WEBP", (640, 400))
    assert got.answer.headers["cache-control"] == "private, no-store"
    follower = await site.browser(await site.anna.member("mia"))
    assert (await follower.get(address)).status == 404
    assert (await site.stranger().get(address)).status != 200
    assert (await follower.get(f"/media/{one.id}/file")).status == 404


async def test_credentials_that_hold_a_picture_of_all_of_it_are_not_handed_out(site: Site) -> None:
    one, _ = await shown(site)
    said = Credentials("untrusted", "none", "Somebody", "", None, "", ())
    async with site.db.write() as tx:
        await actions.say(tx, one.id, Proof(said, one.sha256, one.size))
        one = await actions.keep_credentials(
            tx, await site.anna.by(tx, site.anna.owner), await queries.one(tx, one.id), kept=True
        )
    address = f"/media/{one.id}/credentials.c2pa"
    assert (await site.stranger().get(address)).status == 200
    one = await cropped(site, one)
    async with site.db.write() as tx:  # as the worker reads them again
        await actions.say(tx, one.id, Proof(said, one.sha256, one.size))
    one = await now(site, one)
    assert (await site.stranger().get(address)).status == 404
    assert as_json(media_view(one))["credentials"]["file_url"] is None
    assert "credentials.c2pa" not in (await site.stranger().get(f"/media/{one.id}/credentials")).text
    turned = await cropped(site, one, Frame(turn=90))
    assert turned.frame.turn == 90
    async with site.db.write() as tx:
        await actions.say(tx, one.id, Proof(said, one.sha256, one.size))
    assert (await site.stranger().get(address)).status == 200, "nothing of it is hidden"


async def test_chapters_stand_beside_a_film_and_go_out_with_it(site: Site, tmp_path: Path) -> None:
    one, _ = await film(site, tmp_path)
    address = f"/media/{one.id}/chapters"
    assert (await site.stranger().get(f"{address}.vtt")).status == 404
    async with site.db.write() as tx:
        by = await site.anna.by(tx, site.anna.owner)
        await changing.chapter(tx, by, one, "0:00 Welcome\n0:01 <b>Kiln</b>")
    page = (await site.stranger().get("/@anna/news")).answer.text  # as it is sent
    assert f'<track kind="chapters" srclang="en" src="{address}.vtt">' in page
    assert 'data-chapter="1.0"' in page and "&lt;b&gt;Kiln&lt;/b&gt;" in page
    track = await site.stranger().get(f"{address}.vtt")
    assert (track.status, track.answer.headers["content-type"]) == (200, "text/vtt; charset=utf-8")
    assert track.answer.headers["cache-control"] == "private, no-cache"
    assert "00:00:01.000 --> 00:00:02" in track.text
    told = await site.stranger().get(f"{address}.json")
    assert told.answer.headers["content-type"] == "application/json+chapters"
    assert told.answer.json()["chapters"][1] == {"startTime": 1.0, "title": "<b>Kiln</b>"}


async def test_chapters_of_a_paid_film_are_for_who_paid(site: Site, tmp_path: Path) -> None:
    await site.anna.tier("Gold", 10)
    one, _ = await film(site, tmp_path, min_rank=10)
    async with site.db.write() as tx:
        by = await site.anna.by(tx, site.anna.owner)
        await changing.chapter(tx, by, one, "0:00 Canary of the kiln")
    follower = await site.browser(await site.anna.member("mia"))
    for who in (site.stranger(), follower):
        for name in ("chapters.vtt", "chapters.json"):
            assert (await who.get(f"/media/{one.id}/{name}")).status == 404
        assert "Canary" not in (await who.get("/@anna/news")).text
    owner = await site.browser(site.anna.owner)
    got = await owner.get(f"/media/{one.id}/chapters.vtt")
    assert (got.status, got.answer.headers["cache-control"]) == (200, "private, no-store")


async def test_a_podcast_names_them(site: Site, tmp_path: Path) -> None:
    one, _ = await voice(site, tmp_path)
    assert "podcast:chapters" not in (await site.stranger().get("/@anna/news/podcast.rss")).text
    async with site.db.write() as tx:
        by = await site.anna.by(tx, site.anna.owner)
        await changing.chapter(tx, by, one, "0:00 Welcome")
    feed = (await site.stranger().get("/@anna/news/podcast.rss")).text
    found = re.search(r'<podcast:chapters url="([^"]+)" type="application/json\+chapters"', feed)
    assert found and found[1].endswith(f"/media/{one.id}/chapters.json")
    assert (
        '<psc:chapters version="1.2"><psc:chapter start="00:00:00.000" title="Welcome" /></psc:chapters>'
        in feed
    )


async def test_a_podcast_keeps_its_id_at_another_address_and_names_no_chapters_of_paid_sounds(
    site: Site, tmp_path: Path
) -> None:
    await site.anna.tier("Gold", 10)
    one, _ = await voice(site, tmp_path, min_rank=10)
    async with site.db.write() as tx:
        by = await site.anna.by(tx, site.anna.owner)
        await changing.chapter(tx, by, one, "0:00 Canary of the kiln")
    feed = (await site.stranger().get("/@anna/news/podcast.rss")).text
    [guid] = re.findall(r"<podcast:guid>([0-9a-f-]{36})</podcast:guid>", feed)
    assert UUID(guid).version == 5 and "Canary" not in feed
    async with site.db.write() as tx:
        by, room = await site.anna.by(tx, site.anna.owner), await rooms.one(tx, site.anna.news.id)
        await governing.edit_room(tx, by, site.anna.community, room, slug="cast", name="Cast")
    moved = (await site.stranger().get("/@anna/cast/podcast.rss")).text
    assert f"<podcast:guid>{guid}</podcast:guid>" in moved
    _, place = await own_feed(site, site.anna.owner)
    private = (await site.stranger().get(f"{place}/podcast.rss")).text
    assert "Canary" in private and "podcast:guid" not in private, "a private feed is no show of its own"

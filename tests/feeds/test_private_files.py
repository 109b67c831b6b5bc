"""Private feeds: the files below them."""

import re
from pathlib import Path

from channel import feeds
from channel.media import changing
from tests.feeds.readers import ITUNES, below, give, items, one_of, own_feed, said
from tests.web.conftest import HOST, Site
from tests.web.test_playing import voice


async def test_sounds_and_pictures_lie_under_its_secret(site: Site, tmp_path: Path) -> None:
    """Whole and in parts, without a cookie; and no longer than their post is open to its owner."""
    gold = await site.anna.tier("Gold", 10)
    one, _ = await voice(site, tmp_path, min_rank=10, teaser="Later")
    member = await site.anna.member("bob", tier=gold)
    feed, place = await own_feed(site, member)
    page = await site.stranger().get(f"{place}/podcast.rss")
    (episode,) = items("podcast.rss", page)
    ((address, kind, length),) = episode.enclosures
    assert address == f"{HOST}{place}/media/{one.id}/sound.m4a" and kind == "audio/mp4"
    got = await site.stranger().get(below(address))
    assert (got.status, len(got.answer.content)) == (200, int(length))
    assert got.answer.headers["cache-control"] == "private, no-store"
    part = await site.stranger().get(below(address), range="bytes=5-9")
    assert (part.status, part.answer.content) == (206, got.answer.content[5:10])
    known = await site.stranger().get(below(address), **{"if-none-match": got.answer.headers["etag"]})
    assert known.status == 304 and known.answer.headers["cache-control"] == "private, no-store"
    async with site.db.write() as tx:
        await changing.chapter(tx, await site.anna.by(tx, site.anna.owner), one, "0:00 Welcome")
    listed = re.search(
        r'podcast:chapters url="([^"]+)"', (await site.stranger().get(f"{place}/podcast.rss")).text
    )
    assert listed and listed[1] == f"{HOST}{place}/media/{one.id}/chapters.json"
    told = await site.stranger().get(below(listed[1]))
    assert (told.status, told.answer.headers["cache-control"]) == (200, "private, no-store")
    assert "Welcome" in told.text
    assert (await site.stranger().get(f"/media/{one.id}/sound.m4a")).status == 404, "not without the secret"
    await give(site, member, site.anna.free)
    for gone in (address, listed[1]):
        assert (await site.stranger().get(below(gone))).status == 404
    assert (await site.stranger().get(f"{place}/podcast.rss")).answer.text.count("<item>") == 0
    await give(site, member, gold)
    async with site.db.write() as tx:
        await feeds.revoke(tx, member.id, feed.id)
    assert (await site.stranger().get(below(address))).status == 410


async def test_a_podcast_of_ones_own_is_blocked_from_directories(site: Site, tmp_path: Path) -> None:
    from xml.etree.ElementTree import fromstring

    await voice(site, tmp_path)
    _, place = await own_feed(site, await site.anna.member("bob"))
    page = await site.stranger().get(f"{place}/podcast.rss")
    items("podcast.rss", page)
    assert said(one_of(fromstring(page.answer.content), "channel"), f"{ITUNES}block") == "yes"


async def test_the_feed_of_a_room_opens_files_of_that_room_alone(site: Site, tmp_path: Path) -> None:
    circle = await site.anna.room("circle", min_rank=0)
    there, _ = await voice(site, tmp_path, room=circle)
    here, _ = await voice(site, tmp_path)
    owner = site.anna.owner  # who may see every file of the community, in posts or not
    _, of_circle = await own_feed(site, owner, circle)
    _, of_all = await own_feed(site, owner)
    stranger = site.stranger()
    assert (await stranger.get(f"{of_circle}/media/{there.id}/sound.m4a")).status == 200
    assert (await stranger.get(f"{of_circle}/media/{here.id}/sound.m4a")).status == 404
    assert (await stranger.get(f"{of_all}/media/{here.id}/sound.m4a")).status == 200


async def test_what_no_post_carries_is_in_no_feed(site: Site) -> None:
    """An address that went around must not open what its owner only keeps here."""
    from tests.media.sending import photo, prepared, send

    desk = site.app.state.services.media
    kept = await send(desk, site.anna, photo())
    await prepared(site.db, desk, site.settings.data, kept)
    _, place = await own_feed(site, site.anna.owner)
    signed = await site.browser(site.anna.owner)
    assert (await signed.get(f"/media/{kept.id}/320.webp")).status == 200
    assert (await site.stranger().get(f"{place}/media/{kept.id}/320.webp")).status == 404

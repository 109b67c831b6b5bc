"""A post of pictures alone: what other places call it is never the name that a camera gave to a file."""

from pathlib import Path

from channel.members import governing
from tests.feeds.readers import items
from tests.media.sending import prepared, send
from tests.posts import writing
from tests.web.conftest import Site
from tests.web.test_cropping import halves
from tests.web_account import gallery

CAMERA = "IMG_4711.png"


async def _post(site: Site, *, alt: str = "") -> int:
    desk = site.app.state.services.media
    one = await send(desk, site.anna, halves(), name=CAMERA, alt=alt)
    post = await writing.post(site.anna, "", media=[one.id])
    await prepared(site.db, desk, site.settings.data, one)
    return post.seq


async def test_feeds_frames_and_cards_say_that_it_is_a_picture(site: Site, tmp_path: Path) -> None:
    seq = await _post(site)
    async with site.db.write() as tx:
        by = await site.anna.by(tx, site.anna.owner)
        await governing.edit_community(tx, by, await site.anna.refresh(), language="de")
    for name in ("feed.atom", "feed.rss", "feed.json"):
        page = await site.stranger().get(f"/@anna/news/{name}")
        assert items(name, page)[0].title == "Ein Bild" and CAMERA not in page.text
    for path in (
        f"/embed/@anna/news/{seq}?lang=de",
        "/embed/@anna/news?lang=de",
        f"/oembed?url={site.settings.url}/@anna/news/{seq}",
    ):
        page = await site.stranger().get(path)
        assert page.status == 200 and CAMERA not in page.text, path
    assert "Ein Bild" in (await site.stranger().get("/embed/@anna?lang=de")).text
    head = (await site.stranger().get(f"/@anna/news/{seq}")).text.partition("</head>")[0]
    assert "og:title" in head and CAMERA not in head


async def test_what_somebody_wrote_to_it_comes_first(site: Site) -> None:
    await _post(site, alt="Two halves of a bowl")
    page = await site.stranger().get("/@anna/news/feed.atom")
    assert items("feed.atom", page)[0].title == "Two halves of a bowl"


async def test_letters_say_that_it_is_a_picture(site: Site) -> None:
    desk = site.app.state.services.media
    posts = []
    for name in (CAMERA, "VID_1.png"):
        one = await send(desk, site.anna, halves(), name=name)
        posts.append(await writing.post(site.anna, "", media=[one.id]))
    bob = await gallery.reader(site, wanted=False, language="de")
    alone = await gallery.letter(site, bob, posts[0])
    assert CAMERA not in alone.subject + alone.text + alone.html
    several = await gallery.letter(site, bob, *posts)
    assert "Ein Bild" in several.text and CAMERA not in several.text + several.html

"""The link preview of a post in the studio, by plain forms."""

from channel import previews
from channel.events import PreviewDue
from channel.posts import queries
from channel.previews.actions import fill
from channel.previews.model import Found
from tests.web_studio.conftest import Browser, Site, says

LINK = "https://pots.example.org/market"


async def sent(site: Site, anna: Browser, **more: object) -> queries.Post:
    """A post with a link, whose page was asked unless that was declined."""
    letter = {
        "key": f"k{len(more)}",
        "room": site.anna.news.id,
        "text": LINK,
        "min_rank": "",
        "ai": "none",
        **more,
    }
    await anna.send("/posts", letter)
    async with site.db.write() as tx:
        (made, *_) = await queries.page(tx, site.anna.news.id)
        due = PreviewDue(post_id=made.id, room_id=made.room_id)
        await fill(tx, due, [LINK], LINK, LINK, Found("Market", "84 workshops"))
    return made


async def shown(site: Site, made: queries.Post) -> tuple[str, str] | None:
    async with site.db.read() as tx:
        found = (await previews.of_posts(tx, [made.id])).get(made.id)
    return found and (found.title, found.description)


async def test_it_is_said_in_other_words_and_removed(site: Site, anna: Browser) -> None:
    made = await sent(site, anna)
    at = f"/posts/{made.id}"
    assert 'value="Market"' in await anna.see(at)
    await anna.send(at, {"do": "link_words", "title": "The market", "description": ""})
    assert await shown(site, made) == ("The market", "")
    says(
        await anna.post(at, {"do": "link_words", "title": "", "description": "x"}),
        422,
        "A title has 1 to 200",
    )
    page = await anna.send(at, {"do": "unlink"})
    assert "shows no link preview any more" in page
    assert "Save the preview" not in page
    assert await shown(site, made) is None
    assert (await queries_one(site, made)).rev == 1


async def queries_one(site: Site, made: queries.Post) -> queries.Post:
    async with site.db.read() as tx:
        return await queries.one(tx, made.id)


async def test_a_post_is_sent_without_one(site: Site, anna: Browser) -> None:
    assert await shown(site, await sent(site, anna, no_preview="1")) is None


async def test_a_room_shows_none(site: Site, anna: Browser) -> None:
    assert "Show what new posts link to" in await anna.see("/rooms/news")
    room = {"name": "News", "slug": "news", "about": "", "min_rank": "", "asks_previews": "1"}
    await anna.send("/rooms/news", room)
    assert await shown(site, await sent(site, anna)) is None
    await anna.send("/rooms/news", room | {"previews": "1"})
    assert await shown(site, await sent(site, anna, a="1", b="2")) is not None

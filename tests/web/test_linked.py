"""Pictures of link previews: served like the post that shows them."""

import re

from channel import previews
from channel.events import PreviewDue
from channel.handlers import LINKED, drawing
from channel.looks import parse_cut
from channel.media.minting import Made
from channel.posts.model import Post
from channel.previews.actions import fill
from channel.previews.model import Found, Pictures
from tests.media.sending import photo
from tests.web.conftest import Site

LINK = "https://pots.example.org/market"


async def linked(site: Site, *, min_rank: int | None = None) -> Post:
    """A post whose page has a picture and an icon."""
    post = await site.post(LINK, min_rank=min_rank)
    draw = drawing(site.app.state.services.media.mint)
    picture, icon = await draw(photo(600, 300), "picture"), await draw(photo(32, 32), "icon")
    assert picture[1] and icon[1]
    async with site.db.write() as tx:
        due = PreviewDue(post_id=post.id, room_id=post.room_id)
        await fill(tx, due, [LINK], LINK, LINK, Found("Market"), kept=Pictures(*picture, *icon))
    return post


async def addresses(site: Site, post: Post) -> list[str]:
    async with site.db.read() as tx:
        one = await previews.one(tx, post.id)
    return [f"/linked/{post.id}/{key}.webp" for key in (one.picture_key, one.icon_key)]


async def test_a_reader_is_shown_what_lies_with_us(site: Site) -> None:
    post = await linked(site)
    page = await site.stranger().get(f"/@anna/news/{post.seq}")
    assert re.findall(r"/linked/[^\"]*", page.text) == await addresses(site, post)
    assert not re.findall(r'(?:src|srcset|poster)="(?:https?:)?//', page.text), "nobody elsewhere is asked"
    for address in await addresses(site, post):
        got = (await site.stranger().get(address)).answer
        assert (got.status_code, got.headers["content-type"]) == (200, "image/webp")
        assert got.headers["cache-control"] == "private, max-age=31536000, immutable"
        assert got.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert got.content[8:12] == b"WEBP"


async def test_that_of_a_locked_post_is_locked(site: Site) -> None:
    await site.anna.tier("Gold", 10)
    post = await linked(site, min_rank=10)
    anna, stranger = await site.browser(site.anna.owner), site.stranger()
    assert "/linked/" not in (await stranger.get(f"/@anna/news/{post.seq}")).text
    for address in await addresses(site, post):
        assert (await stranger.get(address)).status == 404
        got = (await anna.get(address)).answer
        assert (got.status_code, got.headers["cache-control"]) == (200, "private, no-store")


async def test_only_this_posts_pictures_and_only_while_it_shows_them(site: Site) -> None:
    one, other = await linked(site), await site.post("No link")
    stranger = site.stranger()
    (picture, icon) = await addresses(site, one)
    for wrong in (
        picture.replace(one.id, other.id), picture.replace(one.id, "x"), f"/linked/{one.id}/{'a' * 64}.webp",
        f"/linked/{one.id}/x.webp", f"/linked/{one.id}/%00.webp",
    ):  # fmt: skip
        assert (await stranger.get(wrong)).status == 404, wrong
    anna = await site.browser(site.anna.owner)
    page = await anna.get(f"/studio/anna/posts/{one.id}")
    assert 'name="no_picture"' in page.text
    await anna.follow(
        f"/studio/anna/posts/{one.id}", {"do": "link_words", "title": "Market", "no_picture": "1"}
    )
    assert (await stranger.get(picture)).status == 404
    assert (await stranger.get(icon)).status == 200
    assert 'name="no_picture"' not in (await anna.get(f"/studio/anna/posts/{one.id}")).text


async def test_what_is_no_picture_is_left_out(site: Site) -> None:
    draw = drawing(site.app.state.services.media.mint)
    for content in (b"", b"<svg/>", b"\x00\x00\x01\x00ico", photo()[:200], b"\xff\xd8\xff" + b"x" * 1_000):
        assert await draw(content, "picture") == ("", 0)
    made = await site.app.state.services.media.mint.whole(photo(500, 300), LINKED["picture"])
    assert isinstance(made, Made) and (made.width, made.height) == (276, 276)
    assert parse_cut("icon").sizes != LINKED["icon"].sizes

"""Everybody's feeds: valid in every form, a guest's view and no more."""

import io
import json
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from PIL import Image
from sqlalchemy import update

from channel import communities, looks, rooms
from channel.looks import parse_cut
from channel.media import actions
from channel.media import queries as media_queries
from channel.members import Role, governing
from channel.members.actions import give_role
from channel.posts.tables import posts
from channel.render.feeds.collecting import MOST_HTML_CHARS
from channel.rooms import Room
from tests.cast import creator
from tests.feeds.readers import FORMS, below, items, pictured, text_of
from tests.media.sending import photo, pieces
from tests.polls.asking import ask
from tests.posts import writing
from tests.topics import talking
from tests.web.conftest import HOST, Site
from tests.web.test_playing import film, voice

EVERYWHERE = ("/@anna", "/@anna/news")
READ = ("feed.atom", "feed.rss", "feed.json")


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("place", EVERYWHERE)
async def test_an_empty_feed_is_a_feed(site: Site, name: str, place: str) -> None:
    assert items(name, await site.stranger().get(f"{place}/{name}")) == []


@pytest.mark.parametrize("name", READ)
async def test_posts_stand_in_it_newest_first_with_whole_addresses(site: Site, name: str) -> None:
    await site.post("First, with a [link](https://example.org/?a=1&b=2) and *weight*")
    await site.post("Second, in #news, by @anna_ <b>not bold</b> & more")
    for place in EVERYWHERE:
        second, first = items(name, await site.stranger().get(f"{place}/{name}"))
        assert first.link == f"{HOST}/@anna/news/1" and second.link == f"{HOST}/@anna/news/2"
        assert '<a href="https://example.org/?a=1&amp;b=2">link</a>' in first.html
        assert "<em>weight</em>" in first.html
        assert "&lt;b&gt;not bold&lt;/b&gt; &amp; more" in second.html


@pytest.mark.parametrize("name", READ)
async def test_what_an_address_of_ours_says_is_whole_elsewhere(site: Site, name: str) -> None:
    await writing.post(site.anna, "See #news and #tagged")
    (one,) = items(name, await site.stranger().get(f"/@anna/{name}"))
    assert f'href="{HOST}/@anna/news"' in one.html and f'href="{HOST}/@anna/tag/tagged"' in one.html


HOSTILE = {
    "the end of CDATA": "a ]]> b <![CDATA[ c",
    "an entity": "&lt;x&gt; &amp;amp; &nope; &#0; &#x1f;",
    "a document type": '<!DOCTYPE x [<!ENTITY e "boom">]> &e;',
    "no characters of XML": "a\ufffe\uffffb",
    "emoji and family": "👩‍👩‍👧‍👦 🇩🇪 ❤️‍🔥 \U0001f9d1\U0001f3ff",
    "right to left": "\u202eabc\u2066 שלום",
    "a combining bomb": "a" + "\u0301" * 2_000,
    "an instruction": "<?xml version='1.0'?><?php x ?>",
    "a script": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "a link that runs": "[x](javascript:alert(1)) <javascript:alert(1)>",
    "as long as it may be": "word " * 1_999,
}


@pytest.mark.parametrize("kind", sorted(HOSTILE))
async def test_no_text_breaks_a_feed(site: Site, kind: str) -> None:
    """As a post, and as a teaser on a locked one, which stands in it as words alone."""
    text = HOSTILE[kind]
    await site.anna.tier("Gold", 10)
    await site.post(text)
    await site.post("Paid", min_rank=10, teaser=text[:280])
    for name in READ:
        locked, opened = items(name, await site.stranger().get(f"/@anna/{name}"))
        assert "javascript:" not in [part.partition('"')[0] for part in opened.html.split('href="')[1:]]
        assert "<script" not in opened.html + locked.html
        assert opened.link.endswith("/1") and locked.link.endswith("/2")


async def test_a_name_that_no_xml_may_hold_is_left_out_of_it(site: Site) -> None:
    """What came in by another way than our forms: an import, an older version."""
    await site.post("Hello")
    async with site.db.write() as tx:
        await communities.update_fields(tx, site.anna.community.id, about="A \ufffe & B ]]>")
    for name in FORMS:
        page = await site.stranger().get(f"/@anna/{name}")
        items(name, page)
        assert name == "feed.json" or "\ufffe" not in page.answer.text


@pytest.mark.parametrize("name", READ)
async def test_a_locked_post_is_its_teaser_and_the_way_to_it(site: Site, name: str) -> None:
    await site.anna.tier("Gold", 10)
    await site.post("CNRY the secret of the glaze", min_rank=10, teaser="How the glaze came about")
    page = await site.stranger().get(f"/@anna/{name}")
    (one,) = items(name, page)
    assert "CNRY" not in page.answer.text
    assert one.title == "For Gold: How the glaze came about"
    assert "This post is for Gold." in one.html and f'href="{HOST}/@anna/news/1"' in one.html
    assert one.enclosures == ()


async def test_how_ai_was_used_stands_in_every_form(site: Site) -> None:
    await writing.post(site.anna, "Drawn by a machine", ai="generated")
    await site.anna.tier("Gold", 10)
    await writing.post(site.anna, "Locked, so it is not told", ai="assisted", min_rank=10)
    atom, rss, feed = [(await site.stranger().get(f"/@anna/{name}")).answer.text for name in READ]
    assert '<category scheme="urn:channel:ai" term="generated" />' in atom
    assert '<category domain="urn:channel:ai">generated</category>' in rss
    assert [item["_channel"]["ai"] for item in json.loads(feed)["items"]] == [None, "generated"]
    assert "assisted" not in atom + rss + feed
    for text in (atom, rss, feed):
        assert "Made by AI" in text


async def test_a_signed_in_reader_gets_what_a_guest_gets(site: Site) -> None:
    """Or a shared cache would hand on what one of them may see."""
    gold = await site.anna.tier("Gold", 10)
    await site.post("CNRY", min_rank=10)
    reader = await site.browser(await site.anna.member("gold", tier=gold))
    owner = await site.browser(site.anna.owner)
    for name in FORMS:
        guest = (await site.stranger().get(f"/@anna/{name}")).answer
        for one in (reader, owner):
            mine = (await one.get(f"/@anna/{name}")).answer
            assert mine.content == guest.content and b"CNRY" not in mine.content
            assert mine.headers["etag"] == guest.headers["etag"]
            assert "set-cookie" not in mine.headers


@pytest.mark.parametrize("name", FORMS)
async def test_a_room_that_a_guest_may_not_enter_has_no_feed(site: Site, name: str) -> None:
    await site.anna.room("circle", min_rank=0)
    await site.post("CNRY inside", room=(await rooms_of(site))["circle"])
    closed = await site.stranger().get(f"/@anna/circle/{name}")
    nothing = await site.stranger().get(f"/@anna/nowhere/{name}")
    assert closed.status == nothing.status == 404
    owner = await (await site.browser(site.anna.owner)).get(f"/@anna/circle/{name}")
    assert owner.status == 404, "whoever asks"
    assert "CNRY" not in (await site.stranger().get(f"/@anna/{name}")).answer.text


async def rooms_of(site: Site) -> dict[str, Room]:
    async with site.db.read() as tx:
        return {room.slug: room for room in await rooms.of_community(tx, site.anna.community.id)}


@pytest.mark.parametrize("name", FORMS)
async def test_a_private_or_deleted_community_has_no_feed(site: Site, name: str) -> None:
    await creator(site.db, "zoe", visibility="private")
    for address in (f"/@zoe/{name}", f"/@zoe/news/{name}", f"/@yve/{name}"):
        assert (await site.stranger().get(address)).status == 404
    async with site.db.write() as tx:
        by = await site.anna.by(tx, site.anna.owner)
        await governing.delete_community(tx, by, site.anna.community, typed_handle="anna")
    assert (await site.stranger().get(f"/@anna/{name}")).status == 404


async def test_an_unlisted_one_is_not_to_be_indexed(site: Site) -> None:
    await site.post("Hello")
    assert "x-robots-tag" not in (await site.stranger().get("/@anna/feed.atom")).answer.headers
    async with site.db.write() as tx:
        await communities.update_fields(tx, site.anna.community.id, visibility="unlisted")
    for _ in range(2):  # made, and from the shelf
        answer = (await site.stranger().get("/@anna/feed.atom")).answer
        assert answer.status_code == 200 and answer.headers["x-robots-tag"] == "noindex"


async def test_the_newest_thirty_and_no_traces(site: Site) -> None:
    made = [await site.post(f"Number {number}") for number in range(33)]
    await writing.remove(site.anna, made[-1])
    for place in EVERYWHERE:
        found = items("feed.atom", await site.stranger().get(f"{place}/feed.atom"))
        assert [one.title for one in found] == [f"Number {number}" for number in range(31, 1, -1)]


async def test_a_public_group_has_a_feed_and_stays_out_of_the_one_of_all(site: Site) -> None:
    group = await talking.group(site.anna, "talk")
    topic = await talking.start(site.anna, group, "Glazes")
    await talking.say(site.anna, group, "A word in the group", topic=topic)
    (alone, *_) = items("feed.atom", await site.stranger().get("/@anna/talk/feed.atom"))
    assert alone.title == "A word in the group"
    assert items("feed.atom", await site.stranger().get("/@anna/feed.atom")) == []


async def test_a_group_that_hides_its_past_hides_it_here(site: Site) -> None:
    group = await talking.group(site.anna, "fresh", history=0)
    topic = await talking.start(site.anna, group, "Glazes")
    await talking.say(site.anna, group, "CNRY said before", topic=topic)
    site.clock.forward(1000)
    page = await site.stranger().get("/@anna/fresh/feed.atom")
    assert items("feed.atom", page) == [] and "CNRY" not in page.answer.text


@pytest.mark.parametrize("name", READ)
async def test_spoilers_stay_hidden_where_no_style_hides_them(site: Site, name: str) -> None:
    await site.post("He is ||CNRY his *brother*|| and\n\n||CNRY the whole paragraph||\n\nso")
    page = await site.stranger().get(f"/@anna/{name}")
    (one,) = items(name, page)
    assert "CNRY" not in page.answer.text and "brother" not in one.html
    assert "▒▒▒ and" in one.html and "<p>so</p>" in one.html


async def test_a_poll_is_asked_without_its_counts(site: Site) -> None:
    await ask(site.anna, text="Which?", options=["Blue", "Red"])
    (one,) = items("feed.json", await site.stranger().get("/@anna/feed.json"))
    assert "<li>Blue</li><li>Red</li>" in one.html and "%" not in one.html


async def test_pictures_sounds_and_videos_are_there_for_everybody(site: Site, tmp_path: Path) -> None:
    await pictured(site, "Look", photo(), alt='A "bowl" & more')
    await voice(site, tmp_path)
    await film(site, tmp_path)
    stranger = site.stranger()
    for name in READ:
        moving, sounding, picture = items(name, await stranger.get(f"/@anna/{name}"))
        assert 'alt="A &#34;bowl&#34; &amp; more"' in picture.html
        src = picture.html.partition('src="')[2].partition('"')[0]
        assert (await stranger.get(below(src))).status == 200
        for item, kind in ((sounding, "audio/mp4"), (moving, "video/mp4")):
            ((address, told, length),) = item.enclosures
            got = await stranger.get(below(address))
            assert told == kind == got.answer.headers["content-type"]
            assert int(length) == len(got.answer.content) == int(got.answer.headers["content-length"])


async def test_a_podcast_is_the_posts_with_sound(site: Site, tmp_path: Path) -> None:
    await site.anna.tier("Gold", 10)
    await voice(site, tmp_path)
    await voice(site, tmp_path, min_rank=10, teaser="Later")
    await site.post("No sound")
    page = await site.stranger().get("/@anna/podcast.rss")
    (one,) = items("podcast.rss", page)
    ((address, kind, length),) = one.enclosures
    assert kind == "audio/mp4" and int(length) > 1_000 and address.endswith("/sound.m4a")
    assert "<itunes:duration>2</itunes:duration>" in page.answer.text
    assert "itunes:block" not in page.answer.text
    part = await site.stranger().get(below(address), range="bytes=0-99")
    assert (part.status, len(part.answer.content)) == (206, 100)


async def test_what_is_sensitive_is_looked_at_on_the_page(site: Site) -> None:
    seen = await pictured(site, "Look", photo())
    async with site.db.write() as tx:
        by = await site.anna.by(tx, site.anna.owner)
        await actions.describe(tx, by, await media_queries.one(tx, seen.id), sensitive=True)
    (one,) = items("feed.atom", await site.stranger().get("/@anna/feed.atom"))
    assert "<img" not in one.html and "look at it on the page" in one.html


async def test_it_speaks_the_language_of_the_community(site: Site) -> None:
    await site.anna.tier("Gold", 10)
    await site.post("Paid", min_rank=10)
    async with site.db.write() as tx:
        await communities.update_fields(tx, site.anna.community.id, language="de")
    page = await site.stranger("en").get("/@anna/feed.atom")
    assert "Dieser Beitrag ist für Gold." in page.answer.text and 'xml:lang="de"' in page.answer.text


async def test_a_megabyte_of_posts_comes_short_and_holds_nobody_up(site: Site) -> None:
    """As much HTML as a post can have, ten times: what comes last is its first line and the way to it."""
    long = "<p>" + "x&amp;" * 40_000 + "</p>"
    made = [await site.post(f"Number {number}") for number in range(10)]
    async with site.db.write() as tx:
        await tx.run(update(posts).where(posts.c.id.in_([post.id for post in made])).values(html=long))
    page = await site.stranger().get("/@anna/feed.json")
    found = items("feed.json", page)
    assert len(found) == 10
    assert [len(one.html) > 100_000 for one in found] == [True] * 4 + [False] * 6
    assert "Read all of it on the page" in found[-1].html and "Number 0" in found[-1].html
    assert len(page.answer.content) < 2 * MOST_HTML_CHARS


async def test_pages_tell_browsers_and_people_where_the_feeds_are(site: Site) -> None:
    await site.anna.room("circle", min_rank=0)
    stranger = site.stranger()
    door, news = await stranger.get("/@anna"), await stranger.get("/@anna/news")
    for page, place in ((door, "/@anna"), (news, "/@anna/news")):
        for kind, name in (("atom+xml", "feed.atom"), ("rss+xml", "feed.rss"), ("feed+json", "feed.json")):
            assert f'<link rel="alternate" type="application/{kind}"' in page.text
            assert f'href="{HOST}{place}/{name}"' in page.text
    assert 'href="/@anna/feeds"' in door.text
    listed = await stranger.get("/@anna/feeds")
    assert listed.status == 200 and f"{HOST}/@anna/news/podcast.rss" in listed
    assert "circle" not in listed.answer.text
    member = await site.browser(await site.anna.member("bob"))
    closed = await member.get("/@anna/circle")
    assert closed.status == 200 and 'rel="alternate"' not in closed.text
    assert "/account/feeds?of=anna" in await member.get("/@anna/feeds")


async def test_a_private_community_says_on_its_page_that_it_has_none(site: Site) -> None:
    zoe = await creator(site.db, "zoe", visibility="private")
    inside = await site.browser(zoe.owner)
    listed = await inside.get("/@zoe/feeds")
    assert listed.status == 200 and "feed.atom" not in listed.text
    assert 'rel="alternate"' not in (await inside.get("/@zoe")).text
    assert (await site.stranger().get("/@zoe/feeds")).status == 404


async def test_odd_addresses_are_nothing(site: Site) -> None:
    for address in (
        "/@anna/feed.xml",
        "/@anna/news/feed",
        f"/@anna/{quote('feed.atom/')}",
        "/@ANNA%00/feed.atom",
    ):
        assert (await site.stranger().get(address)).status in (404, 307), address


async def test_the_icon_is_the_communitys_own_once_it_has_one(site: Site) -> None:
    async with site.app.state.services.media.mint.sheet() as sheet:
        await sheet.take(pieces(photo()), 1_000_000)
        made = await sheet.cut(parse_cut("icon"))
    async with site.db.write() as tx:
        by = await site.anna.by(tx, site.anna.owner)
        worn = (await looks.dress(tx, by, site.anna.community, "avatar", made)).avatar
    page = await site.stranger().get("/@anna/feed.atom")
    assert f"<icon>{HOST}{looks.address(worn, 256)}</icon>" in page.answer.text


async def test_the_picture_of_a_podcast_is_what_apps_take(site: Site) -> None:
    """PNG, square, 1,400 pixels at least; and there for whoever asks."""
    page = await site.stranger().get("/@anna/podcast.rss")
    found = re.search(r'<itunes:image href="([^"]+)"', page.answer.text)
    assert found
    got = await site.stranger().get(below(found[1]))
    assert got.status == 200 and got.answer.headers["content-type"] == "image/png"
    image = Image.open(io.BytesIO(got.answer.content))
    image.load()
    assert image.format == "PNG" and image.size == (1_400, 1_400)
    assert len({image.convert("RGB").getpixel((x, 700)) for x in range(1_400)}) > 1
    for odd in ("360", "-1", "x", "007", "²"):
        assert (await site.stranger().get(f"/covers/podcast-{odd}.png")).status == 404, odd


async def test_posts_by_whoever_wrote_them_stand_under_their_name(site: Site) -> None:
    editor = await site.anna.member("Edi")
    async with site.db.write() as tx:
        by = await site.anna.by(tx, site.anna.owner)
        await give_role(tx, by, site.anna.community, editor.id, Role.EDITOR)
    await writing.post(site.anna, "By Edi", author=editor)
    assert "<name>Edi</name>" in await text_of(site, "/@anna")

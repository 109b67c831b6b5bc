"""What stands in a frame on another site: a stranger's view, for everybody the same."""

import re

import pytest

from channel.media import actions
from channel.media import queries as media_queries
from channel.members import governing
from channel.web.embeds.frames import SHARED, TEXT_CHARS
from tests.cast import creator
from tests.embeds.conftest import change
from tests.feeds.readers import pictured
from tests.media.sending import photo
from tests.posts import writing
from tests.web.conftest import HOST, Page, Site
from tests.web.test_looks import addresses, send

POST, ROOM, ALL = "/embed/@anna/news/1", "/embed/@anna/news", "/embed/@anna"
EVERY = (POST, ROOM, ALL)


def is_gone(page: Page) -> bool:
    """Nothing is told, in a form that is fit for a frame."""
    return (
        page.status == 404 and "No longer here" in page.text and "x-frame-options" not in page.answer.headers
    )


@pytest.mark.parametrize("address", EVERY)
async def test_a_public_post_stands_in_the_card_and_in_the_lists(site: Site, address: str) -> None:
    await site.post("Out of the *kiln*, see #news")
    page = await site.stranger().get(address)
    assert page.status == 200
    assert "kiln" in page.text and f'href="{HOST}/@anna/news/1"' in page.text
    assert '<base target="_blank">' in page.text and '<meta name="robots" content="noindex">' in page.text
    assert re.search(rf'<link rel="canonical" href="{HOST}/@anna[a-z0-9/]*">', page.text)


async def test_the_list_of_a_community_says_which_room_each_post_is_of(site: Site) -> None:
    await site.anna.tier("Gold", 10)
    await site.anna.room("shop", name="The shop window")
    shop = await site.anna.room("diary", name="Diary of the kiln")
    await site.post("Hello")
    await writing.post(site.anna, "New in", room=shop, min_rank=10, teaser="A look")
    page = (await site.stranger().get(ALL)).text
    assert "· Diary of the kiln</span>" in page and "The shop window" not in page
    assert "Diary of the kiln" not in (await site.stranger().get(ROOM)).text


@pytest.mark.parametrize("address", EVERY)
async def test_any_page_may_show_it_and_it_loads_nothing_from_elsewhere(site: Site, address: str) -> None:
    await site.post("Hello, ![x](https://evil.test/x.png) https://example.org")
    answer = (await site.stranger().get(address)).answer
    policy = answer.headers["content-security-policy"]
    assert policy.endswith("frame-ancestors http: https:") and "default-src 'none'" in policy
    assert "x-frame-options" not in answer.headers
    loaded = re.findall(r'(?:src|poster)="([^"]+)"|<link rel="stylesheet" href="([^"]+)"', answer.text)
    assert loaded
    for source, sheet in loaded:
        one = source or sheet
        assert one.startswith(("/static/", HOST)), one
    for path in re.findall(r'"(/static/[^"]+)"', answer.text):
        asset = (await site.stranger().get(path)).answer
        assert asset.status_code == 200 and asset.headers["cross-origin-resource-policy"] == "cross-origin", (
            path
        )


@pytest.mark.parametrize(
    "address",
    ["/@anna/news/1", "/@anna/news", "/@anna", "/", "/join/x", "/oembed?url=x", "/embed", "/embed/x/y/z/1"],
)
async def test_nothing_else_can_be_put_into_a_frame(site: Site, address: str) -> None:
    await site.post("Hello")
    headers = (await site.stranger().get(address)).answer.headers
    assert (
        headers["x-frame-options"] == "DENY"
        and "frame-ancestors 'none'" in headers["content-security-policy"]
    )


async def test_a_wrong_method_below_embed_is_not_framed_either(site: Site) -> None:
    await site.post("Hello")
    answer = (await site.stranger().post(POST)).answer
    assert answer.status_code == 405 and answer.headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize("address", EVERY)
async def test_who_is_signed_in_sees_in_it_what_a_stranger_sees(site: Site, address: str) -> None:
    await site.anna.tier("Gold", 10)
    await site.post("CNRY for gold", min_rank=10, teaser="Something golden")
    guest = (await site.stranger().get(address)).answer
    owner = await site.browser(site.anna.owner)
    owner.http.cookies.set("language", "de", domain="channel.test")
    owner.http.cookies.set("theme", "dark", domain="channel.test")
    for _ in range(2):
        own = (await owner.get(address)).answer
        assert own.content == guest.content and "set-cookie" not in own.headers
    assert "CNRY" not in guest.text and "Something golden" in guest.text and "For Gold" in guest.text


async def test_a_locked_post_is_its_card(site: Site) -> None:
    await site.anna.tier("Gold", 10)
    await site.post("CNRY", min_rank=10, teaser="How the glaze <came> about")
    page = await site.stranger().get(POST)
    text = page.answer.text
    assert "How the glaze &lt;came&gt; about" in text and "How to read it" in text
    assert "CNRY" not in text and "<title>How the glaze &lt;came&gt; about · " in text


async def test_what_is_deleted_is_gone_from_all_three(site: Site) -> None:
    post = await site.post("CNRY taken back")
    assert "CNRY" in (await site.stranger().get(POST)).text
    await writing.remove(site.anna, post)
    assert is_gone(await site.stranger().get(POST))
    for address in (ROOM, ALL):
        assert "CNRY" not in (await site.stranger().get(address)).text


@pytest.mark.parametrize("address", EVERY)
async def test_a_private_community_is_never_shown(site: Site, address: str) -> None:
    await site.post("CNRY")
    await change(site, visibility="private")
    owner = await site.browser(site.anna.owner)
    for browser in (site.stranger(), owner):
        page = await browser.get(address)
        assert is_gone(page) and "CNRY" not in page.text
        assert page.text == (await browser.get(address.replace("anna", "nobody"))).text


@pytest.mark.parametrize("address", EVERY)
async def test_the_creator_can_switch_it_off_and_on_again(site: Site, address: str) -> None:
    await site.post("CNRY")
    await change(site, embeddable=False)
    page = await site.stranger().get(address)
    assert is_gone(page) and "CNRY" not in page.text
    await change(site, embeddable=True)
    assert "CNRY" in (await site.stranger().get(address)).text


@pytest.mark.parametrize("address", EVERY)
async def test_an_unlisted_community_is_shown_to_who_knows_it(site: Site, address: str) -> None:
    await site.post("Hello")
    await change(site, visibility="unlisted")
    page = await site.stranger().get(address)
    assert page.status == 200 and '<meta name="robots" content="noindex">' in page.text


@pytest.mark.parametrize("address", EVERY)
async def test_a_deleted_community_is_gone(site: Site, address: str) -> None:
    await site.post("CNRY")
    async with site.db.write() as tx:
        by = await site.anna.by(tx, site.anna.owner)
        await governing.delete_community(tx, by, site.anna.community, typed_handle="anna")
    assert is_gone(await site.stranger().get(address))


async def test_closed_rooms_and_groups_are_not_shown(site: Site) -> None:
    circle = await site.anna.room("circle", min_rank=0)
    await site.post("CNRY inside", room=circle)
    for address in (
        "/embed/@anna/circle",
        "/embed/@anna/circle/1",
        "/embed/@anna/nowhere",
        "/embed/@anna/news/9",
    ):
        assert is_gone(await site.stranger().get(address)), address
    assert "CNRY" not in (await site.stranger().get(ALL)).text


async def test_it_speaks_the_language_and_wears_the_theme_that_the_other_site_asks_for(site: Site) -> None:
    await site.post("Hello")
    assert 'lang="de"' in (await site.stranger("de").get(POST)).text
    german = await site.stranger("en").get(f"{POST}?lang=de&theme=dark")
    assert 'lang="de"' in german.text and 'data-theme="dark"' in german.text and "Zum Beitrag" in german.text
    plain = await site.stranger("en").get(f"{POST}?lang=xx&theme=%3Cscript%3E")
    assert plain.status == 200 and 'lang="en"' in plain.text and "data-theme" not in plain.text
    assert "script>" not in plain.text.partition("theme")[0].partition("<body>")[2]


async def test_shared_caches_keep_it_for_a_minute_and_ask_by_its_tag(site: Site) -> None:
    await site.post("Hello")
    first = (await site.stranger().get(ROOM)).answer
    assert first.headers["cache-control"] == SHARED and "max-age=60" in SHARED and "s-maxage=60" in SHARED
    assert first.headers["vary"] == "accept-language"
    again = (await site.stranger().get(ROOM, **{"if-none-match": first.headers["etag"]})).answer
    assert again.status_code == 304 and not again.content
    assert again.headers["cache-control"] == SHARED
    assert "frame-ancestors http:" in again.headers["content-security-policy"]
    await site.post("News")
    newer = (await site.stranger().get(ROOM, **{"if-none-match": first.headers["etag"]})).answer
    assert newer.status_code == 200 and "News" in newer.text


async def test_languages_do_not_get_into_each_others_place(site: Site) -> None:
    await site.post("Hello")
    german = site.stranger("en")
    german.http.cookies.set("language", "de", domain="channel.test")
    for _ in range(2):
        assert 'lang="en"' in (await german.get(POST)).text, "no cookie is looked at"
        assert 'lang="de"' in (await site.stranger("de").get(POST)).text


async def test_a_long_post_is_its_beginning_and_the_way_on(site: Site) -> None:
    await site.post("word " * (TEXT_CHARS // 4))
    page = await site.stranger().get(POST)
    assert "Read all of it on the page" in page.text and len(page.text) < TEXT_CHARS


async def test_the_list_holds_the_newest_and_no_more(site: Site) -> None:
    for number in range(12):
        await site.post(f"Post number {number:02}")
    text = (await site.stranger().get(ROOM)).text
    assert re.findall(r"Post number (\d\d)", text) == [f"{number:02}" for number in range(11, 1, -1)]


async def test_the_words_of_a_post_cannot_break_out(site: Site) -> None:
    await site.post("</article><script>alert(1)</script> [x](javascript:alert(1)) ||hidden CNRY||")
    for address in EVERY:
        text = (await site.stranger().get(address)).answer.text
        assert "<script>alert" not in text and 'href="javascript:' not in text
        assert "CNRY" not in text, "a spoiler needs our styles to hide it"


async def test_another_communitys_room_is_not_found_below_this_one(site: Site) -> None:
    await creator(site.db, "zoe")
    await site.post("Hello")
    assert is_gone(await site.stranger().get("/embed/@zoe/news/1"))


async def test_pictures_come_along_fit_for_a_frame_and_sensitive_ones_do_not(site: Site) -> None:
    seen = await pictured(site, "Look", photo(), alt='A "bowl" & more')
    for address in EVERY:
        page = await site.stranger().get(address)
        found = re.search(
            rf'<img src="{HOST}(/media/{seen.id}/[^"]+)" alt="A &#34;bowl&#34; &amp; more"', page.answer.text
        )
        assert found, page.answer.text
        picture = (await site.stranger().get(found[1])).answer
        assert (
            picture.status_code == 200 and picture.headers["cross-origin-resource-policy"] == "cross-origin"
        )
    async with site.db.write() as tx:
        by = await site.anna.by(tx, site.anna.owner)
        await actions.describe(tx, by, await media_queries.one(tx, seen.id), sensitive=True)
    for address in EVERY:
        page = await site.stranger().get(address)
        assert f"/media/{seen.id}" not in page.text and "Sensitive: look at it on the page" in page.text


async def test_the_face_of_its_author_can_be_shown_to_strangers_elsewhere(site: Site) -> None:
    await site.post("Hello")
    anna = await site.browser(site.anna.owner)
    await send(anna, "/account/face", photo())
    page = await site.stranger().get(POST)
    (made, *_) = addresses(page, 96)
    assert (await site.stranger().get(made)).answer.headers["cross-origin-resource-policy"] == "cross-origin"
    own = (await anna.get(made)).answer
    assert own.headers["cross-origin-resource-policy"] == "same-origin", "it may depend on who she is"

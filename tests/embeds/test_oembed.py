"""oEmbed as oembed.com writes it."""

import json
import re
from html import unescape
from urllib.parse import quote
from xml.etree import ElementTree

import pytest

from tests.embeds.conftest import change
from tests.posts import writing
from tests.web.conftest import HOST, Page, Site


async def ask(site: Site, page: str, **more: str) -> Page:
    asked = "".join(f"&{name}={value}" for name, value in more.items())
    return await site.stranger().get(f"/oembed?url={quote(page, safe='')}{asked}")


async def test_a_post_is_rich_and_brings_its_frame(site: Site) -> None:
    await site.post("Out of the kiln & cooled")
    page = await ask(site, f"{HOST}/@anna/news/1")
    assert page.status == 200 and page.answer.headers["content-type"] == "application/json"
    told = page.answer.json()
    assert (told["version"], told["type"]) == ("1.0", "rich")
    assert told["title"].startswith("Out of the kiln & cooled") and told["provider_url"] == f"{HOST}/"
    assert told["author_url"] == f"{HOST}/@anna"
    frame = told["html"]
    assert f'src="{HOST}/embed/@anna/news/1"' in frame and f'width="{told["width"]}"' in frame
    sandbox = re.search(r'sandbox="([^"]*)"', frame)
    assert sandbox and "allow-same-origin" not in sandbox[1].split()
    assert frame.count("<") == 2, "a frame and nothing else"
    shown = await site.stranger().get(f"/embed{'/@anna/news/1'}")
    assert shown.status == 200
    picture = await site.stranger().get(told["thumbnail_url"].removeprefix(HOST))
    assert picture.answer.headers["content-type"] == "image/png"


@pytest.mark.parametrize(
    "page", ["/@anna", "/@anna/", "/@anna/news", "/@anna/news?from=1#p1", "/@anna/news/1#p1"]
)
async def test_every_public_page_says_where_its_answer_is(site: Site, page: str) -> None:
    await site.post("Hello")
    assert (await ask(site, f"{HOST}{page}")).status == 200
    head = (await site.stranger().get(page.rstrip("/").partition("#")[0])).text.partition("</head>")[0]
    found = re.findall(r'type="(application/json|text/xml)\+oembed"[^>]*href="([^"]+)"', head)
    assert [kind for kind, _ in found] == ["application/json", "text/xml"]
    for kind, href in found:
        answer = await site.stranger().get(unescape(href).removeprefix(HOST))
        assert answer.status == 200 and answer.answer.headers["content-type"].startswith(kind)


async def test_as_xml_it_says_the_same(site: Site) -> None:
    await site.post("A <b> & c ]]>")
    page = f"{HOST}/@anna/news/1"
    told = (await ask(site, page)).answer.json()
    answer = (await ask(site, page, format="xml")).answer
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    top = ElementTree.fromstring(answer.content)
    assert top.tag == "oembed"
    assert {one.tag: one.text for one in top} == {name: str(value) for name, value in told.items()}


@pytest.mark.parametrize(("width", "height"), [(200, 100), (1, 1), (10_000, 10_000), (320, 2_000)])
async def test_it_fits_into_what_it_is_given(site: Site, width: int, height: int) -> None:
    await site.post("Hello")
    told = (await ask(site, f"{HOST}/@anna/news", maxwidth=str(width), maxheight=str(height))).answer.json()
    assert told["width"] <= width and told["height"] <= height
    assert f'width="{told["width"]}"' in told["html"] and f'height="{told["height"]}"' in told["html"]
    if "thumbnail_url" in told:
        assert told["thumbnail_width"] <= width and told["thumbnail_height"] <= height


async def test_an_address_is_known_however_it_is_written(site: Site) -> None:
    await site.post("Hello")
    told = (await ask(site, f"{HOST}/@anna/news/1")).answer.json()
    usual = {"http": 80, "https": 443}[HOST.partition(":")[0]]
    for page in ("/%40anna/news/1", "/@Anna/news/1/", "/@anna/news/1?via=x#p1", f":{usual}/@anna/news/1"):
        assert (await ask(site, HOST + page)).answer.json() == told, page


@pytest.mark.parametrize(
    "page",
    [
        "https://example.org/@anna", f"{HOST}/", f"{HOST}/@nobody", f"{HOST}/@anna/nowhere", f"{HOST}/@anna/news/99",
        f"{HOST}/@anna/search", f"{HOST}/account", "javascript:alert(1)", "http://[", "x", f"{HOST}:99999/@anna",
        f"{HOST}/@anna/news/1/2", f"{HOST}/@anna/../x", "http://channel.test:1/@anna", "\x00", f"{HOST}/@anna/news/0",
    ],
)  # fmt: skip
async def test_what_has_no_frame_is_not_found(site: Site, page: str) -> None:
    await site.post("Hello")
    answer = await ask(site, page)
    assert answer.status == 404 and "html" not in answer.text


async def test_what_is_private_deleted_or_switched_off_is_not_found_and_locked_rooms_are_refused(
    site: Site,
) -> None:
    """401 is for what a stranger may know of: of a private community they learn not even that it is there."""
    post = await site.post("CNRY")
    circle = await site.anna.room("circle", min_rank=0)
    await site.post("CNRY", room=circle)
    for page in (f"{HOST}/@anna/circle", f"{HOST}/@anna/circle/1"):
        refused = await ask(site, page)
        assert refused.status == 401 and "CNRY" not in refused.text
    await writing.remove(site.anna, post)
    unknown = (await ask(site, f"{HOST}/@nobody")).text
    assert (await ask(site, f"{HOST}/@anna/news/1")).status == 404
    for changes in ({"embeddable": False}, {"embeddable": True, "visibility": "private"}):
        await change(site, **changes)
        for page in (f"{HOST}/@anna", f"{HOST}/@anna/news", f"{HOST}/@anna/circle"):
            answer = await ask(site, page)
            assert (answer.status, answer.text) == (404, unknown), (changes, page)
        head = (await (await site.browser(site.anna.owner)).get("/@anna")).text.partition("</head>")[0]
        assert "oembed" not in head


async def test_a_locked_post_tells_its_teaser_alone(site: Site) -> None:
    await site.anna.tier("Gold", 10)
    await site.post("CNRY", min_rank=10, teaser="Something golden")
    page = await ask(site, f"{HOST}/@anna/news/1")
    assert (
        page.status == 200 and "CNRY" not in page.text and "Something golden" in page.answer.json()["title"]
    )


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ("", 400, "url"), ("?url=", 400, "url"), ("?url=x&format=yaml", 501, "json or xml"),
        ("?url=x&maxwidth=0", 400, "maxwidth"), ("?url=x&maxheight=-1", 400, "maxheight"),
        ("?url=x&maxwidth=wide", 400, "maxwidth"), ("?url=x&maxwidth=99999999", 400, "maxwidth"),
        ("?url=x&maxwidth=%C2%B2", 400, "maxwidth"),
    ],
)  # fmt: skip
async def test_what_cannot_be_understood_is_told(site: Site, query: str, status: int, says: str) -> None:
    page = await site.stranger().get(f"/oembed{query}")
    assert page.status == status and says in page.text


async def test_who_is_signed_in_is_told_what_a_stranger_is_told(site: Site) -> None:
    await site.anna.room("circle", min_rank=0)
    owner = await site.browser(site.anna.owner)
    url = quote(f"{HOST}/@anna/circle", safe="")
    assert (await owner.get(f"/oembed?url={url}")).status == 401
    await site.post("Hello")
    url = quote(f"{HOST}/@anna/news/1", safe="")
    answers = [(await one.get(f"/oembed?url={url}")).answer for one in (owner, site.stranger())]
    assert json.loads(answers[0].text) == json.loads(answers[1].text)
    assert all("set-cookie" not in answer.headers for answer in answers)

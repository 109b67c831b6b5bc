"""Passing things on: the page of every way, and links with a name that count who joins by them."""

import io
import re
from urllib.parse import unquote

import pytest
from PIL import Image

from channel.members import Role
from tests.cast import creator, person
from tests.embeds.conftest import change
from tests.posts import writing
from tests.web.conftest import HOST, Page, Site

THINGS = ("/@anna", "/@anna/news", "/@anna/news/1")


def shared(page: Page) -> str:
    """The address that the page gives to copy."""
    found = re.search(r'id="address">([^<]+)<', page.text)
    assert found, page.text[:3000]
    return found[1]


async def named(site: Site, thing: str, label: str = "Instagram") -> Page:
    """Anna makes a link with a name on the page of the thing."""
    anna = await site.browser(site.anna.owner)
    below = thing.removeprefix("/@anna").removeprefix("/")
    return await anna.follow("/share/@anna", {"label": label, "below": below})


@pytest.mark.parametrize("thing", THINGS)
async def test_a_stranger_finds_every_way_without_scripts(site: Site, thing: str) -> None:
    await site.post("Out of the kiln & cooled")
    page = await site.stranger().get(f"/share{thing}")
    assert page.status == 200 and shared(page) == f"{HOST}{thing}"
    mail = re.search(r'href="(mailto:[^"]+)"', page.text)
    assert mail and f"{HOST}{thing}" in unquote(mail[1]) and "\n" not in unquote(mail[1])
    assert f'src="{HOST}/embed{thing}"' in page.text
    assert '<meta name="robots" content="noindex">' in page.text
    assert "Name of the place" not in page.text, "a guest makes no links"
    looked = re.search(r'href="(/embed/[^"]+)"', page.text)
    assert looked and (await site.stranger().get(looked[1])).status == 200


@pytest.mark.parametrize("thing", THINGS)
async def test_what_can_be_shared_says_so_with_a_plain_link(site: Site, thing: str) -> None:
    await site.post("Hello")
    assert f'href="/share{thing}"' in (await site.stranger().get(thing)).text


async def test_the_code_comes_as_drawing_and_as_picture(site: Site) -> None:
    await site.post("Hello")
    drawn = (await site.stranger().get("/share/@anna/news/1?qr=svg")).answer
    assert drawn.headers["content-type"] == "image/svg+xml" and "<path" in drawn.text
    assert drawn.headers["content-disposition"] == 'attachment; filename="anna-qr.svg"'
    picture = Image.open(io.BytesIO((await site.stranger().get("/share/@anna?qr=png")).answer.content))
    assert picture.format == "PNG" and picture.width == picture.height >= 300
    assert (await site.stranger().get("/share/@anna?qr=gif")).status == 404


@pytest.mark.parametrize("thing", THINGS)
async def test_who_joins_by_a_named_link_stands_in_the_studio_under_its_name(site: Site, thing: str) -> None:
    await site.post("Hello")
    page = await named(site, thing, "Bakery <poster>")
    address = shared(page)
    assert address.startswith(f"{HOST}{thing}?via=") and "Bakery <poster>" in page.text
    landed = await site.stranger().get(address.removeprefix(HOST))
    assert landed.status == 200
    join = re.search(r'(?:action|href)="(/join/\w+)"', landed.text)
    assert join, "the way in is by the link"
    newcomer = site.stranger()
    assert (await newcomer.post(join[1], {"display_name": "Newcomer"})).status == 303
    again = await (await site.browser(site.anna.owner)).get(f"/share{thing}")
    assert "1 came by it" in again.text
    studio = re.search(r'href="(/studio/anna/invites/[^"]+)"', again.text)
    assert studio
    told = await (await site.browser(site.anna.owner)).get(studio[1])
    assert "Newcomer" in told.text and "Bakery <poster>" in told.text and "/poster" in told.text


async def test_a_named_link_lets_nobody_past_the_approval(site: Site) -> None:
    await change(site, approval=True)
    address = shared(await named(site, "/@anna"))
    page = await site.stranger().get(address.removeprefix(HOST))
    join = re.search(r'action="(/join/\w+)"', page.text)
    assert join
    asked = await site.stranger().follow(join[1], {"display_name": "Waiting"})
    assert "asked" in asked.text.lower() or "wait" in asked.text.lower()


async def test_a_link_that_is_no_good_is_as_none(site: Site) -> None:
    """Of another community, taken back, unknown, broken: the page says nothing of it, and joining goes on as ever."""
    zoe = await creator(site.db, "zoe")
    revoked = await site.invite(state="revoked")
    async with site.db.write() as tx:
        from channel import invites
        from channel.invites import Seal
        from channel.secret import secret_key

        seal = Seal(secret_key(site.settings.data))
        foreign = await invites.create(tx, await zoe.by(tx, zoe.owner), zoe.community, seal)
    plain = (await site.stranger().get("/@anna")).text
    for code in (foreign.code, revoked.code, "x", "A" * 22, "%00", "a" * 40, '"><script>'):
        page = await site.stranger().get(f"/@anna?via={code}")
        assert page.status == 200 and page.text == plain, code


async def test_paused_links_and_those_that_give_a_tier_are_not_for_public_pages(site: Site) -> None:
    gold = await site.anna.tier("Gold", 10)
    given = await site.invite(label="CNRY one", tier_id=gold.id)
    paused = await site.invite(label="CNRY two", state="paused")
    anna = await site.browser(site.anna.owner)
    page = await anna.get("/share/@anna")
    assert "CNRY" not in page.text
    for invite in (given, paused):
        assert (await anna.get(f"/share/@anna?link={invite.id}")).status == 404


async def test_who_may_make_no_links_is_shown_none(site: Site) -> None:
    invite = await site.invite(label="CNRY")
    member = await site.browser(await site.anna.member("bob"))
    for browser in (site.stranger(), member):
        page = await browser.get("/share/@anna")
        assert "CNRY" not in page.text and (invite.code or "") not in page.text
        assert (await browser.get(f"/share/@anna?link={invite.id}")).status == 404
    assert (await member.post("/share/@anna", {"label": "Mine"})).status == 403
    moderator = await site.browser(await site.anna.member("mo", role=Role.MODERATOR))
    assert "CNRY" in (await moderator.get("/share/@anna")).text


async def test_of_what_opens_for_members_alone_the_link_is_the_invite_itself(site: Site) -> None:
    circle = await site.anna.room("circle", min_rank=0)
    await site.post("CNRY", room=circle)
    assert (await site.stranger().get("/share/@anna/circle")).status == 403
    page = await named(site, "/@anna/circle")
    assert shared(page).startswith(f"{HOST}/join/") and "/embed/" not in page.text
    assert "CNRY" not in page.text, "not in the title of what is sent around"
    await change(site, visibility="private")
    anna = await site.browser(site.anna.owner)
    page = await anna.get("/share/@anna")
    assert page.status == 200 and "/embed/" not in page.text and "Only members can open it" in page.text
    for browser in (site.stranger(), await site.browser(await person(site.db))):
        assert (await browser.get("/share/@anna")).status == 404


async def test_the_title_of_a_locked_post_is_its_teaser_for_who_may_read_it_too(site: Site) -> None:
    await site.anna.tier("Gold", 10)
    await site.post("CNRY", min_rank=10, teaser="Something golden")
    page = await (await site.browser(site.anna.owner)).get("/share/@anna/news/1")
    assert "CNRY" not in page.text and "Something golden" in page.text


async def test_no_snippet_where_embedding_is_off_and_nothing_of_what_is_deleted(site: Site) -> None:
    post = await site.post("CNRY")
    await change(site, embeddable=False)
    page = await site.stranger().get("/share/@anna/news/1")
    assert page.status == 200 and "<iframe" not in page.text
    await writing.remove(site.anna, post)
    assert (await site.stranger().get("/share/@anna/news/1")).status == 404


@pytest.mark.parametrize("fields", [{"label": "x" * 81}, {"label": "a\x00b"}])
async def test_a_name_that_does_not_fit_is_told_beside_its_field(site: Site, fields: dict[str, str]) -> None:
    page = await (await site.browser(site.anna.owner)).post("/share/@anna", fields)
    assert page.status == 422 and 'id="p-label"' in page.text


@pytest.mark.parametrize("below", ["../x", "news/1/2", "nowhere", "a\nb", "news?x=1"])
async def test_a_place_that_is_none_is_not_found(site: Site, below: str) -> None:
    page = await (await site.browser(site.anna.owner)).post("/share/@anna", {"label": "X", "below": below})
    assert page.status == 404


async def test_the_studio_switches_showing_elsewhere_off(site: Site) -> None:
    await site.post("Hello")
    anna = await site.browser(site.anna.owner)
    assert 'name="embeddable" value="1" checked' in (await anna.get("/studio/anna/settings")).text
    fields = {"name": "Anna", "visibility": "public", "hue": "10", "cover": "pattern:1", "language": "en"}
    assert (await anna.post("/studio/anna/settings", fields)).status == 303
    assert (await site.stranger().get("/embed/@anna/news/1")).status == 404
    assert (await anna.post("/studio/anna/settings", fields | {"embeddable": "1"})).status == 303
    assert (await site.stranger().get("/embed/@anna/news/1")).status == 200


async def test_a_community_without_a_cover_has_a_drawn_picture_on_its_link_cards(site: Site) -> None:
    await site.post("Hello")
    for thing in THINGS:
        head = (await site.stranger().get(thing)).text.partition("</head>")[0]
        found = re.search(r'property="og:image" content="([^"]+)"', head)
        assert found and found[1].startswith(f"{HOST}/covers/card-") and "summary_large_image" in head
        picture = (await site.stranger().get(found[1].removeprefix(HOST))).answer
        assert picture.headers["content-type"] == "image/png"
        size = Image.open(io.BytesIO(picture.content)).size
        told = re.findall(r'property="og:image:(?:width|height)" content="(\d+)"', head)
        assert size == tuple(map(int, told)) == (1200, 630)
    for name in ("360", "-1", "x", "01"):
        assert (await site.stranger().get(f"/covers/card-{name}.png")).status == 404

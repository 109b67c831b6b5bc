"""The first two minutes of a server, and choosing language and appearance."""

import re

from channel.accounts import setup
from tests.web.conftest import Site


async def link(site: Site) -> str:
    async with site.db.write() as tx:
        return f"/setup?token={await setup.setup_token(tx)}"


async def test_an_empty_server_says_that_it_waits_for_its_owner(fresh: Site) -> None:
    assert "waits for its owner" in await fresh.stranger().get("/")
    assert "waits for its owner" in await fresh.stranger().get("/setup")


async def test_from_the_printed_link_to_a_community(fresh: Site) -> None:
    address, anna = await link(fresh), fresh.stranger()
    form = await anna.get(address)
    token = re.search(r'name="token" value="([^"]+)"', form.answer.text)
    assert token is not None
    made = await anna.post(
        "/setup", {"token": token[1], "name": "Anna", "handle": "anna_b", "language": "de"}
    )
    assert (made.status, made.location) == (303, "/new")
    cookie = next(
        value for value in made.answer.headers.get_list("set-cookie") if value.startswith("channel=")
    )
    for part in ("HttpOnly", "SameSite=lax", "Path=/", "Max-Age=7776000"):
        assert part in cookie
    assert '<html lang="de"' in await anna.get("/new")
    fields = {"name": "Brandt & Söhne", "handle": "", "visibility": "public", "language": "de", "hue": "205"}
    founded = await anna.post("/new", fields)
    assert (founded.status, founded.location) == (303, "/studio/brandt-soehne")
    assert "hue-205" in await anna.get("/@brandt-soehne")
    assert (await anna.get("/@brandt-soehne/news")).status == 200


async def test_the_link_works_once_and_only_the_newest_one(fresh: Site) -> None:
    old = await link(fresh)
    new = await link(fresh)
    assert (await fresh.stranger().get(old)).status == 410
    fields = {"token": new.partition("=")[2], "name": "Anna", "handle": "", "language": "en"}
    assert (await fresh.stranger().post("/setup", fields)).status == 303
    assert (await fresh.stranger().post("/setup", fields)).status == 410
    assert (await fresh.stranger().get(new)).status == 410


async def test_a_wrong_set_up_form_keeps_what_was_typed_and_names_the_field(fresh: Site) -> None:
    token = (await link(fresh)).partition("=")[2]
    typed = {"token": token, "name": "Anna Brandt", "handle": "a b", "language": "en"}
    page = await fresh.stranger().post("/setup", typed)
    assert page.status == 422
    assert 'value="Anna Brandt"' in page
    assert 'value="a b"' in page
    assert f'value="{token}"' in page
    assert 'href="#f-handle"' in page
    assert 'aria-invalid="true"' in page


async def test_a_taken_address_comes_with_one_that_is_free(site: Site) -> None:
    owner = await site.browser(site.anna.owner)
    page = await owner.post("/new", {"name": "Another", "handle": "anna", "visibility": "private"})
    assert page.status == 422
    assert "@anna is taken. @anna2 is free." in page
    assert 'value="Another"' in page
    assert re.search(r'value="private"\s+checked', page.answer.text)


async def test_a_community_without_a_name_names_the_field(site: Site) -> None:
    page = await (await site.browser(site.anna.owner)).post("/new", {"name": "", "hue": "7"})
    assert page.status == 422
    assert 'id="p-name"' in page


async def test_the_language_is_the_browsers_until_somebody_chooses(site: Site) -> None:
    stranger = site.stranger("de")
    assert '<html lang="de"' in await stranger.get("/")
    chosen = await stranger.post("/language", {"language": "en", "next": "/about"})
    assert (chosen.status, chosen.location) == (303, "/about")
    assert '<html lang="en"' in await stranger.get("/")
    assert (await stranger.post("/language", {"language": "xx"})).status == 422


async def test_language_and_appearance_are_kept_with_the_account(site: Site) -> None:
    bob = await site.anna.member("bob")
    phone, desk = await site.browser(bob), await site.browser(bob)
    await phone.post("/language", {"language": "de"})
    await phone.post("/theme", {"theme": "dark"})
    page = await desk.get("/")
    assert '<html lang="de"' in page
    assert 'data-theme="dark"' in page
    await phone.post("/theme", {"theme": "system"})
    assert "data-theme=" not in await phone.get("/")


async def test_next_never_leads_to_another_site(site: Site) -> None:
    for elsewhere in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        assert (await site.stranger().post("/theme", {"theme": "dark", "next": elsewhere})).location == "/"


async def test_a_form_from_another_site_is_refused(site: Site) -> None:
    bob = await site.browser(await site.anna.member("bob"))
    foreign = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    for path in ("/@anna/leave", "/@anna/join", "/sign-out", "/theme", "/new", "/sign-in/recovery"):
        page = await bob.post(path, {"theme": "dark"}, **foreign)
        assert page.status == 403, path
        assert "came from another site" in page

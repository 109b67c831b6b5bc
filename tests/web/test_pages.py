"""Every page of a follower and of a stranger answers, in both languages, by GET and by HEAD."""

import re

import pytest
from sqlalchemy import update

from channel.members import Role
from channel.storage.tables import instance
from tests.cast import person
from tests.web.conftest import Site

LANGUAGES = ("en", "de")
PUBLIC = (
    "/",
    "/sign-in",
    "/about",
    "/terms",
    "/contact",
    "/@anna",
    "/@anna/news",
    "/covers/3-120.svg",
    "/palette.json",
)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_stranger_sees_every_public_page(site: Site, language: str) -> None:
    post = await site.post("Hello **world**")
    invite = await site.invite()
    stranger = site.stranger(language)
    for path in (
        *PUBLIC,
        f"/@anna/news/{post.seq}",
        f"/@anna/news/{post.seq}/history",
        f"/join/{invite.code}",
    ):
        page = await stranger.get(path)
        assert page.status == 200, (path, page.text[:500])
        if page.answer.headers["content-type"].startswith("text/html"):
            assert f'<html lang="{language}"' in page
            assert page.text.count("<h1") == 1, path
            assert page.text.count('id="main"') == 1, path
        assert (await stranger.head(path)).status == 200, path


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_member_sees_every_page_of_theirs(site: Site, language: str) -> None:
    post = await site.post("Hello")
    bob = await site.browser(await site.anna.member("bob"), language)
    for path in ("/", "/?show=unread", "/new", "/@anna", "/@anna/hello", "/@anna/hello?step=9", "/@anna/news",
                 "/@anna/news?welcome=1", f"/@anna/news?from={post.seq}", "/@anna/news?at=2026-01-01",
                 "/@anna/news?before=99", "/@anna/news?after=1", f"/@anna/news/{post.seq}", "/palette.json"):  # fmt: skip
        page = await bob.get(path)
        assert page.status == 200, (path, page.text[:500])


async def test_no_page_carries_scripts_or_styles_of_its_own(site: Site) -> None:
    await site.post("Hello")
    invite = await site.invite()
    bob = await site.browser(await site.anna.member("bob"))
    for path in ("/", "/@anna", "/@anna/news", "/@anna/hello"):
        text = (await bob.get(path)).answer.text + (
            await site.stranger().get(f"/join/{invite.code}")
        ).answer.text
        inline = re.findall(r"<script(?![^>]*(?:src=|application/json))[^>]*>", text)
        assert not inline
        assert " style=" not in text
        assert "<style" not in text


async def test_what_is_not_there_is_a_friendly_404(site: Site) -> None:
    stranger = site.stranger()
    for path in ("/nope", "/@nobody", "/@anna/nope", "/@anna/news/77", "/@anna/news/x", "/@anna/news?at=never",
                 "/@anna/news?before=x", "/join/nope", "/covers/12-0.svg", "/covers/1-360.svg", "/covers/x.svg",
                 "/rooms/nope/posts"):  # fmt: skip
        page = await stranger.get(path)
        assert page.status == 404, path
        assert "This door does not exist" in page


async def test_a_page_for_members_only_leads_to_signing_in_and_back(site: Site) -> None:
    page = await site.stranger().get("/new")
    assert (page.status, page.location) == (303, "/sign-in?next=/new")


async def test_home_lists_rooms_by_what_came_last_and_counts_what_is_unread(site: Site) -> None:
    workshop = await site.anna.room("workshop")
    bob = await site.anna.member("bob")
    await site.post("In the news", room=site.anna.news)
    await site.post("From the workshop", room=workshop)
    page = await (await site.browser(bob)).get("/")
    assert page.text.index("From the workshop") < page.text.index("In the news")
    assert "Unread 2" in page
    assert 'data-unread="1"' in page


async def test_home_shows_of_a_locked_last_post_only_its_teaser(site: Site) -> None:
    await site.anna.tier("Gold", 10)
    await site.post("CANARY", min_rank=10, teaser="The recipe, all of it")
    page = await (await site.browser(await site.anna.member("bob"))).get("/")
    assert "The recipe, all of it" in page
    assert "CANARY" not in page


async def test_an_empty_home_says_what_to_do_and_shows_open_doors(site: Site) -> None:
    page = await (await site.browser(await person(site.db, "Nora"))).get("/")
    assert "No rooms yet" in page
    assert 'href="/new"' in page
    assert 'href="/@anna"' in page


async def test_the_palette_knows_the_rooms_one_may_enter_and_no_others(site: Site) -> None:
    await site.anna.tier("Gold", 10)
    await site.anna.room("vault", min_rank=10)
    bob = await site.browser(await site.anna.member("bob"))
    items = (await bob.get("/palette.json")).answer.json()["items"]
    addresses = {item["href"] for item in items}
    assert {"/@anna/news", "/@anna", "/account", "/new"} <= addresses
    assert "/@anna/vault" not in addresses
    owner = await site.browser(site.anna.owner)
    mine = {item["href"] for item in (await owner.get("/palette.json")).answer.json()["items"]}
    assert {"/@anna/vault", "/studio/anna"} <= mine


async def test_the_operators_words_stand_on_the_papers_and_cannot_carry_scripts(site: Site) -> None:
    assert "have not written about themselves" in await site.stranger().get("/about")
    async with site.db.write() as tx:
        await tx.run(update(instance).values(about="We are **three friends**.\n\n<script>alert(1)</script>"))
    page = await site.stranger().get("/about")
    assert "<strong>three friends</strong>" in page.answer.text
    assert "<script>alert" not in page.answer.text


async def test_covers_are_the_same_bytes_each_time_and_kept_for_ever(site: Site) -> None:
    first = await site.stranger().get("/covers/7-200.svg")
    again = await site.stranger().get("/covers/7-200.svg")
    assert first.answer.content == again.answer.content
    assert "immutable" in first.answer.headers["cache-control"]
    assert first.answer.headers["content-type"].startswith("image/svg+xml")
    assert "style=" not in first.answer.text


async def test_staff_find_the_way_to_the_studio_and_members_do_not(site: Site) -> None:
    ed = await site.browser(await site.anna.member("ed", role=Role.EDITOR))
    bob = await site.browser(await site.anna.member("bob"))
    assert "/studio/anna" in await ed.get("/@anna")
    assert "/studio/anna" not in await bob.get("/@anna")

"""Content credentials and originals in the studio, by plain forms: what is said, kept, suggested, and handed to whom."""

import pytest
from sqlalchemy import update

from channel.media import Media, queries
from channel.media.tables import media
from channel.members import Role
from channel.storage import Tx
from tests.media.sending import desk, photo, prepared, send
from tests.media.signing import CAMERA, COMPOSITE, action, signed
from tests.posts import writing
from tests.web_studio.conftest import Browser, Site

JPEG = photo(format="JPEG")


async def sent(site: Site, content: bytes, name: str = "kiln.jpg") -> Media:
    here = desk(site.db, site.data)
    one = await send(here, site.anna, content, name=name)
    await prepared(site.db, here, site.data, one)
    async with site.db.read() as tx:
        return await queries.one(tx, one.id)


async def test_the_page_of_a_medium_says_what_its_credentials_say(site: Site, anna: Browser) -> None:
    one = await sent(site, signed(JPEG)[0])
    page = (await anna.get(f"/library/{one.id}")).text
    assert "not on a list of known signers" in page and "Made by AI, the file says." in page
    assert f'href="/media/{one.id}/credentials"' in page and "Keep the credentials" in page
    bare = await sent(site, JPEG, "bowl.jpg")
    page = (await anna.get(f"/library/{bare.id}")).text
    assert "came without content credentials" in page and "Keep the credentials" not in page


async def test_without_the_library_it_says_not_checked(
    site: Site, anna: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channel.media.credentials.reading.AVAILABLE", False)
    one = await sent(site, signed(JPEG)[0])
    assert "Not checked." in (await anna.get(f"/library/{one.id}")).text


async def test_they_are_kept_where_that_is_chosen(site: Site, anna: Browser) -> None:
    one = await sent(site, signed(JPEG)[0])
    for fields, kept in (({"keep": "1"}, True), ({}, False)):
        saved = await anna.post(f"/library/{one.id}/credentials", fields)
        assert saved.headers["location"] == f"/studio/anna/library/{one.id}?said=saved"
        async with site.db.read() as tx:
            assert (await queries.one(tx, one.id)).keep_credentials is kept
        page = (await anna.get(f"/library/{one.id}")).text
        assert ('name="keep" value="1" checked' in page) is kept


async def test_the_original_is_for_who_sent_it_and_who_edits_everything(site: Site, anna: Browser) -> None:
    content = signed(JPEG)[0]
    one = await sent(site, content)
    got = await anna.get(f"/library/{one.id}/original")
    assert (got.status_code, got.content) == (200, content)
    assert got.headers["content-disposition"] == "attachment; filename*=UTF-8''kiln.jpg"
    assert got.headers["cache-control"] == "private, no-store"
    assert "Save the original" in (await anna.get(f"/library/{one.id}")).text
    letter = {"room": site.anna.news.id, "text": "Look", "min_rank": "", "ai": "none", "key": "k"}
    assert (await anna.post("/posts", letter | {"media": [one.id]})).status_code == 303
    for role, status in ((Role.ADMIN, 200), (Role.EDITOR, 404), (Role.MODERATOR, 403)):
        other = await site.browser(await site.anna.member(role.value, role=role))
        assert (await other.get(f"/library/{one.id}/original")).status_code == status, role
        assert ("Save the original" in (await other.get(f"/library/{one.id}")).text) is (status == 200)


async def test_of_a_member_nobody_has_the_original(site: Site, anna: Browser) -> None:
    one = await sent(site, JPEG)
    fan = await site.anna.member("fan")
    async with site.db.write() as tx:
        await _give(tx, one, fan.id)
    letter = {"room": site.anna.news.id, "text": "Look", "min_rank": "", "ai": "none", "key": "k"}
    await anna.post("/posts", letter | {"media": [one.id]})
    for browser in (anna, await site.browser(fan)):
        assert (await browser.get(f"/library/{one.id}/original")).status_code in (403, 404)


async def _give(tx: Tx, one: Media, account_id: str) -> None:
    await tx.run(update(media).where(media.c.id == one.id).values(owner_id=account_id))


async def test_an_original_is_deleted_for_good(site: Site, anna: Browser) -> None:
    one = await sent(site, JPEG)
    done = await anna.post(f"/library/{one.id}/original", {})
    assert done.headers["location"] == f"/studio/anna/library/{one.id}?said=original_gone"
    assert (await anna.get(f"/library/{one.id}/original")).status_code == 404
    page = (await anna.get(f"/library/{one.id}")).text
    assert "The original was deleted." in page and "Save the original" not in page
    plain = await sent(site, b"PK\x03\x04" + b"x" * 50, "a.zip")
    refused = await anna.post(f"/library/{plain.id}/original", {})
    assert refused.status_code == 409 and "all there is of this" in refused.text


async def test_the_composer_suggests_to_say_how_ai_was_used(site: Site, anna: Browser) -> None:
    painted, taken = await sent(site, signed(JPEG)[0]), await sent(site, signed(JPEG, actions=CAMERA)[0])
    helped = await sent(site, signed(JPEG, actions=[action("created", digitalSourceType=COMPOSITE)])[0])
    for one, words in (
        (painted, "say that AI made it"),
        (helped, "say that AI helped to make it"),
        (taken, ""),
    ):
        page = (await anna.get(f"?media={one.id}")).text
        assert ("data-ai-hint" in page) is bool(words) and words in page
    for use, hinted in (("none", True), ("assisted", True), ("generated", False)):
        post = await writing.post(site.anna, f"Look, {use}", media=[painted.id], ai=use)
        assert ("data-ai-hint" in (await anna.get(f"/posts/{post.id}")).text) is hinted

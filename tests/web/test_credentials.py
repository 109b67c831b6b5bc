"""Content credentials where people see them: for who may have the medium, in plain text, and kept beside it on request."""

import pytest

from channel.media import Media, actions, queries
from channel.media.credentials import Credentials, Step
from channel.media.model import Proof
from channel.posts.model import Post
from tests.media.sending import photo, prepared, send
from tests.media.signing import ORGANIZATION, SIGNER, signed
from tests.posts import writing
from tests.web.conftest import Site


async def carried(site: Site, content: bytes, **more: object) -> tuple[Media, Post]:
    desk = site.app.state.services.media
    one = await send(desk, site.anna, content, name="kiln.jpg", alt="The kiln")
    await prepared(site.db, desk, site.settings.data, one)
    post = await writing.post(site.anna, "Look", media=[one.id], **more)
    async with site.db.read() as tx:
        return await queries.one(tx, one.id), post


async def keep(site: Site, one: Media, *, kept: bool = True) -> None:
    async with site.db.write() as tx:
        await actions.keep_credentials(tx, await site.anna.by(tx, site.anna.owner), one, kept=kept)


async def test_readers_find_them_below_the_picture(site: Site) -> None:
    one, _ = await carried(site, signed(photo(format="JPEG"))[0])
    room = await site.stranger().get("/@anna/news")
    assert f'href="/media/{one.id}/credentials"' in room
    page = await site.stranger().get(f"/media/{one.id}/credentials")
    assert page.status == 200
    for words in (
        f"{ORGANIZATION} · {SIGNER}", "not on a list of known signers", "Made by AI, the file says.", "Painter",
        "Colours changed", "Test Camera 1.0", "without anything that was written into it",
    ):  # fmt: skip
        assert words in page, words
    assert "credentials.c2pa" not in page
    german = await site.stranger("de").get(f"/media/{one.id}/credentials")
    assert "Von einer KI gemacht, sagt die Datei." in german and "Farben verändert" in german


async def test_what_has_none_has_no_page_and_no_link(site: Site) -> None:
    one, _ = await carried(site, photo(format="JPEG"))
    assert "/credentials" not in await site.stranger().get("/@anna/news")
    assert (await site.stranger().get(f"/media/{one.id}/credentials")).status == 404
    assert (await site.stranger().get(f"/media/{one.id}/credentials.c2pa")).status == 404


async def test_kept_ones_are_handed_out_beside_it(site: Site) -> None:
    content, store = signed(photo(format="JPEG"))
    one, _ = await carried(site, content)
    address = f"/media/{one.id}/credentials.c2pa"
    assert (await site.stranger().get(address)).status == 404, "only on request"
    await keep(site, one)
    got = await site.stranger().get(address)
    headers = got.answer.headers
    assert (got.status, got.answer.content, headers["content-type"]) == (200, store, "application/c2pa")
    assert headers["content-disposition"] == "attachment; filename*=UTF-8''kiln.c2pa"
    assert headers["cache-control"] == "private, no-cache", "it may be taken back"
    assert headers["x-content-type-options"] == "nosniff"
    assert f'href="{address}"' in await site.stranger().get(f"/media/{one.id}/credentials")
    await keep(site, one, kept=False)
    assert (await site.stranger().get(address)).status == 404


async def test_those_of_a_paid_post_are_for_those_who_read_it(site: Site) -> None:
    gold = await site.anna.tier("Gold", 10)
    fan, free = await site.anna.member("fan", tier=gold), await site.anna.member("free")
    one, _ = await carried(site, signed(photo(format="JPEG"))[0], min_rank=10)
    await keep(site, one)
    for name in ("credentials", "credentials.c2pa"):
        got = await (await site.browser(fan)).get(f"/media/{one.id}/{name}")
        assert (got.status, got.answer.headers["cache-control"]) == (200, "private, no-store")
        for other in (await site.browser(free), site.stranger()):
            assert (await other.get(f"/media/{one.id}/{name}")).status == 404
    room = await (await site.browser(free)).get("/@anna/news")
    assert one.id not in room and SIGNER not in room


@pytest.mark.parametrize("state", ["invalid", "elsewhere", "valid"])
async def test_each_state_is_said(site: Site, state: str) -> None:
    one, _ = await carried(site, photo(format="JPEG"))
    async with site.db.write() as tx:
        await actions.say(tx, one.id, Proof(Credentials(state), "", 0))  # type: ignore[arg-type]
    page = await site.stranger().get(f"/media/{one.id}/credentials")
    words = {
        "invalid": "cannot be relied on",
        "elsewhere": "does not ask there",
        "valid": "list of known signers.",
    }
    assert words[state] in page


async def test_nothing_in_them_is_markup(site: Site) -> None:
    one, _ = await carried(site, photo(format="JPEG"))
    bad = "<img src=x onerror=alert(1)>'\"&{{7*7}}"
    said = Credentials("untrusted", "none", bad, bad, None, bad, (Step(bad, bad, bad),), 3)
    async with site.db.write() as tx:
        await actions.say(tx, one.id, Proof(said, "", 0))
    text = (await site.stranger().get(f"/media/{one.id}/credentials")).answer.text
    assert text.count("&lt;img src=x") >= 4 and "<img src=x" not in text and "{{7*7}}" in text

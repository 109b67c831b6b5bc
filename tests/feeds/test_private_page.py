"""Private feeds: the page on which they are made, shown, renewed and revoked."""

import re

import pytest

from channel.feeds.seal import Seal
from channel.feeds.tables import feeds as feed_table
from tests.cast import creator
from tests.feeds.readers import FORMS, own_feed
from tests.web.conftest import HOST, Browser, Page, Site


def place_on(page: Page) -> str:
    found = re.search(rf"{HOST}(/feeds/[\w-]+)/feed.atom", page.text)
    assert found, page.text[:2000]
    return found[1]


async def bobs(site: Site) -> Browser:
    return await site.browser(await site.anna.member("bob"))


async def test_the_page_makes_copies_renews_and_revokes(site: Site) -> None:
    browser = await bobs(site)
    assert "No feed yet" in await browser.get("/account/feeds")
    made = await browser.follow("/account/feeds", {"of": "anna"})
    assert "Copy its address" in made
    place = place_on(made)
    for name in FORMS:
        assert f"{HOST}{place}/{name}" in made
    assert place_on(await browser.get("/account/feeds")) == place, "it is shown again"
    id_ = re.search(r"/account/feeds/([\w-]+)/renew", made.text)
    assert id_
    renewed = await browser.follow(f"/account/feeds/{id_[1]}/renew")
    fresh = place_on(renewed)
    assert fresh != place
    assert (await site.stranger().get(f"{place}/feed.atom")).status == 410
    assert (await site.stranger().get(f"{fresh}/feed.atom")).status == 200
    id_ = re.search(r"/account/feeds/([\w-]+)/revoke", renewed.text)
    assert id_
    assert "No feed yet" in await browser.follow(f"/account/feeds/{id_[1]}/revoke")
    assert (await site.stranger().get(f"{fresh}/feed.atom")).status == 410


async def test_the_page_offers_what_one_may_read(site: Site) -> None:
    await site.anna.tier("Gold", 10)
    await site.anna.room("vault", min_rank=10)
    browser = await bobs(site)
    page = await browser.get("/account/feeds?of=anna")
    assert 'value="anna/news"' in page.text and "anna/vault" not in page.text
    assert 'value="anna" selected' in page.text
    made = await browser.follow("/account/feeds", {"of": "anna/news"})
    assert "News" in made


@pytest.mark.parametrize(
    ("of", "status"), [("", 422), ("nobody", 422), ("anna/none", 422), ("zoe", 422), ("anna/vault", 403), ("%00", 422)]
)  # fmt: skip
async def test_the_page_says_what_cannot_be_made(site: Site, of: str, status: int) -> None:
    await site.anna.tier("Gold", 10)
    await site.anna.room("vault", min_rank=10)
    await creator(site.db, "zoe", visibility="private")
    browser = await bobs(site)
    refused = await browser.post("/account/feeds", {"of": of})
    assert refused.status == status
    assert ('aria-invalid="true"' in refused.text) == (status == 422)


async def test_nobody_touches_anothers(site: Site) -> None:
    feed, place = await own_feed(site, await site.anna.member("alice"))
    browser = await bobs(site)
    for act in ("renew", "revoke"):
        assert (await browser.post(f"/account/feeds/{feed.id}/{act}")).status == 404
    assert feed.secret not in (await browser.get("/account/feeds")).text  # type: ignore[operator]
    assert (await site.stranger().get(f"{place}/feed.atom")).status == 200


async def test_the_page_speaks_german(site: Site) -> None:
    browser = await site.browser(await site.anna.member("bob"), "de")
    assert "Noch kein Feed" in await browser.get("/account/feeds")
    assert "Dein eigener Feed" in await browser.get("/@anna/feeds")


async def test_a_key_that_was_lost_hides_the_address_and_keeps_the_feed(site: Site) -> None:
    member = await site.anna.member("bob")
    await own_feed(site, member)
    async with site.db.write() as tx:
        await tx.run(feed_table.update().values(secret_sealed=Seal(b"x" * 32).close("x", "y")))
    page = await (await site.browser(member)).get("/account/feeds")
    assert page.status == 200 and "cannot be shown any more" in page

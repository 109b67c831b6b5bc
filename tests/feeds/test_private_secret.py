"""Private feeds: their address is a secret, which can end."""

import pytest
from sqlalchemy import select

from channel import accounts, feeds
from channel.errors import Conflict, Forbidden
from channel.feeds.actions import sweep
from channel.feeds.model import GONE_MS, MAX_LIVE
from channel.feeds.seal import Seal
from channel.feeds.tables import feeds as feed_table
from channel.ids import token_hash
from channel.viewing import scrub
from tests.cast import person
from tests.feeds.readers import FORMS, gold_of, items, own_feed
from tests.web.conftest import Site


async def test_its_headers_let_nothing_keep_it_and_nothing_find_it(site: Site) -> None:
    _, place = await own_feed(site, await site.anna.member("bob"))
    for address, status in (
        (f"{place}/feed.atom", 200),
        (f"{place}/media/x/file", 404),
        ("/feeds/none/feed.atom", 404),
    ):
        answer = (await site.stranger().get(address)).answer
        assert answer.status_code == status
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers["x-robots-tag"] == "noindex"
        assert answer.headers["referrer-policy"] == "strict-origin"
        assert "set-cookie" not in answer.headers
    assert scrub(f"{place}/media/x/file") == "/feeds/…"


@pytest.mark.parametrize("name", FORMS)
async def test_a_revoked_one_says_so_and_one_that_never_was_says_less(site: Site, name: str) -> None:
    member = await site.anna.member("bob")
    feed, place = await own_feed(site, member)
    assert (await site.stranger().get(f"{place}/{name}")).status == 200
    async with site.db.write() as tx:
        await feeds.revoke(tx, member.id, feed.id)
    gone = await site.stranger("de").get(f"{place}/{name}")
    assert gone.status == 410 and gone.text.startswith("Dieser Feed wurde widerrufen.")
    assert gone.answer.headers["content-type"] == "text/plain; charset=utf-8"
    site.clock.forward(GONE_MS + 1)
    async with site.db.write() as tx:
        await sweep(tx)
    assert (await site.stranger().get(f"{place}/{name}")).status == 404
    for odd in ("x", "%00", "a" * 43, "a" * 300, "%ed%a0%80"):
        assert (await site.stranger().get(f"/feeds/{odd}/{name}")).status == 404, odd


async def test_a_new_address_ends_the_old_one_and_keeps_the_entries(site: Site) -> None:
    await gold_of(site)
    member = await site.anna.member("bob")
    feed, place = await own_feed(site, member)
    before = items("feed.atom", await site.stranger().get(f"{place}/feed.atom"))
    async with site.db.write() as tx:
        fresh = await feeds.renew(tx, Seal(site.app.state.services.secret), member.id, feed.id)
    assert (await site.stranger().get(f"{place}/feed.atom")).status == 410
    after = items("feed.atom", await site.stranger().get(f"/feeds/{fresh.secret}/feed.atom"))
    assert [one.id for one in after] == [one.id for one in before], "nothing is new to a reader"


@pytest.mark.parametrize("how", ["suspended", "deleted"])
async def test_with_its_account_it_goes(site: Site, how: str) -> None:
    member = await site.anna.member("bob")
    _, place = await own_feed(site, member)
    browser = await site.browser(member)
    if how == "suspended":
        async with site.db.write() as tx:
            await accounts.suspend(tx, member.id)
    else:
        assert (await browser.post("/account/delete", {"typed_name": "bob"})).status == 303
        async with site.db.read() as tx:
            assert not await tx.all(select(feed_table).where(feed_table.c.account_id == member.id))
    assert (await site.stranger().get(f"{place}/feed.atom")).status == 404


async def test_the_secret_is_long_and_stored_closed(site: Site) -> None:
    feed, _ = await own_feed(site, await site.anna.member("bob"))
    assert feed.secret and len(feed.secret) >= 43
    async with site.db.read() as tx:
        (row,) = await tx.all(select(feed_table))
    assert feed.secret not in repr(row) and row.secret_hash == token_hash(feed.secret)
    assert Seal(b"another key, of another server.").open(row.secret_sealed, feed.id) is None


async def test_who_may_make_one(site: Site) -> None:
    gold = await site.anna.tier("Gold", 10)
    vault = await site.anna.room("vault", min_rank=10)
    outsider, poor, rich = (
        await person(site.db),
        await site.anna.member("poor"),
        await site.anna.member("rich", tier=gold),
    )
    for account, room, code in ((outsider, None, "not_in"), (poor, vault, "room_locked")):
        with pytest.raises(Forbidden) as refused:
            await own_feed(site, account, room)
        assert refused.value.code == code
    first, _ = await own_feed(site, rich, vault)
    second, _ = await own_feed(site, rich, vault)
    assert second == first, "of each there is one"
    assert (await own_feed(site, rich))[0].id != first.id


async def test_an_account_has_fifty_at_most(site: Site) -> None:
    member = await site.anna.member("bob")
    for number in range(MAX_LIVE):
        await own_feed(site, member, await site.anna.room(f"room{number}", min_rank=0))
    with pytest.raises(Conflict):
        await own_feed(site, member)


async def test_it_can_be_read_so_often_and_no_more(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    _, place = await own_feed(site, await site.anna.member("bob"))
    limiter = site.app.state.services.limiter
    monkeypatch.setitem(limiter._most, "feed", (3, 3_600))
    answers = [await site.stranger().get(f"{place}/feed.atom") for _ in range(5)]
    assert [one.status for one in answers] == [200, 200, 200, 429, 429]
    assert int(answers[-1].answer.headers["retry-after"]) > 0
    assert answers[-1].answer.headers["cache-control"] == "private, no-store"

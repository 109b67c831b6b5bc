"""Handing out what lies elsewhere: in a bucket, behind another host, by the proxy before us."""

import httpx2
import pytest
from sqlalchemy import update

from channel.accounts import Account, sessions
from channel.accounts.tables import accounts
from channel.media import Media, actions
from channel.members.tables import memberships
from channel.posts.tables import posts as post_table
from channel.web.addresses import Told, signed
from tests.media.sending import photo
from tests.web.conftest import Browser, Page, Site
from tests.web.test_media import ZIP, bearer, carried


async def fetched(address: str, **headers: str) -> httpx2.Response:
    async with httpx2.AsyncClient(trust_env=False) as http:
        return await http.get(address, headers=headers)


async def test_who_may_have_it_gets_it_from_the_bucket_or_through_us(in_bucket: Site) -> None:
    site = in_bucket
    gold = await site.anna.tier("Gold", 10)
    fan, free = await site.anna.member("fan", tier=gold), await site.anna.member("free")
    one, _ = await carried(site, min_rank=10)
    address = f"/media/{one.id}/file"
    assert (await (await site.browser(free)).get(address)).status == 404
    assert (await site.stranger().get(address)).status == 404
    got = await (await site.browser(fan)).get(address, range="bytes=5-9")
    if site.settings.media_serving == "proxy":
        assert (got.status, got.answer.content) == (206, ZIP[5:10])
        assert got.answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
        return
    assert (got.status, got.answer.content) == (307, b"")
    assert got.answer.headers["cache-control"] == "private, no-store"
    assert got.location.startswith(f"{site.settings.bucket.address}/{site.settings.bucket.folder}/")
    there = await fetched(got.location, range="bytes=5-9")
    assert (there.status_code, there.content) == (206, ZIP[5:10])
    assert there.headers["content-type"] == "application/zip"
    assert there.headers["content-disposition"] == "attachment; filename*=UTF-8''T%C3%B6ne.zip"
    assert there.headers["cache-control"] == "private, no-store"


async def test_heads_tags_and_impossible_ranges_are_answered_here(in_bucket: Site) -> None:
    one, _ = await carried(in_bucket)
    address, stranger = f"/media/{one.id}/file", in_bucket.stranger()
    head = await stranger.head(address)
    assert (head.status, head.answer.headers["content-length"]) == (200, str(len(ZIP)))
    tag = head.answer.headers["etag"]
    assert (await stranger.get(address, **{"if-none-match": tag})).status == 304
    assert (await stranger.get(address, range=f"bytes={len(ZIP)}-")).status == 416


async def test_pages_may_show_what_comes_from_the_bucket(in_bucket: Site) -> None:
    one, _ = await carried(in_bucket, photo(900, 600), name="a.png")
    page = await in_bucket.stranger().get("/@anna/news")
    assert f"/media/{one.id}/320.avif" in page
    policy = page.answer.headers["content-security-policy"]
    for part in ("img-src 'self'", "media-src 'self'", "connect-src 'self'"):
        [said] = [rule for rule in policy.split("; ") if rule.startswith(part)]
        assert (in_bucket.settings.bucket.origin in said) == (in_bucket.settings.media_serving == "redirect")
    assert "script-src 'self';" in policy


async def test_nobody_is_sent_anywhere_else(in_bucket: Site) -> None:
    """The gate takes the host off every other address that an answer leads to."""
    got = await in_bucket.stranger().get("/sign-in/", host="channel.test")
    assert "://" not in got.location


async def test_the_proxy_before_us_is_told_which_file_and_nobody_else_is(behind_proxy: Site) -> None:
    gold = await behind_proxy.anna.tier("Gold", 10)
    fan = await behind_proxy.anna.member("fan", tier=gold)
    one, _ = await carried(behind_proxy, min_rank=10)
    address = f"/media/{one.id}/file"
    got = await (await behind_proxy.browser(fan)).get(address)
    assert (got.status, got.answer.content) == (200, b"")
    assert got.answer.headers["x-accel-redirect"] == f"/_media/{one.sha256[:2]}/{one.sha256}"
    assert got.answer.headers["content-type"] == "application/zip"
    assert got.answer.headers["content-disposition"].startswith("attachment")
    assert got.answer.headers["cache-control"] == "private, no-store"
    refused = await behind_proxy.stranger().get(address)
    assert refused.status == 404 and "x-accel-redirect" not in refused.answer.headers
    file = behind_proxy.settings.data / "media" / one.sha256[:2] / one.sha256
    assert file.read_bytes() == ZIP
    file.unlink()
    assert (await (await behind_proxy.browser(fan)).get(address)).status == 404


def there(address: str) -> str:
    """The path that the other host is asked for."""
    assert address.startswith("https://media.test/m/"), address
    return address.removeprefix("https://media.test")


async def sent_to(site: Site, browser: Browser, one: Media) -> str:
    got = await browser.get(f"/media/{one.id}/file")
    assert (got.status, got.answer.headers["cache-control"]) == (307, "private, no-store")
    return there(got.location)


async def asked(site: Site, path: str, **headers: str) -> Page:
    """As the browser asks the host for media: without a cookie."""
    return await site.stranger().get(path, host="media.test", **headers)


async def paid(site: Site) -> tuple[Media, Account, Browser]:
    """A file of a paid post, and one who pays."""
    gold = await site.anna.tier("Gold", 10)
    fan = await site.anna.member("fan", tier=gold)
    one, _ = await carried(site, min_rank=10)
    return one, fan, await site.browser(fan)


async def test_the_host_for_media_serves_who_was_sent(two_hosts: Site) -> None:
    one, _, browser = await paid(two_hosts)
    path = await sent_to(two_hosts, browser, one)
    got = await asked(two_hosts, path, range="bytes=5-9")
    assert (got.status, got.answer.content) == (206, ZIP[5:10])
    assert got.answer.headers["cache-control"] == "private, no-store"
    assert got.answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert got.answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert got.answer.headers["access-control-allow-origin"] == two_hosts.settings.origin
    assert await sent_to(two_hosts, browser, one) == path, "within a minute the same, for the browser's cache"
    page = await browser.get("/@anna/news")
    assert "img-src 'self' https://media.test data:" in page.answer.headers["content-security-policy"]


async def test_a_program_is_sent_to_no_other_host(two_hosts: Site) -> None:
    """An address there ends with a session, and a token has none."""
    one, fan, _ = await paid(two_hosts)
    got = await two_hosts.stranger().get(f"/media/{one.id}/file", **await bearer(two_hosts, fan))
    assert (got.status, got.answer.content) == (200, ZIP)


async def test_the_host_for_media_answers_nothing_else(two_hosts: Site) -> None:
    one, _ = await carried(two_hosts)
    for path in ("/", "/@anna", "/sign-in", f"/media/{one.id}/file", "/static/app.css", "/api/v1/me", "/m"):
        assert (await asked(two_hosts, path)).status == 400, path
    assert (await asked(two_hosts, "/m/anything")).status == 404


async def test_an_address_is_over_after_five_minutes(two_hosts: Site) -> None:
    one, _, browser = await paid(two_hosts)
    path = await sent_to(two_hosts, browser, one)
    two_hosts.clock.forward(4 * 60_000 - 1)
    assert (await asked(two_hosts, path)).status == 200
    two_hosts.clock.forward(60_001)
    await refused(two_hosts, path)


async def refused(site: Site, path: str) -> None:
    got, nothing = await asked(site, path), await asked(site, "/m/nothing")
    assert got.status == nothing.status == 404
    own = ("x-request-id", "content-length", "date")
    assert [h for h in got.answer.headers.items() if h[0] not in own] == [
        h for h in nothing.answer.headers.items() if h[0] not in own
    ]
    assert b"T\xc3\xb6ne" not in got.answer.content


@pytest.mark.parametrize("how", ["tier", "ban", "post", "file", "session", "suspension"])
async def test_an_address_ends_with_the_right_to_it(two_hosts: Site, how: str) -> None:
    site = two_hosts
    one, fan, browser = await paid(site)
    path = await sent_to(site, browser, one)
    assert (await asked(site, path)).status == 200
    async with site.db.write() as tx:
        if how == "tier":
            await tx.run(
                update(memberships)
                .where(memberships.c.account_id == fan.id)
                .values(tier_id=site.anna.free.id)
            )
        elif how == "ban":
            await tx.run(update(memberships).where(memberships.c.account_id == fan.id).values(state="banned"))
        elif how == "post":
            await tx.run(update(post_table).values(min_rank=20))
        elif how == "file":
            await actions.remove(tx, await site.anna.by(tx, site.anna.owner), one)
        elif how == "session":
            await sessions.end_other_sessions(tx, fan.id, None)
        else:
            await tx.run(update(accounts).where(accounts.c.id == fan.id).values(state="suspended"))
    await refused(site, path)


async def test_an_address_is_for_one_viewer(two_hosts: Site) -> None:
    site = two_hosts
    one, _, browser = await paid(site)
    path = await sent_to(site, browser, one)
    other = await site.browser(await site.anna.member("other"))
    owner = await site.browser(site.anna.owner)
    for somebody in (other, owner):
        assert (await somebody.get(path)).status == 404, "brought along by somebody else who is signed in"
    assert (await browser.get(path)).status == 200


async def test_an_address_that_was_changed_is_none(two_hosts: Site) -> None:
    site = two_hosts
    one, fan, browser = await paid(site)
    path = await sent_to(site, browser, one)
    token = path.removeprefix("/m/")
    payload, _, signature = token.rpartition(".")
    for changed in (
        token[:-1], token + "A", payload, f"{payload}.", f"{payload[:-2]}AA.{signature}", token * 20, "%00", "a.b",
        f"{payload}.{signature[::-1]}", "..%2f..%2fetc%2fpasswd",
    ):  # fmt: skip
        assert (await asked(site, f"/m/{changed}")).status == 404, changed
    now = site.clock.now_ms
    told = Told(one.id, "file", fan.id, "0" * 32)
    secret = site.app.state.services.secret
    for forged in (
        signed(b"another key", told, now),
        signed(secret, told, now),  # no session of theirs
        signed(secret, Told(one.id, "file", None, ""), now),  # a stranger's, for what is paid
        signed(secret, Told(one.id, "original", None, ""), now),
        signed(secret, told, now + 3_600_000),  # good for longer than any that is given
    ):
        await refused(site, f"/m/{forged}")


async def test_strangers_get_what_is_for_everybody(two_hosts: Site) -> None:
    one, _ = await carried(two_hosts)
    path = await sent_to(two_hosts, two_hosts.stranger(), one)
    got = await asked(two_hosts, path)
    assert (got.status, got.answer.content) == (200, ZIP)
    assert got.answer.headers["cache-control"].startswith("private, max-age")

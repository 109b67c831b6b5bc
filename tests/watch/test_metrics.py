"""`/metrics`: who may read it, what stands there, and what does not."""

from dataclasses import replace

import pytest

from channel import accounts
from channel.accounts import tokens
from channel.errors import Unavailable
from channel.server import REFUSED
from channel.web import health
from tests.metrics.reading import read
from tests.web.conftest import Page, Site, site
from tests.web_account.conftest import admin_of, person

__all__ = ["site"]  # a fixture


async def bearer(site: Site, *scopes: str, admin: bool = True) -> dict[str, str]:
    """The header of a new account's token."""
    account = await person(site, "Root", admin=admin)
    async with site.db.write() as tx:
        _, secret = await tokens.create_token(tx, account.id, name="scraper", scopes=set(scopes), days=None)
    return {"authorization": f"Bearer {secret}"}


async def scraped(site: Site) -> dict[tuple[str, str], float]:
    page = await site.stranger().get("/metrics", **await bearer(site, "admin"))
    assert page.status == 200, page.text
    return read(page.answer.text)


async def test_an_admins_token_reads_all_of_it(site: Site) -> None:
    page = await site.stranger().get("/metrics", **await bearer(site, "admin"))
    assert page.status == 200
    assert page.answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert page.answer.headers["cache-control"] == "no-store"
    found = read(page.answer.text)
    assert found["channel_connections", "ws"] == 0
    assert found["channel_bus_up", ""] == 1
    assert found["process_resident_memory_bytes", ""] > 10_000_000
    assert 3 < found["process_open_fds", ""] <= found["process_max_fds", ""]


async def test_nobody_else_does(site: Site) -> None:
    stranger = site.stranger()

    def problem(page: Page) -> tuple[int, str]:
        return page.status, page.answer.headers["content-type"]

    kind = "application/problem+json"
    assert problem(await stranger.get("/metrics")) == (401, kind)
    assert problem(await (await admin_of(site)).get("/metrics")) == (401, kind)
    assert problem(await (await site.browser(site.anna.owner)).get("/metrics")) == (404, kind)
    assert problem(await stranger.get("/metrics", authorization="Bearer nonsense")) == (401, kind)
    assert problem(await stranger.get("/metrics", **await bearer(site, "read", "manage"))) == (403, kind)
    not_admin = await bearer(site, "read", admin=False)
    assert problem(await stranger.get("/metrics", **not_admin)) == (403, kind)


async def test_somebody_who_is_admin_no_more_is_turned_away(site: Site) -> None:
    async with site.db.write() as tx:
        account = await accounts.create(tx, name="Former", is_admin=True)
        _, secret = await tokens.create_token(tx, account.id, name="scraper", scopes={"admin"}, days=None)
    token = {"authorization": f"Bearer {secret}"}
    await person(site, "Root", admin=True)
    async with site.db.write() as tx:
        await accounts.suspend(tx, account.id)
    assert (await site.stranger().get("/metrics", **token)).status == 401


async def test_it_is_answered_under_any_host_name(site: Site) -> None:
    token = await bearer(site, "admin")
    answer = await site.stranger().get("/metrics", host="10.0.0.7:8000", **token)
    assert answer.status == 200


async def test_it_counts_what_happened(site: Site) -> None:
    before = await scraped(site)
    for number in range(3):
        await site.post(f"Post {number}")
    assert (await site.stranger().get("/@nobody")).status == 404
    after = await scraped(site)

    def grew(name: str, label: str = "") -> float:
        return after[name, label] - before.get((name, label), 0)

    assert grew("channel_commit_size_sum") >= 3
    assert grew("channel_commit_seconds_count") >= 3
    assert grew("channel_http_answers_total", "404") == 1
    assert grew("channel_http_answers_total", "200") == 1  # the first scrape; this one is not over yet
    assert grew("channel_http_seconds_count") == 2


async def test_nothing_in_it_is_about_anybody(site: Site) -> None:
    await site.post("A secret plan")
    async with site.db.write() as tx:
        await accounts.create(tx, name="Canary Person", handle="canaryhandle")
    page = await site.stranger().get("/metrics", **await bearer(site, "admin"))
    for word in ("secret plan", "Canary", "canaryhandle", "anna", site.anna.news.id, site.anna.community.id):
        assert word not in page.answer.text, word


async def test_what_the_server_refused_by_itself_is_told(site: Site) -> None:
    token = await bearer(site, "admin")
    scope_state = {REFUSED: {"431": 2, "408": 1}}
    assert health.REFUSED == REFUSED
    client = site.make_client()
    transport = client._transport
    transport.app = _with_state(site.app, scope_state)  # type: ignore[attr-defined]
    found = read((await client.get("/metrics", headers=token)).text)
    assert found["channel_http_refused_total", "431"] == 2
    assert found["channel_http_refused_total", "408"] == 1


def _with_state(app: object, state: dict[str, object]) -> object:
    async def wrapped(scope: dict[str, object], receive: object, send: object) -> None:
        scope["state"] = dict(state)
        await app(scope, receive, send)  # type: ignore[operator]

    return wrapped


async def test_the_rest_is_told_while_the_jobs_cannot_be_counted(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = site.app.state.watch

    class Gone:
        engine = site.db.engine

        def read(self, *, heavy: bool = False) -> object:
            raise Unavailable("The database is away.")

    monkeypatch.setattr(watch, "live", replace(watch.live, db=Gone()))
    found = await scraped(site)
    assert ("channel_jobs", "waiting") not in found
    assert found["channel_streams", ""] == 0


@pytest.mark.parametrize(("draining", "writable", "status"), [(0, 1, 200), (1, 1, 503), (0, 0, 503)])
async def test_ready_is_only_who_can_acknowledge_a_write(
    site: Site, monkeypatch: pytest.MonkeyPatch, draining: bool, writable: bool, status: int
) -> None:
    async def ping() -> None:
        raise Unavailable("The disk is full.")

    if not writable:
        monkeypatch.setattr(site.db.engine, "ping", ping)
    site.app.state.draining = draining
    assert (await site.stranger().get("/ready")).status == status
    assert (await site.stranger().get("/health")).status == 200

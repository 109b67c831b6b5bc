"""Public feeds name the hub where there is one, in every form and in the head of the answer; nobody else's does."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs
from xml.etree.ElementTree import fromstring

import pytest

import channel.app
from channel.rooms.announcing import GATHER_MS
from channel.settings import Settings
from tests.cast import creator
from tests.conftest import Clock
from tests.feeds.readers import ATOM, FORMS, below, items, own_feed
from tests.hooks.receiver import receiver
from tests.posts import writing
from tests.topics import talking
from tests.web.conftest import HOST, Page, Site, running

HUB = "https://hub.friend.org/take?a=1&b=2"
PLACES = ("/@anna", "/@anna/news")


@pytest.fixture
async def hubbed(settings: Settings, clock: Clock) -> AsyncIterator[Site]:
    """Anna's community on a running server that has a hub."""
    settings = replace(settings, websub_hub=HUB)
    async for app, client in running(settings, clock):
        db = app.state.services.db
        yield Site(app, db, clock, settings, await creator(db), client)


def named(name: str, page: Page) -> list[tuple[str, str]]:
    """The hubs and the own address that a feed names in itself, in its order."""
    items(name, page)
    if name == "feed.json":
        told = json.loads(page.answer.content)
        assert all(one["type"] == "WebSub" for one in told.get("hubs", []))
        return [("self", told["feed_url"]), *(("hub", one["url"]) for one in told.get("hubs", []))]
    top = fromstring(page.answer.content)
    place = top if name == "feed.atom" else top.find("channel")
    assert place is not None
    ways = [(link.get("rel") or "", link.get("href") or "") for link in place.findall(f"{ATOM}link")]
    return [(rel, href) for rel, href in ways if rel in ("self", "hub")]


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("place", PLACES)
async def test_a_public_feed_names_its_hub_and_itself(hubbed: Site, place: str, name: str) -> None:
    await hubbed.post("Hello")
    page = await hubbed.stranger().get(f"{place}/{name}")
    address = f"{HOST}{place}/{name}"
    assert named(name, page) == [("self", address), ("hub", HUB)]
    links = page.answer.headers.get_list("link")
    assert links == [f'<{HUB}>; rel="hub", <{address}>; rel="self"']
    assert page.answer.links["hub"]["url"] == HUB and page.answer.links["self"]["url"] == address
    head = await hubbed.stranger().head(f"{place}/{name}")
    assert head.answer.headers.get_list("link") == links


@pytest.mark.parametrize("name", FORMS)
async def test_without_a_hub_none_is_named(site: Site, name: str) -> None:
    await site.post("Hello")
    page = await site.stranger().get(f"/@anna/{name}")
    assert named(name, page) == [("self", f"{HOST}/@anna/{name}")]
    assert "link" not in page.answer.headers and "hub" not in page.answer.text
    assert page.answer.headers["cache-control"] == "public, max-age=60"


@pytest.mark.parametrize("name", FORMS)
async def test_a_private_feed_names_none(hubbed: Site, name: str) -> None:
    """The hub would learn its secret from whoever subscribes."""
    await hubbed.post("Hello")
    for room in (None, hubbed.anna.news):
        _, place = await own_feed(hubbed, hubbed.anna.owner, room)
        page = await hubbed.stranger().get(f"{place}/{name}")
        assert [rel for rel, _ in named(name, page)] == ["self"]
        assert "hub.friend.org" not in page.answer.text and "link" not in page.answer.headers
        assert page.answer.headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize("name", FORMS)
async def test_nor_does_that_of_a_group_or_of_an_unlisted_community(hubbed: Site, name: str) -> None:
    group = await talking.group(hubbed.anna)
    await talking.say(hubbed.anna, group)
    await hubbed.post("Hello")
    await creator(hubbed.db, "zoe", visibility="unlisted")
    for place in ("/@anna/talk", "/@zoe", "/@zoe/news"):
        page = await hubbed.stranger().get(f"{place}/{name}")
        assert page.status == 200 and "hub.friend.org" not in page.answer.text, place
        assert "link" not in page.answer.headers and "max-age=60" in page.answer.headers["cache-control"]


@pytest.mark.parametrize("place", PLACES)
async def test_asking_again_still_costs_nothing(hubbed: Site, place: str) -> None:
    """By tag, by date, of what was kept and of what was made anew; and no cache in between answers for us."""
    await hubbed.post("Hello")
    stranger, address = hubbed.stranger(), f"{place}/feed.atom"
    await stranger.get(address)
    hubbed.clock.forward(5_000)  # within the second in which it was made, no date says that it is the newest
    first = (await stranger.get(address)).answer
    assert first.headers["cache-control"] == "public, no-cache"
    hubbed.clock.forward(5_000)
    for query in ("", "?anew"):
        for has in (
            {"if-none-match": first.headers["etag"]},
            {"if-modified-since": first.headers["last-modified"]},
        ):
            again = await stranger.get(address + query, **has)
            assert again.status == 304 and not again.answer.content, (query, has)
            assert again.answer.headers["link"] == first.headers["link"]
            assert again.answer.headers["cache-control"] == "public, no-cache"
    await hubbed.post("More")
    changed = await stranger.get(address, **{"if-none-match": first.headers["etag"]})
    assert changed.status == 200 and "More" in changed


async def test_what_is_kept_ready_says_so_too(hubbed: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer to the second one who asks is not made anew."""
    await hubbed.post("Hello")
    version = -1
    while version != hubbed.db.version():
        version = hubbed.db.version()
        first = (await hubbed.stranger().get("/@anna/feed.atom")).answer

    def closed(**_: object) -> None:
        raise AssertionError("the data was read")

    monkeypatch.setattr(hubbed.db, "read", closed)
    for has, status in (({}, 200), ({"if-none-match": first.headers["etag"]}, 304)):
        again = await hubbed.stranger().get("/@anna/feed.atom", **has)
        assert again.status == status and again.answer.headers["link"] == first.headers["link"]


async def test_what_the_hub_is_told_it_finds_there_at_once(
    settings: Settings, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole way: a post of a running server, its worker, a hub on loopback, and what that fetches."""
    async with receiver(tmp_path / "hub", "hub.friend.org") as there:
        there.answers = ["204 No Content"]
        monkeypatch.setattr(channel.app, "Outside", lambda host: there.outside())
        async for app, client in running(replace(settings, websub_hub=HUB), clock):
            db = app.state.services.db
            site = Site(app, db, clock, settings, await creator(db), client)
            hub = site.stranger()
            assert "News for all" not in await hub.get("/@anna/news/feed.atom")
            await writing.post(site.anna, "News for all")
            clock.forward(GATHER_MS)
            app.state.worker.wake()
            while len(there.got) < 2 * len(FORMS):
                there.heard.clear()
                if len(there.got) < 2 * len(FORMS):
                    await there.heard.wait()
            told = {parse_qs(one.body.decode())["hub.topic"][0] for one in there.got}
            assert told == {f"{HOST}{place}/{name}" for place in PLACES for name in FORMS}
            for address in (one for one in told if not one.endswith("podcast.rss")):
                page = await hub.get(below(address))
                assert "News for all" in page and f'<{address}>; rel="self"' in page.answer.headers["link"]

"""How readers ask for everybody's feeds again: for nothing, where nothing is new."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from sqlalchemy import Executable, Row, update

from channel.posts.tables import posts
from channel.storage import Tx
from channel.storage.database import Statement
from tests.feeds.readers import FORMS, pictured
from tests.media.sending import photo
from tests.posts import writing
from tests.web.conftest import Site


async def test_readers_ask_again_for_nothing(site: Site) -> None:
    await site.post("Hello")
    stranger, address = site.stranger(), "/@anna/feed.atom"
    first = (await stranger.get(address)).answer
    etag = first.headers["etag"]
    assert etag.startswith('"') and first.headers["cache-control"] == "public, max-age=60"
    for has in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = await stranger.get(address, **{"if-none-match": has})
        assert again.status == 304 and not again.answer.content, has
        assert again.answer.headers["etag"] == etag
        assert again.answer.headers["cache-control"] == "public, max-age=60"
        assert "last-modified" in again.answer.headers
    assert (await stranger.get(address, **{"if-none-match": '"other"'})).status == 200
    await site.post("More")
    changed = await stranger.get(address, **{"if-none-match": etag})
    assert changed.status == 200 and "More" in changed


async def test_readers_that_know_dates_alone_miss_nothing(site: Site) -> None:
    """Even of what changed within the second in which they read."""
    post = await site.post("Hello")
    stranger, address = site.stranger(), "/@anna/feed.atom"

    async def since(told: str) -> int:
        return (await stranger.get(address + "?", **{"if-modified-since": told})).status

    told = (await stranger.get(address)).answer.headers["last-modified"]
    await writing.change(site.anna, post, "Changed in the same second")
    site.clock.forward(1)
    assert await since(told) == 200
    site.clock.forward(5_000)
    told = (await stranger.get(address)).answer.headers["last-modified"]
    assert await since(told) == 304
    assert await since("Thu, 01 Jan 2099 00:00:00 GMT") == 304
    assert await since("no date at all") == 200
    await writing.remove(site.anna, post)
    site.clock.forward(5_000)
    assert await since(told) == 200, "a deletion is news, too"


async def test_the_tag_outweighs_the_date(site: Site) -> None:
    await site.post("Hello")
    asked = {"if-none-match": '"other"', "if-modified-since": "Thu, 01 Jan 2099 00:00:00 GMT"}
    assert (await site.stranger().get("/@anna/feed.atom", **asked)).status == 200


@pytest.mark.parametrize("name", FORMS)
async def test_head_is_answered_like_get(site: Site, name: str) -> None:
    await site.post("Hello")
    got, head = await site.stranger().get(f"/@anna/{name}"), await site.stranger().head(f"/@anna/{name}")
    assert head.status == 200
    for header in ("etag", "content-length", "content-type", "cache-control"):
        assert head.answer.headers[header] == got.answer.headers[header]


async def test_the_same_feed_is_the_same_bytes(site: Site) -> None:
    """Whatever happens that is not in it: views, reactions, time."""
    post = await site.post("Hello")
    first = (await site.stranger().get("/@anna/feed.atom")).answer.headers["etag"]
    async with site.db.write() as tx:
        await tx.run(update(posts).where(posts.c.id == post.id).values(views=1_000))
    site.clock.forward(3_600_000)
    assert (await site.stranger().get("/@anna/feed.atom")).answer.headers["etag"] == first


async def test_the_second_one_to_ask_costs_no_look_at_the_data(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.post("Hello")
    version = -1
    while version != site.db.version():
        version = site.db.version()
        first = await site.stranger().get("/@anna/feed.atom")
        await asyncio.sleep(0.05)

    def closed(**_: object) -> None:
        raise AssertionError("the data was read")

    monkeypatch.setattr(site.db, "read", closed)
    again = await site.stranger().get("/@anna/feed.atom")
    assert again.answer.content == first.answer.content
    assert again.answer.headers["last-modified"] == first.answer.headers["last-modified"]
    known = await site.stranger().get("/@anna/feed.atom", **{"if-none-match": first.answer.headers["etag"]})
    assert known.status == 304


async def test_thirty_posts_cost_no_more_questions_than_one(site: Site) -> None:
    """Of whatever they carry: a feed is asked for by robots, all day."""
    counts = []
    for round_ in range(2):
        for number in range(1 + 11 * round_):
            await pictured(site, f"Look {number} https://example.org/{number}", photo(64 + number, 48))
        counts.append(await questions(site, f"/@anna/feed.atom?{round_}"))
    assert counts[0] == counts[1] <= 20, counts


class Counting(Tx):
    """A transaction that counts what it is asked."""

    __slots__ = ("_tx", "asked")

    def __init__(self, tx: Tx) -> None:
        super().__init__(tx.dialect, tx.now)
        self._tx = tx
        self.asked = 0

    async def all(self, statement: Statement, **values: Any) -> Sequence[Row[Any]]:
        self.asked += 1
        return await self._tx.all(statement, **values)

    async def one(self, statement: Statement, **values: Any) -> Row[Any] | None:
        self.asked += 1
        return await self._tx.one(statement, **values)

    async def run(self, statement: Statement, **values: Any) -> int:
        raise AssertionError("a feed writes nothing")

    async def run_many(self, statement: Executable, rows: Sequence[dict[str, Any]]) -> None:
        raise AssertionError("a feed writes nothing")

    async def within(self, ms: int | None) -> None:
        await self._tx.within(ms)


async def questions(site: Site, address: str) -> int:
    """How many statements an answer takes; what the workers ask meanwhile is theirs."""
    real, mine, made = site.db.read, asyncio.current_task(), list[Counting]()

    @contextlib.asynccontextmanager
    async def read(**given: bool) -> AsyncIterator[Tx]:
        async with real(**given) as tx:
            made.append(Counting(tx))
            yield made[-1] if asyncio.current_task() is mine else tx

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(site.db, "read", read)
        assert (await site.stranger().get(address)).status == 200
    return sum(one.asked for one in made)

"""The data turns out to be of another history while people listen: a failover of PostgreSQL seen from inside."""

import asyncio

import pytest
from sqlalchemy import update

from channel.live import afresh
from channel.live.drain import send_back
from channel.live.hub import Hub
from channel.live.tail import POLL_S
from channel.storage.tables import instance
from tests.live.site import Site


async def another_epoch(site: Site) -> str:
    """As another process begins one."""
    epoch = f"{site.db.epoch.now}+"
    async with site.db.write() as tx:
        await tx.run(update(instance).values(epoch=epoch))
    return epoch


async def test_whoever_listens_is_sent_back_and_told_to_begin_afresh(site: Site) -> None:
    await site.post("one")
    async with site.follow() as reader:
        before = (await reader.subscribe(site.stream))["streams"][0]
        site.db.epoch.learn(await another_epoch(site))
        assert await reader.closed_with() == 1012
    async with site.follow() as reader:
        told = (await reader.subscribe(site.stream, after=before["head"], epoch=before["epoch"]))["streams"][
            0
        ]
        assert told["reset"] is True
        assert told["epoch"] == site.db.epoch.now
        await site.post("two")
        assert (await reader.next("event"))["seq"] == told["head"] + 1


async def test_who_comes_while_a_crowd_goes_meets_nothing_of_the_history_before(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = asyncio.Event()

    async def crowded(hub: Hub, why: str) -> None:
        await gone.wait()
        await send_back(hub, why)

    monkeypatch.setattr(afresh, "send_back", crowded)
    await site.post("one")
    async with site.follow() as reader:
        head = (await reader.subscribe(site.stream))["streams"][0]["head"]
        stream = site.app.state.live.hub.streams[site.stream]
        stream.head = head + 5  # five were told that the new history lacks
        site.db.epoch.learn(await another_epoch(site))
        async with site.follow() as newcomer:
            await newcomer.subscribe(site.stream)
            await site.post("two")
            assert (await newcomer.next("event"))["seq"] == head + 1
        gone.set()
        assert await reader.closed_with() == 1012


async def test_an_epoch_that_another_process_began_is_learnt_by_a_look_at_the_log(site: Site) -> None:
    """On SQLite there is no other process, and a restore waits until the server has ended."""
    async with site.follow() as reader:
        await reader.subscribe(site.stream)
        epoch = await another_epoch(site)
        if site.db.in_place:
            await asyncio.sleep(POLL_S)
            assert site.db.epoch.now != epoch
        else:
            assert await reader.closed_with() == 1012
            assert site.db.epoch.now == epoch

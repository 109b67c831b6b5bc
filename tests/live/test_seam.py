"""No gap and no double where history ends and the live stream begins, also while others are listening already."""

import asyncio
from collections.abc import Sequence

import pytest

from channel.live import history, joining
from channel.live.frames import Told
from channel.outbox import Logged
from channel.storage import Tx
from tests.live.site import Follower, Site


async def seqs(reader: Follower, count: int) -> list[int]:
    return [(await reader.next("event"))["seq"] for _ in range(count)]


async def quiet(reader: Follower) -> bool:
    """True when nothing more comes."""
    try:
        async with asyncio.timeout(0.3):
            await reader.next("event")
    except TimeoutError:
        return True
    return False


async def test_what_is_published_while_history_is_read_is_seen_once(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.post("before")
    real = history.tell
    posting: list[asyncio.Task[object]] = []

    async def tell_late(tx: Tx, stream: str, logged: Sequence[Logged]) -> list[Told]:
        if not posting:
            posting.append(asyncio.get_running_loop().create_task(site.post("between")))
            await witness.next("event")  # it was told to all who listen by now
        return await real(tx, stream, logged)

    async with site.follow() as witness, site.follow() as reader:
        await witness.subscribe(site.stream)
        monkeypatch.setattr(history, "tell", tell_late)
        await reader.subscribe(site.stream, after=0)
        assert await seqs(reader, 2) == [1, 2]
        assert await quiet(reader)


async def test_what_is_both_in_history_and_held_is_seen_once(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.post("before")
    real = joining._heads
    posted: list[int] = []

    async def late(tx: Tx, names: list[str]) -> tuple[str, dict[str, int]]:
        """The stream is listened to from here on, and its head not read yet."""
        if not posted:
            posted.append((await site.post("between")).seq)
            await witness.next("event")
        return await real(tx, names)

    async with site.follow() as witness, site.follow() as reader:
        await witness.subscribe(site.stream)
        monkeypatch.setattr(joining, "_heads", late)
        told = await reader.subscribe(site.stream, after=0)
        assert told["streams"][0]["head"] == 2
        assert await seqs(reader, 2) == [1, 2]
        assert await quiet(reader)

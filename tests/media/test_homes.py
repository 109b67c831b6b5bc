"""A community whose media go to another store than the server's."""

from pathlib import Path
from typing import Any

import pytest

from channel.control import media as looking_at
from channel.control.verbs import VERBS, Ground
from channel.errors import Invalid, NotFound
from channel.media import Desk, Media, homes, queries
from channel.media.blobs import Blobs
from channel.media.local import LocalBlobs
from channel.media.pair import Pair
from channel.media.s3 import S3Blobs
from channel.media.staging import Staging
from channel.settings import Settings
from channel.storage import Database
from tests import buckets, cast
from tests.media.sending import LIMITS, photo, prepared, send
from tests.media.signing import signed


@pytest.fixture
def stores(settings: Settings) -> dict[str, Blobs]:
    return {"local": LocalBlobs(settings.data / "media"), "s3": S3Blobs(buckets.fresh())}


def whole(stores: dict[str, Blobs], first: str) -> Blobs:
    return Pair(stores["local"], stores["s3"], stores[first]) if len(stores) > 1 else stores["local"]


def started(db: Database, settings: Settings, stores: dict[str, Blobs], first: str = "local") -> Desk:
    """What a server that was started with these stores takes files with."""
    scratch = settings.data / "scratch"
    return Desk(db, whole(stores, first), Staging(settings.data / "uploads"), LIMITS, scratch=scratch)


async def ask(db: Database, settings: Settings, stores: dict[str, Blobs], verb: str, **given: Any) -> Any:
    def silent(done: int, total: int) -> None:
        """Nobody watches."""

    return await VERBS[verb](Ground(db, settings, stores), given, silent)


async def keys(db: Database, one: Media) -> dict[str, int]:
    """Everything that there is of it."""
    async with db.read() as tx:
        now = await queries.one(tx, one.id)
    said = {now.proof.sha256: now.proof.size} if now.proof else {}
    return {now.sha256: now.size, **{made.sha256: made.size for made in now.variants}, **said}


async def where(stores: dict[str, Blobs], wanted: dict[str, int]) -> set[str]:
    """The stores in which all of it is."""
    found = set(stores)
    for name, store in stores.items():
        for key in wanted:
            try:
                await store.size(key)
            except NotFound:
                found.discard(name)
    return found


async def sent(db: Database, here: Desk, folder: Path, scene: cast.Scene, colour: str) -> dict[str, int]:
    content, _ = signed(photo(900, 600, colour=colour, format="JPEG"))
    one = await send(here, scene, content, name=f"{colour}.jpg")
    await prepared(db, here, folder, one)
    made = await keys(db, one)
    assert len(made) > 3, "the original, sizes, and its credentials"
    return made


@pytest.mark.parametrize("first", ["local", "s3"])
async def test_what_is_sent_goes_to_the_communitys_own_store(
    db: Database, settings: Settings, stores: dict[str, Blobs], first: str
) -> None:
    other = {"local": "s3", "s3": "local"}[first]
    mine, theirs = await cast.creator(db), await cast.creator(db, "otto")
    handle = mine.community.handle
    here = started(db, settings, stores, first)
    before = await sent(db, here, settings.data, mine, "teal")
    assert await where(stores, before) == {first}
    told = await ask(db, settings, stores, "media.store", community=handle, to=other)
    assert told["own"] == [(handle, other)]
    again = started(db, settings, stores, first)  # as after a restart
    after = await sent(db, again, settings.data, mine, "red")
    beside = await sent(db, again, settings.data, theirs, "blue")
    assert await where(stores, after) == {other}
    assert await where(stores, before) == await where(stores, beside) == {first}
    for key, size in (before | after).items():
        assert sum([len(piece) async for piece in again.blobs.read(key, 0, size)]) == size
    await ask(db, settings, stores, "media.store", community=handle, to="default")
    assert await where(stores, await sent(db, again, settings.data, mine, "green")) == {first}


async def test_a_move_takes_along_what_was_there_and_the_meter_stays(
    db: Database, settings: Settings, stores: dict[str, Blobs]
) -> None:
    scene = await cast.creator(db)
    here = started(db, settings, stores)
    before = await sent(db, here, settings.data, scene, "teal")
    await ask(db, settings, stores, "media.store", community=scene.community.handle, to="s3")
    after = await sent(db, here, settings.data, scene, "red")
    async with db.read() as tx:
        used = await queries.used_bytes(tx, scene.community.id)
    assert used >= sum((before | after).values())
    done = await ask(db, settings, stores, "media.move", community=scene.community.handle, to="s3")
    assert (done["files"], done["there"], done["lost"]) == (len(before), len(after), 0)
    assert await where(stores, before | after) == {"s3"}
    async with db.read() as tx:
        assert await queries.used_bytes(tx, scene.community.id) == used
    levels = [one.level for one in await looking_at.examine(db, settings, stores)]
    assert levels == ["good", "good", "good"], "both stores, and what is in them"


async def test_the_command_lists_and_refuses(
    db: Database, settings: Settings, stores: dict[str, Blobs]
) -> None:
    scene = await cast.creator(db)
    handle = scene.community.handle
    assert (await ask(db, settings, stores, "media.store"))["own"] == []
    assert (await ask(db, settings, stores, "media.store", community=handle))["own"] == []
    await ask(db, settings, stores, "media.store", community=handle, to="s3")
    assert (await ask(db, settings, stores, "media.store"))["own"] == [(handle, "s3")]
    with pytest.raises(NotFound):
        await ask(db, settings, stores, "media.store", community="nobody", to="s3")
    with pytest.raises(Invalid, match="one store only"):
        await ask(db, settings, {"local": stores["local"]}, "media.store", community=handle, to="s3")


async def test_a_bucket_that_is_not_set_up_any_more_is_told_by_the_doctor_and_nothing_is_lost(
    db: Database, settings: Settings, stores: dict[str, Blobs]
) -> None:
    scene = await cast.creator(db)
    async with db.write() as tx:
        await homes.settle(tx, scene.community.id, "s3")
    alone = {"local": stores["local"]}
    made = await sent(db, started(db, settings, alone), settings.data, scene, "teal")
    assert await where(alone, made) == {"local"}
    found = await looking_at.examine(db, settings, alone)
    [bad] = [one for one in found if one.level == "bad"]
    assert f"@{scene.community.handle}" in bad.what and "channel media store" in bad.remedy

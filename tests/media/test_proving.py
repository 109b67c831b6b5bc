"""Content credentials of what was sent before the server could read them."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from channel.control.verbs import VERBS, Ground
from channel.errors import NotFound, Unavailable
from channel.media import Media, credentials, proving, queries
from channel.media.proving import Proved
from channel.media.tables import media, media_credentials
from channel.settings import Settings
from channel.storage import Database
from tests import cast
from tests.cast import Scene
from tests.media.sending import desk, photo, prepared, send
from tests.media.signing import SIGNER, signed

JPEG = photo(format="JPEG")


def silent(done: int, total: int) -> None:
    """Nobody watches."""


async def before(db: Database, settings: Settings, scene: Scene, content: bytes, name: str) -> Media:
    """Sent and prepared when nothing could be read."""
    here = desk(db, settings.data)
    one = await send(here, scene, content, name=name)
    await prepared(db, here, settings.data, one)
    async with db.write() as tx:
        await tx.run(media_credentials.delete().where(media_credentials.c.media_id == one.id))
        await tx.run(update(media).where(media.c.id == one.id).values(credentials_state="not_checked"))
        return await queries.one(tx, one.id)


async def now(db: Database, one: Media) -> Media:
    async with db.read() as tx:
        return await queries.one(tx, one.id)


async def read(db: Database, settings: Settings, **given: Any) -> Proved:
    blobs = desk(db, settings.data).blobs
    ground = Ground(db, settings, {"local": blobs}, blobs)
    return Proved(**await VERBS["media.credentials"](ground, given, silent))


async def test_they_are_read_afterwards_and_only_once(db: Database, settings: Settings) -> None:
    scene = await cast.creator(db)
    made = await before(db, settings, scene, signed(JPEG)[0], "signed.jpg")
    plain = await before(db, settings, scene, JPEG, "plain.jpg")
    await send(desk(db, settings.data), scene, b"PK\x03\x04", name="a.zip")
    assert await read(db, settings, dry_run=True) == Proved(looked=2)
    assert (await now(db, made)).credentials_state == "not_checked", "only counted"
    assert await read(db, settings) == Proved(looked=2, found=1)
    told = await now(db, made)
    assert told.credentials_state == "untrusted" and told.proof is not None
    assert told.proof.said.signer == SIGNER
    assert told.variants == made.variants, "nothing is made anew"
    assert await desk(db, settings.data).blobs.size(told.proof.sha256) == told.proof.size
    assert (await now(db, plain)).credentials_state == "none"
    assert await read(db, settings) == Proved(), "there is nothing left to do"


async def test_one_community_alone(db: Database, settings: Settings) -> None:
    scene, other = await cast.creator(db), await cast.creator(db, "otto")
    one = await before(db, settings, scene, JPEG, "a.jpg")
    away = await before(db, settings, other, JPEG, "b.jpg")
    assert await read(db, settings, community=other.community.handle) == Proved(looked=1)
    states = [(await now(db, each)).credentials_state for each in (one, away)]
    assert states == ["not_checked", "none"]
    with pytest.raises(NotFound):
        await read(db, settings, community="nobody")


async def test_an_original_that_is_not_kept_or_not_there_is_left_alone(
    db: Database, settings: Settings
) -> None:
    scene = await cast.creator(db)
    gone = await before(db, settings, scene, JPEG, "gone.jpg")
    lost = await before(db, settings, scene, signed(JPEG)[0], "lost.jpg")
    (settings.data / "media" / lost.sha256[:2] / lost.sha256).unlink()
    async with db.write() as tx:
        await tx.run(update(media).where(media.c.id == gone.id).values(original_gone=True))
    assert await read(db, settings) == Proved(looked=1, lost=1)
    assert {(await now(db, one)).credentials_state for one in (gone, lost)} == {"not_checked"}


async def test_what_stopped_in_the_middle_goes_on(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one kills the run; beginning again looks at what is left, and at the one that nobody could read."""
    scene = await cast.creator(db)
    all_of_them = [await before(db, settings, scene, signed(JPEG)[0], f"{n}.jpg") for n in range(3)]
    real, calls = credentials.read, 0

    async def dying(source: Path, type_: str, into: Path, **more: Any) -> credentials.Found:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise Unavailable("The disk is away.")
        return await real(source, type_, into, **more)

    monkeypatch.setattr(proving.credentials, "read", dying)
    with pytest.raises(Unavailable):
        await read(db, settings)
    states = sorted([(await now(db, one)).credentials_state for one in all_of_them])
    assert states == ["not_checked", "not_checked", "untrusted"]
    assert await read(db, settings) == Proved(looked=2, found=2)


async def test_what_no_child_could_read_stays_unchecked(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = await cast.creator(db)
    one = await before(db, settings, scene, JPEG, "a.jpg")

    async def nothing(*given: Any, **more: Any) -> credentials.Found:
        return credentials.Found(credentials.Credentials("not_checked"))

    monkeypatch.setattr(proving.credentials, "read", nothing)
    assert await read(db, settings) == Proved(looked=1, unread=1)
    assert (await now(db, one)).credentials_state == "not_checked"


async def test_without_the_library_it_says_what_to_install(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proving.credentials, "AVAILABLE", False)
    with pytest.raises(Unavailable, match="channel\\[c2pa\\]"):
        await read(db, settings)

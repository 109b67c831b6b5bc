"""The virus scanner: nobody gets a file that it has not seen, and only a plain OK lets one through."""

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, update

from channel.control.doctor import examine
from channel.errors import Invalid, Unavailable
from channel.events import MediaArrived
from channel.media import Desk, Media, queries
from channel.media.preparing import INFECTED, TOO_LARGE, WAITING, Preparer
from channel.media.scanning import Scanner, Verdict
from channel.media.tables import media
from channel.outbox import jobs
from channel.posts import carrying
from channel.render.media import media_view
from channel.settings import Clamd, Settings, SettingsError, load
from channel.storage import Database
from tests import cast
from tests.cast import Scene
from tests.media.clamd import EICAR, Mood, PretendClamd, running
from tests.media.sending import desk, photo, pieces, send
from tests.posts import writing

NOWHERE = Path("/nowhere/channel.toml")
CONTENT = b"PK\x03\x04" + bytes(range(256)) * 4_000
BAD: tuple[Mood, ...] = (
    "silent", "dies at once", "dies in the middle", "lies", "babbles", "full", "strange",
)  # fmt: skip


@pytest.fixture
async def clamd() -> AsyncIterator[PretendClamd]:
    async with running(PretendClamd()) as pretended:
        yield pretended


@pytest.fixture
def here(db: Database, tmp_path: Path) -> Desk:
    plain = desk(db, tmp_path)
    return Desk(db, plain.blobs, plain.staging, plain.limits, scratch=tmp_path / "scratch", scanned=True)


@pytest.fixture
async def scene(db: Database) -> Scene:
    return await cast.creator(db)


async def now(db: Database, one: Media) -> Media:
    async with db.read() as tx:
        return await queries.one(tx, one.id)


async def worked(db: Database, here: Desk, folder: Path, one: Media, clamd: PretendClamd) -> Media:
    """What the worker does with it."""
    scanner = Scanner(clamd.address, stall_s=0.3)
    await Preparer(db, here.blobs, folder / "scratch", carrying.tell, scanner=scanner).handle(
        MediaArrived(media_id=one.id)
    )
    return await now(db, one)


async def look(clamd: PretendClamd, content: bytes, *, pass_large: bool = False) -> Verdict:
    address = replace(clamd.address, pass_large=pass_large)
    return await Scanner(address, stall_s=0.3).look(pieces(content))


async def test_it_is_sent_whole_and_answers(clamd: PretendClamd) -> None:
    assert await look(clamd, CONTENT) == Verdict()
    assert clamd.seen == [CONTENT]
    assert await look(clamd, b"x" * 70_000 + EICAR) == Verdict("Eicar-Test-Signature")
    await Scanner(clamd.address).ping()


async def test_at_a_socket_of_this_machine(tmp_path: Path) -> None:
    async with running(PretendClamd(), str(tmp_path / "clamd.ctl")) as clamd:
        assert await look(clamd, EICAR) == Verdict("Eicar-Test-Signature")


@pytest.mark.parametrize("mood", BAD)
async def test_whatever_is_no_answer_is_none(clamd: PretendClamd, mood: Mood) -> None:
    clamd.mood = mood
    for content in (CONTENT, b"x"):
        with pytest.raises(Unavailable):
            await look(clamd, content)
    assert clamd.asked == 2
    with pytest.raises(Unavailable):
        await Scanner(clamd.address).ping() if mood != "silent" else await look(clamd, CONTENT)


async def test_nobody_there(tmp_path: Path) -> None:
    async with running(PretendClamd()) as clamd:
        gone = clamd.address
    for address in (gone, Clamd(path=str(tmp_path / "nothing.ctl"))):
        with pytest.raises(Unavailable):
            await Scanner(address).look(pieces(CONTENT))
        with pytest.raises(Unavailable):
            await Scanner(address).ping()


async def test_more_than_it_takes_is_refused_or_passed_as_the_operator_wants(clamd: PretendClamd) -> None:
    clamd.most = 50_000
    assert await look(clamd, CONTENT) == Verdict(too_large=True)
    assert await look(clamd, CONTENT, pass_large=True) == Verdict()


async def test_what_the_store_cannot_give_is_no_fault_of_the_scanner(clamd: PretendClamd) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x"
        raise Invalid(file="gone")

    with pytest.raises(Invalid):
        await Scanner(clamd.address).look(broken())


@pytest.mark.parametrize("content", [CONTENT, photo(), b"%PDF-1.7 notes"], ids=["file", "picture", "paper"])
async def test_nothing_is_handed_out_before_it_was_seen(
    db: Database, here: Desk, scene: Scene, tmp_path: Path, clamd: PretendClamd, content: bytes
) -> None:
    one = await send(here, scene, content)
    view = media_view(one)
    assert (one.state, one.as_sent, view.href, view.sources) == ("processing", False, "", ())
    async with db.read() as tx:
        assert await tx.value(select(jobs.c.consumer).where(jobs.c.kind == "media.arrived")) == "media"
    one = await worked(db, here, tmp_path, one, clamd)
    assert (one.state, one.problem) == ("ready", "")
    assert media_view(one).href
    assert clamd.seen == [content]


async def test_what_holds_something_is_refused_for_good(
    db: Database,
    here: Desk,
    scene: Scene,
    tmp_path: Path,
    clamd: PretendClamd,
    caplog: pytest.LogCaptureFixture,
) -> None:
    one = await send(here, scene, photo() + EICAR)
    post = await writing.post(scene, "Look", media=[one.id])
    with caplog.at_level(logging.WARNING, "channel.media"):
        one = await worked(db, here, tmp_path, one, clamd)
    assert (one.state, one.problem, one.variants) == ("refused", INFECTED, ())
    assert (media_view(one).href, one.as_sent) == ("", False)
    assert f"{one.id} holds Eicar-Test-Signature" in caplog.text
    async with db.read() as tx:
        assert (await queries.of_posts(tx, [post.id]))[post.id][0].state == "refused"
    clamd.mood = "honest"
    clamd.seen.clear()
    assert await worked(db, here, tmp_path, one, clamd) == one
    assert clamd.seen == [], "it is not asked again"
    with pytest.raises(Invalid, match="virus scanner"):
        await writing.post(scene, "Again", media=[one.id])


async def test_what_is_too_large_for_it_is_refused_with_the_reason(
    db: Database, here: Desk, scene: Scene, tmp_path: Path, clamd: PretendClamd
) -> None:
    clamd.most = 1_000
    one = await worked(db, here, tmp_path, await send(here, scene, CONTENT), clamd)
    assert (one.state, one.problem) == ("refused", TOO_LARGE)


@pytest.mark.parametrize("mood", BAD)
async def test_it_waits_for_a_scanner_that_cannot_be_asked(
    db: Database, here: Desk, scene: Scene, tmp_path: Path, clamd: PretendClamd, mood: Mood
) -> None:
    one = await send(here, scene, CONTENT)
    clamd.mood = mood
    with pytest.raises(Unavailable):
        await worked(db, here, tmp_path, one, clamd)
    assert await now(db, one) == one, "too early to trouble anybody"
    async with db.write() as tx:
        await tx.run(update(media).values(created_at=tx.now - 6 * 60_000))
    with pytest.raises(Unavailable):
        await worked(db, here, tmp_path, one, clamd)
    waiting = await now(db, one)
    assert (waiting.state, waiting.problem, media_view(waiting).href) == ("processing", WAITING, "")
    clamd.mood = "honest"
    done = await worked(db, here, tmp_path, one, clamd)
    assert (done.state, done.problem) == ("ready", "")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("unix:/run/clamav/clamd.ctl", Clamd(path="/run/clamav/clamd.ctl")),
        ("tcp://127.0.0.1:3310", Clamd(host="127.0.0.1", port=3310)),
    ],
)
def test_where_it_is_is_a_setting(value: str, expected: Clamd) -> None:
    assert load({"CHANNEL_CLAMD": value}, file=NOWHERE).clamd == expected
    passing = {"CHANNEL_CLAMD": value, "CHANNEL_CLAMD_TOO_LARGE": "pass"}
    assert load(passing, file=NOWHERE).clamd == replace(expected, pass_large=True)
    assert load({}, file=NOWHERE).clamd is None


@pytest.mark.parametrize(
    "value",
    ["clamd", "tcp://127.0.0.1", "tcp://127.0.0.1:99999", "unix:clamd.ctl", "http://a:1", "tcp://a:1/x"],
)
def test_what_is_no_address_is_told_with_an_example(value: str) -> None:
    with pytest.raises(SettingsError, match=r"CHANNEL_CLAMD: .* tcp://127\.0\.0\.1:3310"):
        load({"CHANNEL_CLAMD": value}, file=NOWHERE)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_the_doctor_asks_whether_it_is_there(
    settings: Settings, db: Database, clamd: PretendClamd
) -> None:
    async def told(asked: Settings) -> list[str]:
        return [one.level for one in await examine(db, asked) if "clamd" in one.what]

    with_one = replace(settings, clamd=clamd.address)
    assert await told(with_one) == ["good"]
    clamd.mood = "dies at once"
    assert await told(with_one) == ["bad"]
    assert await told(settings) == []

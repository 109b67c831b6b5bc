"""Sounds and videos after they were sent: prepared by ffmpeg, told of meanwhile, never handed out as sent once that is done."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from channel import posts
from channel.events import MediaArrived, room_stream
from channel.media import Desk, Media, actions, making, preparing, queries
from channel.media.making import MAKERS, Made, Progress
from channel.media.preparing import Preparer
from channel.media.tables import media
from channel.outbox import hold, jobs
from channel.posts import carrying
from channel.posts.model import Post
from channel.posts.tables import posts as posts_table
from channel.storage import Database, Tx, locking
from tests import cast
from tests.cast import Scene
from tests.media import recordings
from tests.media.sending import desk, photo, prepared, send
from tests.posts import writing
from tests.topics import talking


@pytest.fixture
def here(db: Database, tmp_path: Path) -> Desk:
    return desk(db, tmp_path)


@pytest.fixture
async def scene(db: Database) -> Scene:
    return await cast.creator(db)


async def now(db: Database, one: Media) -> Media:
    async with db.read() as tx:
        return await queries.one(tx, one.id)


def film(folder: Path, *how: str, **more: object) -> bytes:
    return recordings.film(folder / "film.mp4", "320x240", 2, *how, **more).read_bytes()  # type: ignore[arg-type]


def voice(folder: Path, name: str = "voice.webm", *how: str) -> bytes:
    return recordings.tone(folder / name, 2, *(how or ("-c:a", "libopus"))).read_bytes()


async def test_each_kind_is_asked_for_in_its_lane(
    db: Database, here: Desk, scene: Scene, tmp_path: Path
) -> None:
    contents = {"media": photo(), "sound": voice(tmp_path), "video": film(tmp_path)}
    for content in contents.values():
        assert (await send(here, scene, content)).state == "processing"
    assert (await send(here, scene, b"PK\x03\x04")).state == "ready"
    async with db.read() as tx:
        asked = await tx.all(select(jobs.c.consumer).where(jobs.c.kind == "media.arrived"))
    assert sorted(row.consumer for row in asked) == sorted(contents)


async def test_a_voice_becomes_what_plays_everywhere(
    db: Database, here: Desk, scene: Scene, tmp_path: Path
) -> None:
    one = await send(here, scene, voice(tmp_path), name="voice.webm")
    await prepared(db, here, tmp_path, one)
    one = await now(db, one)
    assert (one.state, one.kind, one.problem, one.progress) == ("ready", "sound", "", 100)
    assert one.duration_ms == pytest.approx(2_000, abs=200)
    assert (len(one.waveform), max(one.waveform)) == (64, 100)
    assert [made.name for made in one.variants] == ["sound.m4a", "sound.weba"]
    assert not one.as_sent
    for made in one.variants:
        content = b"".join([piece async for piece in here.blobs.read(made.sha256, 0, made.size)])
        assert b"SECRET" not in content
        assert b"52.5" not in content


async def test_a_film_becomes_a_stream_a_file_and_a_poster(
    db: Database, here: Desk, scene: Scene, tmp_path: Path
) -> None:
    one = await send(here, scene, film(tmp_path), name="film.mp4")
    post = await writing.post(scene, "Look", media=[one.id])
    await prepared(db, here, tmp_path, one)
    one = await now(db, one)
    assert (one.state, one.width, one.height) == ("ready", 320, 240)
    assert one.duration_ms == pytest.approx(2_000, abs=100)
    names = {made.name for made in one.variants}
    assert names == {"320.avif", "320.webp", "video.mp4", "stream.m3u8", "240.m3u8", "240.m4s"}
    for made in one.variants:
        content = b"".join([piece async for piece in here.blobs.read(made.sha256, 0, made.size)])
        assert b"SECRET" not in content
        if made.format == "m3u8":
            addresses = [line for line in content.decode().splitlines() if not line.startswith("#")]
            assert set(addresses) <= names, "relative, and of this folder"
    async with db.read() as tx:
        assert (await posts.one(tx, post.id)).rev > post.rev, "its readers are told"


async def test_sound_in_the_box_of_a_video_is_sound(
    db: Database, here: Desk, scene: Scene, tmp_path: Path
) -> None:
    content = recordings.tone(tmp_path / "note.mp4", 2, "-c:a", "aac").read_bytes()
    one = await send(here, scene, content, name="note.mp4")
    assert one.kind == "video"
    await prepared(db, here, tmp_path, one)
    one = await now(db, one)
    assert (one.kind, one.state, [made.name for made in one.variants]) == ("sound", "ready", ["sound.m4a"])


async def test_what_is_broken_is_told_and_not_handed_out(
    db: Database, here: Desk, scene: Scene, tmp_path: Path
) -> None:
    one = await send(here, scene, film(tmp_path)[:2_000])
    await prepared(db, here, tmp_path, one)
    one = await now(db, one)
    assert (one.state, one.variants, one.as_sent) == ("failed", (), False)
    assert "damaged" in one.problem


@pytest.mark.parametrize("make", [film, voice])
async def test_without_ffmpeg_it_goes_out_as_it_was_sent_and_says_so(
    db: Database,
    here: Desk,
    scene: Scene,
    tmp_path: Path,
    make: Callable[[Path], bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = make(tmp_path)
    monkeypatch.setattr("channel.media.children.converting.ffmpeg", lambda: None)
    one = await send(here, scene, content)
    await prepared(db, here, tmp_path, one)
    one = await now(db, one)
    assert (one.state, one.as_sent, one.problem) == ("ready", True, making.AS_SENT)
    monkeypatch.undo()
    await prepared(db, here, tmp_path, one)  # asked again, once there is one
    one = await now(db, one)
    assert (one.as_sent, one.problem) == (False, "")
    assert one.variants


async def test_how_far_it_is_can_be_asked(
    db: Database, here: Desk, scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "TELL_EVERY_S", 0.01)
    go = asyncio.Event()

    async def slow(one: Media, source: Path, into: Path, told: Progress) -> Made:
        told(0.347)
        await go.wait()
        return Made({}, ())

    one = await send(here, scene, film(tmp_path))
    work = asyncio.create_task(_with(db, here, tmp_path, slow).handle(MediaArrived(media_id=one.id)))
    async with asyncio.timeout(5):
        while (await now(db, one)).progress != 34:
            await asyncio.sleep(0.01)
    go.set()
    await work
    assert (await now(db, one)).progress == 100


async def test_what_is_deleted_meanwhile_is_worked_on_no_more(
    db: Database, here: Desk, scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "TELL_EVERY_S", 0.01)

    async def for_ever(one: Media, source: Path, into: Path, told: Progress) -> Made:
        async with db.write() as tx:
            await tx.run(media.delete().where(media.c.id == one.id))
        await asyncio.sleep(60)
        raise AssertionError

    one = await send(here, scene, film(tmp_path))
    async with asyncio.timeout(5):
        await _with(db, here, tmp_path, for_ever).handle(MediaArrived(media_id=one.id))
    assert not list((tmp_path / "scratch").iterdir())


async def test_a_crash_on_the_way_leaves_nothing_half_shown(
    db: Database, here: Desk, scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await send(here, scene, film(tmp_path))
    keep, kept = here.blobs.keep, 0

    async def dies(source: Path, key: str) -> None:
        nonlocal kept
        kept += 1
        if kept == 3:
            raise asyncio.CancelledError
        await keep(source, key)

    monkeypatch.setattr(here.blobs, "keep", dies)
    with pytest.raises(asyncio.CancelledError):
        await prepared(db, here, tmp_path, one)
    assert ((await now(db, one)).state, (await now(db, one)).variants) == ("processing", ())
    monkeypatch.undo()
    await prepared(db, here, tmp_path, one)
    assert (await now(db, one)).state == "ready"


async def test_what_was_sent_before_is_prepared_and_stays_playable_meanwhile(
    db: Database, here: Desk, scene: Scene, tmp_path: Path
) -> None:
    one = await send(here, scene, voice(tmp_path))
    async with db.write() as tx:
        await tx.run(update(media).values(state="ready"))
    assert (await now(db, one)).as_sent
    await prepared(db, here, tmp_path, one)
    one = await now(db, one)
    assert (one.as_sent, one.state) == (False, "ready")


def _with(db: Database, here: Desk, folder: Path, make: making.Make) -> Preparer:
    return Preparer(db, here.blobs, folder / "scratch", carrying.tell, {**MAKERS, "video": make})


async def _meanwhile(scene: Scene, one: Media, carrier: Post, act: Awaitable[object]) -> None:
    """Do `act` while `one` is held as by who has prepared it, and is then told of in the post that carries it."""
    async with scene.db.write() as tx:
        await tx.one(locking(tx.dialect, select(media.c.state).where(media.c.id == one.id)))
        doing = asyncio.ensure_future(act)
        await _waits_for_us(tx, doing)
        await carrying.tell(tx, [carrier.id])
    await doing


async def _waits_for_us(tx: Tx, doing: "asyncio.Future[object]") -> None:
    """Until it stands in the way of this transaction, or behind it. SQLite has one writer: there it waits at once."""
    if tx.dialect == "sqlite":
        return
    waits = text("SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))")
    async with asyncio.timeout(20):
        while not doing.done() and await tx.one(waits) is None:
            await asyncio.sleep(0.01)


async def test_who_publishes_what_is_just_prepared_waits_and_both_go_through(
    db: Database, here: Desk, scene: Scene
) -> None:
    """Each holds the medium before the stream: the other way round each would wait for the other."""
    one = await send(here, scene, photo())
    first = await writing.post(scene, "First", media=[one.id])
    await _meanwhile(scene, one, first, writing.post(scene, "Second", media=[one.id]))
    async with db.read() as tx:
        assert len(await actions.carriers(tx, one.id)) == 2


async def test_who_writes_to_a_group_with_what_is_just_prepared_waits_and_both_go_through(
    db: Database, here: Desk, scene: Scene
) -> None:
    """There the stream is held to see whose turn it is: the medium comes before that, too."""
    one, chat = await send(here, scene, photo()), await talking.group(scene)
    first = await writing.post(scene, "First", room=chat, media=[one.id])
    await _meanwhile(scene, one, first, writing.post(scene, "Second", room=chat, media=[one.id]))
    async with db.read() as tx:
        assert len(await actions.carriers(tx, one.id)) == 2


@pytest.mark.parametrize("kept", [True, False], ids=["with more", "with nothing"])
async def test_who_edits_a_post_whose_picture_is_just_prepared_waits_and_both_go_through(
    db: Database, here: Desk, scene: Scene, kept: bool
) -> None:
    """What the post has already is held before it, whether it stays or goes."""
    one, other = await send(here, scene, photo()), await send(here, scene, photo())
    post = await writing.post(scene, "First", media=[one.id])
    wanted = [other.id, one.id] if kept else []
    await _meanwhile(scene, one, post, writing.change(scene, post, "First", media=wanted))
    async with db.read() as tx:
        assert await carrying.of_post(tx, await posts.one(tx, post.id)) == tuple(wanted)


async def test_who_deletes_a_post_whose_picture_is_just_prepared_waits_and_both_go_through(
    db: Database, here: Desk, scene: Scene
) -> None:
    one = await send(here, scene, photo())
    post = await writing.post(scene, "First", media=[one.id])
    await _meanwhile(scene, one, post, writing.remove(scene, post))
    async with db.read() as tx:
        assert one.id not in await queries.many(tx, [one.id])


async def test_who_changes_a_message_of_a_group_while_it_is_moved_waits_and_both_go_through(
    db: Database, scene: Scene
) -> None:
    """The room's stream is held before the message, by everybody."""
    chat = await talking.group(scene)
    said = await writing.post(scene, "First", room=chat)
    async with db.write() as tx:
        await hold(tx, room_stream(chat.id))
        doing = asyncio.ensure_future(writing.change(scene, said, "Second"))
        await _waits_for_us(tx, doing)
        await tx.run(update(posts_table).where(posts_table.c.id == said.id).values(views=1))
    await doing
    async with db.read() as tx:
        assert (await posts.one(tx, said.id)).text == "Second"


async def test_who_tells_two_rooms_of_a_picture_holds_none_of_its_posts_before_both(
    db: Database, here: Desk, scene: Scene
) -> None:
    one, chat = await send(here, scene, photo()), await talking.group(scene)
    first = await writing.post(scene, "First", media=[one.id])
    second = await writing.post(scene, "Second", room=chat, media=[one.id])

    async def tell() -> None:
        async with db.write() as tx:
            await carrying.tell_all(tx, [one.id])

    async with db.write() as tx:
        for room_id in sorted([scene.news.id, chat.id])[1:]:
            await hold(tx, room_stream(room_id))
        doing = asyncio.ensure_future(tell())
        await _waits_for_us(tx, doing)
        both = posts_table.c.id.in_([first.id, second.id])
        await tx.run(update(posts_table).where(both).values(views=1))
    await doing
    async with db.read() as tx:
        assert [(await posts.one(tx, each.id)).rev for each in (first, second)] == [2, 2]

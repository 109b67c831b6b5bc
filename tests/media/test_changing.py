"""What is shown of a picture, and the parts of what is played: changed later, at once, and by their people alone."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select

from channel import members
from channel.errors import Conflict, Invalid, NotFound
from channel.events import MediaArrived
from channel.media import Desk, Media, actions, changing, chapters, making, queries
from channel.media.framing import SHAPES, decoded, encoded, parse_frame, shaped, whole_size
from channel.media.making import Made, Progress
from channel.media.model import Chapter
from channel.media.pictures import Frame
from channel.media.preparing import Preparer
from channel.members import Entitlement
from channel.outbox import jobs
from channel.posts import carrying
from channel.storage import Database
from tests import cast
from tests.cast import Scene
from tests.media.sending import desk, photo, prepared, send

LEFT = Frame(0, 0, 5_000, 10_000)
RIGHT = Frame(5_000, 0, 5_000, 10_000)


@pytest.fixture
def here(db: Database, tmp_path: Path) -> Desk:
    return desk(db, tmp_path)


@pytest.fixture
async def scene(db: Database) -> Scene:
    return await cast.creator(db)


async def now(db: Database, one: Media) -> Media:
    async with db.read() as tx:
        return await queries.one(tx, one.id)


async def framed(
    db: Database, scene: Scene, one: Media, frame: Frame, by: Entitlement | None = None
) -> Media:
    async with db.write() as tx:
        who = by or await scene.by(tx, scene.owner)
        return await changing.frame(tx, who, await queries.one(tx, one.id), frame)


async def test_another_piece_has_other_addresses_and_the_old_ones_are_gone(
    db: Database, here: Desk, scene: Scene, tmp_path: Path
) -> None:
    one = await send(here, scene, photo(640, 480))
    await prepared(db, here, tmp_path, one)
    before = {made.name for made in (await now(db, one)).variants}
    waiting = await framed(db, scene, one, LEFT)
    assert (waiting.state, waiting.variants, waiting.placeholder, waiting.width) == (
        "processing",
        (),
        "",
        None,
    )
    async with db.read() as tx:
        asked = await tx.all(select(jobs.c.consumer).where(jobs.c.kind == "media.arrived"))
    assert len(asked) == 2, "it came, and it is made anew"
    await prepared(db, here, tmp_path, one)
    half = await now(db, one)
    assert (half.state, half.width, half.height, half.frame) == ("ready", 320, 480, LEFT)
    assert {made.name for made in half.variants} == {"320-1.avif", "320-1.webp"}
    assert not before & {made.name for made in half.variants}
    assert half.sha256 == one.sha256, "what was sent stays"
    await framed(db, scene, one, Frame())
    await prepared(db, here, tmp_path, one)
    assert ((whole := await now(db, one)).width, whole.height) == (640, 480)
    assert {"320-2.webp", "640-2.webp"} <= {made.name for made in whole.variants}


async def test_the_same_piece_is_made_once(db: Database, here: Desk, scene: Scene, tmp_path: Path) -> None:
    one = await send(here, scene, photo())
    await prepared(db, here, tmp_path, one)
    assert (await framed(db, scene, one, Frame())).state == "ready"


async def test_what_was_begun_in_another_frame_is_thrown_away(
    db: Database, here: Desk, scene: Scene, tmp_path: Path
) -> None:
    """A worker that has opened the picture when somebody cuts something off shows nothing of what it has made."""
    one = await send(here, scene, photo(640, 480))
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(one: Media, source: Path, into: Path, told: Progress) -> Made:
        made = await making.picture(one, source, into, told)
        begun.set()
        await go_on.wait()
        return made

    late = Preparer(db, here.blobs, tmp_path / "late", carrying.tell, {"picture": slowly})
    working = asyncio.create_task(late.handle(MediaArrived(media_id=one.id)))
    await begun.wait()
    await framed(db, scene, one, LEFT)
    go_on.set()
    await working
    waiting = await now(db, one)
    assert (waiting.state, waiting.variants, waiting.placeholder) == ("processing", (), "")
    await prepared(db, here, tmp_path, one)
    assert (await now(db, one)).width == 320


async def test_only_its_people_and_only_while_the_original_is_kept(
    db: Database, here: Desk, scene: Scene, tmp_path: Path
) -> None:
    one = await send(here, scene, photo())
    await prepared(db, here, tmp_path, one)
    async with db.write() as tx:
        outsider = await members.entitlement(tx, scene.community, None)
    with pytest.raises(NotFound):
        await framed(db, scene, one, LEFT, outsider)
    async with db.write() as tx:
        await actions.forget_original(tx, await scene.by(tx, scene.owner), await queries.one(tx, one.id))
    with pytest.raises(Conflict) as refused:
        await framed(db, scene, one, LEFT)
    assert refused.value.code == "original_gone"
    note = await send(here, scene, b"PK\x03\x04")
    with pytest.raises(Invalid) as wrong:
        await framed(db, scene, note, LEFT)
    assert "crop" in wrong.value.fields


@pytest.mark.parametrize(
    "given",
    [(-0.1, 0, 1, 1), (0.5, 0, 0.6, 1), (0, 0, 0, 1), (0, 0, 0.005, 1), (0, 1, 1, 0.5), (float("nan"), 0, 1, 1), (0, 0, float("inf"), 1)],
)  # fmt: skip
def test_a_frame_lies_in_the_picture(given: tuple[float, float, float, float]) -> None:
    with pytest.raises(Invalid) as wrong:
        parse_frame(*given)
    assert "crop" in wrong.value.fields


def test_frames_are_kept_as_they_are() -> None:
    for frame in (Frame(), LEFT, Frame(turn=270), parse_frame(0.1, 0.2, 0.3, 0.4, 90)):
        assert decoded(encoded(frame)) == frame
    with pytest.raises(Invalid):
        parse_frame(0, 0, 1, 1, 45)


def test_shapes_are_as_large_as_fits() -> None:
    assert shaped("1:1", (400, 200)) == Frame(2_500, 0, 5_000, 10_000)
    assert shaped("4:5", (400, 500), 90) == Frame(turn=90)
    for shape in SHAPES[1:]:
        across, down = map(int, shape.split(":"))
        frame = shaped(shape, (1_000, 700))
        assert frame.width * 1_000 * down == pytest.approx(frame.height * 700 * across, rel=0.001)
    assert whole_size(LEFT, (200, 400), 0) == (400, 400)
    assert whole_size(LEFT, (200, 500), 90) == (500, 400)


TEXT = "0:00 Welcome\n\n 1:30\tAt the kiln \n1:02:03 <b>Glaze</b> & ash\n"


def test_chapters_are_lines_of_times_and_titles() -> None:
    made = chapters.parse_lines(TEXT, 3_800_000)
    assert [one.at_ms for one in made] == [0, 90_000, 3_723_000]
    assert made[1].title == "At the kiln"
    assert chapters.parse_lines(chapters.lines(made), 3_800_000) == made
    assert chapters.decoded(chapters.encoded(made)) == made
    track = chapters.as_vtt(made, 3_800_000)
    assert track.startswith("WEBVTT\n\n00:00:00.000 --> 00:01:30.000\nWelcome\n")
    assert "01:02:03.000 --> 01:03:20.000\n&lt;b&gt;Glaze&lt;/b&gt; &amp; ash\n" in track
    assert '{"startTime": 90.0, "title": "At the kiln"}' in chapters.as_json(made)
    assert chapters.inside(made, 100_000) == made[:2]


@pytest.mark.parametrize(
    ("text", "told"),
    [("Welcome", "Line 1"), ("0:00 A\nlater B", "Line 2"), ("0:00 A\n1:61 B", "Line 2"), ("0:00 A\n1:70:00 B", "Line 2"),
     ("0:05 A", "begins at 0:00"), ("0:00 A\n0:10 B\n0:10 C", "0:10 does not begin after"), ("0:00 A\n0:20 B\n0:10 C", "0:10 does not begin after"),
     ("0:00 A\n1:00 B", "1:00 lies behind the end"), ("0:00", "Chapter 1 has no title"), ("0:00 A\n0:01 " + "x" * 121, "chapter 2"),
     ("\n".join(f"{n // 60}:{n % 60:02} x" for n in range(101)), "at most 100")],
)  # fmt: skip
def test_what_is_wrong_with_chapters_is_said(text: str, told: str) -> None:
    with pytest.raises(Invalid) as wrong:
        chapters.parse_lines(text, 60_000)
    assert told in wrong.value.fields["chapters"]


async def test_chapters_belong_to_what_is_played(db: Database, here: Desk, scene: Scene) -> None:
    film = await send(here, scene, b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + bytes(64))
    async with db.write() as tx:
        by = await scene.by(tx, scene.owner)
        told = await changing.chapter(tx, by, film, "0:00 A\n5:00 B")
        assert told.chapters == (Chapter(0, "A"), Chapter(300_000, "B"))
        assert (await changing.chapter(tx, by, film, [])).chapters == ()
    picture = await send(here, scene, photo())
    async with db.write() as tx:
        with pytest.raises(Invalid):
            await changing.chapter(tx, await scene.by(tx, scene.owner), picture, "0:00 A")
        outsider = await members.entitlement(tx, scene.community, None)
        with pytest.raises(NotFound):
            await changing.chapter(tx, outsider, film, "0:00 A")

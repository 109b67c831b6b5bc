"""Pictures of a mail to a secret address: media of its owner's draft, in their order, each once; what is left out is told."""

import asyncio
import base64
import io
import os
import random
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import func, select

from channel import incoming, media
from channel.errors import Unavailable
from channel.events import MediaArrived
from channel.incoming import drops, keeping
from channel.incoming.pictures import Sender
from channel.incoming.tables import incoming_mail, mail_pictures
from channel.media import Limits, Media
from channel.media.desk import HOUR_MS
from channel.media.preparing import Preparer
from channel.media.sweeping import Sweeper
from channel.media.tables import media as media_table
from channel.media.tables import uploads
from channel.posts import carrying, drafts
from channel.posts.model import SavedDraft
from tests.incoming.parcels import attach, mail, sent, with_pictures
from tests.incoming.postbox import LARGEST, Postbox
from tests.media.sending import LIMITS, MIB, photo


@pytest.fixture
async def where(box: Postbox) -> str:
    scene = box.room.scene
    await box.room.address(scene.owner, "anna@example.net")
    async with box.room.db.write() as tx:
        return box.addresses.drafts(await drops.renew(tx, await scene.by(tx, scene.owner), scene.news))


async def made(box: Postbox) -> list[tuple[SavedDraft, list[Media]]]:
    """The drafts, each with what it carries."""
    scene = box.room.scene
    async with box.room.db.read() as tx:
        found = await drafts.own_drafts(tx, await scene.by(tx, scene.owner))
        return [
            (one, [(await media.many(tx, one.sketch.media))[each] for each in one.sketch.media])
            for one in found
        ]


async def the_one(box: Postbox) -> tuple[str, list[str]]:
    """Of the one draft that there is: its words, and the names of its pictures."""
    [(draft, carried)] = await made(box)
    return draft.sketch.text, [one.name for one in carried]


async def count(box: Postbox, table: object) -> int:
    async with box.room.db.read() as tx:
        return int(await tx.value(select(func.count()).select_from(table)))  # type: ignore[arg-type]


def noise(size: int) -> bytes:
    """A picture by its first bytes, and as large as one likes."""
    return photo()[:64] + random.Random(size).randbytes(size - 64)


async def test_pictures_come_in_their_order_with_the_words(box: Postbox, where: str) -> None:
    assert await box.take(sent(with_pictures(3)), where)
    assert await the_one(box) == ("# Kiln\n\nFresh from the kiln.", ["1.png", "2.png", "3.png"])
    [(_, carried)] = await made(box)
    assert [(one.kind, one.state, one.owner_id) for one in carried] == [
        ("picture", "processing", box.room.scene.owner.id)
    ] * 3
    assert await box.answers() == []


async def test_what_a_picture_says_of_its_place_is_in_nothing_that_is_shown(box: Postbox, where: str) -> None:
    content, secret = _placed()
    parcel = mail()
    attach(parcel, content, "home.jpg", "image/jpeg")
    await box.take(sent(parcel), where)
    [(_, [one])] = await made(box)
    preparer = Preparer(box.room.db, box.desk.blobs, box.folder / "made", carrying.tell)
    await preparer.handle(MediaArrived(media_id=one.id))
    [(_, [one])] = await made(box)
    assert one.state == "ready"
    for variant in one.variants:
        shown = b"".join([piece async for piece in box.desk.blobs.read(variant.sha256, 0, variant.size)])
        assert secret not in shown


def _placed() -> tuple[bytes, bytes]:
    """A JPEG that says where it was taken, and words that stand there alone."""
    image, exif, out = Image.new("RGB", (64, 48), "teal"), Image.Exif(), io.BytesIO()
    exif[0x010E] = "SECRET PLACE"
    exif.get_ifd(0x8825)[1] = "N"
    image.save(out, "JPEG", exif=exif)
    assert b"SECRET PLACE" in out.getvalue()
    return out.getvalue(), b"SECRET PLACE"


async def test_inline_pictures_and_those_of_no_name_count_and_words_behind_them_are_kept(
    box: Postbox, where: str
) -> None:
    large, small = noise(3 * MIB), photo(colour="navy")
    html = b'<p>Look:</p><img src="cid:a">'
    lines = [
        b"From: anna@work.example", b"Subject: Kiln", b"Message-ID: <7@work.example>",
        b'Content-Type: multipart/mixed; boundary="outer"', b"", b"preamble",
        b"--outer", b"Content-Type: multipart/related; boundary=inner", b"",
        b"--inner", b"Content-Type: text/html", b"", html,
        b"--inner", b"Content-Type: image/png", b"Content-ID: <a>", b"Content-Transfer-Encoding: base64", b"",
        _base64(large),
        b"--inner--", b"",
        b"--outer", b"Content-Type: application/octet-stream; name=second.png", b"Content-Transfer-Encoding: base64",
        b"", _base64(small),
        b"--outer", b"Content-Type: text/html", b"", b"<p>And that was it.</p>",
        b"--outer--", b"",
    ]  # fmt: skip
    await box.take(b"\r\n".join(lines), where)
    assert await the_one(box) == ("# Kiln\n\nLook:\nAnd that was it.", ["picture.png", "second.png"])
    [(_, carried)] = await made(box)
    assert [one.size for one in carried] == [len(large), len(small)]


def _base64(content: bytes) -> bytes:
    return base64.encodebytes(content).rstrip().replace(b"\n", b"\r\n")


async def test_a_mail_of_pictures_alone_is_a_draft(box: Postbox, where: str) -> None:
    await box.take(sent(with_pictures(1, text="", subject="")), where)
    assert await the_one(box) == ("", ["1.png"])


async def test_of_twelve_pictures_ten_are_taken_and_the_others_named(box: Postbox, where: str) -> None:
    await box.take(sent(with_pictures(12)), where)
    assert (await the_one(box))[1] == [f"{number}.png" for number in range(1, 11)]
    assert await count(box, media_table) == 10
    [told] = await box.answers()
    assert "Left out: 11.png, 12.png. A post carries at most 10 pictures" in told
    assert "anna@example.net" in told
    assert "/drafts" in told


async def test_what_is_no_picture_is_left_out_and_named_but_not_what_programs_attach(
    box: Postbox, where: str
) -> None:
    parcel = with_pictures(1)
    attach(parcel, b"%PDF-1.7 and more", "plan.pdf", "application/pdf")
    attach(parcel, b"<svg/>", "drawing.svg", "image/svg+xml")
    attach(parcel, b"signed", "smime.p7s", "application/pkcs7-signature")
    await box.take(sent(parcel), where)
    assert (await the_one(box))[1] == ["1.png"]
    [told] = await box.answers()
    assert "Left out: plan.pdf, drawing.svg. Only pictures are taken" in told
    assert "smime" not in told


async def test_the_letter_is_in_the_language_of_its_reader(box: Postbox, where: str) -> None:
    await box.room.address(box.room.scene.owner, "anna@example.net", "de")
    parcel = mail()
    attach(parcel, b"%PDF-1.7", "plan.pdf", "application/pdf")
    await box.take(sent(parcel), where)
    [told] = await box.answers()
    assert "Weggelassen: plan.pdf. Aus Mails werden nur Bilder übernommen" in told


async def test_a_broken_picture_is_in_the_draft_and_says_so(box: Postbox, where: str) -> None:
    parcel = mail()
    attach(parcel, photo()[:200], "half.png")
    await box.take(sent(parcel), where)
    [(draft, [one])] = await made(box)
    assert "Fresh from the kiln." in draft.sketch.text
    preparer = Preparer(box.room.db, box.desk.blobs, box.folder / "made", carrying.tell)
    await preparer.handle(MediaArrived(media_id=one.id))
    [(_, [one])] = await made(box)
    assert one.state == "failed"
    assert one.problem


async def test_where_there_is_no_space_left_the_words_are_a_draft_all_the_same(
    box: Postbox, where: str
) -> None:
    first = photo(colour="teal")
    box.limits = Limits(LIMITS.kinds, len(first) + 100)
    await box.take(sent(with_pictures(3)), where)
    assert await the_one(box) == ("# Kiln\n\nFresh from the kiln.", ["1.png"])
    [told] = await box.answers()
    assert "Left out: 2.png, 3.png. The community's" in told
    assert await count(box, uploads) == 0


async def test_a_picture_that_is_too_large_is_left_out_and_its_limit_told(box: Postbox, where: str) -> None:
    parcel = mail()
    attach(parcel, noise(6 * MIB), "huge.png")
    attach(parcel, photo(), "fine.png")
    await box.take(sent(parcel), where)
    assert (await the_one(box))[1] == ["fine.png"]
    [told] = await box.answers()
    assert "Left out: huge.png. A picture has at most 5 MiB" in told


async def test_of_a_mail_with_thirty_mebibytes_the_words_and_what_came_before_are_kept(
    box: Postbox, where: str
) -> None:
    parcel = mail()
    attach(parcel, photo(), "fine.png")
    attach(parcel, noise(30 * MIB), "huge.png")
    assert await box.keep(sent(parcel), where)
    async with box.room.db.read() as tx:
        row = await tx.one(select(incoming_mail))
    assert row is not None
    assert len(row.raw) == 512 * 1024
    assert await box.desk.blobs.size(row.blob) == LARGEST
    await box.work()
    assert await the_one(box) == ("# Kiln\n\nFresh from the kiln.", ["fine.png"])
    [told] = await box.answers()
    assert "Left out: huge.png. A mail to this address has at most 25 MiB" in told


async def test_an_answer_of_any_size_stays_at_its_beginning(box: Postbox) -> None:
    await box.room.scene.member("Bob")
    parcel = with_pictures(2)
    attach(parcel, noise(2 * MIB), "more.png")
    assert await box.keep(sent(parcel), box.addresses.replies("0198d000-0000-7000-8000-000000000001"))
    async with box.room.db.read() as tx:
        row = await tx.one(select(incoming_mail))
    assert row is not None
    assert (len(row.raw), row.blob) == (512 * 1024, "")
    assert not list(box.folder.glob("media/*/*"))


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("after", range(1, 12))
async def test_a_server_that_is_killed_in_between_makes_one_draft_and_each_picture_once(
    box: Postbox, where: str, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """After each of the transactions that working it off takes, with nothing cleaned up behind it."""
    await box.keep(sent(with_pictures(2)), where)
    db, write, committed = box.room.db, box.room.db.write, 0

    class Dying:
        def __init__(self, inner: object) -> None:
            self.inner = inner

        async def __aenter__(self) -> object:
            if committed >= after:
                raise Killed
            return await self.inner.__aenter__()  # type: ignore[attr-defined]

        async def __aexit__(self, *error: object) -> object:
            nonlocal committed
            swallowed = await self.inner.__aexit__(*error)  # type: ignore[attr-defined]
            committed += 1
            return swallowed

    with monkeypatch.context() as patch:
        patch.setattr(db, "write", lambda *how, **more: Dying(write(*how, **more)))
        try:
            [mail_id] = await _waiting(box)
            ground = box.ground
            async with db.read() as tx:
                kept = await keeping.waiting(tx, mail_id)
            meaning = box.addresses.read(where, box.room.clock())
            assert kept is not None
            await drops.take(ground, kept, meaning.drop_id)  # type: ignore[union-attr]
        except Killed:
            pass
    await box.work()
    assert (await the_one(box))[1] == ["1.png", "2.png"]
    assert (await count(box, media_table), await count(box, uploads), await count(box, mail_pictures)) == (
        2,
        0,
        0,
    )
    assert await box.answers() == []


async def _waiting(box: Postbox) -> Sequence[str]:
    async with box.room.db.read() as tx:
        return [row.id for row in await tx.all(select(incoming_mail.c.id))]


async def test_the_same_mail_twice_is_one_draft(box: Postbox, where: str) -> None:
    content = sent(with_pictures(2))
    assert await box.take(content, where)
    assert not await box.take(content, where)
    assert (len(await made(box)), await count(box, media_table)) == (1, 2)


async def test_a_store_that_is_away_is_waited_for_and_after_an_hour_the_words_go_without(
    box: Postbox, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(self: object, position: int, picture: object) -> str:
        raise Unavailable("The store of the media is away. Try again later.")

    monkeypatch.setattr(Sender, "_one", away)
    await box.take(sent(with_pictures(1)), where)
    assert await made(box) == []
    box.room.clock.forward(2 * HOUR_MS)
    await box.work()
    assert (await the_one(box))[1] == []
    [told] = await box.answers()
    assert "Left out: 1.png. The store of the media is away." in told


async def test_where_there_is_no_room_for_a_draft_no_picture_stays(
    box: Postbox, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await box.take(sent(with_pictures(1)), where)
    monkeypatch.setattr("channel.posts.drafts.MAX_DRAFTS", 1)
    await box.take(sent(with_pictures(2, name="2")), where)
    assert await count(box, media_table) == 1
    [told] = await box.answers()
    assert "100 drafts" in told
    assert "Fresh from the kiln." in told


async def test_a_mail_leaves_the_disk_once_it_is_worked_off_and_not_before(box: Postbox, where: str) -> None:
    parcel = mail()
    attach(parcel, noise(2 * MIB), "one.png")
    await box.keep(sent(parcel), where)
    [kept] = _blobs(box)
    sweeper = Sweeper(
        box.room.db, box.desk.blobs, box.desk.staging, box.folder / "scratch", [incoming.wanted],
        clock=box.room.clock,
    )  # fmt: skip
    _age(box)
    await sweeper.sweep()
    assert _blobs(box) == [kept], "it is still needed"
    await box.work()
    assert len(_blobs(box)) == 2
    _age(box)
    await sweeper.sweep()
    assert kept not in _blobs(box)
    assert len(_blobs(box)) == 1, "the picture stays"
    assert not list((box.folder / "scratch").glob("*"))


def _blobs(box: Postbox) -> list[Path]:
    return sorted(box.folder.glob("media/??/*"))


def _age(box: Postbox) -> None:
    for path in _blobs(box):
        os.utime(path, (0, 0))


async def test_many_large_mails_at_once_cost_little_memory_each(box: Postbox, where: str) -> None:
    """What a spool holds is the beginning, whatever it is fed."""
    piece = sent(mail())[:-2] + b"x" * MIB
    tracemalloc.start()
    spools = [
        incoming.Spool(box.addresses, box.folder / "scratch", where, now=box.room.clock(), most=LARGEST)
        for _ in range(8)
    ]
    for _ in range(10):
        await asyncio.gather(*(asyncio.to_thread(spool.feed, piece) for spool in spools))
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    for spool in spools:
        spool.__exit__(None, None, None)
    assert held < len(spools) * MIB

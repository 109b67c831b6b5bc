"""Malformed mail: whatever comes in, it is read as far as it goes, and nothing is raised."""

import contextlib
import io
import random
import tempfile
import uuid
from pathlib import Path

import pytest

from channel.errors import NotFound
from channel.incoming import keeping, words
from channel.incoming.addresses import Addresses
from channel.incoming.reading import MAX_BYTES, read, recipients
from channel.incoming.reports import original_sender, verdict
from channel.incoming.unpacking import unpack
from channel.media.model import MAX_MEDIA

FILES = [file.read_bytes() for file in sorted((Path(__file__).parent / "reports").glob("*.eml"))]
ADDRESSES = Addresses(b"s" * 32, "mail+*@in.example.org")
PARTS = (
    b"\r\n", b"\n\n", b"--", b"boundary=", b"Content-Type: multipart/mixed; boundary=\"", b"=?utf-8?b?", b"?=", b"\x00",
    b"\xff\xfe", b"=?x?q?", b"<", b">", b"\"", b"(", b"Content-Transfer-Encoding: base64\n\n%%%", b"charset=\"no-such\"",
    b"Content-Type: message/rfc822\n\n", b"Content-Type: text/html\n\n<", b"From: ", b"Content-Type: message/delivery-status\n\n",
    b"*0*=utf-8''%", b"Content-Disposition: attachment; filename*0=", b"\r", b"; ", b"charset*=x'y'z",
)  # fmt: skip
NASTY = {
    "nothing": b"",
    "no head": b"\r\n\r\nbody",
    "only a head": b"From: a@example.net",
    "nested": b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3_000)
    ),
    "nested mails": b"Content-Type: message/rfc822\n\n" * 10_000,
    "many parts": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 50_000,
    "many fields": b"X: y\n" * 80_000,
    "one long field": b"From: " + b"a" * 500_000,
    "many addresses": b"To: " + b"a@example.net, " * 30_000,
    "commas": b"To: " + b"," * 400_000,
    "open brackets": b"To: " + b"(" * 400_000,
    "quotes": b"From: " + b'"\\' * 200_000,
    "encoded words": b"Subject: " + b"=?utf-8?q?a?= " * 30_000,
    "tags": b"Content-Type: text/html\n\n" + b"<div class=x>" * 35_000,
    "open tags": b"Content-Type: text/html\n\n" + b"<" * 400_000,
    "open comments": b"Content-Type: text/html\n\n" + b"<!--" * 100_000,
    "references": b"Content-Type: text/html\n\n" + b"&#x110000;" * 40_000,
    "introductions": b"\n\n" + b"On a day somebody wrote\n" * 20_000,
    "quotations": b"\n\n" + b"> x\nOn a day somebody\nwrote:\n" * 15_000,
    "one line": b"\n\n" + b"on " * 150_000,
    "spaces": b"\n\n" + b" " * 500_000,
    "a report without end": b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n"
    b"Content-Type: message/delivery-status\n\n" + b"Action: failed\n\n" * 20_000,
    "a status without end": b"From: mailer-daemon@x.example\nSubject: failure notice\n\n" + b"5.1." * 100_000,
    "pictures without end": b"Content-Type: multipart/mixed; boundary=b\n\n"
    + b"--b\nContent-Type: image/gif\nContent-Transfer-Encoding: base64\n\nR0lGODlh\n" * 6_000,
    "a picture in one line": b"Content-Type: image/gif\nContent-Transfer-Encoding: base64\n\nR0lGODlh" + b"A" * 500_000,
    "a picture of padding": b"Content-Type: image/gif\nContent-Transfer-Encoding: base64\n\nR0lGODlh" + b"=A=" * 90_000,
    "a picture in signs": b"Content-Type: image/gif\nContent-Transfer-Encoding: quoted-printable\n\nGIF89a" + b"=\n=" * 90_000,
    "a picture of a nameless encoding": b"Content-Type: image/gif\nContent-Transfer-Encoding: \xff\n\nGIF89a",
    "a boundary of nothing": b"Content-Type: multipart/mixed; boundary=\"\"\n\n--\n--\n--\n\nx",
    "half a character": b"Content-Type: text/plain; charset=utf-16\n\n\xd8",
    "a charset of none": b"Content-Type: text/plain; charset=\"\x00\xff\"\n\nx",
    "a charset that decodes no text": b"Content-Type: text/plain; charset=base64\n\neA==",
    "a parameter in pieces": b"Content-Type: multipart/report; report-type*0*=x''%ff; report-type*1=y\n\nx",
}  # fmt: skip


def _look(raw: bytes) -> None:
    _take_apart(raw)
    letter = read(raw)
    assert verdict(letter) in ("hard", "soft", "complaint", "none")
    original_sender(letter)
    words.said(letter, "https://channel.example.org")
    recipients(raw)
    with contextlib.suppress(NotFound):
        keeping.sort(ADDRESSES, raw, "", 0)
    for part in letter.parts:
        part.text.encode()  # nothing that a database could not keep


def _take_apart(raw: bytes) -> None:
    """As a draft, with pictures: what comes out is no more than what went in."""
    with tempfile.TemporaryDirectory() as name:
        found = unpack(io.BytesIO(raw), Path(name), cut=False)
        assert len(found.words) <= MAX_BYTES
        assert len(found.pictures) <= MAX_MEDIA
        assert sum(one.size for one in found.pictures) <= len(raw)
        assert {one.path.name: one.size for one in found.pictures} == {
            path.name: path.stat().st_size for path in Path(name).iterdir()
        }
        read(found.words)


@pytest.mark.parametrize("name", NASTY)
def test_a_nasty_mail_is_read(name: str) -> None:
    _look(NASTY[name])


@pytest.mark.parametrize("seed", range(20))
def test_a_mail_that_was_cut_and_pasted_is_read(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(60):
        raw = bytearray(chance.choice(FILES))
        for _ in range(chance.randrange(1, 12)):
            at = chance.randrange(len(raw) + 1)
            match chance.randrange(4):
                case 0:
                    raw[at:at] = chance.choice(PARTS)
                case 1:
                    del raw[at : at + chance.randrange(200)]
                case 2:
                    raw[at : at + 1] = bytes([chance.randrange(256)])
                case _:
                    raw[at:at] = chance.choice(FILES)[: chance.randrange(2_000)]
        _look(bytes(raw))


@pytest.mark.parametrize("seed", range(5))
def test_an_address_that_was_made_up_means_nothing(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(500):
        length = chance.choice((0, 1, 42, 43, 48, 49, 64, 300))
        letters = "".join(chance.choice("abdr234567=+*\x00é@<> ") for _ in range(length))
        assert ADDRESSES.read(f"mail+{letters}@in.example.org", 0) is None


def test_an_address_has_one_spelling() -> None:
    """The last letter has bits that say nothing: with others in them it would be another address of the same meaning."""
    for number in range(40):
        known_id = str(uuid.UUID(int=number * 7919))
        for address in (
            ADDRESSES.replies(known_id),
            ADDRESSES.drafts(known_id),
            ADDRESSES.bounces(known_id, "a@b.c", 0),
        ):
            local, _, domain = address.partition("@")
            read = {
                last: ADDRESSES.read(f"{local[:-1]}{last}@{domain}", 0)
                for last in "abcdefghijklmnopqrstuvwxyz234567"
            }
            assert [last for last, meaning in read.items() if meaning] == [local[-1]], address

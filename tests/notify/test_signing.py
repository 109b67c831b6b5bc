"""Signed mail, checked by dkimpy's verifier on what really went over SMTP."""

import stat
import sys
from dataclasses import replace
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from channel.errors import Unavailable
from channel.notify import Mail
from channel.notify.email import SmtpSender
from channel.notify.signing import (
    SIGNED,
    Kind,
    Signer,
    in_zone_file,
    load_key,
    make_key,
    record,
    seen_by_others,
)
from channel.values import Dkim
from tests.notify.relay import Inbox, listening

SENDER = "Channel Österreich <hello@example.org>"
NOW = 1_700_000_000_000  # a verifier believes no moment to come
OFF = "https://channel.example.org/notices/off/" + "x" * 300
AWKWARD = (
    "Hallo\nÄ\n.\n..\n.zwei\nEnde  mit \t Leerraum  \n"
    + "lang " * 500
    + "\n"
    + "x" * 2_000
    + "\nFrom mir\n\n\n\n"
)
LETTER = Mail(
    to="anna@example.net", subject="Grüße ✨ " * 12, text=AWKWARD, html=f"<p>{AWKWARD}</p>",
    headers=(
        ("List-Id", "Ännas Kanal <anna.channel.example.org>"), ("List-Unsubscribe", f"<{OFF}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"), ("Precedence", "bulk"), ("Reply-To", "mail+x@example.org"),
    ),
)  # fmt: skip
PLAIN = Mail(to="anna@example.net", subject="In", text="In", html="In")


def signer(
    folder: Path, kind: Kind = "rsa", domain: str = "example.org"
) -> tuple[Signer, dict[bytes, bytes]]:
    """One with a new key, and what the DNS says of it."""
    path = folder / "dkim.pem"
    make_key(path, kind)
    said = record(load_key(path)).encode()
    return Signer.load(Dkim(path, "channel", domain), lambda: NOW), {
        f"channel._domainkey.{domain}.".encode(): said
    }


async def arrived(sign: Signer, mail: Mail, *, line: bool) -> bytes:
    """The bytes that a mail server got."""
    inbox = Inbox()
    async with listening(inbox) as port:
        sender = SmtpSender(f"smtp+plain://127.0.0.1:{port}", SENDER, "channel.example.org", sign)
        if line:
            bulk = sender.line()

            async def words() -> Mail:
                return mail

            assert await bulk.deliver(mail.to, words, "bounces@example.org")
            await bulk.close()
        else:
            await sender.send(mail)
    [envelope] = inbox.envelopes
    assert isinstance(envelope.content, bytes)
    return envelope.content


def holds(words: bytes, dns: dict[bytes, bytes]) -> bool:
    try:
        return bool(dkim.DKIM(words).verify(dnsfunc=lambda name, timeout=5: dns.get(name)))
    except dkim.ValidationError:  # another body
        return False


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
@pytest.mark.parametrize("line", [False, True], ids=["one", "bulk"])
async def test_what_arrives_is_signed_and_every_change_shows(kind: Kind, line: bool, tmp_path: Path) -> None:
    sign, dns = signer(tmp_path, kind)
    words = await arrived(sign, LETTER, line=line)
    assert holds(words, dns)
    head, _, body = words.partition(b"\r\n\r\n")
    assert not holds(head + b"\r\n\r\n" + body.replace(b"a", b"b", 1), dns)
    for name in SIGNED:
        first = next(one for one in head.split(b"\r\n") if one.lower().startswith(name + b":"))
        assert not holds(words.replace(first, first + b"x", 1), dns), name
        assert not holds(first + b"x\r\n" + words, dns), f"a second {name!r} on top"
        assert not holds(head + b"\r\n" + first + b"x\r\n\r\n" + body, dns), f"a second {name!r} below"
    assert holds(words.replace(b"Precedence: bulk", b"Precedence: list"), dns), "which is not signed"
    assert holds(b"Received: by a relay\r\nReturn-Path: <x@example.org>\r\n" + words, dns)


async def test_the_signature_says_whose_and_how_and_covers_both_headers_that_end_letters(
    tmp_path: Path,
) -> None:
    sign, _ = signer(tmp_path)
    words = await arrived(sign, LETTER, line=True)
    said = words.partition(b"\r\nFrom: ")[0].replace(b"\r\n", b"")
    for part in (
        b"v=1",
        b"a=rsa-sha256",
        b"c=relaxed/relaxed",
        b"d=example.org",
        b"s=channel",
        b"t=1700000000",
    ):
        assert part + b";" in said
    names = said.partition(b"h=")[2].partition(b";")[0].replace(b" ", b"").split(b":")
    assert {b"list-unsubscribe", b"list-unsubscribe-post", b"list-id", b"message-id", b"date"} < set(names)
    assert names.count(b"from") == 2
    assert b"l=" not in said.partition(b"bh=")[0]
    assert max(len(one) for one in words.split(b"\r\n")[:8]) <= 998


async def test_a_letter_without_some_of_the_headers_is_signed_without_them(tmp_path: Path) -> None:
    sign, dns = signer(tmp_path)
    words = await arrived(sign, PLAIN, line=False)
    assert holds(words, dns)
    assert b"list-unsubscribe" not in words


async def test_another_key_in_the_dns_or_none_is_no_proof(tmp_path: Path) -> None:
    sign, _ = signer(tmp_path)
    words = await arrived(sign, PLAIN, line=False)
    (tmp_path / "other").mkdir()
    _, others = signer(tmp_path / "other")
    assert not holds(words, others)
    assert not holds(words, {b"channel._domainkey.example.org.": b"v=DKIM1; k=rsa; p="})


def test_no_two_signatures_of_a_letter_run_into_each_other(tmp_path: Path) -> None:
    sign, dns = signer(tmp_path)
    words = b"From: a@example.org\r\nTo: b@example.net\r\n\r\nx\r\n"
    twice = sign(sign(words))
    assert holds(twice, dns)
    assert twice.count(b"DKIM-Signature") == 2


def test_a_key_is_for_its_owner_alone_and_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "dkim.pem"
    make_key(path, "ed25519")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not seen_by_others(path)
    path.chmod(0o640)
    assert seen_by_others(path)
    kept = path.read_bytes()
    with pytest.raises(Unavailable, match="cannot be written"):
        make_key(path, "rsa")
    assert path.read_bytes() == kept


def test_what_the_dns_is_told_is_cut_as_it_has_to_be(tmp_path: Path) -> None:
    path = tmp_path / "dkim.pem"
    make_key(path, "rsa")
    text = record(load_key(path))
    pieces = in_zone_file(text)[1:-1].split('" "')
    assert max(map(len, pieces)) <= 255
    assert "".join(pieces) == text
    assert len(pieces) == 2


def weak(path: Path) -> None:
    write(path, rsa.generate_private_key(65_537, 1_024))


def curve(path: Path) -> None:
    write(path, ec.generate_private_key(ec.SECP256R1()))


def locked(path: Path) -> None:
    key = rsa.generate_private_key(65_537, 2_048)
    closed = serialization.BestAvailableEncryption(b"x")
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, closed))


def write(path: Path, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> None:
    shape, none = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, shape, none))


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda path: None, "cannot be read"),
        (lambda path: path.write_text("secret words"), "holds no private key"),
        (weak, "neither RSA of 2048"),
        (curve, "neither RSA of 2048"),
        (locked, "without a password"),
    ],
    ids=["missing", "nonsense", "weak", "curve", "locked"],
)
def test_a_key_that_nobody_would_believe_is_refused_by_the_name_of_its_setting(
    make: object, why: str, tmp_path: Path
) -> None:
    path = tmp_path / "dkim.pem"
    make(path)  # type: ignore[operator]
    with pytest.raises(Unavailable) as refused:
        Signer.load(Dkim(path, "channel", "example.org"), lambda: NOW)
    assert why in str(refused.value)
    assert "CHANNEL_DKIM_KEY" in str(refused.value)
    assert "secret words" not in str(refused.value)


def test_without_the_library_the_start_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_key(tmp_path / "dkim.pem", "ed25519")
    monkeypatch.setitem(sys.modules, "dkim", None)
    with pytest.raises(Unavailable, match=r"CHANNEL_DKIM_KEY.*pip install 'channel\[dkim\]'"):
        Signer.load(Dkim(tmp_path / "dkim.pem", "channel", "example.org"), lambda: NOW)


async def test_mail_that_is_not_signed_has_no_signature(tmp_path: Path) -> None:
    inbox = Inbox()
    async with listening(inbox) as port:
        await SmtpSender(f"smtp+plain://127.0.0.1:{port}", SENDER, "channel.example.org").send(
            replace(LETTER)
        )
    assert inbox.mails[0]["DKIM-Signature"] is None

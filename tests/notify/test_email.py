"""Sending through a real SMTP server."""

import asyncio
import email
import socket
from dataclasses import replace
from email.header import decode_header, make_header
from email.policy import compat32
from pathlib import Path

import pytest

from channel.errors import Invalid
from channel.notify import Mail, Undeliverable
from channel.notify.email import Relay, SmtpSender
from tests.notify.relay import Inbox, listening

SENDER = "Channel Österreich <hello@example.org>"
LETTER = Mail(to="anna@example.net", subject="Grüße ✨", text="Hallo\nÄ\n.\nEnde", html="<p>Hallo Ä</p>")


async def send(url: str, mail: Mail = LETTER) -> None:
    await SmtpSender(url, SENDER, "channel.example.org").send(mail)


async def test_a_letter_arrives_in_both_shapes_with_an_honest_head() -> None:
    inbox = Inbox()
    async with listening(inbox) as port:
        await send(f"smtp+plain://127.0.0.1:{port}")
    [envelope], [mail] = inbox.envelopes, inbox.mails
    assert (envelope.mail_from, envelope.rcpt_tos) == ("hello@example.org", ["anna@example.net"])
    assert (mail["From"], mail["To"], mail["Subject"]) == (SENDER, "anna@example.net", "Grüße ✨")
    assert mail["Message-ID"].endswith("@channel.example.org>")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"]
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().splitlines() == LETTER.text.splitlines()
    assert html.get_content().strip() == LETTER.html


async def test_a_letter_with_a_tag_is_the_same_one_when_it_is_sent_again() -> None:
    inbox = Inbox()
    async with listening(inbox) as port:
        for tag in ("receipt 1", "receipt 1", "receipt 2", "", ""):
            await send(f"smtp+plain://127.0.0.1:{port}", replace(LETTER, tag=tag))
    first, again, other, plain, plain_again = [mail["Message-ID"] for mail in inbox.mails]
    assert first == again
    assert len({first, other, plain, plain_again}) == 4
    assert "receipt" not in first


@pytest.mark.parametrize("shape", ["starttls", "wrapped"])
async def test_mail_to_another_machine_goes_over_verified_tls(
    shape: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox, scheme = Inbox(), {"starttls": "smtp", "wrapped": "smtps"}[shape]
    async with listening(inbox, tls=shape, folder=tmp_path) as port:
        with pytest.raises(Undeliverable) as refused:
            await send(f"{scheme}://127.0.0.1:{port}")
        assert "certificate" in str(refused.value)
        assert inbox.envelopes == []
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "relay.pem"))
        await send(f"{scheme}://127.0.0.1:{port}")
    assert len(inbox.mails) == 1


async def test_smtp_without_starttls_sends_nothing() -> None:
    inbox = Inbox()
    async with listening(inbox) as port:
        with pytest.raises(Undeliverable) as refused:
            await send(f"smtp://127.0.0.1:{port}")
    assert inbox.envelopes == []
    assert "STARTTLS" in str(refused.value)
    assert not refused.value.permanent


async def test_user_and_password_are_taken_from_the_url(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = Inbox()
    async with listening(inbox, tls="starttls", folder=tmp_path, auth=True) as port:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "relay.pem"))
        await send(f"smtp://me%40example.org:p%40ss%20word@127.0.0.1:{port}")
        with pytest.raises(Undeliverable) as refused:
            await send(f"smtp://me%40example.org:wrong@127.0.0.1:{port}")
    assert inbox.users == ["me@example.org"]
    assert len(inbox.mails) == 1
    assert not refused.value.permanent
    assert str(refused.value) == "The mail server refused our user or password (535)."


@pytest.mark.parametrize(
    ("inbox", "permanent"),
    [
        (Inbox(answer="550 5.7.1 anna@example.net is not welcome"), True),
        (Inbox(answer="451 4.3.0 come back, anna@example.net"), False),
        (Inbox(recipient_answer="550 5.1.1 no anna@example.net here"), True),
        (Inbox(recipient_answer="450 4.2.1 anna@example.net is away"), False),
    ],
)
async def test_a_refusal_says_whether_trying_again_helps_and_names_no_address(
    inbox: Inbox, permanent: bool
) -> None:
    async with listening(inbox) as port:
        with pytest.raises(Undeliverable) as refused:
            await send(f"smtp+plain://127.0.0.1:{port}")
    assert refused.value.permanent is permanent
    assert "anna" not in str(refused.value)


async def test_a_server_that_is_not_there_is_tried_again() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Undeliverable) as refused:
        await send(f"smtp+plain://127.0.0.1:{port}")
    assert not refused.value.permanent


async def test_a_server_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("channel.notify.email.SEND_TIMEOUT_S", 0.2)

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        left.set()

    left = asyncio.Event()
    silent = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    async with silent:
        port = silent.sockets[0].getsockname()[1]
        with pytest.raises(Undeliverable) as refused:
            await send(f"smtp+plain://127.0.0.1:{port}")
        await asyncio.wait_for(left.wait(), 5)
    assert "in time" in str(refused.value)
    assert not refused.value.permanent


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x00", "\u2028", "\u2029", "\x85", "\x0b", "\x0c"])
@pytest.mark.parametrize("header", ["to", "subject"])
def test_no_header_can_be_smuggled_in(header: str, end: str) -> None:
    fields = {"to": "anna@example.net", "subject": "Hello", "text": "", "html": ""}
    fields[header] += f"{end}Bcc: all@example.org"
    with pytest.raises(Invalid):
        Mail(**fields)


@pytest.mark.parametrize(
    "to", ["a@b.de,c@d.de", "a@b.de;c@d.de", "<a@b.de>", "a b@c.de", '"x"@y.de', "a@b@c", "nobody"]
)
def test_one_mail_has_one_recipient(to: str) -> None:
    with pytest.raises(Invalid):
        Mail(to=to, subject="Hello", text="", html="")


@pytest.mark.parametrize(
    "url", ["smtp+plain://mail.example.org", "http://127.0.0.1", "smtp://", "mail.example.org:25"]
)
def test_mail_never_goes_to_another_machine_in_the_clear(url: str) -> None:
    with pytest.raises(ValueError):
        Relay.parse(url)


def test_ports_follow_the_scheme() -> None:
    assert [Relay.parse(f"{s}://127.0.0.1").port for s in ("smtp", "smtps", "smtp+plain")] == [587, 465, 25]


@pytest.mark.parametrize(
    "words",
    [
        "der Ännchens sehr Bilder – (live) Söhne Müller, 日本語 Töne 日本語",
        "x.y <was> 日本語 mit lange a@b.de Söhne (live) lange",
        "Töpfe & Vasen " * 8,
        "ÄÖÜ" * 60,
    ],
)
async def test_long_words_of_other_letters_keep_their_spaces_over_lines(words: str) -> None:
    inbox, words = Inbox(), words.strip()
    letter = replace(
        LETTER, subject=words, name=words.replace("@", ""), headers=(("List-Id", f"{words} <l.example.org>"),)
    )
    async with listening(inbox) as port:
        await send(f"smtp+plain://127.0.0.1:{port}", letter)
    [envelope] = inbox.envelopes
    assert isinstance(envelope.content, bytes)
    mail = email.message_from_bytes(
        envelope.content, policy=compat32
    )  # the newer policy has faults of its own
    told = {name: str(make_header(decode_header(str(mail[name])))) for name in ("Subject", "From", "List-Id")}
    assert told == {
        "Subject": words,
        "From": f"{letter.name} <hello@example.org>",
        "List-Id": f"{words} <l.example.org>",
    }
    assert all(len(line) <= 78 for line in envelope.content.partition(b"\r\n\r\n")[0].split(b"\r\n"))

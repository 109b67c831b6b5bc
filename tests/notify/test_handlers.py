"""From a fact in the log to a letter in a mailbox, on both databases."""

import re
from dataclasses import replace

import pytest
from sqlalchemy import select

from channel import outbox
from channel.accounts import Account, create, delete_account, emails, links, suspend
from channel.accounts.tables import one_time
from channel.errors import Gone
from channel.events import EmailProofAsked, Event, SignInLinkAsked
from channel.notify import Mail, letters, mail_handler
from channel.notify.email import SmtpSender
from channel.payments import Seal
from channel.settings import Settings
from channel.storage import Database
from channel.worker import Worker
from tests.conftest import Clock
from tests.notify.relay import Inbox, listening

SITE = Settings(url="https://channel.example.org")
SEAL = Seal(b"k" * 32)


class Letterbox:
    """A Sender that keeps what it is given."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []

    async def send(self, mail: Mail) -> None:
        self.mails.append(mail)


@pytest.fixture
def box() -> Letterbox:
    return Letterbox()


@pytest.fixture
async def anna(db: Database) -> Account:
    async with db.write() as tx:
        return await create(tx, name="Anna", email="anna@example.net", language="de")


def secret_in(mail: Mail, path: str) -> str:
    [secret] = set(
        re.findall(rf"https://channel\.example\.org{path}([A-Za-z0-9_-]{{43}})", mail.text + mail.html)
    )
    return str(secret)


async def told(db: Database, box: Letterbox, event: Event) -> list[Mail]:
    await mail_handler(db, box, SITE, SEAL)(event)
    return box.mails


async def test_a_sign_in_mail_carries_a_link_that_opens_once_within_ten_minutes(
    db: Database, anna: Account, box: Letterbox, clock: Clock
) -> None:
    event = SignInLinkAsked(account_id=anna.id, email="anna@example.net", language="en")
    [mail] = await told(db, box, event)
    assert mail.to == "anna@example.net"
    secret = secret_in(mail, "/sign-in/link/")
    assert "10" in mail.text
    async with db.write() as tx:
        assert await links.redeem_sign_in(tx, secret) == anna
    [_, late] = await told(db, box, event)
    clock.forward(10 * 60_000)
    with pytest.raises(Gone):
        async with db.write() as tx:
            await links.redeem_sign_in(tx, secret_in(late, "/sign-in/link/"))


async def test_an_address_is_proven_by_the_mail_to_it(db: Database, anna: Account, box: Letterbox) -> None:
    event = EmailProofAsked(account_id=anna.id, email="new@example.net", language="en")
    [mail] = await told(db, box, event)
    assert mail.to == "new@example.net"
    assert "Anna" not in mail.text + mail.html
    async with db.write() as tx:
        proven = await emails.prove_email(tx, secret_in(mail, "/account/email/"))
    assert proven.email == "new@example.net"


async def test_a_secret_stands_in_the_mail_and_nowhere_else(
    db: Database, anna: Account, box: Letterbox
) -> None:
    async with db.write() as tx:
        await emails.ask_sign_in_mail(tx, "anna@example.net", "en")
        [job] = await outbox.claim(tx)
    [mail] = await told(db, box, job.event)
    secret = secret_in(mail, "/sign-in/link/")
    async with db.read() as tx:
        kept = [repr(await tx.all(select(table))) for table in one_time.metadata.sorted_tables]
    assert any(anna.id in rows for rows in kept)
    assert not any(secret in rows for rows in kept)


@pytest.mark.parametrize("email", ["old@example.net", ""])
async def test_no_link_goes_to_an_address_that_is_no_longer_the_accounts(
    db: Database, anna: Account, box: Letterbox, email: str
) -> None:
    assert await told(db, box, SignInLinkAsked(account_id=anna.id, email=email, language="en")) == []
    assert await told(db, box, SignInLinkAsked(account_id=emails.NOBODY, email="", language="en")) == []


async def test_who_was_suspended_or_deleted_meanwhile_gets_no_mail(
    db: Database, anna: Account, box: Letterbox
) -> None:
    asked = (
        SignInLinkAsked(account_id=anna.id, email="anna@example.net", language="en"),
        EmailProofAsked(account_id=anna.id, email="new@example.net", language="en"),
    )
    async with db.write() as tx:
        await suspend(tx, anna.id)
    for event in asked:
        assert await told(db, box, event) == []
    async with db.write() as tx:
        await delete_account(tx, anna.id, [])
    for event in asked:
        assert await told(db, box, event) == []


@pytest.mark.parametrize("language", ["en", "de"])
def test_letters_are_whole_in_both_shapes_and_languages(language: str) -> None:
    for make in (letters.sign_in, letters.email_proof):
        mail = make(SITE, to="a@example.net", language=language, secret="s" * 43, minutes=10)
        for shape in (mail.text, mail.html):
            assert "s" * 43 in shape
            assert "channel.example.org" in shape
            assert "%(" not in shape
            assert "{{" not in shape
        assert f'<html lang="{language}">' in mail.html
    assert letters.trial(SITE, to="a@example.net", language=language).subject


def test_links_lead_to_the_configured_address_only() -> None:
    mail = letters.sign_in(
        replace(SITE, url="https://c.example"), to="a@x.de", language="en", secret="s", minutes=1
    )
    assert set(re.findall(r"https?://[^/\"\s<]+", mail.text + mail.html)) == {"https://c.example"}


async def test_from_the_form_to_the_mailbox(db: Database, anna: Account) -> None:
    inbox = Inbox()
    async with listening(inbox) as port:
        sender = SmtpSender(f"smtp+plain://127.0.0.1:{port}", "Channel <hello@example.org>", SITE.host)
        worker = Worker(db, {"mail": mail_handler(db, sender, SITE, SEAL)})
        async with db.write() as tx:
            await emails.ask_sign_in_mail(tx, "anna@example.net", "de")
            await emails.ask_sign_in_mail(tx, "nobody@example.net", "de")
        await worker.work_off()
    [mail] = inbox.mails
    assert mail["To"] == "anna@example.net"
    body = mail.get_body(("plain",))
    assert body is not None
    [secret] = re.findall(r"/sign-in/link/(\S{43})", body.get_content())
    async with db.write() as tx:
        assert await links.redeem_sign_in(tx, secret) == anna
        assert await outbox.waiting_jobs(tx) == 0

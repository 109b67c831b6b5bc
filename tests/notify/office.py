"""A post office: a till whose letters go through a real mail server, and what can be read in what arrives."""

import html
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage

from sqlalchemy import update

from channel import outbox
from channel.accounts import Account
from channel.accounts.tables import accounts
from channel.events import Event, LetterDue, LetterPlanned
from channel.notify import mail_handler
from channel.notify.email import SmtpSender
from channel.settings import Settings
from channel.storage import Database
from channel.worker import Worker
from tests.conftest import Clock
from tests.notify.relay import Inbox, listening, plain
from tests.payments.till import Till, open_till

SITE = Settings(url="https://channel.example.org")
_LINK = re.compile(r"https?://\S+")


@dataclass(frozen=True)
class Arrived:
    """A letter that came through the mail server, with the name it has in the house."""

    name: str
    mail: EmailMessage

    @property
    def to(self) -> str:
        return str(self.mail["To"])

    @property
    def subject(self) -> str:
        return str(self.mail["Subject"])

    @property
    def id(self) -> str:
        return str(self.mail["Message-ID"])

    @property
    def text(self) -> str:
        return plain(self.mail)

    @property
    def html(self) -> str:
        return self._body("html")

    def _body(self, kind: str) -> str:
        body = self.mail.get_body((kind,))
        assert body is not None, f"no {kind}"
        return str(body.get_content()).replace("\r\n", "\n")

    def links(self) -> list[str]:
        """Where the plain letter leads."""
        return sorted(_LINK.findall(self.text))

    def shown_links(self) -> list[str]:
        """Where the HTML leads; pictures and style sheets from elsewhere would be among them."""
        return sorted(html.unescape(link) for link in re.findall(r"(?:href|src)=\"([^\"]*)\"", self.html))

    def words(self) -> list[str]:
        """What the plain letter says, without its links and marks."""
        return _bare(_LINK.sub(" ", self.text))

    def shown_words(self) -> list[str]:
        """What the HTML says to whoever looks at it, or has it read out."""
        body = re.sub(r"<(\w+)[^>]*aria-hidden=.*?</\1>", " ", self.html.partition("<body>")[2])
        return _bare(html.unescape(re.sub(r"<[^>]*>", " ", body)))


def _bare(text: str) -> list[str]:
    return [word for word in (piece.rstrip(":") for piece in text.split()) if word not in ("", ">", "-")]


@dataclass
class Office:
    """`arrived` keeps every letter that the mail server took."""

    till: Till
    inbox: Inbox
    port: int
    arrived: list[Arrived] = field(default_factory=list)

    @property
    def db(self) -> Database:
        return self.till.db

    def handler(self) -> Callable[[Event], Awaitable[None]]:
        """What the worker does with a letter that is due."""
        sender = SmtpSender(f"smtp+plain://127.0.0.1:{self.port}", "Channel <hello@example.org>", SITE.host)
        handle = mail_handler(self.db, sender, SITE, self.till.counter.seal)

        async def told(event: Event) -> None:
            before = len(self.inbox.envelopes)
            await handle(event)
            for mail in self.inbox.mails[before:]:
                assert isinstance(event, LetterDue | LetterPlanned)
                self.arrived.append(Arrived(event.letter, mail))

        return told

    def worker(self) -> Worker:
        return Worker(self.db, {**self.till.worker._handlers, "mail": self.handler()})

    async def brought(self) -> list[Arrived]:
        """Everything that is due is done; what has arrived since somebody asked last."""
        seen, worker = len(self.arrived), self.worker()
        for _ in range(3):  # what is done for payments asks for letters
            await worker.work_off()
        return self.arrived[seen:]

    async def named(self) -> list[str]:
        """The names of what has arrived since somebody asked last."""
        return [letter.name for letter in await self.brought()]

    async def person(self, name: str, language: str = "en", email: str = "-") -> Account:
        """A member who reads mail at an address of their own, or at none ("")."""
        account = await self.till.scene.member(name)
        await self.address(account, f"{name.lower()}@example.net" if email == "-" else email, language)
        return account

    async def address(self, account: Account, email: str, language: str = "en") -> None:
        async with self.db.write() as tx:
            mine = update(accounts).where(accounts.c.id == account.id)
            await tx.run(mine.values(email=email or None, language=language))

    async def failed(self) -> tuple[int, int]:
        """How many jobs wait for another try, and how many are given up."""
        async with self.db.read() as tx:
            counted = await outbox.jobs_by_state(tx)
        return counted["waiting"], counted["dead"]


@asynccontextmanager
async def open_office(db: Database, clock: Clock) -> AsyncIterator[Office]:
    """Anna's community and its post; the owner reads mail, too."""
    inbox = Inbox()
    async with listening(inbox) as port:
        office = Office(await open_till(db, clock), inbox, port)
        await office.address(office.till.scene.owner, "anna@example.net")
        yield office

"""A community whose posts go out by letter, through a real mail server on loopback that can be made to misbehave."""

import email
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import func, select, update

from channel import notices, outbox
from channel.accounts import Account
from channel.accounts.tables import accounts
from channel.members import Role
from channel.notices.actions import set_times
from channel.notices.model import How, Times
from channel.notices.tables import notices as rows
from channel.notify import Desk, Postman
from channel.notify.email import SmtpSender
from channel.notify.sender import Line
from channel.rooms import Room
from channel.settings import Settings
from channel.storage import Database
from channel.tiers import Tier
from channel.worker import Worker
from tests.cast import Scene, creator
from tests.conftest import Clock
from tests.notify.office import Arrived
from tests.notify.relay import Inbox, listening

SITE = Settings(url="https://channel.example.org")
SECRET = b"n" * 32


@dataclass
class Relay(Inbox):
    """`recipients`: the answer to RCPT by address, or by its host. `asked`: everybody who was named. `dies`: cut the line
    at DATA. `sender_answer`: to MAIL, before anybody is named."""

    recipients: dict[str, str] = field(default_factory=dict)
    sender_answer: str = ""
    named: int = 0  # senders
    asked: list[str] = field(default_factory=list)
    dies: bool = False

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.named += 1
        if self.sender_answer:
            return self.sender_answer
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.asked.append(address)
        for known in (address, address.partition("@")[2]):
            if known in self.recipients:
                return self.recipients[known]
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.dies:
            assert server.transport is not None
            server.transport.abort()  # type: ignore[attr-defined]
        return await super().handle_DATA(server, session, envelope)


@dataclass
class Mailroom:
    """`postman` is the one that works; another one can be made with `hire`."""

    scene: Scene
    clock: Clock
    relay: Relay
    port: int
    read: int = 0

    @property
    def db(self) -> Database:
        return self.scene.db

    def sender(self) -> SmtpSender:
        return SmtpSender(f"smtp+plain://127.0.0.1:{self.port}", "Channel <hello@example.org>", SITE.host)

    def hire(self, line: Line | None = None, *, per_host: int = 0) -> Postman:
        """Somebody who brings letters, over a line of their own."""
        desk, lines = Desk(SITE, SECRET), (lambda: line) if line else self.sender().line
        return Postman(self.db, lines, desk, rate=1000, per_host=per_host)

    async def reader(
        self, name: str, how: How | None = "instant", *, tier: Tier | None = None, language: str = "en"
    ) -> Account:
        """A member with a proven address, who chose letters of the community (None: chose nothing)."""
        account = await self.scene.member(name, tier=tier)
        await self.address(account, f"{name.lower()}@example.net", language)
        if how is not None:
            await self.choose(account, how)
        return account

    async def address(self, account: Account, address: str | None, language: str = "en") -> None:
        async with self.db.write() as tx:
            mine = update(accounts).where(accounts.c.id == account.id)
            await tx.run(mine.values(email=address, language=language))

    async def choose(self, account: Account, how: How, *rooms: tuple[Room, How | None]) -> None:
        async with self.db.write() as tx:
            by = await self.scene.by(tx, account)
            await notices.choose(tx, by, self.scene.community, how, rooms=rooms)

    async def times(self, account: Account, **given: object) -> None:
        chosen = {"zone": "UTC", "hour": 18, "quiet_from": None, "quiet_to": None} | given
        async with self.db.write() as tx:
            await set_times(tx, account.id, Times.parse(**chosen))  # type: ignore[arg-type]

    async def jobs(self) -> int:
        """Posts whose letters are still to be planned."""
        async with self.db.read() as tx:
            waiting = select(func.count()).select_from(outbox.jobs).where(outbox.jobs.c.consumer == "notices")
            return int(await tx.value(waiting))

    async def planned(self) -> None:
        """What published posts ask for is written down."""
        await Worker(self.db, {"notices": notices.planner(self.db, mail=True)}).work_off()

    async def brought(self, postman: Postman | None = None) -> list[Arrived]:
        """Plan and bring all that is due; what arrived since somebody asked last."""
        await self.planned()
        postman = postman or self.hire()
        while await postman.round():
            pass
        fresh = self.relay.mails[self.read :]
        self.read += len(fresh)
        return [Arrived("notice", mail) for mail in fresh]

    async def to(self, postman: Postman | None = None) -> list[str]:
        """To whom letters came, sorted."""
        return sorted(one.to for one in await self.brought(postman))

    async def states(self) -> dict[str, str]:
        """What became of the notices: state and problem, by the address of the account (or its id)."""
        async with self.db.read() as tx:
            query = select(rows, accounts.c.email).join(accounts, accounts.c.id == rows.c.account_id)
            found = await tx.all(query.order_by(rows.c.created_at, rows.c.id))
        return {row.email or row.account_id: f"{row.state} {row.problem}".strip() for row in found}


def parsed(content: bytes) -> EmailMessage:
    message = email.message_from_bytes(content, policy=default)  # type: ignore[arg-type]
    assert isinstance(message, EmailMessage)
    return message


@asynccontextmanager
async def open_mailroom(db: Database, clock: Clock) -> AsyncIterator[Mailroom]:
    """Anna's community, whose owner chose nothing."""
    relay = Relay()
    async with listening(relay) as port:
        yield Mailroom(await creator(db), clock, relay, port)


__all__ = ["SECRET", "SITE", "Mailroom", "Relay", "Role", "open_mailroom", "parsed"]

"""T23: kill -9 while posts are told by mail and push, whose services misbehave.

Nobody gets a letter twice; every notice that is due is tried; nobody is told who wants nothing any more, has left or was
banned; nobody is told of what was deleted; and what waited comes in the end.
"""

import asyncio
import random
import re
import sqlite3
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

import httpx2
import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from channel.storage.open import DATABASE_FILE
from tests.faults import told
from tests.faults.clock import COMPILER, WallClock
from tests.faults.process import ServerProcess
from tests.faults.site import HANDLE, Site, founded
from tests.notices.mailroom import Relay
from tests.notify.relay import listening
from tests.push.browsers import Service, push_service

KILLS = [
    pytest.param(12, 24, id="short"),
    pytest.param(500, 200, id="full", marks=pytest.mark.full),
]
LONGEST_S = 0.8
LEASE_MS = 61_000  # of a notice; a letter is let go fifteen minutes after its server died
DRAINED_S = 60.0
TAKES_S = 0.05
MARK = re.compile(r"Number (\d+) of")
AGAIN = 8  # of the readers: one of each kind of trouble

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(COMPILER is None, reason="the clock is compiled with a C compiler"),
]


@dataclass
class Slow(Relay):
    """Takes letters, says so a while later, and nothing when it is told goodbye: servers die in between."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = await super().handle_DATA(server, session, envelope)
        await asyncio.sleep(TAKES_S)
        return answer

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        await asyncio.sleep(0.5)
        return "221 Bye"


@dataclass
class Reader:
    """A follower; who is odd is told by mail, who is even on a device."""

    number: int
    token: str
    account_id: str = ""

    @property
    def mailed(self) -> bool:
        return self.number % 2 == 1

    @property
    def address(self) -> str:
        return f"r{self.number}@example.net"

    @property
    def browser(self) -> str:
        return f"r{self.number}"


@dataclass
class Over:
    """Of readers by address or browser, and of posts by number: how much had arrived when the next server started."""

    readers: dict[str, int] = field(default_factory=dict)
    posts: dict[int, tuple[int, int]] = field(default_factory=dict)


@dataclass
class Gone:
    """How often the device that is gone was asked when a server died, and when that it is gone had been written down."""

    before: int = 0
    written: int | None = None

    def died(self, asked: int, *, is_written: bool) -> None:
        assert asked - self.before <= 1, "one server asks it once"
        self.before = asked
        if is_written and self.written is None:
            self.written = asked


@dataclass
class Stage:
    """`posts`: ids by number, those that were acknowledged."""

    site: Site
    clock: WallClock
    relay: Slow
    service: Service
    readers: list[Reader]
    chance: random.Random
    posts: dict[int, str] = field(default_factory=dict)
    over: Over = field(default_factory=Over)
    lost: Gone = field(default_factory=Gone)
    gone: list[Reader] = field(default_factory=list)
    deleted: list[int] = field(default_factory=list)

    @property
    def server(self) -> ServerProcess:
        return self.site.server

    def mails(self) -> list[tuple[int, str, int]]:
        """The how manieth letter, to whom, and of which post."""
        return [
            (place, str(mail["To"]), post)
            for place, mail in enumerate(self.relay.mails)
            for post in _told_of(mail)
        ]

    def pushed(self) -> list[tuple[int, str, int]]:
        """The same of notices, by the browser."""
        return [
            (place, one.browser, int(number))
            for place, one in enumerate(self.service.taken)
            for number in MARK.findall(one.said["body"])
        ]

    async def post(self) -> None:
        number = len(self.posts)
        answer = await self.site.client.post(
            f"/api/v1/rooms/{self.site.room_id}/posts",
            json={"text": f"Number {number} of many"},
            headers={"Idempotency-Key": str(uuid.uuid4())},
        )
        assert answer.status_code == 201, answer.text
        self.posts[number] = answer.json()["id"]

    async def somebody_goes(self) -> None:
        """Somebody who has been in no trouble so far wants nothing more, leaves, or is banned; acknowledged."""
        there = [one for one in self.readers[AGAIN:] if one not in self.gone]
        if len(there) <= len(self.readers) // 2:
            return
        reader = self.chance.choice(there)
        as_them = {"Authorization": f"Bearer {reader.token}"}
        community = f"/api/v1/communities/{HANDLE}"
        match self.chance.choice(("mutes", "leaves", "banned")):
            case "mutes":
                answer = await _chooses(self.site, reader, "none")
            case "leaves":
                answer = await self.site.anybody.delete(f"{community}/membership", headers=as_them)
            case _:
                answer = await self.site.client.patch(
                    f"{community}/members/{reader.account_id}", json={"state": "banned"}
                )
        assert answer.is_success, answer.text
        self.gone.append(reader)

    async def something_goes(self) -> None:
        """A post is deleted, acknowledged."""
        number = self.chance.choice(sorted(self.posts))
        if number not in self.deleted:
            answer = await self.site.client.delete(f"/api/v1/posts/{self.posts[number]}")
            assert answer.is_success, answer.text
            self.deleted.append(number)

    async def dies(self) -> None:
        """And starts again, a while later. What was in the air then has arrived or not."""
        self.server.kill()
        await asyncio.sleep(0.1)
        self.lost.died(self.asked_the_lost(), is_written=not self.has_the_lost())
        for reader in self.gone:
            self.over.readers.setdefault(reader.address, len(self.relay.envelopes))
            self.over.readers.setdefault(reader.browser, len(self.service.taken))
        for number in self.deleted:
            self.over.posts.setdefault(number, (len(self.relay.envelopes), len(self.service.taken)))
        self.clock.set(self.clock.offset_ms + LEASE_MS)
        self.server.start()
        await asyncio.to_thread(self.server.wait_ready)

    def asked_the_lost(self) -> int:
        return self.service.asked.count(self.readers[0].browser)

    def has_the_lost(self) -> bool:
        """Whether the device that is gone is still one to be told, as the file says."""
        with sqlite3.connect(f"file:{self.server.data / DATABASE_FILE}?mode=ro", uri=True) as file:
            there = "SELECT count(*) FROM push_devices WHERE account_id = ?"
            return bool(file.execute(there, (self.readers[0].account_id,)).fetchone()[0])

    def waiting(self) -> dict[str, int]:
        """How much is still to be told, as the file says."""
        with sqlite3.connect(f"file:{self.server.data / DATABASE_FILE}?mode=ro", uri=True) as file:
            count = "SELECT count(*) FROM {} WHERE state = 'waiting'"
            return {
                name: int(file.execute(count.format(name)).fetchone()[0]) for name in ("notices", "pushes")
            } | {
                "jobs": int(
                    file.execute(
                        "SELECT count(*) FROM jobs WHERE consumer IN ('notices', 'push')"
                    ).fetchone()[0]
                )
            }

    async def drained(self) -> None:
        """Nobody dies any more, time passes, and nothing is left."""
        self.relay.recipients.pop(self.readers[1].address, None)
        deadline = asyncio.get_running_loop().time() + DRAINED_S + len(self.posts) * len(self.readers) / 20
        while any(self.waiting().values()):
            assert asyncio.get_running_loop().time() < deadline, (self.waiting(), self.server.said()[-3000:])
            self.clock.set(self.clock.offset_ms + 5 * LEASE_MS)
            await asyncio.sleep(0.5)


def _told_of(mail: EmailMessage) -> list[int]:
    """What waited while a mail server was away comes in one letter."""
    words = mail.get_body(("plain",))
    assert words is not None
    return sorted({int(number) for number in MARK.findall(words.get_content())})


async def _chooses(site: Site, reader: Reader, how: str) -> httpx2.Response:
    """By the way in which they are told."""
    rules = {"rules": [{"community": HANDLE, "room": None, "how": how}]}
    path, given = ("notices", {"zone": "UTC", "hour": 18} | rules) if reader.mailed else ("push", rules)
    headers = {"Authorization": f"Bearer {reader.token}"}
    return await site.anybody.put(f"/api/v1/me/{path}", json=given, headers=headers)


async def _gathered(site: Site, service: Service, count: int) -> list[Reader]:
    """Followers who have chosen to be told of each post at once."""
    readers = [Reader(number, await site.follow(f"r{number}")) for number in range(count)]
    for reader in readers:
        headers = {"Authorization": f"Bearer {reader.token}"}
        me = await site.anybody.get("/api/v1/me", headers=headers)
        reader.account_id = me.json()["account"]["id"]
        if not reader.mailed:
            given = service.browser(reader.browser).given
            keys = {"p256dh": given["p256dh"], "auth": given["auth"]}
            device = {"endpoint": given["endpoint"], "keys": keys, "name": reader.browser}
            answer = await site.anybody.post("/api/v1/me/push/devices", json=device, headers=headers)
            assert answer.is_success, answer.text
    await asyncio.to_thread(_proves, site.server, readers)
    for reader in readers:
        answer = await _chooses(site, reader, "instant")
        assert answer.is_success, answer.text
    return readers


def _proves(server: ServerProcess, readers: list[Reader]) -> None:
    """Addresses, as if each had opened the link in a letter; while the server is away."""
    server.kill()
    with sqlite3.connect(server.data / DATABASE_FILE) as file:
        for reader in readers:
            if reader.mailed:
                file.execute(
                    "UPDATE accounts SET email = ? WHERE id = ?", (reader.address, reader.account_id)
                )
    server.start()
    server.wait_ready()


def _trouble(stage: Stage) -> None:
    """What the services say to the first few, each in turn."""
    answers, recipients, r = stage.service.answers, stage.relay.recipients, stage.readers
    answers[r[0].browser] = ["410 Gone"]
    answers[r[2].browser] = ["429 Too Many Requests|Retry-After: 5\r\n", "201 Created"]
    answers[r[4].browser] = ["500 Internal Server Error", "hang", "201 Created"]
    answers[r[6].browser] = ["413 Content Too Large", "201 Created"]
    recipients[r[1].address] = "450 4.2.1 Come back later"
    recipients[r[3].address] = "550 5.1.1 Nobody of that name"


@asynccontextmanager
async def _staged(tmp_path: Path, count: int) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(push_service(tmp_path))
        relay, clock = Slow(), WallClock(tmp_path)
        port = await stack.enter_async_context(listening(relay))
        trust = tmp_path / "trust.pem"
        trust.write_text(service.pem)
        server = stack.enter_context(ServerProcess(tmp_path))
        server.module, server.anew = told.__name__, True
        server.environment |= clock.environment | {
            "CHANNEL_SMTP": f"smtp+plain://127.0.0.1:{port}",
            "CHANNEL_MAIL_FROM": "Channel <hello@example.org>",
            "CHANNEL_MAIL_RATE": "200",
            told.PORT: str(service.port),
            told.TRUST: str(trust),
        }
        site = await stack.enter_async_context(founded(server))
        people = await _gathered(site, service, count)
        made = Stage(site, clock, relay, service, people, random.Random(count))
        _trouble(made)
        yield made


@pytest.mark.parametrize(("kills", "readers"), KILLS)
async def test_kills_while_posts_are_told_never_tell_twice_by_mail_nor_whoever_is_gone(
    tmp_path: Path, kills: int, readers: int
) -> None:
    async with _staged(tmp_path, readers) as stage:
        for number in range(kills):
            if number % max(2, kills // 50) == 0:
                await stage.post()
            if stage.chance.random() < 0.3:
                await stage.somebody_goes()
            if stage.chance.random() < 0.2:
                await stage.something_goes()
            await asyncio.sleep(stage.chance.uniform(0.0, LONGEST_S))
            await stage.dies()
        await stage.post()
        await stage.drained()
        _nobody_twice(stage)
        _nobody_who_is_gone(stage)
        _everybody_else(stage, kills)
        assert "Traceback" not in stage.server.said(), stage.server.said()[-4000:]


def _nobody_twice(stage: Stage) -> None:
    letters = Counter((to, post) for _, to, post in stage.mails())
    twice = [one for one, count in letters.items() if count > 1]
    assert twice == [], "a letter came twice"
    stage.lost.died(stage.asked_the_lost(), is_written=not stage.has_the_lost())
    assert stage.lost.written == stage.asked_the_lost(), (
        "nor is a device asked again that is known to be gone"
    )


def _nobody_who_is_gone(stage: Stage) -> None:
    over, never = stage.over, len(stage.relay.envelopes) + len(stage.service.taken)
    for arrived, which in ((stage.mails(), 0), (stage.pushed(), 1)):
        late = [
            (to, post)
            for place, to, post in arrived
            if place >= over.readers.get(to, never) or place >= over.posts.get(post, (never, never))[which]
        ]
        assert late == []


def _everybody_else(stage: Stage, kills: int) -> None:
    """Push: each at least once. Mail: all but what was in hand when a server died, one letter each time at most."""
    posts = [number for number in stage.posts if number not in stage.deleted]
    well = [one for one in stage.readers if one not in stage.gone and one.number not in (0, 3, 6)]
    mails = {(to, post) for _, to, post in stage.mails()}
    pushed = {(browser, post) for _, browser, post in stage.pushed()}
    never = [(one.browser, post) for one in well for post in posts if not one.mailed]
    assert [due for due in never if due not in pushed] == [], "a notice was never delivered"
    letters = [(one.address, post) for one in well for post in posts if one.mailed]
    assert len([due for due in letters if due not in mails]) <= kills
    last = len(stage.posts) - 1
    assert all((one.address, last) in mails for one in well if one.mailed), "after the last kill all of them"
    too_large = stage.service.asked.count(stage.readers[6].browser)
    assert too_large >= len(posts) - 1, "what was too large once does not stop what follows"

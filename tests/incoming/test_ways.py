"""The three ways in: a mail server's pipe, HTTP with a secret, and a mailbox that is read over IMAP."""

import asyncio
import base64
import io
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from channel import app as composition
from channel import media
from channel.control import VERBS
from channel.errors import NotFound, Unavailable
from channel.incoming import drops
from channel.incoming.addresses import Addresses
from channel.incoming.mailbox import FAULTS, Mailbox
from channel.incoming.piping import receive
from channel.incoming.spooling import Spool
from channel.incoming.tables import incoming_mail
from channel.posts.tables import drafts
from channel.settings import Settings
from channel.storage import Database
from tests.cast import creator
from tests.conftest import Clock
from tests.control.commands import Shell
from tests.incoming.parcels import attach, sent, with_pictures
from tests.incoming.postbox import PATTERN, Postbox, written
from tests.media.sending import photo
from tests.web.conftest import Site, running

KEY = "handed-in-by-a-program-1234"
MIB = 1024 * 1024


@pytest.fixture
async def site(settings: Settings, clock: Clock) -> AsyncIterator[Site]:
    """A server into which mail comes."""
    out = {"smtp": "smtp+plain://127.0.0.1:9", "mail_from": "Channel <hello@channel.test>"}
    given = replace(settings, incoming_address=PATTERN, incoming_secret=KEY, **out)  # type: ignore[arg-type]
    async for app, client in running(given, clock):
        yield Site(app, app.state.services.db, clock, given, await creator(app.state.services.db), client)


@pytest.fixture
async def bare(settings: Settings, clock: Clock) -> AsyncIterator[Site]:
    """A server into which no mail comes."""
    async for app, client in running(settings, clock):
        yield Site(app, app.state.services.db, clock, settings, await creator(app.state.services.db), client)


async def _address(site: Site) -> str:
    async with site.db.write() as tx:
        drop_id = await drops.renew(tx, await site.anna.by(tx, site.anna.owner), site.anna.news)
    return Addresses(site.app.state.services.secret, PATTERN).drafts(drop_id)


async def _count(db: Database, table: Any) -> int:
    async with db.read() as tx:
        return int(await tx.value(select(func.count()).select_from(table)))


async def _worked_off(site: Site) -> None:
    """Until nothing waits any more: the server's own worker may have begun."""
    async with asyncio.timeout(30):
        while True:
            await site.app.state.worker.work_off()
            async with site.db.read() as tx:
                if not await tx.value(select(func.count()).where(incoming_mail.c.done_at.is_(None))):
                    return
            await asyncio.sleep(0.01)


async def test_a_program_hands_in_a_mail_by_http(site: Site) -> None:
    where, client = await _address(site), site.make_client()
    heads = {"x-channel-secret": KEY, "x-channel-recipient": where}
    answer = await client.post("/mail/incoming", content=written("Hello"), headers=heads)
    assert (answer.status_code, answer.text) == (200, "kept\n")
    await _worked_off(site)
    assert await _count(site.db, drafts) == 1
    answer = await client.post("/mail/incoming", content=written("Hello"), headers=heads)
    assert (answer.status_code, answer.text) == (200, "nothing to do\n")


async def test_the_recipient_may_stand_in_the_mail_alone_and_attachments_may_be_large(site: Site) -> None:
    where = await _address(site)
    mail = written("Hello", To=where) + b"\r\n" + b"x" * (3 * MIB)
    answer = await site.make_client().post("/mail/incoming", content=mail, headers={"x-channel-secret": KEY})
    assert answer.text == "kept\n"
    async with site.db.read() as tx:
        assert len(await tx.value(select(incoming_mail.c.raw))) <= MIB


@pytest.mark.parametrize("secret", [None, "", "wrong", KEY + "x", KEY[:-1], "é"])
async def test_without_the_secret_nothing_is_taken(site: Site, secret: str | None) -> None:
    heads = {} if secret is None else {"x-channel-secret": secret.encode()}
    answer = await site.make_client().post("/mail/incoming", content=written("Hello"), headers=heads)  # type: ignore[arg-type]
    assert answer.status_code == 403
    assert await _count(site.db, incoming_mail) == 0


async def test_what_is_not_ours_is_said_to_be_so_and_what_is_forged_is_let_go(site: Site) -> None:
    post = site.make_client().post
    heads = {"x-channel-secret": KEY, "x-channel-recipient": "somebody@elsewhere.example"}
    answer = await post("/mail/incoming", content=written("Hello"), headers=heads)
    assert (answer.status_code, "CHANNEL_INCOMING_ADDRESS" in answer.text) == (422, True)
    forged = heads | {"x-channel-recipient": f"mail+d{'a' * 42}@in.example.org"}
    assert (await post("/mail/incoming", content=written("Hello"), headers=forged)).text == "nothing to do\n"
    assert (await post("/mail/incoming", content=b"", headers=forged)).status_code == 422
    assert await _count(site.db, incoming_mail) == 0


async def test_where_it_is_not_set_up_there_is_no_such_address(bare: Site) -> None:
    answer = await bare.make_client().post("/mail/incoming", content=b"x", headers={"x-channel-secret": ""})
    assert answer.status_code == 404


def test_a_pipe_is_answered_as_mail_servers_expect(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    taken: list[dict[str, Any]] = []
    large = written("Hello") + b"x" * (2 * MIB)
    stream = io.BytesIO(large)
    assert receive("mail+x@in.example.org", stream, taken.append, lambda: tmp_path) == 0
    assert stream.tell() == len(large), "a mail server that cannot write on calls it a failure"
    assert len(base64.b64decode(taken[0]["raw"])) < MIB

    def asks(error: BaseException) -> int:
        def refuse(given: dict[str, Any]) -> None:
            raise error

        return receive("x", io.BytesIO(b"mail"), refuse, lambda: tmp_path)

    assert asks(NotFound("No address of ours.")) == 67
    for error in (
        Unavailable("Away."),
        OSError("broken"),
        ValueError("a bug"),
        ExceptionGroup("two", [OSError()]),
    ):
        assert asks(error) == 75
    assert receive("x", io.BytesIO(b""), taken.append, lambda: tmp_path) == 75
    assert "Traceback" not in capsys.readouterr().err


def test_the_command_works_on_real_data(tmp_path: Path) -> None:
    shell = Shell(tmp_path, tmp_path / "data")
    done = shell.run_apart("mail", "receive", f"mail+d{'a' * 42}@in.example.org")
    assert done.returncode == 75, "nothing is set up, so the mail server keeps it"
    shell.environment |= {
        "CHANNEL_INCOMING_ADDRESS": PATTERN, "CHANNEL_SMTP": "smtp+plain://127.0.0.1:9",
        "CHANNEL_MAIL_FROM": "a@example.org",
    }  # fmt: skip
    assert shell.run("account", "create", "anna", "--name", "Anna").returncode == 0
    assert shell.run("mail", "paused").stdout == ""


@dataclass
class Box:
    """An IMAP server on loopback that knows what we ask for. `mails` by their uid; `seen` are the marked ones."""

    mails: dict[int, bytes] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    users: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    fetched: list[int] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK IMAP4rev1 ready\r\n")
        while line := await reader.readline():
            tag, _, rest = line.decode().strip().partition(" ")
            writer.write(self.answer(rest) + f"{tag} OK done\r\n".encode())
            await writer.drain()
            if rest.upper() == "LOGOUT":
                break
        writer.close()

    def answer(self, asked: str) -> bytes:
        word = asked.split(maxsplit=1)[0].upper()
        if word == "CAPABILITY":
            return b"* CAPABILITY IMAP4rev1\r\n"
        if word == "LOGIN":
            self.users.append(asked.partition(" ")[2])
        if word == "SELECT":
            self.folders.append(asked.partition(" ")[2])
            return f"* {len(self.mails)} EXISTS\r\n".encode()
        if asked.upper().startswith("UID SEARCH"):
            fresh = " ".join(str(uid) for uid in self.mails if uid not in self.seen)
            return f"* SEARCH {fresh}\r\n".encode()
        if found := re.match(r"UID FETCH (\d+) \(BODY\.PEEK\[\]<(\d+)\.(\d+)>\)", asked):
            start, most = int(found[2]), int(found[3])
            self.fetched.append(int(found[1]))
            raw = self.mails[int(found[1])][start : start + most]
            return f"* 1 FETCH (UID {found[1]} BODY[]<{start}> {{{len(raw)}}}\r\n".encode() + raw + b")\r\n"
        if found := re.match(r"UID STORE (\d+) \+FLAGS \(\\Seen\)", asked):
            self.seen.add(int(found[1]))
        return b""


@asynccontextmanager
async def _imap(box: Box) -> AsyncIterator[str]:
    server = await asyncio.start_server(box.serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"imap+plain://bounce%40example.org:p%40ss@127.0.0.1:{port}/Channel"


async def test_a_mailbox_is_read_and_each_mail_taken_once(
    box: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with box.room.db.write() as tx:
        scene = box.room.scene
        drop_id = await drops.renew(tx, await scene.by(tx, scene.owner), scene.news)
    where = box.addresses.drafts(drop_id)
    there = Box({
        1: b"Delivered-To: " + where.encode() + b"\r\n" + written("One", name="1"),
        2: written("Spam", name="2", To="spam@example.org"),
        3: written("Three", name="3", To=where),
    })  # fmt: skip
    async with _imap(there) as url:
        mailbox = Mailbox(box.ground, url, box.addresses)

        async def crash(spool: Spool) -> None:
            raise Unavailable("The database is away.")

        with monkeypatch.context() as patch:
            patch.setattr(mailbox, "_take", crash)
            with pytest.raises(Unavailable):
                await mailbox.round()
        assert there.seen == set(), "what is not kept is not marked"
        assert await mailbox.round() == 3
        assert there.seen == {1, 2, 3}
        there.seen.clear()  # as after a crash between keeping and marking
        assert await mailbox.round() == 3
        assert await mailbox.round() == 0
    await box.work()
    assert await _count(box.room.db, drafts) == 2
    assert there.users[0] == 'bounce@example.org "p@ss"'
    assert there.folders[0] == '"Channel"'
    with pytest.raises(FAULTS):
        await mailbox.round()


# --- a mail with pictures, larger than what is kept of others, by each of the ways


def _large(to: str) -> bytes:
    made = with_pictures(2, to=to)
    attach(made, photo(900, 900, "navy", "BMP"), "last.bmp", "image/bmp")
    content = sent(made)
    assert len(content) > 2 * MIB
    return content


async def _carried(db: Database) -> list[str]:
    """The names of what the one draft carries."""
    async with db.read() as tx:
        [row] = await tx.all(select(drafts))
        found = await media.many(tx, row.media.split())
        return [found[one].name for one in row.media.split()]


async def test_by_http_come_mails_with_pictures(site: Site) -> None:
    where = await _address(site)
    heads = {"x-channel-secret": KEY}
    answer = await site.make_client().post("/mail/incoming", content=_large(where), headers=heads)
    assert answer.text == "kept\n"
    await _worked_off(site)
    assert await _carried(site.db) == ["1.png", "2.png"]


async def test_by_http_a_mail_beyond_all_sizes_is_refused_at_once(site: Site) -> None:
    heads = {"x-channel-secret": KEY, "x-channel-recipient": await _address(site)}
    content = written("Hello") + b"x" * (50 * MIB)
    answer = await site.make_client().post("/mail/incoming", content=content, headers=heads)
    assert answer.status_code == 413
    assert await _count(site.db, incoming_mail) == 0


async def test_by_a_pipe_come_mails_with_pictures(site: Site) -> None:
    """As the command hands it over, and the running server takes it."""
    where, data = await _address(site), site.settings.data
    ground = composition.ground(site.db, site.settings)
    loop = asyncio.get_running_loop()

    def ask(given: dict[str, Any]) -> Any:
        asked = VERBS["mail.receive"](ground, json.loads(json.dumps(given)), lambda done, total: None)
        return asyncio.run_coroutine_threadsafe(asked, loop).result(30)

    stream = io.BytesIO(_large(where))
    assert await asyncio.to_thread(receive, where, stream, ask, lambda: data / "scratch") == 0
    await _worked_off(site)
    assert await _carried(site.db) == ["1.png", "2.png"]
    assert not list((data / "scratch").glob("mail-*"))


async def test_a_pipe_hands_over_no_other_file(site: Site) -> None:
    ground = composition.ground(site.db, site.settings)
    for folder in ("..", "mail-a/../..", "/etc", ""):
        given = {"raw": "", "folder": folder, "recipient": await _address(site)}
        with pytest.raises(NotFound):
            await VERBS["mail.receive"](ground, given, lambda done, total: None)


async def test_by_a_mailbox_come_mails_with_pictures(box: Postbox) -> None:
    async with box.room.db.write() as tx:
        scene = box.room.scene
        drop_id = await drops.renew(tx, await scene.by(tx, scene.owner), scene.news)
    there = Box({1: _large(box.addresses.drafts(drop_id)), 2: _large("somebody@example.org")})
    async with _imap(there) as url:
        assert await Mailbox(box.ground, url, box.addresses).round() == 2
    assert there.seen == {1, 2}
    assert there.fetched.count(2) == 2, "of others the beginning is enough"
    await box.work()
    assert await _carried(box.room.db) == ["1.png", "2.png"]

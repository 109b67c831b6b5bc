"""The commands' work does the same alone on the data and through the server that owns it, on both databases."""

import asyncio
import contextlib
import json
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from channel import __version__, control, members, running
from channel.accounts import by_handle, create, links, list_accounts, suspend, tokens
from channel.app import build
from channel.communities import by_handle as community_by_handle
from channel.control import archive
from channel.errors import Invalid, NotFound, Unavailable
from channel.settings import Settings
from channel.storage import Database
from channel.storage.open import open_database

Ask = Callable[..., Awaitable[Any]]


def silent(done: int, total: int) -> None:
    """Nobody watches the progress."""


@contextlib.asynccontextmanager
async def served(settings: Settings) -> AsyncIterator[Database]:
    """The whole app on the data, with its control socket."""
    app = build(settings)
    async with app.router.lifespan_context(app):
        yield app.state.services.db


@pytest.fixture(params=["alone", "beside a server"])
async def ask(request: pytest.FixtureRequest, settings: Settings) -> AsyncIterator[Ask]:
    async def asking(verb: str, progress: control.socket.Progress = silent, **given: Any) -> Any:
        return await running._ask(settings, verb, given, progress)

    if request.param == "alone":
        yield asking
        return
    async with served(settings):
        yield asking


@contextlib.asynccontextmanager
async def looking(settings: Settings) -> AsyncIterator[Database]:
    """A look at the data from beside: only reads, so it may stand beside the owner."""
    db = await open_database(settings)
    yield db
    await db.close()


async def test_an_account_its_link_and_its_tokens(ask: Ask, settings: Settings) -> None:
    made = await ask("account.create", handle="anna", name="Anna", email="anna@example.org", admin=True)
    assert made["url"].startswith("http://channel.test/sign-in/link/")
    again = await ask("account.link", handle="@Anna")
    every = await ask("account.token", handle="anna")
    reading = await ask("account.token", handle="anna", scopes=["read"])
    async with looking(settings) as db:
        async with db.read() as tx:
            whole = await tokens.signed_by_token(tx, every["token"])
            less = await tokens.signed_by_token(tx, reading["token"])
        async with db.write() as tx:
            for link in (made, again):
                redeemed = await links.redeem_sign_in(tx, link["url"].rsplit("/", 1)[1])
                assert redeemed.id == made["id"]
    assert whole is not None
    assert less is not None
    assert whole.scopes == {"read", "post", "members", "manage", "money", "admin"}
    assert less.scopes == {"read"}
    assert whole.account.is_admin
    assert whole.account.email == "anna@example.org"


async def test_what_cannot_be_is_told(ask: Ask) -> None:
    await ask("account.create", handle="anna", name="Anna")
    with pytest.raises(Invalid) as refused:
        await ask("account.create", handle="anna", name="Anna")
    assert "taken" in refused.value.fields["handle"]
    with pytest.raises(Invalid) as refused:
        await ask("account.create", handle="A B", name="")
    assert set(refused.value.fields) == {"handle", "name"}
    with pytest.raises((NotFound, Unavailable), match="no such account"):
        await ask("account.link", handle="nobody_here")
    with pytest.raises((NotFound, Unavailable), match="no such account"):
        await ask("account.token", handle="nobody_here")
    with pytest.raises(Invalid, match="scope"):
        await ask("account.token", handle="anna", scopes=["everything"])
    with pytest.raises(Invalid):
        await ask("account.token", handle="anna", scopes=["admin"])


async def test_many_followers_at_once(ask: Ask, settings: Settings, tmp_path: Path) -> None:
    await ask("account.create", handle="anna", name="Anna")
    async with looking(settings) as db, db.write() as tx:
        await members.found(tx, await by_handle(tx, "anna"), handle="club", name="Club")
    told: list[tuple[int, int]] = []
    out = tmp_path / "tokens"
    made = await ask(
        "account.batch",
        lambda done, total: told.append((done, total)),
        count=101,
        community="club",
        out=str(out),
    )
    assert made == {"count": 101, "out": str(out)}
    assert told == [(20, 101), (40, 101), (60, 101), (80, 101), (100, 101), (101, 101)]
    secrets = out.read_text().splitlines()
    assert len(set(secrets)) == 101
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    async with looking(settings) as db, db.read() as tx:
        club = await community_by_handle(tx, "club")
        for secret in (secrets[0], secrets[-1]):
            signed = await tokens.signed_by_token(tx, secret)
            assert signed is not None
            assert signed.scopes == {"read", "post"}
            standing = await members.queries.standing(tx, club.id, signed.account.id)
            assert standing is not None
            assert standing.rank == 0


async def test_a_batch_that_cannot_be_makes_nobody(ask: Ask, settings: Settings, tmp_path: Path) -> None:
    await ask("account.create", handle="anna", name="Anna")
    async with looking(settings) as db, db.write() as tx:
        await members.found(tx, await by_handle(tx, "anna"), handle="club", name="Club")
    good = {"count": 3, "community": "club", "out": str(tmp_path / "tokens")}
    with pytest.raises(Invalid, match="cannot be written"):
        await ask("account.batch", **good | {"out": str(tmp_path / "nowhere" / "tokens")})
    with pytest.raises((NotFound, Unavailable), match="There are: "):
        await ask("account.batch", **good | {"tier": "Platinum"})
    with pytest.raises((NotFound, Unavailable)):
        await ask("account.batch", **good | {"community": "nothing"})
    with pytest.raises(Invalid):
        await ask("account.batch", **good | {"count": 0})
    async with looking(settings) as db, db.read() as tx:
        found, _ = await list_accounts(tx)
        assert [account.handle for account in found] == ["anna"]


async def test_the_doctor_looks_at_everything(ask: Ask, settings: Settings) -> None:
    findings = await ask("doctor")
    said = " ".join(finding["what"] for finding in findings)
    for word in (
        __version__,
        "Writes are acknowledged",
        "is current",
        "free in",
        "secret.key",
        "job",
        "channel.test",
    ):
        assert word in said, word
    assert "synchronous" in said
    assert not [finding for finding in findings if finding["level"] == "bad"], findings
    assert all(finding["remedy"] for finding in findings if finding["level"] != "good")
    (settings.data / "secret.key").chmod(0o644)
    [bad] = [finding for finding in await ask("doctor") if finding["level"] == "bad"]
    assert bad["remedy"].startswith("Run: chmod 600 ")


async def test_the_doctor_tells_a_damaged_key(settings: Settings) -> None:
    (settings.data / "secret.key").write_bytes(b"short")
    findings = await running._ask(settings, "doctor", {}, silent)
    [bad] = [finding for finding in findings if finding["level"] == "bad"]
    assert "damaged" in bad["what"]


async def test_a_backup_and_its_restore(ask: Ask, settings: Settings, tmp_path: Path) -> None:
    await ask("account.create", handle="anna", name="Anna")
    file = tmp_path / "b.tar"
    made = await ask("backup", file=str(file))
    assert made == {"file": str(file), "bytes": file.stat().st_size, "beside": None}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(Unavailable, match="exists already"):
        await ask("backup", file=str(file))
    with pytest.raises(Unavailable, match="could not be written"):
        await ask("backup", file=str(tmp_path / "nowhere" / "b.tar"))
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".channel-")]
    restored = await archive.restore(Settings(data=tmp_path / "new"), file)
    assert restored["parts"] == 2


async def test_a_restore_beside_a_server_is_refused(settings: Settings, tmp_path: Path) -> None:
    async with served(settings):
        await running._ask(settings, "backup", {"file": str(tmp_path / "b.tar")}, silent)
        with pytest.raises(Unavailable, match=r"Another process|holds data already"):
            await archive.restore(settings, tmp_path / "b.tar")


async def test_migrate_alone_and_beside_a_server(settings: Settings) -> None:
    assert "current" in await running._migrate(settings) or settings.on_sqlite
    assert "is current" in await running._migrate(settings)
    async with served(settings):
        assert "A server runs on this data" in await running._migrate(settings)


async def test_the_control_socket_is_for_this_user_alone(settings: Settings) -> None:
    path = control.control_path(settings.data)
    async with served(settings):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_ISSOCK(path.stat().st_mode)
    assert not path.exists()


async def test_a_data_folder_with_a_long_path(tmp_path: Path) -> None:
    data = tmp_path / ("long " * 20) / ("and ünïcode " * 8)
    settings = Settings(data=data, url="http://channel.test", limit_scale=1000)
    async with served(settings):
        assert control.control_path(data).exists()
        with pytest.raises(Unavailable, match="no such account"):
            await control.ask(data, "account.link", {"handle": "nobody"}, silent)
        await control.ask(data, "backup", {"file": str(data / "b.tar")}, silent)
    assert not control.control_path(data).exists()
    with pytest.raises(ConnectionError):
        await control.ask(data, "doctor", {}, silent)


async def test_what_is_no_question_does_no_harm(settings: Settings) -> None:
    async with served(settings):
        for question in (
            b"\n",
            b"{}\n",
            b"nonsense\n",
            b'{"verb": "no", "arguments": {}}\n',
            b"x" * 2_000_000,
        ):
            reader, writer = await asyncio.open_unix_connection(str(control.control_path(settings.data)))
            with contextlib.suppress(ConnectionError):
                writer.write(question)
                writer.write_eof()
                told = await reader.readline()
                assert not told or "error" in json.loads(told)
            writer.close()
        with pytest.raises(Unavailable, match="another version"):
            await control.ask(settings.data, "no", {}, silent)
        assert await control.ask(settings.data, "doctor", {}, silent)


async def test_a_suspended_account_gets_neither_link_nor_token(settings: Settings) -> None:
    db = await open_database(settings)
    async with db.write() as tx:
        await create(tx, name="Root", handle="root_", is_admin=True)
        account = await create(tx, name="Anna", handle="anna")
        await suspend(tx, account.id)
    await db.close()
    for verb in ("account.link", "account.token"):
        with pytest.raises(Exception, match="suspended"):
            await running._ask(settings, verb, {"handle": "anna"}, silent)

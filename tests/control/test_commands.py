"""The commands as somebody types them: what they print, how they end, and that every refusal is one line."""

import os
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from channel.cli import cli
from tests.control.commands import COMMAND_S, ROOT, Shell
from tests.faults.process import ServerProcess

pytestmark = pytest.mark.faults

COMMANDS = [
    "", "serve", "demo", "account", "account create", "account token", "account link", "account batch", "doctor",
    "mail", "mail dkim", "mail receive", "mail paused", "media", "media credentials", "media move", "media store", "migrate", "backup", "restore",
]  # fmt: skip
HEAVY = (
    "sqlalchemy",
    "starlette",
    "uvicorn",
    "alembic",
    "msgspec",
    "jinja2",
    "rich",
    "channel.app",
    "channel.storage",
)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path, tmp_path / "data")


def in_this_process(*arguments: str) -> tuple[int, str, str]:
    from click.testing import CliRunner

    done = CliRunner().invoke(cli, list(arguments))
    return done.exit_code, done.stdout, done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    code, said, _ = in_this_process(*command.split(), "--help")
    assert code == 0
    assert said.startswith("Usage:")
    assert in_this_process(*command.split(), "-h")[:2] == (0, said)


def test_the_list_of_commands_is_whole() -> None:
    shown = {name for name, command in cli.commands.items() if not command.hidden}
    found = {
        *shown,
        *(f"{name} {one}" for name in shown for one in getattr(cli.commands[name], "commands", ())),
    }
    assert found == set(COMMANDS) - {""}


@pytest.mark.parametrize(
    "arguments",
    [
        "nonsense", "account create", "account create anna", "account batch x --community c --out f",
        "account batch 0 --community c --out f", "serve --port 70000", "backup", "restore /nonexistent/file", "doctor x",
    ],
)  # fmt: skip
def test_bad_usage_ends_with_2(arguments: str) -> None:
    code, said, problem = in_this_process(*arguments.split())
    assert code == 2
    assert said == ""
    assert "Usage:" in problem


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from channel.cli import main; sys.argv = ['channel', '--help']\n"
        "try: main()\n"
        "except SystemExit as ended: assert not ended.code\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_commands_alone(shell: Shell, tmp_path: Path) -> None:
    made = shell.run_apart("account", "create", "anna", "--name", "Anna", "--admin")
    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout.startswith("http://127.0.0.1:8000/sign-in/link/")
    assert shell.says("account", "token", "anna", "--scope", "read").startswith("ch_")
    assert "no such account: nobody. Look" in shell.refuses("account", "link", "nobody")
    assert "taken" in shell.refuses("account", "create", "anna", "--name", "Anna")
    assert shell.says("media", "store") == "All: local, as the server\n"
    assert "one store only" in shell.refuses("media", "store", "--community", "anna", "--to", "s3")
    assert "Name the community" in shell.refuses("media", "store", "--to", "s3")
    assert shell.says("media", "credentials", "--dry-run") == "0 files are not checked\n"
    assert shell.says("media", "credentials") == "Looked at 0 files; 0 have content credentials\n"
    assert "no such community" in shell.refuses("media", "credentials", "--community", "nobody")
    assert "ok    Writes are acknowledged" in shell.says("doctor")
    assert shell.says("migrate").startswith("The schema is current")
    file = tmp_path / "b.tar"
    assert "verified" in shell.says("backup", str(file))
    assert "exists already" in shell.refuses("backup", str(file))
    assert "holds data already" in shell.refuses("restore", str(file))
    new = Shell(tmp_path, tmp_path / "new")
    assert new.says("restore", str(file)).startswith("Restored 2 parts")
    assert new.says("account", "link", "anna").startswith("http")


def test_what_is_written_is_for_this_user_alone(shell: Shell) -> None:
    shell.says("migrate")
    assert shell.data.stat().st_mode & 0o077 == 0
    readable = [path.name for path in shell.data.rglob("*") if path.stat().st_mode & 0o077]
    assert readable == []


@pytest.mark.parametrize(
    "command",
    ["backup b.tar", "account link anna", "account token anna", "account batch 1 --community anna --out t"],
)
def test_what_needs_data_does_not_begin_some(tmp_path: Path, command: str) -> None:
    """A nightly backup of a wrong folder would be called verified, and be empty."""
    shell = Shell(tmp_path, tmp_path / "elsewhere")
    said = shell.refuses(*command.split())
    assert str(shell.data) in said and "CHANNEL_DATA" in said
    assert not shell.data.exists() and not (tmp_path / "b.tar").exists()


def wait_until_said(server: ServerProcess, words: str) -> None:
    """It answers a moment before it prints where it is."""
    deadline_s = time.monotonic() + COMMAND_S
    while words not in server.said():
        assert time.monotonic() < deadline_s, server.said()
        time.sleep(0.02)


def test_the_commands_beside_a_server_and_after_a_kill(tmp_path: Path) -> None:
    with ServerProcess(tmp_path) as server:
        server.anew = True
        shell = Shell(tmp_path, server.data, {"CHANNEL_URL": server.url})
        server.start()
        server.wait_ready()
        wait_until_said(server, "Set it up here, once")
        made = shell.run_apart("account", "create", "anna", "--name", "Anna")
        assert made.stdout.startswith(server.url)
        assert "Another process is using" in shell.refuses("serve", "--port", "0")
        assert "A server runs on this data" in shell.says("migrate")
        assert "ok  " in shell.says("doctor")
        assert "verified" in shell.says("backup", str(tmp_path / "b.tar"))
        server.kill()
        assert (server.data / "control.sock").exists(), "a killed server leaves its socket behind"
        assert shell.says("account", "link", "anna").startswith(server.url)
        server.start()
        server.wait_ready()
        assert shell.says("account", "link", "anna").startswith(server.url)
        assert server.stop() == 0
        assert not (server.data / "control.sock").exists()


def test_a_port_that_is_taken(shell: Shell) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"Port {port} on 127.0.0.1 is taken" in shell.refuses("serve", "--port", str(port))


@pytest.mark.parametrize("arguments", ["serve --port 0", "doctor"])
def test_a_data_folder_that_cannot_be_written(tmp_path: Path, arguments: str) -> None:
    (tmp_path / "file").write_text("not a folder")
    for data in (tmp_path / "file", Path("/proc/nothing")):
        said = Shell(tmp_path, data).refuses(*arguments.split())
        assert "cannot be written" in said
        assert "CHANNEL_DATA" in said


def test_data_of_a_newer_version(shell: Shell) -> None:
    shell.says("migrate")
    conn = sqlite3.connect(shell.data / "channel.db")
    conn.execute("UPDATE alembic_version SET version_num = '9999'")
    conn.commit()
    conn.close()
    for arguments in ("serve --port 0", "doctor"):
        assert "newer version (schema 9999)" in shell.refuses(*arguments.split())


def test_data_that_is_no_database(shell: Shell) -> None:
    shell.data.mkdir()
    (shell.data / "channel.db").write_bytes(os.urandom(8192))
    assert "cannot be opened" in shell.refuses("serve", "--port", "0")
    (shell.data / "channel.db").unlink()
    (shell.data / "secret.key").write_bytes(b"short")
    assert "damaged" in shell.refuses("serve", "--port", "0")


MAIL = {"CHANNEL_SMTP": "smtp+plain://127.0.0.1:9", "CHANNEL_MAIL_FROM": "Channel <hello@example.org>"}


def test_the_key_that_mail_is_signed_with(shell: Shell, tmp_path: Path) -> None:
    key = tmp_path / "dkim.pem"
    assert "EXAMPLE.ORG. TXT" in shell.says("mail", "dkim", str(tmp_path / "first.pem"), "--kind", "ed25519")
    shell.environment = dict(MAIL)
    said = shell.says("mail", "dkim", str(key))
    assert "a new key" in said
    assert f"CHANNEL_DKIM_KEY={key}" in said
    [shown] = [line for line in said.splitlines() if "TXT" in line]
    assert shown.startswith('channel._domainkey.example.org. TXT "v=DKIM1; k=rsa; p=')
    assert key.stat().st_mode & 0o077 == 0
    assert "PRIVATE" not in said
    shell.environment |= {"CHANNEL_DKIM_KEY": str(key), "CHANNEL_DKIM_SELECTOR": "s2"}
    again = shell.says("mail", "dkim", str(key), "--kind", "ed25519")
    assert "the key that was there" in again
    assert shown.replace("channel._", "s2._") in again
    assert "ok    Mail is signed (rsa-sha256) as s2._domainkey.example.org" in shell.says("doctor")
    key.chmod(0o644)
    done = shell.run("doctor")
    assert f"Run: chmod 600 {key}" in done.stdout + done.stderr


def test_a_server_that_cannot_sign_as_it_should_does_not_start(shell: Shell, tmp_path: Path) -> None:
    shell.environment = MAIL | {"CHANNEL_DKIM_KEY": str(tmp_path / "nothing.pem")}
    assert "CHANNEL_DKIM_KEY" in shell.refuses("serve", "--port", "0")
    done = shell.run("doctor")
    assert "Mail is not signed" in done.stdout + done.stderr
    assert "channel mail dkim" in done.stdout + done.stderr


def test_all_wrong_settings_at_once(shell: Shell) -> None:
    shell.environment = {"CHANNEL_URL": "x", "CHANNEL_LOG": "x", "CHANNEL_DATABASE": "mysql://x"}
    done = shell.run("serve", "--port", "0")
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert [line.split(": ")[1] for line in lines] == ["CHANNEL_URL", "CHANNEL_DATABASE", "CHANNEL_LOG"]
    assert not shell.data.exists(), "nothing was touched"


def test_a_postgres_that_knows_us_not(shell: Shell, postgres_url: str) -> None:
    plain = postgres_url.replace("+asyncpg", "")
    nowhere = "postgresql://me@127.0.0.1:9/x"
    unknown = plain.replace("/postgres?", "/no_such_database?")
    for url in (nowhere, unknown):
        shell.environment = {"CHANNEL_DATABASE": url}
        assert "cannot be opened" in shell.refuses("serve", "--port", "0"), url

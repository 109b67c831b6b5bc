"""That the servers of these tests, forks of one loaded process, are what `python -m channel` is on somebody's machine."""

import os
import signal
import sqlite3
from pathlib import Path

import pytest

from channel.storage.migrate import NEWEST
from tests.faults.loaded import Forked
from tests.faults.process import ServerProcess

ENDS_WITHIN_S = 60  # a new interpreter on a crowded machine takes long to come to its end

pytestmark = pytest.mark.faults
both = pytest.mark.parametrize("anew", [False, True], ids=["forked", "anew"])


@both
def test_a_server_starts_on_nothing_keeps_what_it_is_told_and_ends_in_order(
    tmp_path: Path, anew: bool
) -> None:
    with ServerProcess(tmp_path) as server:
        server.anew = anew
        server.start()
        server.wait_ready()
        assert isinstance(server._process, Forked) is not anew
        assert server.setup_link().startswith(f"{server.url}/setup?token=")
        assert [path.name for path in server.data.rglob("*") if path.stat().st_mode & 0o077] == []
        server.token("anna")
        server.kill()
        server.start()
        server.wait_ready()
        assert "taken" in _refused(server)
        assert server.stop() == 0
        assert "Traceback" not in server.said()
    with sqlite3.connect(server.data / "channel.db") as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchall() == [(NEWEST,)]
    database.close()


def _refused(server: ServerProcess) -> str:
    try:
        server.asked("account.create", handle="anna", name="Anna")
    except Exception as error:
        return str(error)
    return ""


@both
def test_its_end_is_told_as_it_was(tmp_path: Path, anew: bool) -> None:
    with ServerProcess(tmp_path) as server:
        server.anew = anew
        server.start()
        server.wait_ready()
        pid = server.pid
        server.signal(signal.SIGKILL)
        assert server.ended(ENDS_WITHIN_S) == -signal.SIGKILL
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        server.environment["CHANNEL_LOG"] = "x"
        server.start()
        assert server.ended(ENDS_WITHIN_S) == 1
        assert "channel: " in server.said().splitlines()[-1]


@both
def test_it_has_an_environment_a_folder_and_a_command_of_its_own(tmp_path: Path, anew: bool) -> None:
    tellers = tmp_path / "teller.py"
    tellers.write_text(
        "import os, sys, signal\n"
        "print(__name__, os.getcwd(), sys.argv, os.environ['WORD'], 'CHANNEL_KILLS' in os.environ,"
        " signal.getsignal(signal.SIGCHLD) is signal.SIG_DFL, sorted(os.listdir('/proc/self/fd'), key=int)[:3])\n"
        "sys.exit(3)\n"
    )
    with ServerProcess(tmp_path) as server:
        server.anew, server.module, server.options = anew, "teller", ["--word", "a b"]
        server.environment["WORD"] = "spoken"
        server.start()
        assert server.ended(ENDS_WITHIN_S) == 3
        command = [str(tellers), "serve", "--host", "127.0.0.1", "--port", str(server.port), "--word", "a b"]
        assert server.said() == f"__main__ {tmp_path} {command} spoken False True ['0', '1', '2']\n"

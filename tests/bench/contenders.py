"""Who is compared. Each listens on loopback on the servers' core and tells everybody connected what is published.

Channel is published to through its public API, the C loop by a word on a connection of its own, the others as they
want it: by a POST. What is not installed is left out, with a note.
"""

import asyncio
import json
import os
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.machine import version
from tests.bench.posting import publisher, text
from tests.bench.processes import Tools, bare_server, ended, line_of, started
from tests.bench.wire import HOST, Line, created
from tests.faults.process import free_port
from tests.faults.site import Site

KEPT_S = 2.0  # servers give up on a silent connection, some after five seconds
NCHAN = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
NGINX_CONF = """
load_module {module};
user root;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log crit;
worker_processes 1;
worker_rlimit_nofile {files};
events {{ worker_connections {files}; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  keepalive_requests 1000000;
  server {{
    listen {host}:{port} backlog=4096 reuseport;
    location = /tell {{ nchan_publisher; nchan_channel_id all; nchan_message_buffer_length 64; }}
    location = /live {{ nchan_subscriber websocket eventsource; nchan_channel_id all;
                        nchan_subscriber_first_message newest; }}
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Contender:
    """A server that can tell all its followers something.

    `kind` and `place` are for the load client. `publish(n)`: so many at once; returns when that began, on the clock of
    time.monotonic(), and ends when all were taken.
    """

    name: str
    kind: str
    place: str
    port: int
    pids: Callable[[], list[int]]
    publish: Callable[[int], Awaitable[float]]
    tokens: Path | None = None


class _Lines:
    """Connections kept for publishing, fresh ones where a server would end them for having been silent."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._used: list[tuple[float, Line]] = []  # and when it was used last

    async def at_once(self, requests: list[bytes], good: range) -> float:
        """Send all at the same moment, which is returned, and wait for the answers."""
        lines = [await self._fresh() for _ in requests]
        began_s = time.monotonic()
        answers = await asyncio.gather(
            *(line.ask(request) for line, request in zip(lines, requests, strict=True))
        )
        self._used += [(time.monotonic(), line) for line in lines]
        for status, body in answers:
            if status not in good:
                raise SystemExit(f"a post was answered {status}: {body[:200]!r}")
        return began_s

    async def _fresh(self) -> Line:
        while self._used:
            used_s, line = self._used.pop()
            if time.monotonic() - used_s < KEPT_S:
                return line
            line.close()
        return await Line.open(self._port)

    def close(self) -> None:
        for _, line in self._used:
            line.close()


@asynccontextmanager
async def channel(
    site: Site, pid: int, tokens: Path, *, kind: str = "channel", room_id: str = ""
) -> AsyncIterator[Contender]:
    """The product, already running. `room_id`: another room than the first one."""
    lines = _Lines(site.server.port)
    author = publisher(site, room_id)

    async def publish(count: int) -> float:
        return await lines.at_once([author.post(text()) for _ in range(count)], range(201, 202))

    name = "Channel, SSE" if kind.endswith("sse") else "Channel"
    yield Contender(name, kind, f"room:{author.room_id}", site.server.port, lambda: [pid], publish, tokens)
    lines.close()


@asynccontextmanager
async def c_loop(tools: Tools, frame: bytes, folder: Path) -> AsyncIterator[Contender]:
    """One send() for each socket, and nothing else."""
    (folder / "frame").write_bytes(frame)
    port = free_port()
    process = await started(tools.loop, str(port), str(folder / "frame"))
    try:
        await line_of(process)
        line = await Line.open(port)

        async def publish(count: int) -> float:
            began_s = time.monotonic()
            line.writer.write(f"GO {count}\n".encode())
            await line.reader.readline()
            return began_s

        yield Contender("C loop", "plain", "/live", port, lambda: [process.pid], publish)
        line.close()
    finally:
        await ended(process)


def _posted(port: int, payload: bytes) -> bytes:
    head = f"POST /tell HTTP/1.1\r\nHost: {HOST}:{port}\r\nContent-Type: text/plain\r\nContent-Length: {len(payload)}\r\n\r\n"
    return head.encode() + payload


@asynccontextmanager
async def _told_by_post(
    name: str, port: int, payload: bytes, pids: Callable[[], list[int]], kind: str = "plain"
) -> AsyncIterator[Contender]:
    lines, request = _Lines(port), _posted(port, payload)

    async def publish(count: int) -> float:
        return await lines.at_once([request] * count, range(200, 300))

    yield Contender(name, kind, "/live", port, pids, publish)
    lines.close()


@asynccontextmanager
async def nchan(
    payload: bytes, folder: Path, files: int, *, kind: str = "nchan"
) -> AsyncIterator[Contender | None]:
    """nginx with its push module, in one worker."""
    if not _has_nchan():
        yield None
        return
    home, port = folder / kind, free_port()
    home.mkdir(exist_ok=True)
    conf = home / "nginx.conf"
    conf.write_text(NGINX_CONF.format(module=NCHAN, folder=home, files=files - 100, host=HOST, port=port))
    process = await started("nginx", "-c", str(conf), "-p", str(home), "-e", str(home / "error.log"))
    try:
        await _listens(port)
        while not (workers := _children(process.pid)):
            await asyncio.sleep(0.02)
        pids = [process.pid, *workers]
        name = "Nchan, SSE" if kind.endswith("sse") else "Nchan"
        async with _told_by_post(name, port, payload, lambda: pids, kind) as contender:
            yield contender
    finally:
        process.terminate()  # the master ends its worker
        await process.wait()


@asynccontextmanager
async def starlette(payload: bytes) -> AsyncIterator[Contender]:
    """`for ws in followers: await ws.send_text(text)` under uvicorn."""
    async with bare_server("starlette") as bare:
        async with _told_by_post("Starlette", bare.port, payload, lambda: [bare.pid]) as contender:
            yield contender


@asynccontextmanager
async def node_ws(payload: bytes, folder: Path) -> AsyncIterator[Contender | None]:
    """`for (const client of clients) client.send(text)` with Node's ws."""
    home = installed_ws(folder)
    if home is None:
        yield None
        return
    process = await started("node", str(home / "ws.js"))
    try:
        port = int(await line_of(process))
        async with _told_by_post("Node ws", port, payload, lambda: [process.pid]) as contender:
            yield contender
    finally:
        await ended(process)


def installed_ws(folder: Path) -> Path | None:
    """A folder with ws.js and the library it needs; None without Node, npm, or a registry to get it from."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return None
    home = folder / "node"
    if not home.exists():
        home.mkdir()
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(home), "ws@8"]
        if subprocess.run(command, check=False, capture_output=True, timeout=120).returncode:
            return None
        shutil.copy(Path(__file__).parent / "ws.js", home)
    return home if (home / "ws.js").exists() else None


async def _listens(port: int) -> None:
    for _ in range(200):
        try:
            (await Line.open(port)).close()
        except ConnectionError:
            await asyncio.sleep(0.02)
        else:
            return
    raise SystemExit("nginx does not listen")


def _children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def missing(folder: Path) -> list[str]:
    """Whom this machine has not got, and what would bring them."""
    absent: list[str] = []
    if not _has_nchan():
        absent.append("Nchan (on Debian: apt-get install nginx libnginx-mod-nchan)")
    if installed_ws(folder) is None:
        absent.append("Node ws (needs node, npm and a registry)")
    return absent


def versions(folder: Path) -> Iterator[str]:
    """Of those that are here."""
    if _has_nchan():
        yield version("nginx", "-v").removeprefix("nginx version: ")
        if shutil.which("dpkg-query"):
            yield "Nchan " + version("dpkg-query", "-W", "-f", "${Version}", "libnginx-mod-nchan")
    package = folder / "node" / "node_modules" / "ws" / "package.json"
    if package.exists():
        yield f"Node {version('node', '--version')}, ws {json.loads(package.read_text())['version']}"
    yield version(os.environ.get("CC", "cc"), "--version")


def _has_nchan() -> bool:
    return shutil.which("nginx") is not None and NCHAN.exists()


async def frame_of_a_post(site: Site, token: str) -> bytes:
    """What a follower is told of a post of 500 characters."""
    follower, writer = await Line.open(site.server.port), await Line.open(site.server.port)
    await follower.follow(site.stream, token)
    created(await writer.ask(publisher(site).post(text())))
    payload = await follower.event()
    follower.close()
    writer.close()
    return payload

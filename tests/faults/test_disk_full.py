"""A full disk: what cannot be kept is refused and has no effect, reading goes on, and room alone brings writing back.

Nobody has to start anything again.
"""

import asyncio
import contextlib
import json
import os
import resource
import sqlite3
import subprocess
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx2
import pytest
import websockets
from websockets.asyncio.client import ClientConnection

from tests.control.commands import Shell
from tests.faults.process import ServerProcess
from tests.faults.site import HANDLE, Site, founded

pytestmark = pytest.mark.faults

DISK_BYTES = 16 * 1024 * 1024
BACK_WITHIN_S = 10.0
MOST_POSTS = 60  # the journal may have room of its own for a few
REFUSED_IN_A_ROW = 3
TEXT = "Kiln is full, and so is the shelf. " * 250


class FullDisk:
    """A small file system under the data folder, filled with ballast to the last byte."""

    def __init__(self, data: Path) -> None:
        self._ballast = data / "ballast"

    def fill(self) -> None:
        piece = bytes(64 * 1024)
        file = os.open(self._ballast, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            while piece:
                try:
                    os.write(file, piece)
                except OSError:
                    piece = piece[: len(piece) // 2]
        finally:
            os.close(file)

    def free(self) -> None:
        self._ballast.unlink()


class FullFile:
    """Where nothing may be mounted: the kernel refuses the server every byte it wants to put into a file."""

    def __init__(self, pid: Callable[[], int]) -> None:
        self._pid = pid

    def fill(self) -> None:
        resource.prlimit(self._pid(), resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))

    def free(self) -> None:
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(self._pid(), resource.RLIMIT_FSIZE, unlimited)


Room = FullDisk | FullFile


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """A file system of DISK_BYTES at `folder`; False where this user may not mount one."""
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    try:
        yield made.returncode == 0
    finally:
        if made.returncode == 0:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture(params=["disk", "file"])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Site, Room]]:
    with contextlib.ExitStack() as stack:
        server = ServerProcess(tmp_path)
        mounted = request.param == "disk" and stack.enter_context(small_disk(server.data))
        stack.enter_context(server)
        room = FullDisk(server.data) if mounted else FullFile(lambda: server.pid)
        async with founded(server) as site:
            yield site, room


async def post(site: Site, text: str, key: str) -> httpx2.Response:
    return await site.client.post(
        f"/api/v1/rooms/{site.room_id}/posts", json={"text": text}, headers={"Idempotency-Key": key}
    )


async def post_until_refused(site: Site, kept: dict[str, str]) -> list[str]:
    """Publish until several in a row are refused; notes what was acknowledged. Returns the keys of the refused."""
    refused: list[str] = []
    for number in range(MOST_POSTS):
        key = str(uuid.uuid4())
        answer = await post(site, f"{number} {TEXT}", key)
        assert answer.status_code in (201, 507), (answer.status_code, answer.text, site.server.said()[-3000:])
        if answer.status_code == 201:
            kept[answer.json()["id"]] = answer.json()["text"]
            refused.clear()
            continue
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert answer.json()["code"] == "disk_full"
        assert int(answer.headers["retry-after"]) > 0
        refused.append(key)
        if len(refused) == REFUSED_IN_A_ROW:
            return refused
    raise AssertionError("the disk was never full")


async def publish_when_there_is_room(site: Site, key: str) -> str:
    """Ask again, as a client does, with the same key. Returns the id of the post."""
    deadline_s = time.monotonic() + BACK_WITHIN_S
    while True:
        answer = await post(site, "There is room again", key)
        if answer.status_code == 201:
            made: str = answer.json()["id"]
            return made
        assert answer.status_code == 507, (answer.status_code, answer.text)
        assert time.monotonic() < deadline_s, f"no writing after {BACK_WITHIN_S} s of room"
        await asyncio.sleep(0.1)


@contextlib.asynccontextmanager
async def listening(site: Site, token: str) -> AsyncIterator[ClientConnection]:
    url = f"ws://127.0.0.1:{site.server.port}/live"
    async with websockets.connect(
        url,
        additional_headers={"Authorization": f"Bearer {token}"},
        subprotocols=[websockets.Subprotocol("channel.v1")],
        proxy=None,
    ) as socket:
        await say(socket, {"type": "subscribe", "id": 1, "streams": [{"stream": site.stream}]}, "subscribed")
        yield socket


async def say(socket: ClientConnection, message: dict[str, object], answered_by: str) -> None:
    await socket.send(json.dumps(message))
    async with asyncio.timeout(BACK_WITHIN_S):
        while json.loads(await socket.recv())["type"] != answered_by:
            pass


async def heard(socket: ClientConnection, post_id: str) -> None:
    """Wait for the event that tells of the post."""
    async with asyncio.timeout(BACK_WITHIN_S):
        while True:
            frame = json.loads(await socket.recv())
            if frame["type"] == "event" and frame["data"].get("post", {}).get("id") == post_id:
                return


async def reads(site: Site) -> None:
    """Everything that only looks works: the API, the pages, the feed of somebody who is not signed in."""
    for path in (f"/api/v1/rooms/{site.room_id}/posts", "/api/v1/me", "/health"):
        assert (await site.client.get(path)).status_code == 200, path
    for path in (f"/@{HANDLE}", f"/@{HANDLE}/news", "/sign-in"):
        page = await site.anybody.get(path, headers={"accept": "text/html"})
        assert page.status_code == 200, (path, page.text[:500])


async def test_writes_are_refused_while_the_disk_is_full_and_come_back_by_themselves(
    place: tuple[Site, Room],
) -> None:
    site, room = place
    kept: dict[str, str] = {}
    follower = await site.follow("Follower")
    async with listening(site, follower) as socket:
        first = await post(site, "Before", str(uuid.uuid4()))
        kept[first.json()["id"]] = first.json()["text"]
        await heard(socket, first.json()["id"])

        room.fill()
        refused = await post_until_refused(site, kept)
        assert (await site.anybody.get("/ready")).status_code == 503
        await reads(site)
        assert await site.texts() == kept, (
            "what was refused must have no effect, what was acknowledged all of it"
        )
        form = {"display_name": "Too late"}
        joining = await site.anybody.post(f"/join/{site.invite}", data=form, headers={"accept": "text/html"})
        assert joining.status_code == 507
        assert "Too late" in joining.text, "a form keeps what was typed"
        await say(socket, {"type": "ping", "id": 2}, "pong")

        room.free()
        made = await publish_when_there_is_room(site, refused[0])
        assert made not in kept
        await heard(socket, made)
        assert (await site.anybody.get("/ready")).status_code == 200
    assert await site.texts() == kept | {made: "There is room again"}
    assert "Traceback" not in site.server.said()
    assert site.server.stop() == 0
    with contextlib.closing(sqlite3.connect(site.server.data / "channel.db")) as conn:
        assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize("place", ["disk"], indirect=True)
async def test_on_a_full_disk_commands_say_so_in_one_line_and_a_killed_server_starts(
    place: tuple[Site, Room],
) -> None:
    site, room = place
    server = site.server
    if not isinstance(room, FullDisk):
        return  # the limit is on the server, and these are other processes
    kept: dict[str, str] = {}
    room.fill()
    await post_until_refused(site, kept)
    shell = Shell(server.data.parent, server.data, {"CHANNEL_URL": server.url})
    assert "full" in shell.refuses("backup", str(server.data / "b.tar"))
    server.kill()
    assert "full" in shell.refuses("backup", str(server.data / "b.tar"))
    assert not list(server.data.glob(".channel-*")), "a failed backup leaves nothing behind"
    server.start()
    await asyncio.to_thread(server.wait_ready)
    await reads(site)
    assert await site.texts() == kept
    assert len(await post_until_refused(site, kept)) == REFUSED_IN_A_ROW
    room.free()
    kept[await publish_when_there_is_room(site, str(uuid.uuid4()))] = "There is room again"
    assert await site.texts() == kept
    shell.says("backup", str(server.data / "b.tar"))

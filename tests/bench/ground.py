"""What the measurements of live delivery share: one site with many followers, and the programs that load it."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.contenders import frame_of_a_post
from tests.bench.machine import cpu_s
from tests.bench.processes import Server, Tools
from tests.faults.site import HANDLE, Site, founded

FOLLOWERS = 10_000  # accounts, with a token each
SPARE_FILES = 1_100  # that the server keeps for what is no follower: pages, the database
NO_LIMITS = "100000"  # of CHANNEL_LIMIT_SCALE: one machine is here what thousands are elsewhere
CALM_S = 0.25


@dataclass(frozen=True, slots=True)
class Ground:
    """`files`: how many a process may open. `second_id`: another room, as empty of followers as the first one."""

    folder: Path
    tools: Tools
    server: Server
    site: Site
    tokens: Path
    second_id: str
    files: int

    @property
    def pid(self) -> int:
        return self.server.pid

    async def payload(self) -> bytes:
        """What a follower is told of a post of 500 characters, as JSON."""
        return await frame_of_a_post(self.site, self.tokens.read_text().split()[0])

    async def again(self) -> None:
        """The server started anew, nothing in its memory, and at rest."""
        await asyncio.to_thread(self.server.again)
        await calm(self.pid)

    async def head(self) -> int:
        """The seq of the first room's newest event."""
        answer = await self.site.client.get(f"/api/v1/communities/{HANDLE}/rooms")
        answer.raise_for_status()
        return next(int(room["head"]) for room in answer.json()["items"] if room["id"] == self.site.room_id)

    def fitting(self, wanted: int) -> int:
        """So many followers, or as many as the server may have open."""
        return min(wanted, self.files - SPARE_FILES)


async def calm(pid: int, most_s: float = 10.0) -> None:
    """Wait until the process has next to nothing to do."""
    until_s = time.monotonic() + most_s
    while time.monotonic() < until_s:
        worked_s = cpu_s(pid)
        await asyncio.sleep(CALM_S)
        if cpu_s(pid) - worked_s < CALM_S / 10:
            return


@asynccontextmanager
async def prepared(folder: Path, tools: Tools, files: int) -> AsyncIterator[Ground]:
    """A community with two rooms and FOLLOWERS followers."""
    server, tokens = Server(folder / "crowded"), folder / "tokens"
    with server:
        server.environment["CHANNEL_LIMIT_SCALE"] = NO_LIMITS
        async with founded(server) as site:
            answer = await site.client.post(
                f"/api/v1/communities/{HANDLE}/rooms",
                json={"slug": "more", "name": "More"},
                headers={"Idempotency-Key": str(uuid.uuid4())},
            )
            answer.raise_for_status()
            print(f"making {FOLLOWERS:,} followers …", flush=True)
            await asyncio.to_thread(server.batch, FOLLOWERS, HANDLE, tokens)
            yield Ground(folder, tools, server, site, tokens, answer.json()["id"], files)

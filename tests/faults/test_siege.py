"""T27: slow, endless and senseless HTTP clients by the thousand; everybody else is served as ever."""

import asyncio
import resource
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from channel.server import Limits
from tests.faults import siege
from tests.faults.process import ServerProcess
from tests.faults.quick import LIMITS as QUICK
from tests.faults.siege import Attack
from tests.faults.site import HANDLE, Site, founded
from tests.faults.test_disk_full import heard, listening

SERVED_WITHIN_S = 10.0
LATE_S = 15.0  # what a busy machine may add to a deadline, and a little more for each attacker
LATE_EACH_S = 0.005
SPARE_FILES = 1000
CONNECTING = 100
MEMORY_KB = 64 * 1024
MEMORY_EACH_KB = 32
READER_KB = 1024  # an answer that waits to be read
FREED_WITHIN_S = 60.0
SPARE = 10  # connections of those who are no attackers
NORMAL_EVERY_S = 0.1

pytestmark = pytest.mark.faults


@dataclass(frozen=True, slots=True)
class Size:
    """How many attackers of each kind: those who send slowly, `readers` who read so, who only hold `idle` connections,
    and those who are `loud`."""

    module: str
    limits: Limits
    slow: int
    readers: int
    idle: int
    loud: int


SHORT = Size("tests.faults.quick", QUICK, slow=50, readers=30, idle=300, loud=3)
FULL = Size("channel", Limits(), slow=900, readers=200, idle=5000, loud=20)


def _attacks(site: Site, limits: Limits, size: Size) -> list[tuple[Attack, int, float]]:
    """Each with how many of it there are, and how long the server may bear one."""
    host = f"127.0.0.1:{site.server.port}"
    headers_s, body_s = limits.header_s, limits.body_window_s + limits.linger_s
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    idle = min(size.idle, soft - 3 * size.slow - SPARE_FILES)
    return [
        (siege.headers_that_drip, size.slow, headers_s),
        (siege.a_body_that_drips, size.slow, body_s),
        (siege.idle, idle, headers_s),
        (siege.endless_headers, size.loud, headers_s),
        (siege.endless_lines, size.loud, headers_s),
        (siege.garbage, size.loud, headers_s),
        (siege.encrypted, size.loud, headers_s),
        (siege.ten_thousand_at_once("/health", host), size.loud, limits.keep_alive_s),
    ]


class Besiegers:
    """All of them, each on a connection of its own."""

    def __init__(self, site: Site, size: Size, large: str) -> None:
        self._port, self._limits = site.server.port, size.limits
        self._attacks = _attacks(site, size.limits, size)
        self._over = asyncio.Event()
        self._slow = siege.a_slow_reader(large, f"127.0.0.1:{self._port}", self._over), size.readers
        self._gate = asyncio.Semaphore(CONNECTING)
        self._late_s = LATE_S + LATE_EACH_S * self.count

    @property
    def count(self) -> int:
        return self._slow[1] + sum(count for _, count, _ in self._attacks)

    async def attack(self, server: ServerProcess, most_files: int) -> tuple[set[str], bool]:
        """Returns the kinds of which one was not cut in time, and whether the server let go of the slow readers."""
        attack, count = self._slow
        reading_s = 2 * self._limits.write_stall_s + FREED_WITHIN_S + self._late_s  # ended below
        reading = [
            asyncio.create_task(siege.besiege(self._port, attack, reading_s, self._gate))
            for _ in range(count)
        ]
        cut = await asyncio.gather(
            *(
                siege.besiege(self._port, attack, within_s + self._late_s, self._gate)
                for attack, count, within_s in self._attacks
                for _ in range(count)
            )
        )
        kinds = [attack.__qualname__ for attack, count, _ in self._attacks for _ in range(count)]
        freed = await _freed(server, most_files, self._limits.write_stall_s + self._late_s)
        self._over.set()
        await asyncio.gather(*reading)
        return {kind for kind, was in zip(kinds, cut, strict=True) if not was}, freed


async def _freed(server: ServerProcess, most: int, within_s: float) -> bool:
    deadline_s = time.monotonic() + within_s
    while server.files() > most and time.monotonic() < deadline_s:
        await asyncio.sleep(0.2)
    return server.files() <= most


async def _long_answer(site: Site) -> str:
    """The address of an answer of half a megabyte that costs the server little."""
    for number in range(30):
        body = {"text": f"{number} " + "x" * 9_900}
        answer = await site.client.post(f"/api/v1/rooms/{site.room_id}/posts", json=body)
        assert answer.status_code == 201, answer.text
    return f"/api/v1/streams/{site.stream}/events"


class Normal:
    """Somebody who reads, publishes and listens, and notices nothing. `most_kb` is what the server held meanwhile."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.rounds = 0
        self.most_kb = 0
        self.there = asyncio.Event()

    async def run(self) -> None:
        site = self._site
        async with listening(site, await site.follow("Normal")) as open_socket:
            self.there.set()
            while True:
                async with asyncio.timeout(SERVED_WITHIN_S):
                    page = await site.anybody.get(f"/@{HANDLE}", headers={"accept": "text/html"})
                    assert page.status_code == 200, page.text
                    body = {"text": f"Round {self.rounds}"}
                    made = await site.client.post(f"/api/v1/rooms/{site.room_id}/posts", json=body)
                    assert made.status_code == 201, made.text
                    await heard(open_socket, made.json()["id"])
                self.rounds += 1
                self.most_kb = max(self.most_kb, site.server.memory_kb())
                await asyncio.sleep(NORMAL_EVERY_S)


@pytest.mark.parametrize(
    "size", [pytest.param(SHORT, id="short"), pytest.param(FULL, id="full", marks=pytest.mark.full)]
)
async def test_a_siege_is_cut_in_time_and_keeps_nobody_out(tmp_path: Path, size: Size) -> None:
    with ServerProcess(tmp_path) as server:
        server.module, server.anew = size.module, True  # its memory is measured
        async with founded(server) as site:
            besiegers = Besiegers(site, size, await _long_answer(site))
            files, before_kb = server.files(), server.memory_kb()
            normal = Normal(site)
            living = asyncio.create_task(normal.run())
            await asyncio.wait_for(normal.there.wait(), SERVED_WITHIN_S)
            uncut, freed = await besiegers.attack(server, files + SPARE)
            assert not living.done(), living.exception()
            living.cancel()
            await asyncio.gather(living, return_exceptions=True)
            assert uncut == set()
            assert freed, "slow readers keep their connections"
            assert normal.rounds > 0
            allowed_kb = MEMORY_KB + MEMORY_EACH_KB * besiegers.count + READER_KB * size.readers
            assert normal.most_kb - before_kb < allowed_kb, f"{normal.most_kb - before_kb} KB more"
        assert await asyncio.to_thread(server.stop) == 0
    assert "Traceback" not in server.said(), server.said()[-4000:]

"""`python -m tests.bench.reach`: one post to 100,000 followers, half by mail and half on a device each.

How many rows, how much memory, when the last one was told, and what others notice of it meanwhile: posts in another
community, of which nobody is told but who has it open, before and beside. The mail server and the push service are on
loopback and take everything at once; the operator allows as much mail as can be allowed, 1,000 a second.
"""

import argparse
import asyncio
import json
import os
import sqlite3
import sys
import tempfile
import time
import uuid
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from channel.ids import token_hash
from channel.storage.open import DATABASE_FILE
from tests.bench import machine
from tests.bench.ground import NO_LIMITS, calm
from tests.bench.machine import cpu_s, resident_kib
from tests.bench.posting import text
from tests.bench.processes import Server, ended, line_of, started
from tests.bench.sinks import TRUST
from tests.bench.table import Row, ms, percentile, printed
from tests.bench.wire import Line, Publisher, created
from tests.faults import told
from tests.faults.site import HANDLE, Site, founded
from tests.push.browsers import HOST, Browser

QUIET_S = 20.0
POSTS_A_S = 10
FRESH = 150  # posts to one connection
LOOK_S = 0.5
LONGEST_S = 7200.0
OTHER = "berta"


@dataclass(slots=True)
class Watched:
    """Seconds from a POST to its frame at a follower of the other community, and the server's memory, KiB."""

    took_s: list[float] = field(default_factory=list)
    began_s: list[float] = field(default_factory=list)  # by the clock of perf_counter, as told
    most_kib: int = 0


def _wants(server: Server) -> int:
    """Everybody in the first community chooses: mail or a device, in turns. Returns how many."""
    given, now_ms = (
        Browser().given,
        time.time_ns() // 1_000_000,
    )  # a choice from before one joined counts no more
    with closing(sqlite3.connect(server.data / DATABASE_FILE)) as file, file:
        (community,) = file.execute("SELECT id FROM communities WHERE handle = ?", (HANDLE,)).fetchone()
        people = "SELECT account_id FROM memberships WHERE community_id = ? AND role != 'owner' ORDER BY 1"
        ids = [row[0] for row in file.execute(people, (community,))]
        assert ids, "the batch made no followers"
        mailed, pushed = ids[::2], ids[1::2]
        file.executemany(
            "UPDATE accounts SET email = ? WHERE id = ?",
            ((f"{number}@example.net", one) for number, one in enumerate(mailed)),
        )
        file.executemany(
            "INSERT INTO notice_rules (account_id, place, community_id, how, chosen_at) VALUES (?, ?, ?, 'instant', ?)",
            ((one, community, community, now_ms) for one in mailed),
        )
        file.executemany(
            "INSERT INTO push_devices (id, account_id, name, endpoint, endpoint_hash, p256dh, auth, shows_text, language,"
            " created_at) VALUES (?, ?, 'phone', ?, ?, ?, ?, 0, 'en', 0)",
            (
                (str(uuid.uuid4()), one, address, token_hash(address), given["p256dh"], given["auth"])
                for one in pushed
                if (address := f"https://{HOST}/fcm/send/{one}")
            ),
        )
        file.executemany(
            "INSERT INTO push_rules (account_id, place, community_id, how, chosen_at) VALUES (?, ?, ?, 'instant', ?)",
            ((one, community, community, now_ms) for one in pushed),
        )
    return len(ids)


def _ask(server: Server, *queries: str) -> list[int]:
    with closing(sqlite3.connect(f"file:{server.data / DATABASE_FILE}?mode=ro", uri=True)) as file:
        return [int(file.execute(query).fetchone()[0]) for query in queries]


def _stage(server: Server) -> tuple[bool, bool]:
    """Whether all is planned, and all is told. Not by counting, which takes time of the core on which is measured."""
    waits = "EXISTS (SELECT 1 FROM {} WHERE state IN ('waiting', 'handed'))"
    planning, written, waiting = _ask(
        server,
        "SELECT EXISTS (SELECT 1 FROM jobs WHERE consumer IN ('notices', 'push'))",
        "SELECT EXISTS (SELECT 1 FROM notices) OR EXISTS (SELECT 1 FROM pushes)",
        f"SELECT {waits.format('notices')} OR {waits.format('pushes')}",
    )
    return bool(written and not planning), bool(written and not planning and not waiting)


def _rows(server: Server) -> dict[str, int]:
    tables = ("notices", "pushes")
    counts = _ask(server, *(f"SELECT count(*) FROM {table}" for table in tables))
    return dict(zip(tables, counts, strict=True))


async def _other(site: Site) -> str:
    """Another community of the same creator; the id of its room."""
    about = {"handle": OTHER, "name": "Berta", "visibility": "public"}
    key = {"Idempotency-Key": str(uuid.uuid4())}
    (await site.client.post("/api/v1/communities", json=about, headers=key)).raise_for_status()
    rooms = await site.client.get(f"/api/v1/communities/{OTHER}/rooms")
    rooms.raise_for_status()
    return str(next(room["id"] for room in rooms.json()["items"] if room["slug"] == "news"))


async def _watch(site: Site, server: Server, room_id: str, until: asyncio.Event) -> Watched:
    """Posts a few a second to one who has the room open, until the time is over."""
    token = site.client.headers["authorization"].partition(" ")[2]
    publisher, seen = Publisher(server.port, token, room_id), Watched()
    writer = await Line.open(server.port)
    follower = await _follower(server, room_id, token)
    while not until.is_set():
        if len(seen.took_s) % FRESH == FRESH - 1:
            follower.close()
            follower = await _follower(server, room_id, token)
        request, began_s = publisher.post(text()), time.perf_counter()
        answer = asyncio.ensure_future(writer.ask(request))
        await follower.event()
        seen.took_s.append(time.perf_counter() - began_s)
        seen.began_s.append(began_s)
        created(await answer)
        seen.most_kib = max(seen.most_kib, resident_kib(server.pid))
        await asyncio.sleep(max(0.0, 1 / POSTS_A_S - (time.perf_counter() - began_s)))
    writer.close()
    follower.close()
    return seen


async def _follower(server: Server, room_id: str, token: str) -> Line:
    """For a while: it answers no pings."""
    follower = await Line.open(server.port)
    await follower.follow(f"room:{room_id}", token)
    return follower


async def _all_told(server: Server, began_s: float) -> tuple[float, float]:
    """Seconds until everything was planned, and until nothing waited."""
    planned_s = 0.0
    while time.perf_counter() - began_s < LONGEST_S:
        await asyncio.sleep(LOOK_S)
        is_planned, is_told = await asyncio.to_thread(_stage, server)
        planned_s = planned_s or (time.perf_counter() - began_s if is_planned else 0.0)
        if is_told:
            return planned_s, time.perf_counter() - began_s
    raise SystemExit(f"after {LONGEST_S:.0f} s there is still something to be told")


async def measured(folder: Path, followers: int) -> list[Row]:
    async with AsyncExitStack() as stack:
        sinks = await started(sys.executable, "-m", "tests.bench.sinks", str(folder), core=machine.CLIENTS)
        stack.push_async_callback(ended, sinks)
        ports = json.loads(await line_of(sinks))
        server = Server(folder / "site")
        stack.enter_context(server)
        server.module = told.__name__
        server.environment |= {
            "CHANNEL_LIMIT_SCALE": NO_LIMITS,
            "CHANNEL_SMTP": f"smtp+plain://127.0.0.1:{ports['mail']}",
            "CHANNEL_MAIL_FROM": "Channel <hello@example.org>",
            "CHANNEL_MAIL_RATE": "1000",
            told.PORT: str(ports["push"]),
            told.TRUST: str(folder / TRUST),
        }
        site = await stack.enter_async_context(founded(server))
        print(f"making {followers:,} followers …", flush=True)
        await asyncio.to_thread(server.batch, followers, HANDLE, folder / "tokens")
        await asyncio.to_thread(server.stop)
        await asyncio.to_thread(_wants, server)
        server.start()
        await asyncio.to_thread(server.wait_ready)
        return await _told(site, server, followers)


async def _told(site: Site, server: Server, followers: int) -> list[Row]:
    room_id, over = await _other(site), asyncio.Event()
    await calm(server.pid)
    asyncio.get_running_loop().call_later(QUIET_S, over.set)
    quiet = await _watch(site, server, room_id, over)
    print("one post to all of them …", flush=True)
    over, before_s = asyncio.Event(), cpu_s(server.pid)
    watching = asyncio.ensure_future(_watch(site, server, room_id, over))
    began_s = time.perf_counter()
    key = {"Idempotency-Key": str(uuid.uuid4())}
    answer = await site.client.post(f"/api/v1/rooms/{site.room_id}/posts", json={"text": text()}, headers=key)
    answer.raise_for_status()
    planned_s, settled_s = await _all_told(server, began_s)
    worked_s = cpu_s(server.pid) - before_s
    over.set()
    beside = await watching
    rows = _rows(server)
    ratio = percentile(beside.took_s, 99) / percentile(quiet.took_s, 99)

    pairs = list(zip(beside.began_s, beside.took_s, strict=True))
    parts = [[s for at, s in pairs if (at < began_s + planned_s) is early] for early in (True, False)]

    def spread(took_s: list[float]) -> str:
        return f"{ms(percentile(took_s, 50))} / {ms(percentile(took_s, 99))}"

    return [
        Row("followers, half by mail and half on a device", f"{followers:,}"),
        Row("rows", f"{rows['notices']:,} letters, {rows['pushes']:,} notices"),
        Row("until all was planned", f"{planned_s:.1f} s"),
        Row("until the last one was told", f"{settled_s:.0f} s, {sum(rows.values()) / settled_s:,.0f} a second"),
        Row("CPU of the server, of one core", f"{worked_s / settled_s:.0%}, {worked_s / sum(rows.values()) * 1000:.2f} ms each"),
        Row("memory of the server, before and at most", f"{quiet.most_kib // 1024} MiB, {beside.most_kib // 1024} MiB"),
        Row("a post elsewhere to its frame, p50 / p99", spread(beside.took_s), spread(quiet.took_s), f"{ratio:.2f} × (bar: 2)"),
        Row("while it was planned, and after that", ", ".join(spread(took_s) for took_s in parts)),
    ]  # fmt: skip


async def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.reach", description=__doc__)
    parser.add_argument("--followers", type=int, default=100_000)
    given = parser.parse_args()
    os.sched_setaffinity(0, {machine.CLIENTS})
    print(f"{machine.load()} at the beginning")
    with tempfile.TemporaryDirectory() as folder:
        print(printed(await measured(Path(folder), given.followers)))
    print("\n".join([*machine.facts(), f"{machine.load()} at the end"]))


if __name__ == "__main__":
    asyncio.run(main())

"""`python -m tests.bench.million`: pages of a room with a thousand posts and of one with a million, side by side.

The posts are copied in the file while the server is stopped: publishing them would take minutes. Two gigabytes in the
temporary folder; nothing is kept.
"""

import argparse
import asyncio
import sqlite3
import tempfile
from contextlib import AsyncExitStack, closing
from pathlib import Path

from tests.bench import machine
from tests.bench.pages import MADE_ANEW, ROOM, Reading, member_cookie, page
from tests.bench.posting import fill
from tests.bench.processes import Server
from tests.bench.table import Row, printed, times, us
from tests.faults.site import Site, founded

FEW = 1_000
ROUNDS = 3


def multiply(database: Path, room_id: str, count: int) -> None:
    """`count` posts that are older than those which the room has, all like the newest of them."""
    with closing(sqlite3.connect(database)) as conn:
        conn.execute("PRAGMA synchronous=OFF")
        stream = f"room:{room_id}"
        for table, column in (("posts", "room_id"), ("events", "stream")):
            value = room_id if table == "posts" else stream
            # Twice, out of the way and back: one statement would meet numbers that are not free yet.
            for step in (10 * count, -9 * count):
                conn.execute(f"UPDATE {table} SET seq = seq + ? WHERE {column} = ?", (step, value))
        conn.execute("UPDATE streams SET seq = seq + ? WHERE stream = ?", (count, stream))
        columns = [row[1] for row in conn.execute("PRAGMA table_info(posts)")]
        newest = conn.execute(
            "SELECT * FROM posts WHERE room_id = ? ORDER BY seq DESC LIMIT 1", (room_id,)
        ).fetchone()
        model = dict(zip(columns, newest, strict=True))

        def older(n: int) -> list[object]:
            own = {
                "id": f"01800000-0000-7000-8000-{n:012x}",
                "key": f"copy {n}",
                "seq": n,
                "created_at": model["created_at"] - (count - n + 1) * 1000,
            }
            return [(model | own)[column] for column in columns]

        places = ", ".join("?" * len(columns))
        conn.executemany(f"INSERT INTO posts VALUES ({places})", (older(n) for n in range(1, count + 1)))
        conn.commit()


async def requests(site: Site, posts: int) -> dict[str, bytes]:
    """Pages that are made anew each time, from all over the room."""
    port = site.server.port
    cookie = {"cookie": await member_cookie(site)}
    return {
        "the newest posts": page(port, f"{ROOM}?{MADE_ANEW}", {}),
        "posts from the middle": page(port, f"{ROOM}?before={posts // 2}&{MADE_ANEW}", {}),
        "the oldest posts": page(port, f"{ROOM}?after=0&{MADE_ANEW}", {}),
        "a day long ago": page(port, f"{ROOM}?at=2020-01-01&{MADE_ANEW}", {}),
        "signed in, nothing read": page(port, ROOM, cookie),
        "the list of one's rooms": page(port, "/", cookie),
        "the newest posts as they are kept": page(port, ROOM, {}),
    }


async def sized(stack: AsyncExitStack, folder: Path, posts: int) -> dict[str, Reading]:
    """A running server with so many posts in one room, and what is asked of it."""
    server = stack.enter_context(Server(folder))
    site = await stack.enter_async_context(founded(server))
    await fill(site)
    server.stop()
    multiply(server.data / "channel.db", site.room_id, posts)
    server.start()
    await asyncio.to_thread(server.wait_ready)
    asked = await requests(site, posts)
    return {what: Reading(server.port, server.pid, request) for what, request in asked.items()}


async def measure(many: int, folder: Path) -> list[Row]:
    async with AsyncExitStack() as stack:
        small, large = await sized(stack, folder / "few", FEW), await sized(stack, folder / "many", many)
        for _ in range(ROUNDS):
            for what in small:
                await small[what].round(1)
                await large[what].round(1)
    return [
        Row(
            what,
            us(large[what].cost_s),
            us(small[what].cost_s),
            times(large[what].cost_s, small[what].cost_s),
        )
        for what in small
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.million", description=__doc__)
    parser.add_argument("--posts", type=int, default=1_000_000)
    many = parser.parse_args().posts
    with tempfile.TemporaryDirectory(prefix="channel-bench-") as folder:
        rows = asyncio.run(measure(many, Path(folder)))
    print("\n".join(machine.facts()))
    print(f"CPU of one page, {many:,} posts (Channel) beside {FEW:,} posts (bare counterpart)\n")
    print(printed(rows))


if __name__ == "__main__":
    main()

"""`make bench`: measure, and print a table. About a minute and a half; nothing is kept.

Figures of two runs cannot be compared unless the machines were equally idle; the ratios of one run can.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.bench import fanout, machine, pages, posting
from tests.bench.audience import more_files
from tests.bench.processes import Server
from tests.bench.table import Row, printed
from tests.faults.site import founded

MOST_FOLLOWERS, FEWER_FOLLOWERS = 2_000, 500
PARTS = ("start", "latency", "writers", "pages", "followers")
NO_LIMITS = "100000"  # of CHANNEL_LIMIT_SCALE: one account posts here as fast as it can


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=PARTS, help="may be repeated")
    return parser.parse_args()


async def measure(only: set[str], folder: Path) -> list[Row]:
    rows: list[Row] = []

    async def do(part: str, work: Callable[[], Awaitable[list[Row]]]) -> None:
        if part in only:
            print(f"measuring: {part} …", flush=True)
            rows.extend(await work())

    await do("start", lambda: pages.cold_start(folder))
    server = Server(folder / "site")
    with server:
        server.environment["CHANNEL_LIMIT_SCALE"] = NO_LIMITS
        async with founded(server) as site:
            await posting.fill(site)
            await do("latency", lambda: posting.latency(site, folder))
            await do("writers", lambda: posting.throughput(site, server.pid, folder))
            await do("pages", lambda: pages.room_page(site, server.pid))
            await do("followers", lambda: fanout.fan_out(site, server.pid, MOST_FOLLOWERS, weigh=True))
            await do("followers", lambda: fanout.fan_out(site, server.pid, FEWER_FOLLOWERS, weigh=False))
    return rows


def main() -> None:
    only = set(parsed().only or PARTS)
    more_files(2 * MOST_FOLLOWERS)
    before = machine.load()
    with tempfile.TemporaryDirectory(prefix="channel-bench-") as folder:
        rows = asyncio.run(measure(only, Path(folder)))
    print("\n".join(machine.facts()))
    print(f"{before} at the beginning, {machine.load()} at the end\n")
    print(printed(rows))


if __name__ == "__main__":
    main()

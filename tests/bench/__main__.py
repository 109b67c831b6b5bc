"""`make bench`: measure, and print tables. About ten minutes; nothing is kept.

Servers work on the first core, everything else on the last one. Figures of two runs cannot be compared unless the
machines were equally idle; the ratios of one run can.
"""

import argparse
import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.bench import contenders, crowds, fanout, machine, pages, posting, reacting
from tests.bench.ground import NO_LIMITS, Ground, prepared
from tests.bench.processes import Server, compiled
from tests.bench.table import Goal, Row, Table, against, grid, printed
from tests.faults.site import founded

ALONE = ("start", "latency", "writers", "pages")
LIVE: dict[str, Callable[[Ground], Awaitable[list[Table]]]] = {
    "fanout": fanout.fan_out,
    "bursts": fanout.bursts,
    "sse": fanout.events,
    "stopped": crowds.stopped,
    "storm": crowds.storm,
    "idle": crowds.idle,
    "reactions": reacting.reactions,
}


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=(*ALONE, *LIVE), help="may be repeated")
    return parser.parse_args()


async def measure_alone(only: set[str], folder: Path) -> list[Row]:
    """What needs no crowd."""
    rows: list[Row] = []

    async def do(part: str, work: Callable[[], Awaitable[list[Row]]]) -> None:
        if part in only:
            print(f"measuring: {part} …", flush=True)
            rows.extend(await work())

    await do("start", lambda: pages.cold_start(folder))
    if not only & {*ALONE[1:]}:
        return rows
    server = Server(folder / "site")
    with server:
        server.environment["CHANNEL_LIMIT_SCALE"] = NO_LIMITS
        async with founded(server) as site:
            await posting.fill(site)
            await do("latency", lambda: posting.latency(site, folder))
            await do("writers", lambda: posting.throughput(site, server.pid, folder))
            await do("pages", lambda: pages.room_page(site, server.pid))
    return rows


async def measure_live(only: set[str], folder: Path, files: int) -> list[Goal]:
    """What needs one. Each part begins with a server that has just started, and prints what it found."""
    parts = [part for part in LIVE if part in only]
    tools = compiled(folder)
    if tools is None:
        print(f"There is no C compiler (cc, or what CC names), so these are left out: {', '.join(parts)}.")
        return []
    missing = contenders.missing(folder)
    if missing:
        print(f"Not here, so left out: {', '.join(missing)}.")
    goals: list[Goal] = []
    async with prepared(folder, tools, files) as ground:
        for part in parts:
            print(f"measuring: {part} …", flush=True)
            await ground.again()
            try:
                tables = await LIVE[part](ground)
            except SystemExit as failed:
                print(f"NOT MEASURED: {part}: {failed}", flush=True)
                continue
            for table in tables:
                print(f"\n{grid(table.head, table.rows)}\n", flush=True)
                goals += table.goals
    return goals


async def measure(only: set[str], folder: Path, files: int) -> list[Goal]:
    if only & {*ALONE}:
        print(f"\n{printed(await measure_alone(only, folder))}\n", flush=True)
    return await measure_live(only, folder, files) if only & {*LIVE} else []


def main() -> None:
    only = set(parsed().only or (*ALONE, *LIVE))
    files = machine.most_files()
    os.sched_setaffinity(0, {machine.CLIENTS})
    before = machine.load()
    with tempfile.TemporaryDirectory(prefix="channel-bench-") as folder:
        goals = asyncio.run(measure(only, Path(folder), files))
        others = ", ".join(contenders.versions(Path(folder))) if goals else ""
    if goals:
        print(f"{against(goals)}\n")
    print("\n".join([*machine.facts(), *([others] if goals else [])]))
    print(f"{before} at the beginning, {machine.load()} at the end; {files} files a process")


if __name__ == "__main__":
    main()

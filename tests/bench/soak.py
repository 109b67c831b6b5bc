"""`python -m tests.bench.soak`: an hour of 5,000 followers and 10 posts a second, a line a minute.

What must be seen: memory flat after the first ten minutes, no double, no gap, nobody closed, and a loop that is never
late for long. The figures of the loop come from the server's own /metrics.
"""

import argparse
import asyncio
import os
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.bench import contenders, machine
from tests.bench.machine import anonymous_kib, cpu_s, open_files
from tests.bench.processes import Server, Tools, compiled, crowd
from tests.bench.table import percentile
from tests.faults.site import HANDLE, Site, founded

MINUTE_S = 60.0
WARM_MINUTES = 10


@dataclass(frozen=True, slots=True)
class Minute:
    """What one minute was like. `late_ms`: how long after the last post of the minute the last follower had it."""

    memory_mib: float
    files: int
    core: float
    late_ms: float
    loop_ms: float
    missing: int


async def soak(
    tools: Tools, folder: Path, followers: int, rate: int, minutes: int
) -> tuple[list[Minute], int]:
    """Returns the minutes, and how many doubles, gaps and closed connections there were."""
    server, tokens = Server(folder / "site"), folder / "tokens"
    server.environment["CHANNEL_LIMIT_SCALE"] = "100000"
    async with AsyncExitStack() as stack:
        stack.enter_context(server)
        site = await stack.enter_async_context(founded(server))
        await asyncio.to_thread(server.batch, followers, HANDLE, tokens)
        channel = await stack.enter_async_context(contenders.channel(site, server.pid, tokens))
        listening = await stack.enter_async_context(
            crowd(tools, channel.port, channel.kind, channel.place, tokens=tokens, core=machine.CLIENTS)
        )
        await listening.open(followers)
        token = server.command("account", "token", HANDLE, "--scope", "admin").split()[-1]
        watching = {"Authorization": f"Bearer {token}"}
        told: list[Minute] = []
        for number in range(minutes):
            posts, worked_s, began_s = int(rate * MINUTE_S), cpu_s(server.pid), time.monotonic()
            await listening.order(f"hear {posts} {MINUTE_S * 2}")
            last_s = await _publish(channel, posts, rate)
            heard = await listening.answer(MINUTE_S * 3)
            core = (cpu_s(server.pid) - worked_s) / (time.monotonic() - began_s)
            minute = Minute(
                anonymous_kib([server.pid]) / 1024, open_files(server.pid), core, heard["last_ms"] - last_s * 1000,
                await _latest(site, watching), followers - heard["heard"],
            )  # fmt: skip
            told.append(minute)
            print(_line(number + 1, minute), flush=True)
        counted = await listening.order("count")
        return told, counted["duplicates"] + counted["gaps"] + counted["closed"]


async def _publish(channel: contenders.Contender, posts: int, rate: int) -> float:
    """At an even pace; returns when the last one was sent."""
    began_s = last_s = time.monotonic()
    for number in range(posts):
        await asyncio.sleep(max(0.0, began_s + number / rate - time.monotonic()))
        last_s = await channel.publish(1)
    return last_s


async def _latest(site: Site, headers: dict[str, str]) -> float:
    """How late the loop was at most in the last minute or two, in milliseconds."""
    answer = await site.anybody.get("/metrics", headers=headers)
    answer.raise_for_status()
    name = "channel_loop_lag_max_seconds "
    return (
        next(float(line.removeprefix(name)) for line in answer.text.splitlines() if line.startswith(name))
        * 1000
    )


def _line(number: int, minute: Minute) -> str:
    return (
        f"| {number} | {minute.memory_mib:.1f} | {minute.files} | {minute.core:.0%} | {minute.late_ms:.0f} | "
        f"{minute.loop_ms:.0f} | {minute.missing} | {os.getloadavg()[0]:.1f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--followers", type=int, default=5_000)
    parser.add_argument("--rate", type=int, default=10, help="posts a second")
    asked = parser.parse_args()
    machine.most_files()
    print("\n".join(machine.facts()), end="\n\n")
    with tempfile.TemporaryDirectory(prefix="channel-soak-") as folder:
        tools = compiled(Path(folder))
        if tools is None:
            raise SystemExit("The load client is written in C: install a compiler (cc).")
        print("| minute | memory MiB | files | core | last follower ms | loop late ms | missing | load |")
        print("|---|---|---|---|---|---|---|---|", flush=True)
        told, wrong = asyncio.run(soak(tools, Path(folder), asked.followers, asked.rate, asked.minutes))
    flat = [minute.memory_mib for minute in told[WARM_MINUTES:]] or [minute.memory_mib for minute in told]
    print(
        f"\nmemory after {WARM_MINUTES} minutes: {min(flat):.1f} to {max(flat):.1f} MiB ({max(flat) / min(flat) - 1:+.1%})"
    )
    print(
        f"doubles, gaps, closed: {wrong}; events that somebody missed: {sum(minute.missing for minute in told)}"
    )
    late = sorted(minute.loop_ms for minute in told)
    print(f"loop late at most in a minute: p50 {percentile(late, 50):.0f} ms, worst {late[-1]:.0f} ms")


if __name__ == "__main__":
    main()

"""`python -m tests.bench.soak`: an hour of 5,000 followers and 10 posts a second, a line a minute.

What must be seen: memory flat after the first ten minutes, no double, no gap, nobody closed, and a loop that is never
late for long. The figures of the loop come from the server's own /metrics. Beside the server, on its core, an idle
process only sleeps: how late the machine wakes that one is no fault of the server's.
"""

import argparse
import asyncio
import os
import subprocess
import sys
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


NAP_S = 0.005
SLEEPER = f"""
import sys, threading, time
worst = [0.0]
def sleep():
    while True:
        began = time.monotonic()
        time.sleep({NAP_S})
        worst[0] = max(worst[0], time.monotonic() - began - {NAP_S})
threading.Thread(target=sleep, daemon=True).start()
for _ in sys.stdin:
    print(worst[0] * 1000, flush=True)
    worst[0] = 0.0
"""


class Sleeper:
    """The idle process on the server's core."""

    def __enter__(self) -> "Sleeper":
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._process = subprocess.Popen([sys.executable, "-c", SLEEPER], text=True, **pipes)  # type: ignore[call-overload]
        os.sched_setaffinity(self._process.pid, {machine.SERVERS})
        return self

    def worst_ms(self) -> float:
        """How late it was woken at most since the last call."""
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()


@dataclass(frozen=True, slots=True)
class Minute:
    """What one minute was like. `late_ms`: how long after the last post of the minute the last follower had it;
    `idle_ms`: how late at most the idle process was woken.
    """

    memory_mib: float
    files: int
    core: float
    late_ms: float
    loop_ms: float
    idle_ms: float
    missing: int


async def soak(
    tools: Tools, folder: Path, followers: int, rate: int, minutes: int
) -> tuple[list[Minute], int]:
    """Returns the minutes, and how many doubles, gaps and closed connections there were."""
    server, tokens = Server(folder / "site"), folder / "tokens"
    server.environment["CHANNEL_LIMIT_SCALE"] = "100000"
    async with AsyncExitStack() as stack:
        stack.enter_context(server)
        sleeper = stack.enter_context(Sleeper())
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
                await _latest(site, watching), sleeper.worst_ms(), followers - heard["heard"],
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
        f"{minute.loop_ms:.0f} | {minute.idle_ms:.0f} | {minute.missing} | {os.getloadavg()[0]:.1f} |"
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
        print(
            "| minute | memory MiB | files | core | last follower ms | loop late ms | idle process late ms | missing | load |"
        )
        print("|---|---|---|---|---|---|---|---|---|", flush=True)
        told, wrong = asyncio.run(soak(tools, Path(folder), asked.followers, asked.rate, asked.minutes))
    flat = [minute.memory_mib for minute in told[WARM_MINUTES:]] or [minute.memory_mib for minute in told]
    print(
        f"\nmemory after {WARM_MINUTES} minutes: {min(flat):.1f} to {max(flat):.1f} MiB ({max(flat) / min(flat) - 1:+.1%})"
    )
    print(
        f"doubles, gaps, closed: {wrong}; events that somebody missed: {sum(minute.missing for minute in told)}"
    )
    for what, late in (
        ("loop", [one.loop_ms for one in told]),
        ("idle process", [one.idle_ms for one in told]),
    ):
        print(
            f"{what} late at most in a minute: p50 {percentile(sorted(late), 50):.0f} ms, worst {max(late):.0f} ms"
        )


if __name__ == "__main__":
    main()

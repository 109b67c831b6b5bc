"""A crowd reacts and votes all at once, while somebody goes on publishing for it."""

import asyncio
import itertools
import json
import statistics
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from tests.bench import contenders
from tests.bench.ground import Ground, calm
from tests.bench.machine import cpu_s
from tests.bench.posting import publisher, text
from tests.bench.rounds import sides
from tests.bench.table import Goal, Table, ms, percentile
from tests.bench.wire import HOST, Line, created

CROWD = 2_000
EMOJI = ("❤️", "👏", "😂")  # each follower gives all of them, votes, and changes the vote
ACTS = CROWD * (len(EMOJI) + 2)
WITHIN_S = 10.0
LINES = 32
POSTS_A_S = 10
ROUNDS = 5  # of one alone there are a hundred posts beside the acts: its p99 would be its second worst
QUIET_S = 15.0
SETTLES_S = 5.0
FRAMES_A_S = 1.0


@dataclass(slots=True)
class Heard:
    """What one follower is told: when frames of counts came, and what the last one said."""

    at_s: list[float] = field(default_factory=list)
    last: dict[str, Any] = field(default_factory=dict)

    async def listen(self, line: Line, post_id: str) -> None:
        while True:
            frame = json.loads(await line.frame())
            if frame.get("type") == "counts" and post_id in frame["posts"]:
                self.at_s.append(time.perf_counter())
                self.last = frame["posts"][post_id]


@dataclass(slots=True)
class Measured:
    """How long the acts took and the server worked, what each post took before and beside them, and what went wrong."""

    took_s: float
    worked_s: float
    quiet_s: list[float]
    busy_s: list[float]
    heard: Heard
    wrong: int


def _put(port: int, token: str, path: str, body: bytes = b"") -> bytes:
    head = (
        f"PUT /api/v1{path} HTTP/1.1\r\nHost: {HOST}:{port}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _acts(port: int, post_id: str, tokens: Sequence[str]) -> list[bytes]:
    """All of everybody, as they would come: reactions and votes mixed, and later many votes are changed."""
    given = [
        _put(port, token, f"/posts/{post_id}/reactions/{quote(emoji)}") for emoji in EMOJI for token in tokens
    ]
    votes = [
        _put(port, token, f"/posts/{post_id}/vote", json.dumps({"options": [1 + (n + turn) % 2]}).encode())
        for turn in range(2)
        for n, token in enumerate(tokens)
    ]
    early = [act for pair in zip(votes, given, strict=False) for act in pair]
    return early + given[len(votes) :]


async def _work(port: int, acts: list[bytes], since_s: float, done: Counter[int]) -> None:
    """One connection: takes what is next when its time has come."""
    line = await Line.open(port)
    while acts:
        place = ACTS - len(acts)
        act = acts.pop()
        await asyncio.sleep(max(0.0, since_s + place * WITHIN_S / ACTS - time.perf_counter()))
        status, _ = await line.ask(act)
        done[status] += 1
    line.close()


async def _publish(ground: Ground, until: asyncio.Event) -> list[float]:
    """Seconds to the answer, of posts in the same room, a few a second."""
    line, took = await Line.open(ground.server.port), []
    while not until.is_set():
        began_s = time.perf_counter()
        created(await line.ask(publisher(ground.site).post(text())))
        took.append(time.perf_counter() - began_s)
        await asyncio.sleep(max(0.0, 1 / POSTS_A_S - took[-1]))
    line.close()
    return took


async def _quiet(ground: Ground) -> list[float]:
    until = asyncio.Event()
    asyncio.get_running_loop().call_later(QUIET_S, until.set)
    return await _publish(ground, until)


async def reactions(ground: Ground) -> list[Table]:
    """Everybody follows the room. One listener looks at what is told; the others only take it off the line."""
    tokens = ground.tokens.read_text().split()[:CROWD]
    rounds = []
    async with AsyncExitStack() as stack:
        channel = await stack.enter_async_context(contenders.channel(ground.site, ground.pid, ground.tokens))
        (side,) = await stack.enter_async_context(sides(ground.tools, [channel]))
        # Listening is done by a program in C: in this process it would keep the answers to posts waiting.
        await side.crowd.open(CROWD - 1)
        for _ in range(ROUNDS):
            rounds.append(await _round(ground, tokens))
    return [_told(rounds)]


async def _round(ground: Ground, tokens: Sequence[str]) -> Measured:
    """One post with a poll, on which all of the crowd act once."""
    one = await _follower(ground, tokens[0])  # for one round: it answers no pings
    body = {"text": text(), "poll": {"options": ["Yes", "No"], "anonymous": False}}
    answer = await ground.site.client.post(
        f"/api/v1/rooms/{ground.site.room_id}/posts", json=body, headers={"Idempotency-Key": uuid.uuid4().hex}
    )
    answer.raise_for_status()
    post_id, heard = answer.json()["id"], Heard()
    listening = asyncio.ensure_future(heard.listen(one, post_id))
    measured = await _measured(ground, post_id, tokens, heard)
    await asyncio.sleep(SETTLES_S)
    assert not listening.done(), "the listener was cut off"
    listening.cancel()
    one.close()
    measured.wrong += await _wrong(ground, post_id)
    return measured


async def _measured(ground: Ground, post_id: str, tokens: Sequence[str], heard: Heard) -> Measured:
    """Posts for a while in silence, then beside the acts of all."""
    await calm(ground.pid)
    quiet = await _quiet(ground)
    done: Counter[int] = Counter()
    port, over = ground.server.port, asyncio.Event()
    acts, since_s = _acts(port, post_id, tokens)[::-1], time.perf_counter()
    before_s = cpu_s(ground.pid)
    publishing = asyncio.ensure_future(_publish(ground, over))
    await asyncio.gather(*(_work(port, acts, since_s, done) for _ in range(LINES)))
    took_s = time.perf_counter() - since_s
    worked_s = cpu_s(ground.pid) - before_s
    over.set()
    refused = sum(n for status, n in done.items() if status >= 400)
    return Measured(took_s, worked_s, quiet, await publishing, heard, refused)


async def _follower(ground: Ground, token: str) -> Line:
    line = await Line.open(ground.server.port)
    await line.follow(ground.site.stream, token)
    return line


async def _wrong(ground: Ground, post_id: str) -> int:
    """How many of the stored counts are not what the crowd did."""
    answer = await ground.site.client.get(f"/api/v1/posts/{post_id}")
    answer.raise_for_status()
    stored = answer.json()["counts"]["reactions"]
    voted: int = answer.json()["poll"]["total"]
    counted = {one["emoji"]: one["count"] for one in stored} if isinstance(stored, list) else stored
    return sum(counted.get(emoji, 0) != CROWD for emoji in EMOJI) + (voted != CROWD)


def _told(rounds: Sequence[Measured]) -> Table:
    """The posts of all rounds together; of the acts and their counts the worst round."""
    quiet = [s for one in rounds for s in one.quiet_s]
    busy = [s for one in rounds for s in one.busy_s]
    gaps = [after - before for one in rounds for before, after in itertools.pairwise(one.heard.at_s)]
    took_s, wrong = max(one.took_s for one in rounds), sum(one.wrong for one in rounds)
    ratio = percentile(busy, 99) / percentile(quiet, 99)
    what = f"{ACTS:,} reactions and votes of {CROWD:,}"
    goals = [
        Goal(f"{what}: seconds", WITHIN_S * 1.1, [took_s], at_least=False, unit="s"),
        Goal(f"{what}: frames of counts a second", FRAMES_A_S * 1.1, [1 / min(gaps)], at_least=False, unit="frames"),
        Goal(f"{what}: counts that are wrong in the end, and acts refused", 0, [wrong], at_least=False, unit=""),
        Goal(f"{what}: p99 of publishing, of the quiet one", 2, [ratio], at_least=False),
    ]  # fmt: skip
    head = (
        f"{what}, {len(rounds)} rounds",
        "acts/s",
        "CPU, posts included",
        "publishing p50 / p99",
        "quiet p50 / p99",
        "frames of counts",
        "seconds between them",
        "wrong",
    )
    worked = sum(one.worked_s for one in rounds) / sum(one.took_s for one in rounds)
    row = (
        "Channel", f"{ACTS / took_s:,.0f}", f"{worked:.0%}", _spread(busy), _spread(quiet),
        str(sum(len(one.heard.at_s) for one in rounds)),
        f"{min(gaps):.2f}–{max(gaps):.2f}, median {statistics.median(gaps):.2f}", str(wrong),
    )  # fmt: skip
    return Table(head, [row], goals)


def _spread(took: Sequence[float]) -> str:
    return f"{ms(percentile(took, 50))} / {ms(percentile(took, 99))}"

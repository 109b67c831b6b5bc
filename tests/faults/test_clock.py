"""T15: somebody sets the machine's clock while the server runs: nothing is lost, reordered, granted or taken away."""

import asyncio
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.faults.clock import COMPILER, WallClock
from tests.faults.followers import Follower, PollFollower, SocketFollower, SseFollower
from tests.faults.oracle import Verdict, caught_up, judge
from tests.faults.process import ServerProcess
from tests.faults.site import HANDLE, Site, founded
from tests.faults.writers import Book, Write, Writer

DAY_MS = 24 * 3600 * 1000
PERIOD = timedelta(hours=1)
TEN_YEARS_MS = 3_652 * DAY_MS
# How far the clock is ahead, step by step. Sessions last for ninety days, what is limited in time here for an hour.
JUMPS_MS = (DAY_MS, 0, -DAY_MS, -30 * DAY_MS, 0, TEN_YEARS_MS, 0, *range(-1000, -11_000, -1000), -DAY_MS, 0)
WRITES_EACH = 8

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(COMPILER is None, reason="the clock is compiled with a C compiler"),
]


@contextmanager
def _server(folder: Path, **environment: str) -> Iterator[tuple[ServerProcess, WallClock]]:
    clock = WallClock(folder)
    with ServerProcess(folder) as server:
        server.environment.update(clock.environment | environment)
        yield server, clock


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert [failure for failure in ended if isinstance(failure, Exception)] == []


class People:
    """Members in every state that lasts or ends, and somebody who is signed in with a browser."""

    def __init__(self, site: Site, browser: httpx2.AsyncClient) -> None:
        self._site, self._browser = site, browser
        self._until = (datetime.now(UTC) + PERIOD).isoformat()
        self._first_key = str(uuid.uuid4())
        self.first = Write("post", "first", acknowledged=True)
        self._short_invite = ""

    async def gather(self) -> None:
        for name, change in {
            "Member": {},
            "Muted": {"state": "muted"},
            "Banned": {"state": "banned"},
            "Muted for an hour": {"state": "muted", "until": self._until},
            "Banned for an hour": {"state": "banned", "until": self._until},
        }.items():
            await self._site.follow(name)
            await self._change(name, change)
        joined = await self._browser.post(
            f"/join/{self._site.invite}",
            data={"display_name": "Browser"},
            headers={"Origin": self._site.server.url},
        )
        assert joined.status_code == 303, joined.text
        about = {"label": "short", "expires_at": self._until}
        invite = await self._site.client.post(f"/api/v1/communities/{HANDLE}/invites", json=about)
        assert invite.status_code == 201, invite.text
        self._short_invite = invite.json()["code"]
        made = await self._first_post()
        self.first.post_id, self.first.seq = made["id"], made["seq"]

    async def _change(self, name: str, change: dict[str, str]) -> None:
        if change:
            account_id = next(
                one["account"]["id"] for one in await self._members() if one["account"]["name"] == name
            )
            path = f"/api/v1/communities/{HANDLE}/members/{account_id}"
            answer = await self._site.client.patch(path, json=change)
            assert answer.status_code == 200, answer.text

    async def _members(self, **params: str) -> list[dict[str, Any]]:
        answer = await self._site.client.get(
            f"/api/v1/communities/{HANDLE}/members", params={"limit": "100", **params}
        )
        answer.raise_for_status()
        members: list[dict[str, Any]] = answer.json()["items"]
        return members

    async def _first_post(self) -> dict[str, Any]:
        """The same call with the same key, whenever it is made."""
        answer = await self._site.client.post(
            f"/api/v1/rooms/{self._site.room_id}/posts",
            json={"text": self.first.canary},
            headers={"Idempotency-Key": self._first_key},
        )
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def check(self, ahead_ms: int) -> None:
        """Periods end when the clock says so, and nothing else does."""
        over = ahead_ms >= PERIOD.total_seconds() * 1000
        names = {one["account"]["name"]: one["state"] for one in await self._members()}
        assert (names["Member"], names["Muted"], names["Banned"]) == ("active", "muted", "banned"), ahead_ms
        assert names["Muted for an hour"] == ("active" if over else "muted"), ahead_ms
        assert names.get("Banned for an hour") == (None if over else "banned"), ahead_ms
        invite = await self._site.anybody.post(
            f"/api/v1/invites/{self._short_invite}/accept", json={"display_name": "By the short one"}
        )
        assert invite.status_code == (410 if over else 201), (ahead_ms, invite.text)
        if ahead_ms < DAY_MS:  # as long as keys are kept
            assert (await self._first_post())["id"] == self.first.post_id, ahead_ms
        account = await self._browser.get("/account", headers={"accept": "text/html"})
        signed_in = account.status_code == 200
        assert signed_in == (ahead_ms < TEN_YEARS_MS), (ahead_ms, account.status_code)


async def test_jumps_of_the_clock_lose_reorder_grant_and_revoke_nothing(tmp_path: Path) -> None:
    with _server(tmp_path) as (server, clock):
        async with (
            founded(server) as site,
            httpx2.AsyncClient(base_url=server.url, trust_env=False) as browser,
        ):
            people, book = People(site, browser), Book()
            await people.gather()
            kinds: tuple[type[Follower], ...] = (SocketFollower, SseFollower, PollFollower)
            followers = [kind(site, await site.follow(kind.__name__)) for kind in kinds]
            listening = [asyncio.create_task(follower.run()) for follower in followers]
            writers = [Writer(site, book, number) for number in range(2)]
            for ahead_ms in JUMPS_MS:
                clock.set(ahead_ms)
                turn = [writer.run(asyncio.Event(), most=WRITES_EACH) for writer in writers]
                await asyncio.gather(*turn)
                await people.check(ahead_ms)
            newcomer = PollFollower(site, await site.follow("Newcomer"))
            listening.append(asyncio.create_task(newcomer.run()))
            await caught_up(site, [*followers, newcomer])
            await _end(listening)
            book.writes.append(people.first)
            verdict, shown = await judge(site, book, [*followers, newcomer]), await site.seqs()
        assert server.stop() == 0
    assert verdict == Verdict()
    assert shown == sorted(shown, reverse=True)
    assert [follower.sessions for follower in followers] == [1, 1, 1], "a jump cut a connection"
    assert "Traceback" not in server.said()


async def test_no_jump_of_the_clock_opens_a_limit(tmp_path: Path) -> None:
    """Twenty may join in an hour from one network. That hour is one of the machine's, not of its clock's."""
    with _server(tmp_path, CHANNEL_LIMIT_SCALE="1") as (server, clock):
        async with founded(server) as site:

            async def join() -> int:
                path = f"/api/v1/invites/{site.invite}/accept"
                answer = await site.anybody.post(path, json={"display_name": "One more"})
                return answer.status_code

            statuses = [await join() for _ in range(21)]
            assert statuses == [201] * 20 + [429]
            for ahead_ms in JUMPS_MS:
                clock.set(ahead_ms)
                assert await join() == 429, ahead_ms
        assert server.stop() == 0


async def test_a_clock_that_was_set_before_a_start_changes_nothing(tmp_path: Path) -> None:
    """A machine without a battery wakes up in the past: everything in the data is from the future then."""
    with _server(tmp_path) as (server, clock):
        async with founded(server) as site:
            book, follower = Book(), SocketFollower(site, await site.follow("Follower"))
            listening = asyncio.create_task(follower.run())
            for ahead_ms in (-30 * DAY_MS, TEN_YEARS_MS, 0):
                server.kill()
                clock.set(ahead_ms)
                server.start()
                await asyncio.to_thread(server.wait_ready)
                await Writer(site, book, ahead_ms).run(asyncio.Event(), most=WRITES_EACH)
            await caught_up(site, [follower])
            await _end([listening])
            verdict = await judge(site, book, [follower])
        assert server.stop() == 0
    assert verdict == Verdict()
    assert "Traceback" not in server.said()

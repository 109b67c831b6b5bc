"""Followers that begin afresh when they are told to, as a client does that keeps the promise of docs/api.md."""

import asyncio
from typing import Any

from tests.faults.followers import Follower, PollFollower, SocketFollower, SseFollower, Told
from tests.faults.site import Site


class Numbers:
    """Which event each number stood for, as anybody was ever told: (epoch, seq) names one, for ever."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], Told] = {}
        self.taken_for_another: list[str] = []

    def note(self, epoch: str | None, seq: int, told: Told) -> None:
        known = self._known.setdefault((str(epoch), seq), told)
        if known != told:
            self.taken_for_another.append(f"{epoch}:{seq} is {told}, and was {known}")


class Afresh(Follower):
    numbers: Numbers

    def __init__(self, site: Site, token: str, numbers: Numbers, address: str = "") -> None:
        super().__init__(site, token, address)
        self.numbers = numbers
        self.resets = 0

    async def _subscribed(self, told: dict[str, Any]) -> None:
        if told["reset"]:
            self._begin_afresh(told["epoch"])
            for event in await self._log_of(told["epoch"], told["head"]):
                self._apply(event)
        else:
            await super()._subscribed(told)

    def _begin_afresh(self, epoch: str) -> None:
        self.resets += 1
        self.seen.clear()
        self.texts.clear()
        self._epoch = epoch

    async def _log_of(self, epoch: str, upto: int) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = []
        while len(events) < upto:
            path = f"/api/v1/streams/{self.site.stream}/events"
            answer = await self.site.client.get(path, params={"after": len(events), "limit": 100})
            if answer.status_code != 200 or answer.json()["epoch"] != epoch:
                raise ConnectionError("another history already")
            events += answer.json()["items"]
        return events[:upto]

    def _apply(self, event: dict[str, Any]) -> None:
        self.numbers.note(self._epoch, event["seq"], Told.by(event))
        super()._apply(event)


class AfreshSocket(Afresh, SocketFollower):
    pass


class AfreshSse(Afresh, SseFollower):
    def _begin_afresh(self, epoch: str) -> None:
        super()._begin_afresh(epoch)
        self._last_id = ""


class AfreshPoll(Afresh, PollFollower):
    async def _listen(self) -> None:
        while True:
            params = {"after": self.seq, "limit": 100}
            path = f"/api/v1/streams/{self.site.stream}/events"
            answer = await self.site.client.get(path, params=params)
            if answer.status_code != 200:
                raise ConnectionError("not now")
            page = answer.json()
            if self._epoch not in (None, page["epoch"]) or page["head"] < self.seq:
                self._begin_afresh(page["epoch"])
                continue
            self._epoch = page["epoch"]
            for event in page["items"]:
                self._apply(event)
            await asyncio.sleep(0.1)


KINDS: tuple[type[Afresh], ...] = (AfreshSocket, AfreshSse, AfreshPoll)

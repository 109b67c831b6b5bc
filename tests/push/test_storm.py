"""Servers that die at random places while they push: everybody is told at least once, and nobody who should not be."""

import random
from dataclasses import dataclass, field

import pytest

from channel.notify.pushed import courier as couriers
from channel.notify.pusher import Outcome, Parcel
from channel.push import queue
from tests.posts.writing import post
from tests.push.depot import Depot

CRASHES = 40


class Dies(BaseException):
    """The server is gone: nothing after this line runs."""


@dataclass
class Mortal:
    """A Pusher whose server dies before or after it handed something over, as chance will have it."""

    chance: random.Random
    odds: float = 0.03
    sent: list[str] = field(default_factory=list)

    async def send(self, parcel: Parcel) -> Outcome:
        self._perhaps()
        self.sent.append(parcel.to.endpoint)
        self._perhaps()
        if self.chance.random() < 0.1:
            return Outcome("later", "The push service asks to come back later (503).", 30)
        return Outcome("taken")

    async def rest(self) -> None:
        pass

    def _perhaps(self) -> None:
        if self.chance.random() < self.odds:
            raise Dies


@pytest.mark.parametrize("seed", [1, 2])
async def test_every_device_is_told_through_forty_crashes_and_those_who_muted_it_are_not(
    depot: Depot, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    pusher, crashes, real = Mortal(chance), 0, couriers._write_down
    for number in range(40):
        await depot.reader(f"r{number}")
    muted = [depot.scene.people[f"r{number}"] for number in range(0, 40, 10)]

    async def mortal(*given: object) -> None:
        if chance.random() < 0.2:
            raise Dies
        await real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(couriers, "_write_down", mortal)
    rounds = 0
    while crashes < CRASHES:
        await post(depot.scene, f"Post {rounds}")
        await depot.planned()
        if not rounds:
            for account in muted:
                await depot.choose(account, "none")
        for _ in range(400):
            depot.clock.forward(queue.LEASE_MS)
            try:
                if not await depot.hire(pusher).round():
                    break
            except BaseExceptionGroup as group:
                if group.split(Dies)[1]:
                    raise
                crashes += 1
            except Dies:
                crashes += 1
        rounds += 1
    monkeypatch.setattr(couriers, "_write_down", real)
    pusher.odds = 0
    for _ in range(20):
        depot.clock.forward(queue.LONGEST_RETRY_MS // 2)
        await depot.pushed(depot.hire(pusher))
    told = {endpoint.rpartition("/")[2] for endpoint in pusher.sent}
    assert told == {f"r{number}" for number in range(40)} - {f"r{number}" for number in range(0, 40, 10)}
    states = await depot.states()
    assert {states[name] for name in told} == {"sent"}, "what waited has drained"
    assert len(pusher.sent) >= rounds * len(told), "each at least once"

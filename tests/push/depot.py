"""A community whose posts are pushed to browsers, through a push service of ours."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from channel import push
from channel.accounts import Account, sessions
from channel.notices.actions import set_times
from channel.notices.model import Times
from channel.notify import Courier, Pusher
from channel.notify.webpush import WebPush
from channel.push.model import PushHow
from channel.push.planning import GLANCE_MS
from channel.push.tables import push_devices, pushes
from channel.rooms import Room
from channel.storage import Database
from channel.tiers import Tier
from channel.worker import Worker
from tests.cast import Scene, creator
from tests.conftest import Clock
from tests.push.browsers import Pushed, Service, push_service

SECRET = b"p" * 32


@dataclass
class Depot:
    """`courier` pushes; another one can be made with `hire`."""

    scene: Scene
    clock: Clock
    service: Service
    read: int = 0

    @property
    def db(self) -> Database:
        return self.scene.db

    def pusher(self) -> WebPush:
        return WebPush(
            self.service.outside(), SECRET, contact="https://channel.example.org", more=(), clock=self.clock
        )

    def hire(
        self, pusher: Pusher | None = None, *, looking: Callable[[str, str], bool] | None = None
    ) -> Courier:
        """`looking`: whether an account has a room before its eyes; None: nobody does."""
        return Courier(self.db, pusher or self.pusher(), SECRET, looking=looking or (lambda *_: False))

    async def reader(
        self, name: str, *, tier: Tier | None = None, shows_text: bool = False, devices: int = 1
    ) -> Account:
        """A member with browsers that are switched on, called after them."""
        account = await self.scene.member(name, tier=tier)
        for number in range(devices):
            await self.device(
                account, name.lower() + (str(number + 1) if number else ""), shows_text=shows_text
            )
        return account

    async def device(self, account: Account, name: str, *, shows_text: bool = False) -> str:
        """Another browser of theirs, signed in. Returns its session."""
        wanted = self.service.browser(name).subscription
        async with self.db.write() as tx:
            session_id, _ = await sessions.open_session(tx, account.id, device=name, how="link")
            owner = push.Owner(account.id, session_id, name)
            await push.switch_on(tx, owner, wanted, shows_text=shows_text)
        return session_id

    async def choose(self, account: Account, how: PushHow, *rooms: tuple[Room, PushHow | None]) -> None:
        async with self.db.write() as tx:
            by = await self.scene.by(tx, account)
            await push.choose(tx, by, self.scene.community, how, rooms=rooms)

    async def times(
        self, account: Account, quiet_from: int, quiet_to: int, *, important_passes: bool = False
    ) -> None:
        chosen = Times("UTC", 18, quiet_from, quiet_to, important_passes=important_passes)
        async with self.db.write() as tx:
            await set_times(tx, account.id, chosen)

    async def planned(self) -> None:
        await Worker(self.db, {"push": push.planner(self.db)}).work_off()

    async def pushed(self, courier: Courier | None = None) -> list[Pushed]:
        """Plan and push all that is due a moment later; what arrived since somebody asked last."""
        await self.planned()
        self.clock.forward(GLANCE_MS)
        courier = courier or self.hire()
        while await courier.round():
            pass
        fresh = self.service.taken[self.read :]
        self.read += len(fresh)
        return fresh

    async def to(self, courier: Courier | None = None) -> list[str]:
        """Which browsers were pushed to, sorted."""
        return sorted(one.browser for one in await self.pushed(courier))

    async def states(self) -> dict[str, str]:
        """What became of the newest notice of each device, by its name."""
        async with self.db.read() as tx:
            query = (
                select(pushes, push_devices.c.name)
                .join(push_devices)
                .order_by(pushes.c.created_at, pushes.c.id)
            )
            return {row.name: f"{row.state} {row.problem}".strip() for row in await tx.all(query)}

    async def names(self) -> list[str]:
        """The devices that there are."""
        async with self.db.read() as tx:
            rows = await tx.all(select(push_devices.c.name).order_by(push_devices.c.name))
        return [row.name for row in rows]


@asynccontextmanager
async def open_depot(
    db: Database, clock: Clock, folder: Path, scene: Scene | None = None
) -> AsyncIterator[Depot]:
    """Anna's community (or one that is there already), whose owner has no device."""
    async with push_service(folder) as service:
        yield Depot(scene or await creator(db), clock, service)


__all__ = ["SECRET", "Depot", "open_depot"]

"""A community with hooks, and a receiver of ours on the other side."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from channel import hooks
from channel.accounts import Account
from channel.hooks.model import Delivery, Hook
from channel.hooks.queries import delivery_of, hook_of
from channel.hooks.tables import deliveries
from channel.hooks.tables import hooks as table
from channel.notify import HookCourier
from channel.storage import Database
from tests.cast import Scene
from tests.conftest import Clock
from tests.hooks.receiver import HOST, Receiver

SECRET = b"h" * 32
BASE = "https://channel.example.org"


@dataclass
class Switchboard:
    """`courier` sends; another one can be made with `hire`, as after a crash."""

    scene: Scene
    clock: Clock
    there: Receiver
    courier: HookCourier

    @property
    def db(self) -> Database:
        return self.scene.db

    def hire(self) -> HookCourier:
        return HookCourier(self.db, self.there.outside(), SECRET, BASE)

    async def hook(
        self, *kinds: str, by: Account | None = None, path: str = "/in", **given: Any
    ) -> tuple[Hook, str | None]:
        """A webhook that hears these, or all; `given` makes it another kind."""
        given = {"name": "My program", "url": f"https://{HOST}{path}", "kinds": kinds or ("*",)} | given
        async with self.db.write() as tx:
            owner = await self.scene.by(tx, by or self.scene.owner)
            return await hooks.create(tx, owner, self.scene.community, SECRET, given)

    async def send(self) -> int:
        """Hear and send all that is due now."""
        return await self.courier.work_off()

    async def log(self) -> list[Delivery]:
        """Every message, oldest first."""
        async with self.db.read() as tx:
            return [delivery_of(row) for row in await tx.all(select(deliveries).order_by(deliveries.c.id))]

    async def states(self) -> Sequence[str]:
        return [one.state for one in await self.log()]

    async def now(self, hook: Hook) -> Hook:
        """The hook as it is now."""
        async with self.db.read() as tx:
            row = await tx.one(select(table).where(table.c.id == hook.id))
        assert row is not None
        return hook_of(row)

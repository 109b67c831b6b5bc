"""A community of which a hub on loopback is told, and what that hub heard."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs

from channel import outbox
from channel.hearers import HUB
from channel.notify.websub import hub_handler
from channel.posts import queries
from channel.posts.model import Post
from channel.render.feeds import FORMS
from channel.rooms.announcing import GATHER_MS
from channel.storage import Database
from channel.worker import Worker
from tests.cast import Scene
from tests.conftest import Clock
from tests.hooks.receiver import Receiver

HOST = "hub.friend.org"
HUB_URL = f"https://{HOST}/take?via=channel"
BASE = "https://channel.example.org"
HOUR_MS = 3_600_000


def feeds_of(*places: str) -> set[str]:
    return {f"{BASE}/@{place}/{form}" for place in places for form in FORMS}


NEWS = feeds_of("anna/news", "anna")


@dataclass
class Hubbed:
    """A community of which a hub on loopback is told."""

    scene: Scene
    clock: Clock
    there: Receiver

    @property
    def db(self) -> Database:
        return self.scene.db

    async def work(self) -> None:
        """All that is due once it was gathered."""
        self.clock.forward(GATHER_MS)
        handler = hub_handler(self.db, self.there.outside(), HUB_URL, BASE)
        await Worker(self.db, {HUB: handler}).work_off()

    async def told(self) -> set[str]:
        """What the hub is told now, each address once."""
        await self.work()
        said = [parse_qs(one.body.decode(), strict_parsing=True) for one in self.there.got]
        assert all(one.method == "POST" and one.path == "/take?via=channel" for one in self.there.got)
        assert all(one["hub.mode"] == ["publish"] and one["hub.url"] == one["hub.topic"] for one in said)
        kinds = {one.headers["content-type"] for one in self.there.got}
        assert kinds <= {"application/x-www-form-urlencoded"}
        addresses = [one["hub.url"][0] for one in said]
        self.there.got.clear()
        assert len(addresses) == len(set(addresses)), "one ping tells each address once"
        return set(addresses)

    async def now(self, post: Post) -> Post:
        """The post as it is by now."""
        async with self.db.read() as tx:
            return await queries.one(tx, post.id)

    async def jobs(self) -> list[outbox.Queued]:
        async with self.db.read() as tx:
            return await outbox.queue_of(tx, HUB)

    async def dead(self) -> Sequence[outbox.DeadJob]:
        async with self.db.read() as tx:
            return await outbox.dead_jobs(tx)

"""The mail room, with those who follow without an account."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import select, update

from channel.communities.tables import communities
from channel.following import Follower, Wish, actions
from channel.following.tables import follow_letters, followers
from channel.notices import planner
from channel.notices.model import How, Times
from channel.notify.following import following_handler
from channel.notify.pushed.plans import planner as push_planner
from channel.storage import Database
from channel.worker import Worker
from tests.conftest import Clock
from tests.notices.mailroom import SECRET, SITE, Mailroom, open_mailroom


@dataclass
class Followroom(Mailroom):
    """A mail room whose worker also answers those who ask to follow."""

    async def planned(self) -> None:
        settings = replace(SITE, smtp="smtp+plain://127.0.0.1:9", mail_from="hello@example.org")
        answers = following_handler(self.db, self.sender(), settings, SECRET)
        notices = planner(self.db, mail=True)
        plans = {"notices": notices, "following": answers, "push": push_planner(self.db)}
        await Worker(self.db, plans).work_off()

    async def asks(self, name: str, *, language: str = "en", network: str = "192.0.2.1") -> None:
        """Somebody types their address into the form."""
        async with self.db.write() as tx:
            wish = Wish.parse(self.scene.community.id, f"{name}@example.net", "instant", language)
            await actions.ask(tx, self.scene.community, wish, network=network)

    async def follower(self, name: str, how: How = "instant", language: str = "en") -> Follower:
        """Somebody who has confirmed."""
        async with self.db.write() as tx:
            wish = Wish(self.scene.community.id, f"{name}@example.net", how, language)
            return await actions.confirm(tx, await actions.confirmation(tx, wish))

    async def change(
        self,
        who: Follower,
        how: How = "instant",
        *,
        rooms: dict[str, How | None] | None = None,
        **given: object,
    ) -> None:
        chosen = {"zone": "UTC", "hour": 18, "quiet_from": None, "quiet_to": None} | given
        async with self.db.write() as tx:
            await actions.change(tx, who.id, how, Times.parse(**chosen), rooms or {})  # type: ignore[arg-type]

    async def hidden(self) -> None:
        """The community turns private."""
        async with self.db.write() as tx:
            await tx.run(update(communities).values(visibility="private"))
        await self.scene.refresh()

    async def fates(self) -> dict[str, str]:
        """What became of the letters, by address."""
        async with self.db.read() as tx:
            query = select(follow_letters, followers.c.email).join(
                followers, followers.c.id == follow_letters.c.follower_id
            )
            found = await tx.all(query.order_by(follow_letters.c.created_at, follow_letters.c.id))
        return {row.email: f"{row.state} {row.problem}".strip() for row in found}

    async def kept(self) -> list[str]:
        """Every address that is kept."""
        async with self.db.read() as tx:
            return [row.email for row in await tx.all(select(followers.c.email).order_by(followers.c.email))]


@pytest.fixture
async def room(db: Database, clock: Clock) -> AsyncIterator[Followroom]:
    async with open_mailroom(db, clock) as opened:
        yield Followroom(opened.scene, opened.clock, opened.relay, opened.port)


def secret_in(text: str, path: str) -> str:
    found = re.search(rf"/follow/{path}/([A-Za-z0-9_-]+)", text)
    assert found, text
    return found[1]

"""Feeds that are private."""

from channel import feeds
from channel.accounts import Account
from channel.feeds.seal import Seal as FeedSeal
from tests.cast import Scene
from tests.security.sights import FEED_OF
from tests.security.world.ground import Ground


class Feeds(Ground):
    """What a reader fetches by a secret."""

    async def _feed(self, scene: Scene, account: Account) -> feeds.Feed:
        seal = FeedSeal(self.app.state.services.secret)
        async with self.db.write() as tx:
            return (await feeds.make(tx, seal, account.id, scene.community))[0]

    async def _walked_feeds(self) -> None:
        """The one whose secret is tried, and one of the owner's to change."""
        eyes = self.viewers[FEED_OF].page.account
        assert eyes is not None
        self.own["feed_secret"] = (await self._feed(self.anna, eyes)).secret or ""
        self.own["feed"] = (await self._feed(self.anna, self.anna.owner)).id

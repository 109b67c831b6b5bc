"""Who follows without an account."""

from channel.following import Wish as Wished
from channel.following import actions as follows
from channel.following import devices
from channel.following.links import OF_DEVICE
from channel.following.links import sealed as sealed_follow
from channel.storage import Tx
from tests.security.sights import FOLLOWER
from tests.security.world.ground import Ground


class Following(Ground):
    """By mail and on a device."""

    async def _followers(self, tx: Tx) -> None:
        """One whose links are walked, and one whose address nobody is shown."""
        here, key = self.anna.community.id, self.app.state.services.secret
        for address in (
            "follows@example.org",
            self._canary("followmail", lambda sight: False).lower()[:50] + "@example.org",
        ):
            wish = Wished(here, address, "daily", "en")
            made = await follows.confirm(tx, await follows.confirmation(tx, wish))
            self.own.setdefault("follow", sealed_follow(key, made.id))
            self.own.setdefault("follow_pass", await follows.pass_secret(tx, made.id))
        new = Wished(here, "confirms@example.org", "instant", "en")
        self.own["follow_yes"] = await follows.confirmation(tx, new)
        told = await devices.switch_on(
            tx, self.anna.community, FOLLOWER.subscription, language="en", zone="UTC", network="192.0.2.1"
        )
        self.own["follow_device"] = sealed_follow(key, told.id, OF_DEVICE)

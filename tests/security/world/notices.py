"""Letters and pushes about what is new."""

from channel import push
from channel.notices.links import Ends, sealed
from channel.notices.pictures import Picture, Reader, mailbox
from channel.notices.pictures import sealed as sealed_picture
from channel.push.links import From
from channel.push.links import sealed as sealed_push
from channel.storage import Tx
from tests.push.browsers import Browser
from tests.security.world.ground import Ground


class Notices(Ground):
    """A browser of the owner, and the links by which they end what comes."""

    async def _told(self, tx: Tx, device: str) -> None:
        """What is told on a browser of the name `device`, and by letters."""
        owner, key = self.anna.owner, self.app.state.services.secret
        browser = push.Owner(owner.id, None, device[:60])
        made = await push.switch_on(tx, browser, Browser("own").subscription)
        self.own["push_device"] = made.id
        self.own["quiet"] = sealed_push(key, From(made.id, self.anna.community.id))
        ends = Ends(owner.id, self.anna.community.id, self.anna.news.id)
        self.own["off"] = sealed(key, ends)
        reader = Reader("member", owner.id, mailbox(key, owner.email or ""), tx.now)
        self.own["picture"] = sealed_picture(key, Picture(reader, owner.id, owner.id, 1_200))

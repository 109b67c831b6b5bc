"""The small world of these tests: two communities of two creators, everybody who could look, and what they must not see."""

from starlette.applications import Starlette

from channel.notify.pusher import Outcome, Parcel
from channel.posts.model import Post
from tests.cast import Scene
from tests.conftest import Clock
from tests.security.sights import GOLD, Things, World
from tests.security.world.admin import Jobs
from tests.security.world.comments import Comments
from tests.security.world.communities import Communities
from tests.security.world.feeds import Feeds
from tests.security.world.following import Following
from tests.security.world.hooks import Hooks
from tests.security.world.inbox import Inbox
from tests.security.world.media import Files
from tests.security.world.members import Members
from tests.security.world.notices import Notices
from tests.security.world.posts import Posts
from tests.security.world.questions import Questions


async def build_world(app: Starlette, clock: Clock) -> World:
    """Make it, through the doors that the product uses."""
    furnish(app)
    maker = _Maker(app, clock)
    await maker.communities()
    await maker.people()
    await maker.posts()
    await maker.secrets()
    return maker.world()


def furnish(app: Starlette) -> None:
    """With what stands in for the outside."""
    app.state.mail_trial = _no_mail
    app.state.pusher = _Taker()


async def _no_mail(address: str, language: str) -> None:
    """Stands in for the relay: what leaves by mail is another test's business."""


class _Taker:
    """A Pusher that has nowhere to bring anything."""

    async def send(self, parcel: Parcel) -> Outcome:
        return Outcome("taken")

    async def rest(self) -> None:
        pass


class _Maker(
    Members, Communities, Posts, Comments, Files, Questions, Inbox, Feeds, Hooks, Notices, Following, Jobs
):
    """Each noun's part, in an order in which each finds what it needs."""

    async def posts(self) -> None:
        """The posts, and what is said under them and carried by them."""
        written, anna = await self._posts(), self.anna
        anyone, gold, zoe_gold = self._from(-1), self._from(GOLD), self._in_zoe
        opened, paid, inside, zoe_paid = written.opened, written.paid, written.inside, written.zoe_paid
        await self._comments(opened, paid, written.closed, written.vaulted)
        await self._conversations()
        self.media = {
            "anna": await self._carried(anna, (opened, anyone), (paid, gold)),
            "zoe": await self._carried(self.zoe, (inside, zoe_gold), (zoe_paid, zoe_gold)),
        }
        await self._things(anna, opened, paid)
        await self._things(self.zoe, inside, zoe_paid)

    async def _things(self, scene: Scene, post: Post, paid: Post) -> None:
        handle = scene.community.handle
        invite = await self._invites(scene)
        gift, gift_code = await self._gift(scene, self.spare[handle].id)
        said = await self._said(scene, post, paid)
        asked = await self._questions(scene, post, paid)
        talk, letter, kept, item = await self._letters(scene)
        look = await self._looks(scene)
        emoji = await self._emoji(scene, post)
        feed = await self._feed(scene, self.victims[handle])
        hook, incoming = await self._hooks(scene)
        self.things[handle] = Things(
            handle=handle, room=scene.news, paid_room=self.vault if scene is self.anna else self.zoe_vault,
            medium=self.media[handle][0], paid_medium=self.media[handle][1],
            post=post, paid_post=paid, tier=await self._free_tier(scene), spare_tier=self.spare[handle],
            invite=invite, victim=self.victims[handle], draft=self.own["owner_draft"],
            comment=said[0].id, paid_comment=said[1].id,
            gift=gift, gift_code=gift_code, group=self.groups[handle][0], paid_group=self.groups[handle][1],
            topic=self.talks[handle][0], paid_topic=self.talks[handle][1], message=self.talks[handle][2],
            paid_message=self.talks[handle][3], general=self.generals[handle],
            question=asked[0], paid_question=asked[1], talk=talk, letter=letter, saved=kept, item=item, look=look,
            emoji=emoji.key, emoji_name=emoji.name, feed=feed.id, hook=hook, incoming=incoming,
            linked=self.pictures[post.id], linked_paid=self.pictures[paid.id],
        )  # fmt: skip

    async def secrets(self) -> None:
        """What belongs to one account alone."""
        await self._orders()
        await self._walked_feeds()
        device = self._canary("device", self._only("owner"))
        await self._owners_ways_in(device)
        async with self.db.write() as tx:
            await self._told(tx, device)
            await self._owners_secrets(tx)
            await self._followers(tx)
            await self._dead_job(tx)

    def world(self) -> World:
        return World(
            self.app, self.clock, self.anna, self.zoe, self.canaries, self.things, self.viewers, self.own
        )
